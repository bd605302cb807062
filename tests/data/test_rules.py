"""What rows must keep, beyond the type of each value; one small frame for each rule."""

import pandas as pd
import pytest

from salesnb.data.rules import Context, broken_references, broken_rules, known_values
from salesnb.data.store import Company
from salesnb.data.tables import TABLES

COMPANY = Company(regions=("华东", "华南"))
DAY = pd.Timestamp("2024-01-01")


def broken(table, tables=None, metrics=(), **columns):
    frame = pd.DataFrame(columns)
    context = Context({**(tables or {}), table: frame}, COMPANY, metrics)
    return {
        (one.rule, one.column): (one.rows.tolist(), one.rejects)
        for one in broken_rules(TABLES[table], frame, context)
    }


def test_required_columns_are_filled_and_keys_are_unique():
    assert broken("reps", rep_id=["1", "1", None], name=["a", "b", "c"]) == {
        ("empty", "rep_id"): ([False, False, True], True),
        ("duplicate", "rep_id"): ([False, True, False], True),
    }


def test_keys_of_several_columns():
    found = broken("training", session_id=["s", "s"], rep_id=["1", "2"], date=[DAY, DAY])
    assert found == {}


def test_numbers_have_limits():
    found = broken(
        "opportunities", opp_id=["1", "2", "3"], created=DAY, amount=1.0, stage="a", outcome="won",
        probability=[0.5, 80.0, None],
    )  # fmt: skip
    # The value is of no use, the row is.
    assert found == {("range", "probability"): ([False, True, False], False)}


def test_words_of_a_closed_list():
    found = broken(
        "orders", order_id=["1", "2", "3"], order_date=DAY, amount=1.0,
        status=["counted", "partly", None],
    )  # fmt: skip
    assert found == {("word", "status"): ([False, True, False], True)}


def test_periods_are_periods():
    found = broken("targets", period=["2024-01", "2024-1", "2024Q5"], value=1.0)
    assert found[("period", "period")] == ([False, True, True], True)


@pytest.mark.parametrize(
    ("scope", "rule"),
    [
        ("region=华东", None), ("", None), ("region=华西", "unknown_scope"),
        ("product_line=C", None), ("product_line=D", "unknown_scope"), ("regoin=华东", "scope"),
        ("华东", "scope"), ("customer_type=new", None), ("customer_type=old", "unknown_scope"),
        # No table knows competitors, so nobody can say.
        ("competitor=x", None),
    ],
)  # fmt: skip
def test_targets_are_about_what_the_data_know(scope, rule):
    products = pd.DataFrame({"product_id": ["1"], "name": "x", "line": ["C"]})
    found = broken("targets", {"products": products}, period="2024", value=[1.0], scope=[scope])
    assert list(found) == ([] if rule is None else [(rule, "scope")])


def test_targets_are_about_metrics_there_are():
    found = broken(
        "targets", metrics=["net_sales"], period="2024", value=1.0, metric=["net_sales", "sales"],
        version=[1, 2],
    )  # fmt: skip
    assert found == {("unknown_metric", "metric"): ([False, True], True)}


def test_a_range_has_an_upper_end_above_the_lower():
    found = broken(
        "targets", period=["2024-01", "2024-02", "2024-03"], value=[2.0, 2.0, 2.0],
        value_hi=[3.0, None, 1.0], bound="range",
    )  # fmt: skip
    assert found == {("no_upper", "value_hi"): ([False, True, True], True)}


def test_a_rate_of_fifteen_is_fifteen_percent_written_wrongly():  # E20
    found = broken("targets", period="2024", value=[0.15, 15.0], unit="ratio", version=[1, 2])
    assert found == {("percent", "value"): ([False, True], False)}


def test_the_credit_of_an_order_is_given_out_once():  # E15, E16
    found = broken(
        "order_credit", order_id=["1", "1", "2", "2"], rep_id=["a", "b", "a", "b"],
        share=[0.4, 0.6, 0.5, 0.6],
    )  # fmt: skip
    assert found == {("shares", "share"): ([False, False, True, True], True)}


def test_a_return_above_zero_beside_those_below():  # E07
    found = broken(
        "orders", order_id=["1", "2"], order_date=DAY, amount=[5.0, -5.0], status="return"
    )
    assert found == {("return_sign", "amount"): ([True, False], True)}


def test_a_foreign_line_needs_a_rate():  # E08
    lines = {"order_id": ["1", "2", "3"], "order_date": DAY, "amount": 1.0}
    currency = ["CNY", "USD", None]
    assert broken("orders", **lines, currency=currency) == {
        ("no_rate", "currency"): ([False, True, False], True)
    }
    assert broken("orders", **lines, currency=currency, fx_rate=[1.0, 7.1, 1.0]) == {}


def test_days_are_in_order():
    found = broken(
        "contracts", contract_id=["1", "2"], start=[DAY, DAY], amount=1.0,
        end=[DAY, DAY - pd.Timedelta(days=1)],
    )  # fmt: skip
    assert found == {("days_in_order", "end"): ([False, True], False)}


def test_keys_of_other_tables_are_there_when_the_table_is():  # E19
    orders = pd.DataFrame({"customer_id": ["1", "9", None], "rep_id": ["x", "y", "z"]})
    customers = pd.DataFrame({"customer_id": ["1"], "name": ["a"]})
    context = Context({"customers": customers, "orders": orders}, COMPANY)
    (found,) = broken_references(TABLES["orders"], orders, context)
    assert (found.column, found.rows.tolist(), found.rejects) == (
        "customer_id", [False, True, False], False
    )  # fmt: skip


def test_what_a_dimension_may_be():
    context = Context({"orders": pd.DataFrame({"region": ["北方", ""]})}, COMPANY)
    assert known_values("region", context) == {"华东", "华南", "北方"}
    assert known_values("team", context) is None


def test_a_good_frame_breaks_nothing():
    assert broken("orders", order_id=["1"], order_date=DAY, amount=[1.0], line_no=[1]) == {}
