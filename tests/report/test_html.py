import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gallery
from salesnb.report.html import Html, escape, join, tag


def test_text_is_escaped_once_and_markup_is_left():
    inner = tag("b", "1 < 2")
    assert inner == "<b>1 &lt; 2</b>"
    assert tag("p", inner, ' & "x"') == "<p><b>1 &lt; 2</b> &amp; &quot;x&quot;</p>"
    assert escape(escape("<")) == "&lt;"
    assert join(["<", Html("<br>"), None], ", ") == "&lt;, <br>"


def test_attributes():
    shown = tag("td", "x", class_="n", data_label='a"b', colspan=None, hidden=True, title="")
    assert shown == '<td class="n" data-label="a&quot;b" hidden>x</td>'
    assert tag("br") == "<br>"


@pytest.mark.parametrize("text", gallery.HOSTILE)
def test_hostile_text_holds_no_markup(text):
    shown = escape(text)
    assert not set("<>\"'") & set(shown)
    assert not set("\u202e\u200f\x00\x07") & set(shown)


@given(st.text())
@settings(deadline=None)
def test_any_text_can_be_written_in_utf_8_and_holds_no_tag(text):
    shown = tag("p", text, title=text)
    shown.encode("utf-8")
    assert shown.count("<") == 2
