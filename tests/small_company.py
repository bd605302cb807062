"""A company small enough to reckon by hand: two regions, four people, three years of orders."""

import pandas as pd

REGIONS = ("East", "West")
YEARS = (2021, 2022, 2023)
CHANNELS = ("expo", "online")
NEW = 2


def months():
    return [(year, month) for year in YEARS for month in range(1, 13)]


def orders(growth, customers, base=10_000):
    """Give an order a month and customer, larger every year; some customers came last year."""
    return pd.DataFrame(
        [
            {
                "order_id": f"o{year}{month:02d}{customer}",
                "order_date": f"{year}-{month:02d}-{28 + month // 12}",
                "customer_id": f"c{customer}",
                "region": REGIONS[customer % 2],
                "rep_id": f"r{customer % 4}",
                "amount": base * (1 + growth) ** (year - YEARS[0]) * (1 + customer / 10),
                "status": "counted",
            }
            for year, month in months()
            for customer in range(customers if year == YEARS[-1] else customers - NEW)
        ]
    ).astype({"order_date": "datetime64[us]"})


def targets(lines, attained):
    """Give monthly targets so that so much of each is attained, and a goal for conversion."""
    sales = lines.assign(period=lines["order_date"].dt.strftime("%Y-%m"))
    sums = sales.groupby(["period", "region"])["amount"].sum().reset_index()
    sums = sums.assign(scope="region=" + sums["region"], metric="net_sales")
    regions = sums.assign(value=sums["amount"] / attained)
    whole = regions.groupby(["period", "metric"], as_index=False)["value"].sum().assign(scope="")
    goals = [("lead_conversion", 0.15, "ratio"), ("senior_share", 0.5, "ratio")]
    more = pd.DataFrame(
        [
            {"period": str(year), "metric": metric, "value": value, "scope": "", "unit": unit}
            for year in (*YEARS, 2024)
            for metric, value, unit in (*goals, ("new_customers", 6, "count"))
        ]
    )
    columns = ["period", "scope", "metric", "value", "unit"]
    amounts = pd.concat([regions, whole]).assign(unit="money")
    return pd.concat([amounts, more])[columns].assign(bound="≥", plan="annual", version=1)


def leads(each, converted):
    """Give leads a month, half of them from each source, of which so many became customers.

    In the first year four of them did, whatever came later.
    """
    rows = [
        {
            "lead_id": f"l{year}{month:02d}{place}",
            "created": f"{year}-{month:02d}-05",
            "region": REGIONS[place % 2],
            "channel": CHANNELS[place % 2],
            "rep_id": f"r{place % 4}",
            "verdict": "valid",
            "score": 50 + (each - place) * 40 // each,
            "converted_date": f"{year}-{month:02d}-25"
            if place < (converted if year > YEARS[0] else 4)
            else None,
        }
        for year, month in months()
        for place in range(each)
    ]
    return pd.DataFrame(rows).astype(
        {"created": "datetime64[us]", "converted_date": "datetime64[us]"}
    )


def reps():
    return pd.DataFrame(
        {
            "rep_id": [f"r{place}" for place in range(4)],
            "name": ["Ann", "Ben", "Cas", "Dot"],
            "region": ["East", "West", "East", "West"],
            "hire_date": pd.to_datetime(["2020-01-06", "2020-01-06", "2021-06-01", "2023-03-01"]),
            "industry_years": [8.0, 4.5, 2.0, 0.5],
        }
    )
