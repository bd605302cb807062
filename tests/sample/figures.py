"""The figures of 2023, worked out from the tables a second way: plain pandas, no registry."""

import pandas as pd

YEARS = (2022, 2023)
DAYS_A_MONTH = 365.25 / 12


class Figures:
    """One method for each kind of figure; `figure(row)` answers a row of truth_2023.toml."""

    def __init__(self, tables):
        self.tables = tables
        products = tables["products"].set_index("product_id")
        orders = tables["orders"]
        sales = orders[orders["status"].isin(["counted", "return"])].copy()
        sales["year"] = sales["order_date"].dt.year
        sales["product_line"] = sales["product_id"].map(products["line"])
        sales["product_group"] = sales["product_id"].map(products["group"])
        self.sales = sales
        bought = (sales["status"] == "counted") & ~sales["is_gift"] & (sales["amount"] > 0)
        self.purchases = sales[bought]
        first = self.purchases.groupby("customer_id")["order_date"].min()
        created = tables["customers"].set_index("customer_id")["created"].reindex(first.index)
        begin = self.purchases["order_date"].min()
        # Who was on the books before the first order known bought before it (E14).
        self.first = first.where(created >= begin, created)
        targets = tables["targets"]
        self.targets = targets[targets["version"] == 1].set_index(["metric", "scope", "period"])[
            "value"
        ]

    def figure(self, row):
        year = int(row["period"])
        metric, of = row["metric"], row.get("of", "")
        if metric == "growth_yoy":
            return self.value(of, row["scope"], year) / self.value(of, row["scope"], year - 1) - 1
        if metric == "attainment":
            return self.value(of, row["scope"], year) / self.target(of, row["scope"], year)
        if metric == "share":
            return self.value(of, row["scope"], year) / self.value(of, "", year)
        if metric == "target":
            return self.target(of, row["scope"], year)
        if row["unit"] == "rank":
            return self.value(of, row["scope"], year)
        return self.value(of if metric == "" else metric, row["scope"], year)

    def target(self, metric, scope, year):
        return self.targets[metric, scope, str(year)]

    def value(self, metric, scope, year):
        return getattr(self, metric)(self.scope(scope), year)

    @staticmethod
    def scope(text):
        return {
            name: values.split(",")
            for name, _, values in (part.partition("=") for part in text.split(";") if part)
        }

    def cut(self, frame, scope, year=None):
        for name, values in scope.items():
            frame = frame[frame[name].isin(values)]
        return frame if year is None else frame[frame["year"] == year]

    # Sales

    def net_sales(self, scope, year):
        return self.cut(self.sales, scope, year)["amount"].sum()

    def units(self, scope, year):
        rows = self.cut(self.sales, scope, year)
        return rows.loc[~rows["is_gift"], "qty"].sum()

    def orders(self, scope, year):
        return self.cut(self.purchases, scope, year)["order_id"].nunique()

    def existing_customer_share(self, scope, year):
        rows = self.sales[self.sales["year"] == year]
        old = rows["customer_id"].map(self.first) < pd.Timestamp(year, 1, 1)
        return rows.loc[old, "amount"].sum() / rows["amount"].sum()

    # Customers

    def buyers(self, year):
        return set(self.purchases.loc[self.purchases["year"] == year, "customer_id"].dropna())

    def new(self, year):
        return self.first.index[self.first.dt.year == year]

    def amounts(self, year):
        rows = self.sales[self.sales["year"] == year]
        return rows.groupby("customer_id")["amount"].sum()

    def repurchase_rate(self, scope, year):
        before, now = self.buyers(year - 1), self.buyers(year)
        return len(before & now) / len(before)

    def key_account_share(self, scope, year):
        return (self.amounts(year) >= 500_000).sum() / len(self.buyers(year))

    def key_account_revenue_share(self, scope, year):
        amounts = self.amounts(year)
        return amounts[amounts >= 500_000].sum() / self.net_sales({}, year)

    def new_large_accounts(self, scope, year):
        now, before = self.amounts(year), self.amounts(year - 1)
        large = now.index[now >= 1_000_000]
        count = (before.reindex(large).fillna(0) < 1_000_000).sum()
        assert count == (now.reindex(self.new(year)) >= 1_000_000).sum(), "all are new customers"
        return count

    def relationship_months(self, scope, year):
        first = self.first[list(self.buyers(year))]
        return ((pd.Timestamp(year + 1, 1, 1) - first).dt.days / DAYS_A_MONTH).mean()

    def clv(self, scope, year):
        rows = self.sales[self.sales["year"] == year]
        margin = rows["amount"].sum() - rows["cost"].sum()
        return margin / 12 / len(self.buyers(year)) * self.relationship_months({}, year)

    def leader_share_of_new(self, scope, year):
        customers = self.tables["customers"].set_index("customer_id")
        return customers.loc[self.new(year), "is_leader"].mean()

    def referral_rate(self, scope, year):
        customers = self.tables["customers"].set_index("customer_id")
        return customers.loc[self.new(year), "referrer_id"].notna().mean()

    def renewal_rate(self, scope, year):
        contracts = self.tables["contracts"]
        due = contracts[contracts["end"].dt.year == year]
        return due["renewed_by"].notna().mean()

    def win_back_rate(self, scope, year):
        calls = self.tables["activities"]
        calls = calls[(calls["type"] == "contact-back") & (calls["ts"].dt.year == year)]
        called = calls.groupby("customer_id")["ts"].min().dt.normalize()
        days = self.purchases.groupby("customer_id")["order_date"]
        treated = won = 0
        for customer, day in called.items():
            bought = days.get_group(customer)
            before = bought[bought <= day]
            if (day - before.max()).days >= 60:
                treated += 1
                won += ((bought > day) & (bought <= day + pd.Timedelta(days=90))).any()
        assert treated == len(called), "only silent customers are called back"
        return won / treated

    # Funnel and channels

    def leads(self, scope, year):
        leads = self.cut(self.tables["leads"], scope)
        return leads[leads["created"].dt.year == year]

    def valid_leads(self, scope, year):
        return (self.leads(scope, year)["verdict"] == "valid").sum()

    def lead_conversion(self, scope, year):
        leads = self.leads(scope, year)
        wait = (leads["converted_date"] - leads["created"].dt.normalize()).dt.days
        return (wait <= 90).mean()

    def campaigns(self, scope, year):
        spend = self.cut(self.tables["channel_spend"], scope)
        return spend.loc[spend["period"].str[:4] == str(year), "campaign_id"].nunique()

    def cac(self, scope, year):
        spend = self.tables["channel_spend"]
        total = spend.loc[spend["period"].str[:4] == str(year), "spend"].sum()
        return total / len(self.new(year))

    def follow_ups_per_deal(self, scope, year):
        deals, acts = self.tables["opportunities"], self.tables["activities"]
        first, last = pd.Timestamp(year, 1, 1), pd.Timestamp(year, 12, 31)
        in_hand = (deals["created"] <= last) & ~(deals["close_date"] < first)
        return ((acts["ts"].dt.year == year) & acts["opp_id"].notna()).sum() / in_hand.sum()

    def best(self, scope, year):
        acts = self.tables["activities"]
        acts = acts[acts["ts"].dt.year == year]
        rate = acts.groupby([acts["ts"].dt.day_of_week, acts["ts"].dt.hour])["replied"].mean()
        weekday = int(scope["weekday"][0]) - 1
        wanted = {(weekday, int(hour)) for hour in scope["hour"]}
        found = set(rate.sort_values().index[-len(wanted) :])
        return 1 if found == wanted else 2

    # People

    def there(self, year):
        reps, last = self.tables["reps"], pd.Timestamp(year, 12, 31)
        return reps[(reps["hire_date"] <= last) & ~(reps["leave_date"] < last)]

    def staff_turnover(self, scope, year):
        reps = self.tables["reps"]
        days = pd.date_range(f"{year}-01-01", f"{year}-12-31")
        heads = [((reps["hire_date"] <= day) & ~(reps["leave_date"] < day)).sum() for day in days]
        return (reps["leave_date"].dt.year == year).sum() / pd.Series(heads).mean()

    def experienced_hires(self, scope, year):
        reps = self.tables["reps"]
        return ((reps["hire_date"].dt.year == year) & (reps["industry_years"] >= 5)).sum()

    def senior_share(self, scope, year):
        there = self.there(year)
        sellers = there[there["role"] == "客户经理"]
        assert (sellers["industry_years"] >= 5).mean() == 0.15, "account managers alone, too"
        return (there["industry_years"] >= 5).mean()

    def mentoring_pairs(self, scope, year):
        return self.there(year)["mentor_id"].notna().sum()

    def sessions(self, year):
        training = self.tables["training"]
        return training[training["date"].dt.year == year]

    def training_sessions(self, scope, year):
        return self.sessions(year)["session_id"].nunique()

    def training_coverage(self, scope, year):
        return self.there(year)["rep_id"].isin(self.sessions(year)["rep_id"]).mean()

    def training_pass_rate(self, scope, year):
        return self.sessions(year)["passed"].mean()

    def ramp_months(self, scope, year):
        reps = self.tables["reps"].set_index("rep_id")["hire_date"]
        hired = reps[reps.dt.year == year]
        first = self.purchases.groupby("rep_id")["order_date"].min().reindex(hired.index)
        assert (first.dt.year == year).all(), "all sold something within the year"
        deals = self.tables["opportunities"]
        won = deals[deals["outcome"] == "won"].groupby("rep_id")["close_date"].min()
        assert (won.reindex(hired.index) == first).all(), "the first order is the first deal won"
        return ((first - hired).dt.days / DAYS_A_MONTH).median()

    def crm_adoption(self, scope, year):
        acts, there = self.tables["activities"], self.there(year)
        acts = acts[acts["ts"].dt.year == year]
        months = acts.groupby("rep_id")["ts"].agg(lambda ts: ts.dt.month.nunique())
        worked = (
            there["hire_date"].clip(lower=pd.Timestamp(year, 1, 1)).map(lambda day: 12 - day.month)
        )
        return (months.reindex(there["rep_id"]).to_numpy() >= worked.to_numpy()).mean()

    def csat(self, scope, year):
        answers = self.tables["feedback"]
        answers = answers[(answers["kind"] == "csat") & (answers["ts"].dt.year == year)]
        return (answers["score"] >= 4).mean()
