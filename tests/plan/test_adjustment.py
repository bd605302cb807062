import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from salesnb.errors import MetricError
from salesnb.plan.adjustment import propose_adjustments


def year(region, *actuals, targets=(20.0, 30.0, 35.0, 15.0)):
    return pd.DataFrame(
        {
            "region": region,
            "period": ["2024Q1", "2024Q2", "2024Q3", "2024Q4"],
            "target": targets,
            "actual": [*actuals, *[None] * (4 - len(actuals))],
        }
    )


STRATEGIES = pd.DataFrame(
    {
        "id": ["P18", "P19", "P12", "P16"],
        "scope": ["region=East", "region=South|Midwest;customer_type=new", "", "product_line=B"],
    }
)


def test_below_ninety_per_cent_a_proposal_is_made():
    phases = pd.concat([year("East", 20, 27), year("South", 20, 26.9), year("North", 5, 30)])
    short, new = propose_adjustments(phases, ["region"], strategies=STRATEGIES)
    # East is at 90 % exactly, North fell short in the first quarter only.
    assert short["region"].tolist() == ["South"]
    row = short.iloc[0]
    assert row["attainment"] == pytest.approx(26.9 / 30)
    assert row["remaining"] == pytest.approx(53.1)
    assert row["lift"] == pytest.approx(0.062)
    assert row["verdict"] == "catch_up"
    assert row["strategies"] == ("P19",)
    assert new["target"].tolist() == pytest.approx([53.1 * 0.7, 53.1 * 0.3])
    assert new["change"].sum() == pytest.approx(3.1)


def test_what_the_periods_left_cannot_carry_is_said():
    short, new = propose_adjustments(year("Midwest", 5, 10), ["region"], most=1.3)
    row = short.iloc[0]
    assert row["verdict"] == "out_of_reach"
    assert row["uncovered"] == pytest.approx(85 - 65)
    assert new["target"].tolist() == pytest.approx([45.5, 19.5])


def test_run_rates_by_working_day():
    phases = year("East", 20, 20).assign(workdays=[61, 62, 66, 62])
    row = propose_adjustments(phases, ["region"])[0].iloc[0]
    assert row["run_rate"] == pytest.approx(40 / 123)
    assert row["needed_run_rate"] == pytest.approx(60 / 128)


def test_the_last_period_leaves_nothing_to_move():
    short, new = propose_adjustments(year("East", 20, 30, 35, 10), ["region"])
    assert short["verdict"].tolist() == ["no_period_left"]
    assert short["uncovered"].tolist() == [5]
    assert np.isnan(short["lift"].iloc[0])
    assert new.empty


def test_a_year_met_in_advance_keeps_its_targets():
    short, new = propose_adjustments(year("Nord", 110, 20), ["region"], strategies=STRATEGIES)
    assert short["verdict"].tolist() == ["met"]
    assert short["strategies"].tolist() == [("P12",)]
    assert new["change"].tolist() == [0, 0]


def test_one_target_without_columns_and_whole_units():
    phases = year("", 20, 20).drop(columns="region")
    short, new = propose_adjustments(phases, [], unit=1)
    assert short["verdict"].tolist() == ["catch_up"]
    assert new["target"].tolist() == [42, 18]


def test_nothing_finished_or_nothing_short_gives_no_rows():
    short, new = propose_adjustments(pd.concat([year("E"), year("S", 20)]), ["region"])
    assert short.empty
    assert new.empty
    assert short.columns.tolist()[:2] == ["region", "period"]


def test_phases_out_of_order_are_refused():
    broken = year("E", 20).assign(actual=[None, 20.0, None, None])
    with pytest.raises(MetricError, match="a finished period follows an open one; got E"):
        propose_adjustments(broken, ["region"])
    with pytest.raises(MetricError) as caught:
        propose_adjustments(pd.concat([year("E")] * 2).assign(target=None), ["region"])
    assert str(caught.value) == (
        "2 problems.\n"
        "  · `phases` has a period of a target more than once.\n"
        "  · `phases` has a period without a target."
    )


@given(
    st.lists(st.floats(1, 100), min_size=4, max_size=4),
    st.lists(st.floats(0, 100), min_size=1, max_size=3),
    st.sampled_from([None, 1.0, 1.2, 3.0]),
)
@settings(deadline=None)
def test_new_targets_and_what_is_uncovered_make_up_what_remains(targets, actuals, most):
    phases = year("E", *actuals, targets=targets)
    short, new = propose_adjustments(phases, ["region"], most=most)
    if short.empty or short["verdict"].iloc[0] == "met":
        return
    row = short.iloc[0]
    assert new["target"].sum() + row["uncovered"] == pytest.approx(row["remaining"])
    if most is not None:
        assert (new["target"] <= new["planned"] * most * (1 + 1e-9)).all()
