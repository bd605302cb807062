"""What a year's figures imply, and when that is worth a finding."""

import pandas as pd
import pytest

import salesnb as s
from salesnb.data.store import Company, open_store, write_tables
from salesnb.findings.lens import Lens
from salesnb.findings.rules import RULES
from salesnb.findings.year import key_sides, monthly_value, target_growth


def lens_of(folder, rows, target=None, period="2023"):
    """Look at orders of (day, customer, amount), with the year's target where one is given."""
    orders = pd.DataFrame(
        [
            {"order_id": f"O{place}", "line_no": 1, "order_date": pd.Timestamp(day),
             "customer_id": customer, "amount": float(amount), "cost": amount / 2, "region": "East"}
            for place, (day, customer, amount) in enumerate(rows)
        ]
    )  # fmt: skip
    tables = {"orders": orders}
    if target is not None:
        row = {"metric": "net_sales", "scope": "", "period": "2023", "value": float(target)}
        tables["targets"] = pd.DataFrame([row | {"plan": "p", "version": 1, "unit": "money"}])
    write_tables(folder, tables, Company(regions=("East",), country=""))
    period = s.Period.parse(period)
    day = pd.Timestamp("2023-12-31").date()
    return Lens(s.Dataset(open_store(folder), "all", s.Calendar(), s.Settings(), day), period, day)


def found(lens, rule):
    return [(each.severity, dict(each.values)) for each in RULES[rule].ask(lens)]


# From the first to the last day of two years, so that both are whole.
EDGES = [("2022-01-01", "edge", 1), ("2023-12-31", "edge", 1)]


@pytest.mark.parametrize(
    ("target", "implied"),
    [(110, 0.1), (90, -0.1), (None, None)],
)
def test_the_growth_a_target_asked_for(tmp_path, target, implied):
    rows = [("2022-01-01", "a", 100), ("2023-12-31", "a", 130)]
    whole = target_growth(lens_of(tmp_path, rows, target))
    assert whole is None if implied is None else whole[0] / whole[1] - 1 == pytest.approx(implied)


@pytest.mark.parametrize(
    ("target", "words"),
    [(105, 1), (114, 1), (120, 0), (140, 0)],
    ids=["easy", "just easy", "fair", "missed"],
)
def test_a_target_is_easy_when_it_asked_for_less_than_half_of_growth(tmp_path, target, words):
    rows = [("2022-01-01", "a", 100), ("2023-12-31", "a", 130)]
    assert len(found(lens_of(tmp_path, rows, target), "target_soft")) == words


def test_growth_from_key_accounts_alone(tmp_path):
    rows = [("2022-05-01", "big", 600_000), ("2022-05-01", "small", 400_000),
            ("2023-05-01", "big", 900_000), ("2023-05-01", "small", 300_000), *EDGES]  # fmt: skip
    lens = lens_of(tmp_path, rows)
    assert key_sides(lens) == {"key": (900_000, 600_000), "other": (300_001, 400_001)}
    ((severity, values),) = found(lens, "key_dependence")
    assert severity == "warn"
    assert values["key"] == pytest.approx(0.5)
    assert values["other"] == pytest.approx(-0.25, abs=1e-5)


def test_growth_of_both_sides_is_no_finding(tmp_path):
    rows = [("2022-05-01", "big", 600_000), ("2022-05-01", "small", 300_000),
            ("2023-05-01", "big", 900_000), ("2023-05-01", "small", 400_000), *EDGES]  # fmt: skip
    assert found(lens_of(tmp_path, rows), "key_dependence") == []


def test_lifetime_value_that_grows_by_time_alone(tmp_path):
    # The same 1,200 a year: a customer twice as long with us is worth more, no month more.
    rows = [("2022-01-01", "a", 1200), ("2023-01-01", "a", 1200), ("2023-12-31", "a", 0)]
    lens = lens_of(tmp_path, rows)
    now, before = monthly_value(lens)
    assert now == pytest.approx(before, rel=0.01)
    assert found(lens, "value_thinner") == []
    less = [("2022-01-01", "a", 1200), ("2023-01-01", "a", 900), ("2023-12-31", "a", 0)]
    (tmp_path / "less").mkdir()
    ((severity, values),) = found(lens_of(tmp_path / "less", less), "value_thinner")
    assert severity == "warn"
    assert values["each"] == pytest.approx(-0.25, rel=0.01)


def test_a_month_is_not_asked(tmp_path):
    rows = [("2022-05-01", "big", 600_000), ("2022-05-01", "small", 400_000),
            ("2023-05-01", "big", 900_000), ("2023-05-01", "small", 300_000), *EDGES]  # fmt: skip
    lens = lens_of(tmp_path, rows, 100, "2023-12")
    for rule in ("target_soft", "region_short", "key_dependence", "value_thinner"):
        assert found(lens, rule) == []
