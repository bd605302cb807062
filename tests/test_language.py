from datetime import date

import pandas as pd
import pytest

from salesnb.errors import ParameterError
from salesnb.language import Language
from salesnb.period import Period

ZH, EN = Language.load("zh"), Language.load("en")


@pytest.mark.parametrize(
    ("value", "zh", "en"),
    [
        (0, "0 元", "¥0"),
        (9_999.4, "9,999 元", "¥10.0K"),
        (12_345, "1.2万元", "¥12.3K"),
        (999_600, "100万元", "¥1.0M"),
        (99_994_000, "9,999万元", "¥100M"),
        (99_996_000, "1.00亿元", "¥100M"),
        (1_234_567_890, "12.35亿元", "¥1.2B"),
        (-420_000, "−42.0万元", "−¥420K"),
        (None, "—", "—"),
        (float("nan"), "—", "—"),
        (-0.2, "0 元", "¥0"),
    ],
)
def test_money_chooses_its_scale_after_rounding(value, zh, en):
    assert (ZH.money(value), EN.money(value)) == (zh, en)


def test_signed_numbers():
    assert ZH.money(50_000, signed=True) == "+5.0万元"
    assert EN.percent(-0.0712, signed=True) == "−7.1%"
    assert ZH.points(0.021) == "+2.1 个百分点"
    assert EN.points(0.0004) == "0.0 pp"
    assert EN.count(12_345) == "12,345"


def test_other_currencies():
    assert Language.load("zh", "USD").money(25_000_000) == "2,500万美元"
    assert Language.load("en", "USD").money(25_000_000) == "$25.0M"
    assert Language.load("en", "XAU").money(25) == "XAU25"


def test_one_unit_for_a_column_of_money():
    assert ZH.money_scale(3_482_000) == (1e4, "万元")
    assert EN.money_scale(3_482_000) == (1e3, "¥K")
    assert EN.money_scale(25_000_000) == (1e6, "¥M")
    assert ZH.money_scale(5_000) == (1.0, "元")


def test_dates_and_periods():
    assert ZH.date(date(2024, 6, 3)) == "2024年6月3日"
    assert EN.date("2024-06-03") == "3 Jun 2024"
    assert EN.date(pd.Timestamp("2024-06-03"), short=True) == "3 Jun"
    assert ZH.date(pd.NaT) == "—"
    assert ZH.period("2024-06") == "2024年6月"
    assert ZH.period(Period.parse("2024Q2")) == "2024年第二季度"
    assert EN.period("2024Q2") == "Q2 2024"
    assert EN.period("2024-06") == "Jun 2024"


def test_sentences_are_filled_by_named_fields():
    assert EN("base.points", value="+2.0") == "+2.0 pp"
    with pytest.raises(KeyError):
        EN("base.points", wrong=1)
    with pytest.raises(KeyError):
        EN("base.nothing")


def test_lists_and_lengths():
    assert ZH.list(["华东", "华南"]) == "华东、华南"
    assert EN.days(3.5) == "3.5 days"
    assert ZH.months(23.96) == "24.0 个月"


def test_an_unknown_language_is_refused():
    with pytest.raises(ParameterError) as error:
        Language.load("fr")
    assert str(error.value) == "`language` is unknown; got 'fr'. It can be: en, zh."
