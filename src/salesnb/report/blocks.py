"""What a section of a report is made of: blocks that show themselves as HTML.

A block is a frozen value with `html()`, its markup, and `text()`, its words for a terminal. A
notebook cell whose last line is a block shows it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from salesnb.language import Language
from salesnb.report.html import Html, join, plain, tag


class Block(ABC):
    """Something a report shows."""

    @abstractmethod
    def html(self) -> Html:
        """Give the block's markup."""

    @abstractmethod
    def text(self) -> str:
        """Give the block's words, for where markup cannot be shown."""

    def _repr_html_(self) -> str:
        return str(tag("div", self.html(), class_="snb"))

    def __repr__(self) -> str:
        return self.text()


@dataclass(frozen=True, repr=False)
class Group(Block):
    """Blocks one below the other, with an anchor that links can name."""

    blocks: tuple[Block, ...]
    anchor: str = ""

    def html(self) -> Html:
        """Give the markup of all blocks in order."""
        inner = join(block.html() for block in self.blocks)
        return tag("div", inner, class_="group", id=section_anchor(self.anchor) or None)

    def text(self) -> str:
        """Give the words of all blocks in order."""
        return "\n\n".join(block.text() for block in self.blocks)


@dataclass(frozen=True, repr=False)
class Words(Block):
    """Sentences: paragraphs, a note, a definition, a line that says what is missing."""

    paragraphs: tuple[str, ...]
    style: str = ""

    def html(self) -> Html:
        """Give one paragraph element for each."""
        style = self.style or None
        return join(tag("p", paragraph, class_=style) for paragraph in self.paragraphs)

    def text(self) -> str:
        """Give the paragraphs."""
        return "\n".join(plain(paragraph) for paragraph in self.paragraphs)


@dataclass(frozen=True, repr=False)
class Written(Block):
    """What a person wrote for this region and period, under the name of its kind."""

    heading: str
    paragraphs: tuple[str, ...]
    source: str = ""

    def html(self) -> Html:
        """Give a quoted box; line breaks inside a paragraph stay."""
        body = join(tag("p", paragraph) for paragraph in self.paragraphs)
        foot = tag("footer", self.source) if self.source else None
        return tag("blockquote", tag("strong", self.heading), body, foot, class_="written")

    def text(self) -> str:
        """Give the heading and the paragraphs."""
        return "\n".join([plain(self.heading), *map(plain, self.paragraphs)])


@dataclass(frozen=True, repr=False)
class Fold(Block):
    """A long block folded away under a line that says what it is; paper shows it whole."""

    summary: str
    block: Block

    def html(self) -> Html:
        """Give the fold, closed; the table in it is called as the line is."""
        return tag("details", tag("summary", self.summary), self.block.html(), class_="fold")

    def text(self) -> str:
        """Give the line and what it hides."""
        return "\n".join([plain(self.summary), self.block.text()])


@dataclass(frozen=True, repr=False)
class Box(Block):
    """A plain framed line, as where a section failed."""

    sentence: str
    style: str

    def html(self) -> Html:
        """Give the box."""
        return tag("p", self.sentence, class_=f"box {self.style}")

    def text(self) -> str:
        """Give the sentence."""
        return plain(self.sentence)


def section_anchor(section: str) -> str:
    """Give the id that links to a section use, or nothing for no section."""
    return f"sec-{plain(section)}" if section else ""


def group(*blocks: Block | None, anchor: str = "") -> Group:
    """Put blocks one below the other; None is left out."""
    return Group(tuple(block for block in blocks if block is not None), anchor)


def paragraphs(*sentences: str) -> Words:
    """Give running text, one paragraph each."""
    return Words(tuple(sentences))


def lead(*sentences: str) -> Words:
    """Give the sentences that open a section, set larger."""
    return Words(tuple(sentences), "lead")


def note(*sentences: str) -> Words:
    """Give small grey text: a caveat, a source, a reason."""
    return Words(tuple(sentences), "note")


def definitions(language: Language, terms: Iterable[tuple[str, str]]) -> Words:
    """Give the definitions used, one line for each (term, definition), as under a table."""
    lines = (language("page.definition", term=term, text=text) for term, text in terms)
    return Words(tuple(lines), "note")


def fold(summary: str, *blocks: Block | None) -> Fold:
    """Fold blocks away: what is to be there but not to be read first."""
    return Fold(summary, group(*blocks))


def written(heading: str, text: str | Sequence[str], source: str = "") -> Written:
    """Show what a person wrote; a text is cut into paragraphs at empty lines."""
    parts = text.split("\n\n") if isinstance(text, str) else text
    return Written(heading, tuple(part.strip() for part in parts if part.strip()), source)


def missing(language: Language, needs: Sequence[str], shows: str = "") -> Box:
    """Give the line of a section whose data are not there.

    Parameters
    ----------
    needs
        The tables and columns that would fill it, as `channel_spend` or `orders.cost`.
    shows
        What would be shown, said in the reader's words.
    """
    key = "page.missing_shows" if shows else "page.missing"
    names = language.list(needs)
    return Box(language(key, needs=names, shows=shows), "missing")


def failed(language: Language, shows: str = "") -> Box:
    """Give the plain box a reader sees where a section could not be made."""
    key = "page.failed_shows" if shows else "page.failed"
    return Box(language(key, shows=shows), "failed")
