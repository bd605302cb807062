"""Markdown of a notebook as safe markup: raw HTML is shown as text, nothing is fetched."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import mistune

from salesnb.report.html import Html, escape, plain, tag

_PICTURE = re.compile(r"data:image/(?:png|jpeg|gif|webp|svg\+xml);base64,[A-Za-z0-9+/=]+\Z")
_ADDRESS = re.compile(r"(?:https?://|mailto:|#)", re.IGNORECASE)


class _Renderer(mistune.HTMLRenderer):
    """Writes markup in which only a picture inside the notebook and a plain link may stand."""

    def __init__(self, attachments: Mapping[str, str]) -> None:
        super().__init__(escape=True)
        self.attachments = attachments

    def image(self, text: str, url: str, title: str | None = None) -> str:
        address = self.attachments.get(url, url)
        if not _PICTURE.match(address):
            return str(escape(text))
        return str(tag("img", src=address, alt=text, title=title))

    def link(self, text: str, url: str, title: str | None = None) -> str:
        if not _ADDRESS.match(url):
            return text
        return str(tag("a", Html(text), href=url, title=title, rel="noreferrer"))

    def block_code(self, code: str, info: str | None = None) -> str:
        return str(tag("pre", tag("code", code), tabindex="0")) + "\n"


def render(source: str, attachments: Mapping[str, Any] | None = None) -> Html:
    """Turn a markdown text into markup; `attachments` are those of the notebook's cell."""
    pictures = {
        f"attachment:{name}": f"data:{mime};base64,{''.join(str(data).split())}"
        for name, bundle in (attachments or {}).items()
        for mime, data in sorted(bundle.items())
    }
    write = mistune.create_markdown(
        escape=True, renderer=_Renderer(pictures), plugins=["table", "strikethrough"]
    )
    return Html(str(write(plain(source))))
