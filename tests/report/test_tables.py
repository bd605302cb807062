import re

import pandas as pd
import pytest

from salesnb.errors import MetricError
from salesnb.language import Language
from salesnb.report.tables import Col, table

ZH, EN = Language.load("zh"), Language.load("en")
SALES = pd.DataFrame(
    {
        "label": ["江苏", "<b>浙江", "上海"],
        "sold": [3_482_000.0, 120_000.0, float("nan")],
        "target": [4_000_000.0, 90_000.0, 50_000.0],
        "price": [12.5, 8.0, 9.25],
        "growth": [0.123, -0.05, 0.0],
        "margin": [0.012, -0.0001, float("nan")],
    }
)


def cells(markup):
    return [re.sub(r"<[^>]*>", "", cell) for cell in re.findall(r"<t[dh].*?</t[dh]>", markup)]


def test_a_table_names_units_once_and_lines_up():
    shown = table(
        SALES,
        [
            Col("label", "省份"),
            Col("sold", "销售额", "money"),
            Col("target", "目标", "money"),
            Col("price", "件单价", "money"),
            Col("growth", "同比", "delta", better="up"),
            Col("margin", "毛利率变化", "points"),
        ],
        ZH,
        "各省",
        total={"label": "合计", "sold": 3_602_000.0, "growth": 0.1},
    )
    assert cells(shown.html()) == [
        *("省份", "销售额（万元）", "目标（万元）", "件单价（元）", "同比", "毛利率变化（百分点）"),
        *("江苏", "348.2", "400.0", "12.5", "▲+12.3%", "+1.2"),
        *("&lt;b&gt;浙江", "12.0", "9.0", "8.0", "▼−5.0%", "0.0"),
        *("上海", "—", "5.0", "9.2", "0.0%", "—"),
        *("合计", "360.2", "—", "—", "▲+10.0%", "—"),
    ]
    assert "<caption>各省</caption>" in shown.html()
    assert shown.html().count('scope="col"') == 6
    assert shown.html().count('scope="row"') == 4
    assert shown.text().splitlines()[2] == "江苏 | 348.2 | 400.0 | 12.5 | +12.3% | +1.2"


def test_a_falling_cost_is_good():
    cost = pd.DataFrame({"label": ["a"], "change": [-0.1]})
    shown = table(cost, [Col("label"), Col("change", "", "delta", better="down")], EN, "Cost")
    assert '<span class="d down good">' in shown.html()


def test_rows_left_out_are_counted_or_stood_for():
    columns = [Col("label", "Name"), Col("sold", "Sold", "money")]
    short = table(SALES, columns, EN, "x", max_rows=1)
    assert cells(short.html())[2:] == ["江苏", "3,482"]
    assert "Rows not listed: 2." in short.html()
    stood = table(SALES, columns, EN, "x", max_rows=1, others={"label": "2 others", "sold": 9.0e4})
    assert cells(stood.html())[4:] == ["2 others", "90"]
    assert "not listed" not in stood.html()


def test_bars_are_measured_by_the_largest_and_never_by_the_total():
    shown = table(
        SALES,
        [Col("label"), Col("sold", "Sold", "bar")],
        EN,
        "x",
        total={"label": "Sum", "sold": 9e9},
    )
    assert re.findall(r"width:([\d.]+)%", shown.html()) == ["100", "3.4"]


def test_words_in_number_columns_and_states():
    frame = pd.DataFrame(
        {"label": ["a"], "n": ["none yet"], "state": ["good:fine"], "odd": ["x:y"]}
    )
    columns = [
        Col("label"),
        Col("n", "n", "count"),
        Col("state", "s", "status"),
        Col("odd", "o", "status"),
    ]
    shown = table(frame, columns, EN, "x")
    assert cells(shown.html())[4:] == ["a", "none yet", "fine", "y"]
    assert 'class="pill good"' in shown.html()
    assert 'class="pill none"' in shown.html()


def test_unknown_columns_and_kinds_are_told():
    with pytest.raises(MetricError) as caught:
        table(SALES, [Col("label"), Col("cost"), Col("rank")], EN, "x")
    assert str(caught.value) == (
        "2 problems.\n"
        "  · the table has no column `cost`; got label, sold, target, price, growth, margin.\n"
        "  · the table has no column `rank`; got label, sold, target, price, growth, margin."
    )
    with pytest.raises(MetricError) as caught:
        Col("sold", kind="dollars")
    assert str(caught.value) == (
        "column `sold` is of an unknown kind; got dollars. It can be: bar, count, date, days, "
        "delta, figure, money, months, number, percent, period, points, rate, ratio, score, "
        "share, spark, status, text."
    )


def test_an_empty_table_is_a_table():
    shown = table(SALES.head(0), [Col("label", "Name"), Col("sold", "Sold", "bar")], EN, "Nothing")
    assert cells(shown.html()) == ["Name", "Sold (¥)"]


def test_a_row_without_a_name_has_that_of_the_row_above_for_those_who_do_not_see():
    frame = pd.DataFrame({"label": ["王芳", "", "李强"], "sold": [1.0, 2.0, 3.0]})
    markup = table(frame, [Col("label"), Col("sold", kind="count")], ZH, "x").html()
    assert '<th scope="row"><span class="vh">王芳</span></th>' in markup


def test_short_words_stay_on_one_line():
    frame = pd.DataFrame({"name": ["甲", "乙"], "said": ["短", "长得要折行的一段说明文字"]})
    shown = table(frame, [Col("name", "名"), Col("said", "说明")], ZH, "说明").html()
    assert '<td class="sh">短</td>' in shown
    assert "<td>长得要折行的一段说明文字</td>" in shown
