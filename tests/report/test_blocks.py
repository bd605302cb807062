"""Laws every block keeps, whatever is in it."""

import re
from html.parser import HTMLParser

import pytest

import gallery
from salesnb.language import Language
from salesnb.report.blocks import definitions, failed, group, missing, note, written
from salesnb.report.charts import chart
from salesnb.report.lists import FindingLine, findings_list

CASES = [(code, variant) for code in gallery.CODES for variant in gallery.VARIANTS]
ALLOWED = {
    *("a", "b", "blockquote", "caption", "circle", "details", "div", "figcaption", "figure"),
    *("footer", "g", "i", "li", "ol", "p", "path", "s", "small", "span", "strong", "summary"),
    *("svg", "table", "tbody", "td", "text", "tfoot", "th", "thead", "tr", "u", "ul"),
}
VOID = {"path", "circle"}
ZH, EN = Language.load("zh"), Language.load("en")


class Reader(HTMLParser):
    """Reads markup strictly: every element known, closed, and without a handler."""

    def __init__(self):
        super().__init__()
        self.open, self.ids, self.words = [], [], []

    def handle_starttag(self, tag, attrs):
        assert tag in ALLOWED, tag
        for name, value in attrs:
            assert not name.startswith("on"), name
            assert name != "href" or value.startswith("#"), value
            if name == "id":
                self.ids.append(value)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)


def read(markup):
    reader = Reader()
    reader.feed(markup)
    assert reader.open == []
    assert len(reader.ids) == len(set(reader.ids))
    return " ".join("".join(reader.words).split())


@pytest.fixture(scope="module", params=CASES, ids=lambda case: "-".join(case))
def blocks(request):
    code, variant = request.param
    language = Language.load(code)
    shown = dict(gallery.blocks(code, variant))
    if variant in {"usual", "hostile"}:
        for name, drawn in gallery.charts(code, variant).items():
            shown[f"chart_{name}"] = chart(drawn, language)
    return {name: (block, block._repr_html_()) for name, block in shown.items()}


def test_markup_is_whole_and_harmless(blocks):
    for _, markup in blocks.values():
        assert read(markup)


def test_every_block_has_words_without_markup(blocks):
    for block, _ in blocks.values():
        assert repr(block).strip()
        assert not re.search(r"<(div|span|td|p)\b", repr(block))
        assert not set("\u202e\x00") & set(repr(block))


def test_same_block_same_bytes(blocks):
    for block, markup in blocks.values():
        assert block._repr_html_() == markup


def test_missing_and_failed_say_what_a_reader_can_do():
    assert missing(ZH, ["channel_spend", "orders.cost"], "渠道投入产出").text() == (
        "渠道投入产出：缺少 channel_spend、orders.cost，补上数据后即可显示。"
    )
    assert missing(EN, ["contracts"]).text() == "Nothing to show here: contracts missing."
    assert "Traceback" not in failed(EN).html()


def test_a_group_can_be_linked_to_and_leaves_out_nothing_else():
    shown = group(note("a"), None, note("b"), anchor="channels")
    assert shown.html() == (
        '<div class="group" id="sec-channels"><p class="note">a</p><p class="note">b</p></div>'
    )
    assert shown.text() == "a\n\nb"


def test_what_people_wrote_keeps_its_paragraphs():
    shown = written("外部因素", "第一段\n第二行\n\n第二段", "王芳")
    assert shown.paragraphs == ("第一段\n第二行", "第二段")
    assert read(shown.html()) == "外部因素第一段 第二行第二段王芳"


def test_definitions_are_lines():
    assert definitions(EN, [("DSO", "days")]).text() == "DSO: days"


def test_findings_link_to_their_section_and_say_their_weight():
    shown = findings_list([FindingLine("bad", "Short", -42e4, section="channels", state="new")], EN)
    assert read(shown.html()) == "Short▼ Problem New Impact −¥420K See details"
    assert '<a href="#sec-channels">' in shown.html()
    assert findings_list([], EN).text() == "Nothing stands out in this period."
