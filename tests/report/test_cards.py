import re

import pandas as pd

from salesnb.language import Language
from salesnb.report.cards import Card, Versus, cards
from salesnb.report.heat import heat_table
from salesnb.report.spark import sparkline

ZH, EN = Language.load("zh"), Language.load("en")


def words(markup):
    return " ".join(re.sub(r"<[^>]*>", " ", markup).split())


def test_a_card_never_shows_a_number_alone():
    card = Card("销售额", 36_200_000, "money", (Versus("同比", 0.123), Versus("环比", -0.04)))
    shown = cards([card], ZH)
    assert words(shown.html()) == "销售额 3,620 万元 同比 ▲ +12.3% 环比 ▼ −4.0%"
    assert shown.text() == "销售额 3,620万元 · 同比 +12.3% · 环比 −4.0%"


def test_progress_is_held_against_what_was_due():
    behind = cards([Card("Sales", 1.0, attainment=0.87, pace=0.93)], EN).html()
    ahead = cards([Card("Sales", 1.0, attainment=1.25, pace=0.93)], EN).html()
    assert 'class="bad" style="width:87%"' in behind
    assert "left:93%" in behind
    assert 'class="good" style="width:100%"' in ahead
    assert "left:74.4%" in ahead


def test_what_cannot_be_computed_says_why():
    card = Card(
        "Margin", None, "percent", (Versus("YoY", None, reason="no cost"),), note="no orders"
    )
    assert words(cards([card], EN).html()) == "Margin — YoY no cost no orders"


def test_falling_days_are_good_when_less_is_better():
    card = Card("DSO", 43, "days", (Versus("YoY", -2, "days"),), better="down")
    assert 'class="d down good"' in cards([card], EN).html()


def test_points_and_money_name_their_unit():
    card = Card(
        "Margin", 0.31, "percent", (Versus("YoY", 0.012, "points"), Versus("gap", -4.2e5, "money"))
    )
    assert words(cards([card], ZH).html()) == "Margin 31.0 % YoY ▲ +1.2 百分点 gap ▼ −42.0 万元"


def test_sparkline_leaves_gaps_and_needs_two_points():
    assert sparkline([1.0]) == ""
    assert sparkline([]) == ""
    path = re.search(r'd="([^"]+)"', sparkline([1, 2, None, 3, 3]))
    assert path.group(1).count("M") == 2
    assert sparkline([5, 5]).count("10") >= 2


def test_heat_text_is_black_or_white_whichever_is_read_best():
    frame = pd.DataFrame([[0.0, 0.5, 1.0]], index=["a"], columns=["x", "y", "z"])
    shown = heat_table(frame, EN, title="t", unit="percent").html()
    assert re.findall(r"background:(#\w+);color:(#\w+)", shown) == [
        ("#edf4fc", "#000"),
        ("#86b4e6", "#000"),
        ("#12457f", "#fff"),
    ]
    turned = heat_table(frame, EN, title="t", unit="percent", middle=0.5, better="down").html()
    assert re.findall(r"background:(#\w+)", turned) == ["#12457f", "#fdf2ea", "#8f3a0b"]
