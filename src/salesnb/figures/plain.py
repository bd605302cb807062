"""Text as it may be shown: what data hide in it stays out."""

from __future__ import annotations

import re

# Control characters, lone surrogates, and the marks that turn the direction of the text around
# them: none of them may reach a reader from data.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\ufffe\uffff]"
)
_SPACES = re.compile(r"\s+")


def plain(value: object) -> str:
    r"""Give a value as text without control and direction marks; line breaks stay.

    Examples
    --------
    >>> plain("a\u202eb\x00")
    'ab'
    """
    return _UNSEEN.sub("", str(value))


def one_line(value: object) -> str:
    r"""Give a value as one line of plain text.

    Examples
    --------
    >>> one_line(" a\n b ")
    'a b'
    """
    return _SPACES.sub(" ", plain(value)).strip()
