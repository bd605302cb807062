import io

import pytest
from matplotlib.text import Text

from salesnb.figures.canvas import SIZE, blank, drawing, write
from salesnb.figures.fonts import ascent
from salesnb.report.svg import to_svg

LINES = ["华东 1,234 万元", "Ågj (x) $5 & ▲ −3.2%", "ẤỆ│", "😀 x", "…"]


@pytest.mark.parametrize("align", ["left", "center", "right"])
@pytest.mark.parametrize("text", LINES)
def test_words_stand_where_an_ordinary_text_would(text, align):
    with drawing():
        figure, axes = blank(300, 60)
        write(axes, 150, 30, text, size=SIZE, align=align)
        ordinary, plane = blank(300, 60)
        look = {"fontsize": SIZE, "ha": align, "va": "center_baseline", "clip_on": False}
        plane.text(150, 30, text, **look)
    assert to_svg(figure, "") == to_svg(ordinary, "")


def test_a_line_rises_as_far_as_its_font_says_or_its_highest_character():
    assert ascent("", 100) == ascent("华", 100) == pytest.approx(88)
    assert ascent("Å", 100) > 88


def test_a_sheet_has_no_ticks_whoever_asks():
    with drawing():
        figure, axes = blank(300, 60)
        write(axes, 10, 30, "x")
        assert axes.get_xticklabels() == axes.get_yticklabels() == []
        assert [item.get_text() for item in figure.findobj(Text) if item.get_text()] == ["x"]
        figure.savefig(io.BytesIO(), format="png", bbox_inches="tight")


def test_words_are_drawn_in_pixels_too():
    with drawing():
        figure, axes = blank(100, 20)
        write(axes, 100, 10, "华东", align="right")
        figure.savefig(drawn := io.BytesIO(), format="rgba")
    inked = [place % 100 for place, value in enumerate(drawn.getvalue()[3::4]) if value]
    assert 70 < min(inked) < max(inked) < 100
