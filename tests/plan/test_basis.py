import pandas as pd
import pytest

from salesnb.errors import MetricError, ParameterError
from salesnb.plan.allocate import allocate
from salesnb.plan.basis import KINDS, basis


def monthly(first, last, **values):
    """Give the same value for each month of an item, from first to last."""
    months = pd.period_range(first, last, freq="M").astype(str)
    return pd.concat(
        [
            pd.DataFrame({"region": region, "month": months, "value": float(value)})
            for region, value in values.items()
        ]
    )


HISTORY = monthly("2023-01", "2023-12", East=35, South=25)


def test_even_gives_each_the_same():
    assert basis("even", items=["a", "b"]).to_dict() == {"a": 1, "b": 1}


def test_last_year_is_the_twelve_months_before_the_plan():
    history = pd.concat([HISTORY, monthly("2024-01", "2024-03", East=100)])
    assert basis("last_year", ["region"], history=history, start="2024-01").to_dict() == {
        "East": 420,
        "South": 300,
    }


def test_trailing_twelve_ends_with_the_history():
    history = pd.concat([HISTORY, monthly("2024-01", "2024-03", East=100)])
    # East: nine months of 35 and three of 100. South sold nothing in 2024.
    result = basis("trailing_12", ["region"], history=history)
    assert result.to_dict() == {"East": 615, "South": 225}
    # A plan that starts later does not look past the history.
    assert basis("trailing_12", ["region"], history=history, start="2025-01").equals(result)


def test_growth_lifts_last_year():
    result = basis("growth", ["region"], history=HISTORY, start="2024-01", growth={"East": 0.08})
    assert result.to_dict() == pytest.approx({"East": 453.6, "South": 300})


def test_items_choose_and_order_the_rows():
    result = basis("own", weights={"a": 2, "b": 3}, items=["b", "new"])
    assert result.to_dict() == {"b": 3, "new": 0}
    assert result.name == "basis"


def test_several_columns_give_pairs():
    history = HISTORY.assign(rep="x")
    result = basis("last_year", ["region", "rep"], history=history, start="2024-01")
    assert result.loc[("East", "x")] == 420


def test_a_basis_goes_straight_into_an_allocation():
    weights = basis("last_year", ["region"], history=HISTORY, start="2024-01")
    assert allocate(120, weights)["target"].tolist() == [70, 50]


def test_returns_beyond_sales_are_refused_or_counted_as_nothing():
    history = monthly("2023-01", "2023-12", East=-1, South=2)
    with pytest.raises(MetricError) as caught:
        basis("last_year", ["region"], history=history, start="2024-01")
    assert str(caught.value) == (
        "the basis of `East` is below 0; got -12. Hold its target, or count it as 0."
    )
    result = basis("last_year", ["region"], history=history, start="2024-01", below_zero="zero")
    assert result.to_dict() == {"East": 0, "South": 24}


def test_months_that_are_missing_are_named():
    with pytest.raises(MetricError) as caught:
        basis("last_year", ["region"], history=HISTORY, start="2024-03")
    assert str(caught.value) == (
        "`last_year` needs 12 months; got none for 2024-01, 2024-02. "
        "Split by trailing_12, or give the months."
    )


@pytest.mark.parametrize(
    ("kind", "options", "text"),
    [
        ("evn", {}, "`kind` is `evn`. Did you mean `even`?"),
        ("even", {}, "`even` needs `items`."),
        ("potential", {}, "`potential` needs `weights`."),
        ("last_year", {"by": ["region"]}, "`last_year` needs `history`."),
        (
            "last_year",
            {"by": ["region"], "history": HISTORY},
            "`last_year` needs `start`. Give the plan's first month.",
        ),
        (
            "trailing_12",
            {"by": ["rep"], "history": HISTORY},
            "`history` lacks ['rep'].",
        ),
        (
            "growth",
            {"by": ["region"], "history": HISTORY, "start": "2024-01", "growth": {"Esat": 1}},
            "`growth` names `Esat`. Did you mean `East`?",
        ),
    ],
)
def test_what_is_not_given_is_said(kind, options, text):
    with pytest.raises(ParameterError) as caught:
        basis(kind, **options)
    assert str(caught.value) == text


def test_two_rows_for_a_month_are_refused():
    with pytest.raises(MetricError, match="more than one row for an item and month; got East, "):
        basis("trailing_12", ["region"], history=pd.concat([HISTORY, HISTORY]))


def test_the_history_is_not_changed():
    before = HISTORY.copy()
    for kind in KINDS:
        if kind in ("last_year", "trailing_12", "growth"):
            basis(kind, ["region"], history=HISTORY, start="2024-01")
    pd.testing.assert_frame_equal(HISTORY, before)
