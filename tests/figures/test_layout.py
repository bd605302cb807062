"""Every kind of figure, both languages, both widths, whatever the names and sizes.

No text lies on another or leaves the picture, every colour is the theme's, and nothing of
matplotlib's is changed.
"""

import re
from itertools import combinations

import matplotlib as mpl
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.transforms import Bbox

import gallery
from salesnb.figures.canvas import NARROW, WIDE, drawing
from salesnb.figures.strips import draw_strips
from salesnb.figures.theme import LIGHT
from salesnb.language import Language
from salesnb.report.svg import to_svg

COLOUR = re.compile(r'(?:fill|stroke)="([^"]+)"')
CASES = [(code, variant) for code in gallery.CODES for variant in gallery.VARIANTS]


@pytest.fixture(scope="module", params=CASES, ids=lambda case: "-".join(case))
def charts(request):
    return gallery.charts(*request.param)


def boxes(figure):
    """The box of each text in pixels, measured ten times larger so that hinting does not matter."""
    with drawing():
        figure.set_dpi(720)
        renderer = RendererAgg(10, 10, 720)
        found = []
        for text in (text for axes in figure.axes for text in axes.texts if text.get_text()):
            box = text.get_window_extent(renderer)
            found.append((text.get_text(), Bbox(box.get_points() / 10)))
        figure.set_dpi(72)
    return found


def touching(one, other, slack=1.5):
    return (
        one.x0 + slack < other.x1
        and other.x0 + slack < one.x1
        and one.y0 + 2 * slack < other.y1
        and other.y0 + 2 * slack < one.y1
    )


def test_no_text_lies_on_another(charts):
    wrong = [
        (kind, name, one, other)
        for kind, chart in charts.items()
        for name in ("wide", "narrow")
        for (one, box), (other, below) in combinations(boxes(getattr(chart, name)), 2)
        if touching(box, below)
    ]
    assert wrong == []


def test_no_text_leaves_the_picture(charts):
    for kind, chart in charts.items():
        for name, width in (("wide", WIDE), ("narrow", NARROW)):
            figure = getattr(chart, name)
            height = figure.get_size_inches()[1] * 72
            out = [
                (kind, name, text)
                for text, box in boxes(figure)
                if box.x0 < -2 or box.x1 > width + 2 or box.y0 < -3 or box.y1 > height + 3
            ]
            assert out == []


def test_the_picture_is_small_its_colours_the_themes_its_text_text(charts):
    known = {colour.lower() for colour in LIGHT.values()} | {"none"}
    for kind, chart in charts.items():
        svgs = [to_svg(figure, chart.alt) for figure in (chart.wide, chart.narrow)]
        assert sum(len(svg.encode()) for svg in svgs) < 20_000, kind
        assert all("<text" in svg for svg in svgs)
        used = {colour for svg in svgs for colour in COLOUR.findall(svg)}
        assert used <= known


def test_drawing_leaves_matplotlib_as_it_was():
    before = dict(mpl.rcParams)
    gallery.charts.__wrapped__("zh")
    assert dict(mpl.rcParams) == before


def test_alternative_text_states_the_finding_and_the_figures():
    chart = gallery.charts("zh")["bridge"]
    assert chart.alt == (
        "瀑布图：安徽缺口 42 万元，占全区缺口的六成。江苏 3,482万元；浙江 +210万元；"
        "上海 −90.0万元；安徽 −45.0万元；福建 +130万元；山东 −67.0万元；江西 3,620万元。"
    )
    chart = gallery.charts("en")["funnel"]
    assert chart.alt == (
        "Funnel: Anhui is ¥420K short, most of the gap. Northwest 4,200; Central 2,610 62.1%; "
        "Bay Area 1,105 42.3%; Texas 420 38.0%; Ohio 188 44.8%."
    )


def test_hundreds_of_people_are_drawn_as_small_as_a_team():
    place = range(400)
    frame = pd.DataFrame({"label": ["甲乙丙丁"[n % 4] for n in place], "value": [*place]})
    drawn = draw_strips(frame, Language.load("zh"), title="x")
    svgs = [to_svg(figure, drawn.alt) for figure in (drawn.wide, drawn.narrow)]
    assert sum(len(svg.encode()) for svg in svgs) < 20_000


def test_every_kind_of_figure_is_in_the_gallery(root):
    text = (root / "tests" / "gallery.py").read_text(encoding="utf-8")
    drawers = [
        name
        for path in (root / "src" / "salesnb" / "figures").glob("*.py")
        for name in re.findall(r"^def (draw_\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)
        if path.stem == name.removeprefix("draw_")
    ]
    assert len(drawers) >= 12
    assert [name for name in drawers if f"{name}(" not in text] == []
