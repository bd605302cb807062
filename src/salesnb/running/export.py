"""The nbconvert exporter `salesnb`: a notebook as one offline page without code.

`jupyter nbconvert --to salesnb X.ipynb` and JupyterLab's Save and Export menu use it; so do our
own runs, in their own process.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from html import unescape
from pathlib import PurePath
from typing import Any

from nbconvert.exporters import Exporter
from nbformat import NotebookNode
from traitlets import Enum, Unicode, default

from salesnb.language import CODES, Language
from salesnb.report.facts import MIME
from salesnb.report.html import Html, escape, join, plain, tag
from salesnb.report.page import FONTS, Page
from salesnb.report.stamp import Stamp
from salesnb.report.style import MARK
from salesnb.running.markdown import render
from salesnb.running.translate import translate_cells

_HEADING = re.compile(r"<h([1-6])>(.*?)</h\1>", re.DOTALL)
_LINK = re.compile(r'<a href="#sec-([^"]*)">(.*?)</a>', re.DOTALL)
_PREFIX = re.compile(r'\bid="(s[0-9a-f]{6})-0"')
_SCRIPT = re.compile(r"<script\b.*?</script\s*>", re.DOTALL | re.IGNORECASE)
_WILD = re.compile(r"<(?=/?(?:script|meta|iframe|object|embed|link|base|form)\b)", re.IGNORECASE)
_CHINESE = re.compile("[\u4e00-\u9fff]")
_HIDDEN = frozenset({"remove_cell", "remove-cell", "hide-cell", "hide_cell"})
_NO_OUTPUT = frozenset({"remove_output", "remove-output", "hide-output", "hide_output"})
_PICTURES = ("image/svg+xml", "image/png", "image/jpeg", "image/gif", "image/webp")


@dataclass
class _Part:
    """What one cell gives to the page."""

    cell: str
    html: Html


class SalesnbExporter(Exporter):
    """Writes an executed notebook as one offline HTML page: prose and results, no code."""

    export_from_notebook = "Sales report (HTML)"
    output_mimetype = "text/html"

    language = Unicode(
        "", help="Language of a notebook that does not say it itself: zh or en."
    ).tag(config=True)
    fonts = Enum(
        FONTS, "charts", help="Characters the page carries a font for: charts, all or none."
    ).tag(config=True)

    @default("file_extension")
    def _html_extension(self) -> str:
        return ".html"

    def from_notebook_node(  # pyright: ignore[reportIncompatibleMethodOverride]
        self, nb: NotebookNode, resources: Any | None = None, **kw: Any
    ) -> tuple[str, dict[str, Any]]:
        """Give the page of a notebook; the notebook stays as it was."""
        notebook, resources = super().from_notebook_node(nb, resources, **kw)
        name = str(resources.get("metadata", {}).get("name", "") or "")
        facts = report_facts(notebook)
        page = self._page(notebook, facts, name)
        resources["output_extension"] = ".html"
        return page.html(), resources

    def _page(self, notebook: NotebookNode, facts: Mapping[str, Any], name: str) -> Page:
        stamp = Stamp.read(facts)
        code = stamp.language or self.language or _guess(notebook)
        language = Language.load(code if code in CODES else "en", stamp.currency or "CNY")
        translate_cells(notebook, str(facts.get("notebook") or PurePath(name).name), language.code)
        parts = list(_parts(notebook, language))
        headings = _Headings()
        parts = [replace(part, html=headings.number(part)) for part in parts]
        body = headings.link(join(part.html for part in parts))
        title = stamp.title or headings.title or name or "salesnb"
        return Page(
            replace(stamp, title=title),
            language,
            _unlike(body),
            headings.contents,
            fonts=self.fonts,
        )


def report_facts(notebook: NotebookNode) -> Mapping[str, Any]:
    """Give the facts a report left in its notebook, the last ones; empty when it left none."""
    found: Mapping[str, Any] = {}
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            held = output.get("data", {}).get(MIME)
            if held is not None:
                read = json.loads(held) if isinstance(held, str) else held
                found = read if isinstance(read, Mapping) else found
    return found


def _guess(notebook: NotebookNode) -> str:
    prose = "".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    return "zh" if _CHINESE.search(prose) else "en"


def _parts(notebook: NotebookNode, language: Language) -> Iterator[_Part]:
    for cell in notebook.cells:
        tags = set(cell.metadata.get("tags", ()))
        if tags & _HIDDEN:
            continue
        if cell.cell_type == "markdown":
            yield _Part(cell.get("id", ""), render(cell.source, cell.get("attachments")))
        elif cell.cell_type == "code" and not tags & _NO_OUTPUT:
            shown = [_output(output, language) for output in cell.outputs]
            yield _Part(cell.get("id", ""), join(part for part in shown if part))


def _output(output: NotebookNode, language: Language) -> Html | None:
    """Give an output's markup; what is not made for readers (text, errors, streams) gives none."""
    if output.output_type not in {"display_data", "execute_result"} or MIME in output.data:
        return None
    shown = output.data.get("text/html")
    if shown is not None:
        markup = _text(shown)
        if markup.startswith(MARK):
            return None
        if markup.startswith('<div class="snb">'):
            return Html(markup)
        return tag("div", _tamed(markup), class_="raw", tabindex="0")
    for mime in _PICTURES:
        if mime in output.data:
            return _picture(mime, _text(output.data[mime]), output, language)
    if "text/markdown" in output.data:
        return render(_text(output.data["text/markdown"]))
    return None


def _tamed(markup: str) -> Html:
    """Take out of someone else's markup what runs, fetches or leads elsewhere."""
    return Html(_WILD.sub("&lt;", _SCRIPT.sub("", plain(markup))))


def _text(value: Any) -> str:
    return "".join(value) if isinstance(value, list) else str(value)


def _picture(mime: str, data: str, output: NotebookNode, language: Language) -> Html:
    # As an image, a drawing that came from elsewhere can run nothing and fetch nothing.
    alt = output.metadata.get(mime, {}).get("alt") or output.metadata.get("alt")
    if mime == "image/svg+xml":
        data = _base64(data)
    source = f"data:{mime};base64,{''.join(data.split())}"
    return tag("p", tag("img", src=source, alt=str(alt or language("page.picture"))))


def _base64(text: str) -> str:
    return base64.b64encode(text.encode("utf-8")).decode("ascii")


class _Headings:
    """Numbers headings as they come, and knows which one governs a cell."""

    def __init__(self) -> None:
        self.title = ""
        self.contents: list[tuple[str, str]] = []
        self._count = 0
        self._last = ""
        self._of_cell: dict[str, str] = {}

    def number(self, part: _Part) -> Html:
        """Give a part's headings short ids; the first of the highest level is the page's title."""
        shown = Html(_HEADING.sub(self._one, part.html))
        self._of_cell.setdefault(part.cell, self._last)
        return shown

    def _one(self, match: re.Match[str]) -> str:
        level, inner = int(match.group(1)), match.group(2)
        words = plain(unescape(re.sub(r"<[^>]*>", "", inner))).strip()
        if level == 1 and not self.title:
            self.title = words
            return ""
        level = max(level, 2)
        self._count += 1
        self._last = f"s{self._count}"
        if level == 2:
            self.contents.append((self._last, words))
        return f'<h{level} id="{self._last}">{inner}</h{level}>'

    def link(self, body: Html) -> Html:
        """Lead links to sections to their headings; a link that leads nowhere becomes its words."""

        def lead(match: re.Match[str]) -> str:
            section = unescape(match.group(1))
            if f'id="sec-{escape(section)}"' in body:
                return match.group()
            target = self._of_cell.get(section, "")
            return f'<a href="#{target}">{match.group(2)}</a>' if target else ""

        return Html(_LINK.sub(lead, body))


def _unlike(body: Html) -> Html:
    """Rename the ids of a picture that stands on the page twice."""
    seen: set[str] = set()
    places = list(_PREFIX.finditer(body))
    if len({match.group(1) for match in places}) == len(places):
        return body
    out, start = [], 0
    for match in places:
        prefix = match.group(1)
        end = body.find("</svg>", match.end())
        if prefix in seen:
            from_ = body.rfind("<svg", start, match.start())
            out.append(body[start:from_])
            out.append(body[from_:end].replace(f"{prefix}-", f"{prefix}x{len(seen)}-"))
            start = end
        seen.add(prefix + ("" if prefix not in seen else str(len(seen))))
    return Html("".join(out) + body[start:])
