"""How a year's report reads: growth, decline, zero, missing and too few, in both languages.

The sentences stand in wording.toml, for people to read. After a change of words, write them anew
with `python tests/report/test_wording.py` and read what git shows.
"""

import re
import tomllib
from pathlib import Path

import pandas as pd
import pytest

import salesnb as s
from salesnb.data.store import Company, write_tables
from salesnb.language import CODES
from salesnb.report.blocks import Group, Words
from salesnb.report.charts import ChartBlock
from salesnb.report.heat import Heat

SNAPSHOT = Path(__file__).with_name("wording.toml")
SECTIONS = (
    "annual_glance",
    "yearly_tiers",
    "yearly_channels",
    "yearly_forecast",
    "yearly_lead_gap",
    "yearly_scores",
    "yearly_conversion",
    "yearly_region",
    "yearly_senior",
    "yearly_plan",
    "yearly_awards",
    "yearly_commission",
)
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


def company(case):
    """Give the tables of one case."""
    if case == "growth":
        lines = orders(0.2, 12)
        return {
            "orders": lines, "targets": targets(lines, 1.1), "leads": leads(20, 4), "reps": reps()
        }  # fmt: skip
    if case == "decline":
        lines = orders(-0.25, 12)
        return {
            "orders": lines, "targets": targets(lines, 0.8), "leads": leads(20, 2), "reps": reps()
        }  # fmt: skip
    if case == "zero":
        lines = orders(0.0, 12)
        lines = lines[~lines["customer_id"].isin(["c10", "c11"])]
        return {
            "orders": lines, "targets": targets(lines, 1.0), "leads": leads(20, 0), "reps": reps()
        }  # fmt: skip
    if case == "missing":
        return {"orders": orders(0.1, 6).drop(columns=["customer_id", "rep_id"])}
    lines = orders(0.1, 3)
    return {
        "orders": lines[lines["order_date"] >= "2023-10-01"], "leads": leads(1, 1).tail(3),
        "reps": reps().head(1),
    }  # fmt: skip


CASES = ("growth", "decline", "zero", "missing", "few")


def sentences(block):
    """Give what is said in a block: paragraphs, notes, and the findings above pictures."""
    if isinstance(block, Group):
        return [line for each in block.blocks for line in sentences(each)]
    if isinstance(block, Words):
        return list(block.paragraphs)
    if isinstance(block, ChartBlock):
        return [block.drawn.title]
    return [block.title] if isinstance(block, Heat) else []


def said(folder, case):
    """Give language → section → sentences of one case."""
    write_tables(folder, company(case), Company(regions=REGIONS, country=""))
    found = {}
    for code in CODES:
        review = s.open_report(
            "annual_summary", region="all", period="2023", language=code, data=str(folder)
        )
        found[code] = {name: sentences(getattr(s, name)(review)) for name in SECTIONS}
        assert not [name for name in SECTIONS if review.sections[name]["status"] == "failed"]
    return found


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """Work in a project of its own, without a playbook and without earlier reports."""
    (tmp_path / "parameters").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path / "data"


@pytest.mark.parametrize("case", CASES)
def test_what_is_said(elsewhere, case):
    found = said(elsewhere, case)
    wanted = tomllib.loads(SNAPSHOT.read_text(encoding="utf-8"))[case]
    for code in CODES:
        assert found[code] == {name: wanted[code].get(name, []) for name in SECTIONS}


def test_no_sentence_shows_a_hole():
    text = SNAPSHOT.read_text(encoding="utf-8")
    spoken = re.findall(r"^    '+(.*?)'+,$", text, flags=re.MULTILINE)
    assert spoken
    holes = [
        r"\bnan\b", r"\binf\b", r"\bNone\b(?! of)", r"[{}]", r"[+−]{2}", r"  ",
        r"\b1 customers\b",
    ]  # fmt: skip
    assert not [line for line in spoken for hole in holes if re.search(hole, line)]


def written(found):
    """Write the sentences as TOML, one a line."""
    lines = []
    for case, languages in found.items():
        for code, sections in languages.items():
            lines.append(f"\n[{case}.{code}]")
            for name, paragraphs in sections.items():
                quoted = "".join(f"    {_quoted(line)},\n" for line in paragraphs)
                lines.append(f"{name} = [\n{quoted}]" if quoted else f"{name} = []")
    return "# What the year's report says of five small companies.\n" + "\n".join(lines) + "\n"


def _quoted(line):
    return f"'''{line}'''" if "'" in line else f"'{line}'"


if __name__ == "__main__":
    import os
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "parameters").mkdir()
        os.chdir(folder)
        SNAPSHOT.write_text(
            written({case: said(Path(folder) / case, case) for case in CASES}), encoding="utf-8"
        )
