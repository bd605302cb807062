import sys

import matplotlib as mpl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from salesnb.figures.fonts import covered, fit, font_file, text_width, wrap
from salesnb.figures.scale import scale_of
from salesnb.language import Language


def test_font_is_found_without_importing_what_carries_it():
    assert font_file().name == "NotoSansSC-Regular.ttf"
    assert "zhplot" not in sys.modules
    assert mpl.rcParams["font.family"] == ["sans-serif"]


def test_font_holds_every_character_of_gbk_names():
    gbk = [
        bytes([high, low]).decode("gbk")
        for high in range(0xB0, 0xF8)
        for low in range(0xA1, 0xFF)
        if (high, low) < (0xD7, 0xFA) or high > 0xD7
    ]
    assert [character for character in gbk if not covered(character)] == []
    rare = "喆堃玥頔翀燚祎珺旻昇垚犇彧赟暘镕"
    assert all(covered(character) for character in rare + "▲▼→●−¥￥·（）")


@pytest.mark.parametrize("code", ["zh", "en"])
def test_font_holds_what_scales_write(code):
    language = Language.load(code)
    for unit in ("money", "percent", "points", "count", "ratio", "days", "months", "score"):
        scale = scale_of(language, unit, [1.5e9])
        assert all(covered(character) for character in scale.text(-1.5e9, signed=True) + scale.name)


@given(st.text(max_size=40), st.floats(12, 300))
@settings(deadline=None)
def test_cut_text_fits(text, width):
    assert text_width(fit(text, 12, width), 12) <= width + 0.01


@given(st.text(max_size=80), st.floats(40, 200), st.integers(1, 3))
@settings(deadline=None)
def test_broken_lines_fit(text, width, lines):
    broken = wrap(text, 12, width, lines)
    assert 1 <= len(broken) <= lines
    assert all(text_width(line, 12) <= width + 0.01 for line in broken)


def test_english_breaks_at_a_space_and_chinese_anywhere():
    assert wrap("Gross margin change", 12, 90) == ["Gross margin", "change"]
    assert wrap("华东大区第一事业部", 12, 60) == ["华东大区第", "一事业部"]
