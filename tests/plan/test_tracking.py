import numpy as np
import pandas as pd
import pytest

from salesnb.errors import MetricError, ParameterError
from salesnb.plan.tracking import attainment, attainment_by_version

KEYS = ["region", "product_line", "period"]


def frame(figure, *rows):
    return pd.DataFrame(rows, columns=[*KEYS, figure])


ACTUALS = frame(
    "actual",
    ("E", "A", "Q1", 80.0),
    ("E", "B", "Q1", 30.0),
    ("S", "A", "Q1", 50.0),
    ("S", "B", "Q1", 7.0),
)
TARGETS = frame(
    "target",
    ("E", "A", "Q1", 100.0),
    ("E", "B", "Q1", 20.0),
    ("S", "A", "Q1", 50.0),
    ("N", "A", "Q1", 10.0),
    ("N", "B", "Q1", 0.0),
)


def test_attainment_by_region_is_summed_not_averaged():
    table = attainment(ACTUALS, TARGETS, KEYS, by=["region"]).set_index("region")
    # East: (80 + 30) / (100 + 20), not the mean of 80 % and 150 %.
    assert table["attainment"].to_dict() == pytest.approx({"E": 110 / 120, "S": 1.0, "N": 0.0})
    assert table["gap"].to_dict() == {"E": -10, "S": 0, "N": -10}


def test_sales_without_a_target_count_on_neither_side():
    table = attainment(ACTUALS, TARGETS, KEYS, by=["region"]).set_index("region")
    assert table.loc["S", ["actual", "untargeted"]].tolist() == [50, 7]
    cell = attainment(ACTUALS, TARGETS, KEYS).set_index(KEYS[:2])
    assert cell.loc[("S", "B"), "reason"] == "no_target"
    assert np.isnan(cell.loc[("S", "B"), "attainment"])
    assert cell.loc[("N", "B"), "reason"] == "zero_denominator"
    assert cell.loc[("N", "A"), "attainment"] == 0


def test_one_total():
    table = attainment(ACTUALS, TARGETS, KEYS, by=[])
    assert table["attainment"].tolist() == pytest.approx([160 / 180])
    assert table["untargeted"].tolist() == [7]


def test_sides_that_do_not_fit_are_refused():
    with pytest.raises(MetricError) as caught:
        attainment(pd.concat([ACTUALS, ACTUALS]), TARGETS.drop(columns="target"), KEYS)
    assert str(caught.value) == (
        "2 problems.\n"
        "  · `actuals` has a key more than once; got E, A, Q1.\n"
        "  · `targets` has no `target`."
    )
    with pytest.raises(ParameterError, match="`by` names `team`, which is no key"):
        attainment(ACTUALS, TARGETS, KEYS, by=["team"])


def test_the_original_and_the_current_version():
    versions = pd.concat(
        [
            TARGETS.assign(version=1),
            frame("target", ("E", "A", "Q1", 80.0), ("S", "B", "Q1", 7.0)).assign(version=2),
        ]
    )
    table = attainment_by_version(ACTUALS, versions, KEYS, by=["region"]).set_index("region")
    assert table["original"].to_dict() == {"E": 120, "S": 50, "N": 10}
    assert table["current"].to_dict() == {"E": 100, "S": 57, "N": 10}
    assert table["revised"].to_dict() == {"E": -20, "S": 7, "N": 0}
    assert table["attainment_current"].to_dict() == pytest.approx({"E": 1.1, "S": 1, "N": 0})
    assert table["attainment_original"].to_dict() == pytest.approx({"E": 110 / 120, "S": 1, "N": 0})
    assert table["version"].to_dict() == {"E": 2, "S": 2, "N": 1}
    total = attainment_by_version(ACTUALS, versions, KEYS, by=[])
    assert total[["original", "current", "version"]].to_numpy().tolist() == [[180, 167, 2]]


def test_versions_are_needed_and_unique():
    with pytest.raises(MetricError, match="`targets` has no `version`"):
        attainment_by_version(ACTUALS, TARGETS, KEYS)
    twice = pd.concat([TARGETS, TARGETS]).assign(version=1)
    with pytest.raises(MetricError, match="a key of a version more than once"):
        attainment_by_version(ACTUALS, twice, KEYS)
