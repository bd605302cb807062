"""Markup that is escaped by construction.

Only what `tag` and `join` build is markup; every other value is text and is escaped on its way in.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape as escape_characters

from salesnb.figures.plain import plain

_DRAWN = frozenset({"path", "circle"})
_VOID = frozenset({"br", "hr", "img", "meta", "link", "col", "input"})


class Html(str):
    """Text that is markup already and is not escaped again."""

    __slots__ = ()

    def __html__(self) -> str:
        return str(self)

    def __add__(self, other: str) -> Html:
        return Html(str(self) + str(escape(other)))


def escape(value: object) -> Html:
    """Give a value as markup: `Html` as it is, anything else as escaped text.

    Examples
    --------
    >>> escape('<b title="x">')
    '&lt;b title=&quot;x&quot;&gt;'
    """
    if isinstance(value, Html):
        return value
    return Html(escape_characters(plain(value), quote=True))


def join(parts: Iterable[object], separator: str = "") -> Html:
    """Put parts after one another, escaping those that are text."""
    return Html(str(escape(separator)).join(escape(part) for part in parts if part is not None))


def tag(name: str, *children: object, **attributes: object) -> Html:
    """Give an element; attributes that are None or False are left out, True stands bare.

    A trailing underscore is dropped from attribute names and others become dashes: `class_`,
    `aria_label`.

    Examples
    --------
    >>> tag("td", "A & B", class_="n", scope=None)
    '<td class="n">A &amp; B</td>'
    """
    shown = "".join(
        f" {key.rstrip('_').replace('_', '-')}" + ("" if value is True else f'="{escape(value)}"')
        for key, value in attributes.items()
        if value is not None and value is not False and value != ""
    )
    if name in _VOID:
        return Html(f"<{name}{shown}>")
    if name in _DRAWN:
        return Html(f"<{name}{shown}/>")
    return Html(f"<{name}{shown}>{join(children)}</{name}>")
