import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from salesnb.figures.scale import scale_of
from salesnb.language import Language

ZH, EN = Language.load("zh"), Language.load("en")


@pytest.mark.parametrize(
    ("language", "unit", "values", "name", "shown"),
    [
        (ZH, "money", [3_482_000, -12_000], "万元", ["348", "−1.2"]),
        (ZH, "money", [999_600, 20_000], "万元", ["100", "2.0"]),
        (ZH, "money", [99_000, 5.0], "元", ["99,000", "5"]),
        (ZH, "money", [8.25, 3.0], "元", ["8.25", "3.00"]),
        (ZH, "money", [2.5e9, 1e8], "亿元", ["25.00", "1.00"]),
        (EN, "money", [3_482_000, -12_000], "¥K", ["3,482", "−12.0"]),
        (ZH, "percent", [0.1234, -1.0], "%", ["12.3%", "−100.0%"]),
        (ZH, "points", [0.012], "百分点", ["1.2"]),
        (EN, "count", [1200, 3], "", ["1,200", "3"]),
        (EN, "ratio", [1.256], "×", ["1.26"]),
        (ZH, "days", [43, 2], "天", ["43", "2"]),
        (ZH, "score", [71.25], "分", ["71.2"]),
        (ZH, "money", [math.nan, None], "元", ["—", "—"]),
    ],
)
def test_one_unit_for_all_values(language, unit, values, name, shown):
    scale = scale_of(language, unit, values)
    assert scale.name == name
    assert [scale.text(value) for value in values] == shown


@given(st.floats(-1e7, 1e7), st.sampled_from([ZH, EN]))
@settings(deadline=None)
def test_a_chart_and_a_sentence_show_one_number(value, language):
    scale = scale_of(language, "money", [value])
    said = language.money(value)
    # Of figures too small for the axis's unit, and of those between units, a sentence says more.
    if scale.factor > 1 and scale.name.lstrip("¥").rstrip("元") in said:
        assert scale.text(value).lstrip("−") in said


def test_what_rounds_to_nothing_has_no_sign():
    scale = scale_of(ZH, "percent", [0.2])
    assert [scale.text(value, signed=True) for value in (0.0004, -0.0004, 0.1)] == [
        "0.0%",
        "0.0%",
        "+10.0%",
    ]
