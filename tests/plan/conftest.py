"""The plan of 2024 as written, and the same plan with every finding repaired."""

import copy

import pytest
import yaml

from salesnb.plan.check import check_text
from salesnb.plan.facts import Facts, Interval

SECTIONS = (
    "history", "market", "targets", "supply", "milestones", "incentives", "tiers", "capacity",
    "strategy", "risks", "monitoring",
)  # fmt: skip


class Draft:
    """A plan as nested mappings, to be changed record by record and written again."""

    def __init__(self, data):
        self.data = copy.deepcopy(data)

    def copy(self):
        return Draft(self.data)

    def record(self, name):
        """Give the record with an id."""
        for section in SECTIONS:
            for record in self.data.get(section, []):
                if record.get("id") == name:
                    return record
        raise KeyError(name)

    def set(self, name, **fields):
        """Change fields of a record; None takes one away."""
        record = self.record(name)
        for field, value in fields.items():
            if value is None:
                record.pop(field, None)
            else:
                record[field] = value
        return self

    def drop(self, *names):
        for section in SECTIONS:
            if section in self.data:
                self.data[section] = [r for r in self.data[section] if r.get("id") not in names]
        return self

    def add(self, section, **record):
        self.data.setdefault(section, []).append(record)
        return self

    @property
    def text(self):
        dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
        return yaml.dump(self.data, Dumper=dumper, allow_unicode=True, sort_keys=False)

    def check(self, facts=None):
        return check_text(self.text, "plan.yaml", facts)


@pytest.fixture(scope="session")
def plan_2024_text(root):
    return (root / "parameters" / "plan_2024.yaml").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def report_2024(plan_2024_text):
    return check_text(plan_2024_text, "parameters/plan_2024.yaml")


@pytest.fixture(scope="session")
def _repaired(plan_2024_text):
    return repair(Draft(yaml.safe_load(plan_2024_text)))


@pytest.fixture(scope="session")
def consistent_report(_repaired):
    return _repaired.check()


@pytest.fixture
def consistent(_repaired):
    """Give a fresh draft of the repaired plan."""
    return _repaired.copy()


@pytest.fixture
def original(plan_2024_text):
    """Give a fresh draft of the plan as written."""
    return Draft(yaml.safe_load(plan_2024_text))


SUMMARY = """
plan: {name: Summary of 2023 and goals of 2024, year: 2024}
dimensions:
  region: [East, West]
  product_group: [main, new, other]
  customer_tier: [key, rest]
history:
- {id: done, metric: attainment, value: 115%}
- {id: grown, metric: net_sales, kind: growth, value: +18%}
- {id: done.East, metric: attainment, scope: East, value: 120%}
- {id: done.West, metric: attainment, scope: West, value: 85%}
- {id: new.22, metric: net_sales, kind: share, scope: new, period: 2022, value: 15%}
- {id: new.23, metric: net_sales, kind: share, scope: new, value: 25%}
- {id: main.23, metric: net_sales, kind: share, scope: main, value: 65%}
- {id: deals, metric: orders, kind: growth, scope: new, value: +40%}
- {id: key.22, metric: net_sales, kind: share, scope: key, period: 2022, value: 45%}
- {id: key.23, metric: net_sales, kind: share, scope: key, value: 55%}
- {id: renewal.22, metric: renewal_rate, period: 2022, value: 65%}
- {id: renewal.23, metric: renewal_rate, value: 75%}
- {id: tenure.22, metric: relationship_months, period: 2022, value: 18 months}
- {id: tenure.23, metric: relationship_months, value: 24 months}
- {id: clv, metric: clv, kind: growth, value: +25%}
targets:
- {id: goal, metric: net_sales, kind: growth, value: +12%}
- {id: of_goal, metric: attainment, value: 110%}
- {id: of_East, metric: attainment, scope: East, value: 120%}
- {id: of_West, metric: attainment, scope: West, value: 90%}
- {id: main, metric: net_sales, kind: share, scope: main, value: ≥ 60%}
- {id: new, metric: net_sales, kind: share, scope: new, value: 30%}
"""


@pytest.fixture(scope="session")
def summary():
    """Give the report on an annual summary with next year's goals."""
    return check_text(SUMMARY, "summary.yaml")


@pytest.fixture(scope="session")
def facts():
    """Give a company's history: 2021 to 2023, and what 2024 is likely to bring."""
    values = {}
    for year, total in {2021: 80e6, 2022: 90e6, 2023: 100e6}.items():
        values["net_sales", "", str(year)] = total
        for region, share in {"华东": 0.35, "华南": 0.25, "中西部": 0.20, "北方": 0.20}.items():
            values["net_sales", f"region={region}", str(year)] = total * share
        for line, share in {"A": 0.45, "B": 0.30, "C": 0.25}.items():
            values["net_sales", f"product_line={line}", str(year)] = total * share
        for quarter, share in {"Q1": 0.2, "Q2": 0.25, "Q3": 0.25, "Q4": 0.3}.items():
            values["net_sales", "", f"{year}{quarter}"] = total * share
            customers = {"Q1": 20, "Q2": 40, "Q3": 25, "Q4": 15}[quarter]
            values["new_customers", "", f"{year}{quarter}"] = customers
        values["new_customers", "", str(year)] = 100
    values["net_sales", "customer_type=existing", "2023"] = 60e6
    values["repurchase_rate", "", "2023"] = 0.70
    forecasts = {
        ("net_sales", "", "2024"): Interval(100e6, 106e6, 111e6),
        ("net_sales", "region=华东", "2024"): Interval(36e6, 37e6, 38e6),
        ("net_sales", "region=北方", "2024"): Interval(23e6, 24e6, 25e6),
    }
    members = {"region": ("华东", "华南", "中西部", "北部"), "product": ("B+",)}
    return Facts(values, forecasts, members)


@pytest.fixture(scope="session")
def with_facts(plan_2024_text, facts):
    """Give the report on the plan of 2024 held against data."""
    return check_text(plan_2024_text, "plan_2024.yaml", facts)


def repair(plan):
    """Put every finding of the plan of 2024 in order, one after the other."""
    # A1: the proportional repair. A2: what A can be. A3, A4, A5, A6, A7, A8: one figure each.
    growth = {
        "P18.华东": "5.83%",
        "P19.华南": "15.63%",
        "P20.中西部": "22.48%",
        "P21.北方": "7.79%",
    }
    for name, value in growth.items():
        plan.set(name, value=f"+{value}")
    plan.set("P14.A", value="≤ 35%").set("P15.A", value="≤ 35%")
    plan.set("P29.B", value="+30.7%")
    plan.set("P04.share", baseline="55%", value="≥ 65%").set("P10.premium", value="≥ 65%")
    plan.set("P05.share", value="21.9%").set("P11.midwest", value="≥ 21.9%", readings=None)
    plan.set("P11.core", value="58.9%", direction="keep", readings=None)
    # A10, B3: one funnel.
    plan.set("P22.conversion", value="≥ 2%", owner="周七", deadline="2024Q4")
    plan.set("P24.leads", value="≥ 1,500 条")
    # A11, A12, A13, A15.
    plan.set("P15.clear", due="2024Q2")
    plan.set("P26.office", milestone="中西部办事处正式运营", after="P20.office")
    plan.set("P26.midwest", value="85%")
    plan.set("P25.tour", places="region=华东|华南|中西部|北方").set(
        "P29.coverage", due="2024-06-28"
    )
    # A14: the award goes by what the plan asks. A16: one new product is planned.
    plan.set("P40.growth", threshold="≥ 5%", text="区域增长率达到 5% 的区域经理奖 10000 元")
    plan.set("P03", count=1)
    # B1, B2: a market and a share that fit.
    plan.set("P01.market", value="5%")
    plan.set("P11.market_share", value="+1 个百分点", owner="钱总", deadline="2024Q4")
    plan.add("history", id="F.share", metric="market_share", value="15%")
    plan.set("P11.market_share_level", value="16%")
    # B4, B5, B6: dealers and shops with their weight.
    plan.drop("P21.dealers", "P34.dealers")
    plan.add("history", id="F.online", metric="net_sales", kind="share", scope="channel=online",
             value="22%")  # fmt: skip
    plan.add("history", id="F.dealer", metric="net_sales", kind="share",
             scope="region=北方;channel=dealer", of="region=北方", value="60%")  # fmt: skip
    plan.set("P32.shop", value="≥ 200万元")
    plan.set("P10.online", owner="周七", deadline="2024Q4")
    # B7, B8.
    for name in ("P30.key", "P31.key", "P35.key"):
        plan.set(name, credit="nested")
    plan.set("P26.repurchase", kind="rate", of=None, cumulative=None, value="≥ 73%")
    # C1–C6: owners, members, teams.
    plan.data["people"] += [
        {"name": "钱总", "role": "销售总监"},
        {"name": "孙经理"},
        {"name": "马经理"},
    ]
    for name in ("P13.repurchase", "P13.value", "P42.approval"):
        plan.set(name, owner="孙经理", deadline="2024Q4", parent="P10.sales")
    plan.set("P10.sales", owner="钱总", deadline="2024Q4")
    for team, head in {"业务员团队": "马经理", "客户成功经理团队": "孙经理"}.items():
        next(found for found in plan.data["teams"] if found["name"] == team)["head"] = head
    owners = {"P18.华东": "赵六", "P19.华南": "周七", "P20.中西部": "吴八", "P21.北方": "郑九",
              "P15.A": "张三", "P17.C": "王五"}  # fmt: skip
    for name, owner in owners.items():
        plan.set(name, owner=owner, deadline="2024Q4")
    parts = {
        "small": [("华东", 25), ("中西部", 25), ("北方", 15)],
        "key": [("华南", 8), ("中西部", 6), ("北方", 6)],
    }
    for size, members in parts.items():
        for region, count in members:
            plan.add("targets", id=f"F.{size}.{region}", metric="new_customers",
                     scope=f"region={region};size={size}", value=f"{count} 家",
                     parent=f"P12.{size}", credit="nested")  # fmt: skip
    for line, count in {"A": 2, "B": 3}.items():
        plan.add("targets", id=f"F.key.{line}", metric="new_customers", credit="nested",
                 scope=f"product_line={line};size=key", value=f"{count} 家", parent="P12.key")  # fmt: skip
    plan.data["teams"] = [team for team in plan.data["teams"] if not team.get("new")]
    for quarter, count in {"Q1": 24, "Q3": 30, "Q4": 18}.items():
        plan.add("targets", id=f"F.new.{quarter}", metric="new_customers", kind="share",
                 period=f"2024{quarter}", value=f"{count / 1.2:g}%", parent="P12.new")  # fmt: skip
    # C7: figures for letters.
    figures = {
        "P06.sales": 10000, "P10.amount": 11200, "P15.amount": "≤ 3920", "P16.amount": 3920,
        "P17.amount": "≥ 3360",
    }  # fmt: skip
    for name, value in figures.items():
        plan.set(name, value=f"{value}万元")
    plan.drop("P18.amount", "P19.amount", "P20.amount", "P21.amount")
    # C8, C9: a start to measure from; the campaign in the quarter that has to bring most.
    plan.add("history", id="F.value", metric="revenue_per_customer", value="40万元",
             scope="customer_type=existing", definition="每家老客户的年采购额")  # fmt: skip
    plan.set("P27.promotion", start="2024-07-01", due="2024Q3")
    # C10, C11, C12.
    plan.add("monitoring", id="F.closing", type="closing", every="month", day=4)
    plan.set("P47.meeting", date="2025-01-10", covers="year")
    plan.record("P47.meeting").pop("covers")
    plan.add("history", id="F.margin", metric="gross_margin", value="40%")
    for record in plan.data["targets"]:
        if record.get("owner"):
            record["checkpoints"] = ["2024Q1", "2024Q2", "2024Q3"]
    for number, risk in enumerate(plan.data["risks"]):
        risk["trigger"] = f"完成率连续 {number + 1} 个月低于 90%"
    plan.data.pop("capacity")
    return plan
