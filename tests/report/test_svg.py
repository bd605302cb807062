import re
import warnings
from xml.etree import ElementTree

import matplotlib as mpl
from matplotlib.figure import Figure

from salesnb.report.svg import to_svg


def ordinary(seed=0):
    """A figure as an analyst makes it: ordinary axes, clipping, hatches, markers, mathematics."""
    figure = Figure(figsize=(4, 3))
    axes = figure.subplots()
    axes.plot([0, 1, 2], [3, 1, 2 + seed], "s-", label="a $5 & b $6")
    axes.bar([0, 1], [1, 2], hatch="//", edgecolor="#5a6675")
    axes.scatter([0, 1], [1, 1], s=[40, 80])
    axes.set_title("</svg><script>alert(1)</script>")
    axes.text(0, 0, "x", url="javascript:alert(1)", gid='"><b id="x')
    axes.legend()
    return figure


def test_markup_is_whole_small_and_harmless():
    shown = to_svg(ordinary(), 'alt "<">')
    root = ElementTree.fromstring(shown)
    assert root.get("aria-label") == 'alt "<">'
    assert "&lt;/svg&gt;&lt;script&gt;alert(1)&lt;/script&gt;" in shown
    assert "javascript" not in shown
    assert "metadata" not in shown
    assert len(shown) < 14_000


def test_every_id_is_pointed_at_and_of_this_picture_alone():
    one, other = to_svg(ordinary(), ""), to_svg(ordinary(1), "")
    ids = re.findall(r'\bid="([^"]+)"', one)
    assert ids
    assert len(ids) == len(set(ids))
    assert set(ids) == set(re.findall(r'(?:url\(#|href="#)([^)"]+)', one))
    assert not set(ids) & set(re.findall(r'\bid="([^"]+)"', other))


def test_same_figure_same_bytes_whatever_the_session_has_set():
    first = to_svg(ordinary(), "")
    theirs = {"svg.fonttype": "path", "svg.hashsalt": "x", "font.size": 30}
    drawn = ordinary()
    with mpl.rc_context(theirs), warnings.catch_warnings():
        warnings.simplefilter("error")
        again = to_svg(drawn, "")
    assert first == again == to_svg(ordinary(), "")


def test_numbers_are_tenths_of_a_pixel():
    assert not re.search(r'd="[^"]*\d\.\d\d', to_svg(ordinary(), ""))
