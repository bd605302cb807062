"""Series as they come: short, with gaps, of quarters, without names."""

import numpy as np
import pandas as pd
import pytest

from salesnb.figures.control import draw_control
from salesnb.figures.multiples import draw_multiples
from salesnb.figures.periods import axis_names, period_name
from salesnb.figures.trend import draw_trend
from salesnb.language import Language
from salesnb.period import Period

ZH, EN = Language.load("zh"), Language.load("en")


def texts(figure):
    return [text.get_text() for axes in figure.axes for text in axes.texts]


def test_lines_are_named_at_their_ends_with_their_last_known_value():
    frame = pd.DataFrame(
        {
            "period": ["2024-01", "2024-02", "2024-03"] * 2,
            "value": [10e4, 20e4, np.nan, 30e4, 30e4, 30e4],
            "scenario": ["actual"] * 3 + ["target"] * 3,
        }
    )
    chart = draw_trend(frame, ZH, title="一句话")
    assert {"实际 20.0", "目标 30.0"} <= set(texts(chart.wide))
    assert chart.data["period"].tolist() == ["2024年1月", "2024年2月", "2024年3月"]
    assert [field.label for field in chart.fields] == ["期间", "实际", "目标"]


@pytest.mark.parametrize(
    "values", [[5.0], [np.nan, np.nan], [0.0, 0.0], [-5.0, -7.0], [1e-9, 1e12]]
)
def test_any_values_are_drawn(values):
    frame = pd.DataFrame({"period": ["2024-01", "2024-02"][: len(values)], "value": values})
    assert draw_trend(frame, EN, title="").kind == "trend"
    panels = frame.assign(panel="one")
    assert draw_multiples(panels.fillna(0.0), EN, title="").kind == "multiples"


def test_a_year_is_said_where_it_begins():
    periods = [Period.parse(name) for name in ("2023-11", "2023-12", "2024-01")]
    assert axis_names(EN, periods) == [("Nov", "2023"), ("Dec", ""), ("Jan", "2024")]
    assert axis_names(ZH, ["2024Q1", "2024Q2"]) == [("1季度", "2024年"), ("2季度", "")]
    assert axis_names(ZH, ["2024", "周一"]) == [("2024年", ""), ("周一", "")]
    assert period_name(ZH, "2024-06") == "2024年6月"


def test_points_outside_the_limits_are_named():
    frame = pd.DataFrame({"period": ["2024-01", "2024-02", "2024-03"], "value": [10.0, 11.0, 30.0]})
    frame = frame.assign(mean=10.0, low=7.0, high=13.0, outside=[False, False, True])
    chart = draw_control(frame, EN, title="Up", unit="count")
    assert chart.alt == "Control chart: Up. Mar 2024 30."
    assert "30" in texts(chart.wide)
    calm = draw_control(frame.assign(outside=False), EN, title="Calm", unit="count")
    assert calm.alt == "Control chart: Calm. no point outside the limits."
