import base64
import io
import re

from fontTools.ttLib import TTFont

from salesnb.figures.fonts import font_file
from salesnb.report.fonts import (
    _cut,
    figure_characters,
    font_face,
    subset_woff,
    text_characters,
)
from salesnb.report.html import Html


def test_characters_of_pictures_are_gathered_and_nothing_else():
    page = Html("<p>正文</p><svg><text x='1'>江苏 A1&lt;（万元）</text></svg>")
    assert figure_characters(page) == frozenset("江苏（万元）")
    assert text_characters(page) == frozenset("正文江苏 A1<（万元）")


def test_the_font_holds_just_these_characters_and_is_small():
    characters = frozenset("喆堃玥头翀燚江苏浙江上海万元同比目标实际▲▼−")
    data = subset_woff(characters)
    with TTFont(io.BytesIO(data)) as font:
        assert {chr(code) for code in font.getBestCmap()} == characters
        assert "Open Font License" in font["name"].getDebugName(13)
    assert len(data) < 12_000


def test_same_characters_same_bytes():
    characters = frozenset("华东大区一二三")
    first = subset_woff(characters)
    subset_woff.cache_clear()
    assert subset_woff(characters) == first


def test_what_was_asked_for_before_leaves_no_trace():
    characters = frozenset("华东大区一二三A1")
    whole = _cut(font_file(), characters, "woff")
    subset_woff.cache_clear()
    subset_woff(frozenset("喆堃玥"))
    assert subset_woff(characters) == whole


def test_what_the_font_does_not_hold_is_left_to_the_reader():
    rule = font_face(frozenset("江\U0001f600"))
    data = base64.b64decode(re.search(r"base64,([^)]+)\)", rule).group(1))
    with TTFont(io.BytesIO(data)) as font:
        assert set(font.getBestCmap()) == {ord("江")}
    assert font_face(frozenset()) == ""


def test_a_font_for_all_has_no_range():
    assert "unicode-range" in font_face(frozenset("江"))
    assert "unicode-range" not in font_face(frozenset("江A1"), for_all=True)
