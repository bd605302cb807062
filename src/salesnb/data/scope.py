"""Scopes: `region=华东;product_line=C` says which part of the company a number is about."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote, unquote

from salesnb.errors import ContractError, Problem, suggest

DIMENSIONS = (
    "region",
    "province",
    "team",
    "role",
    "rep",
    "product_group",
    "product_line",
    "tier",
    "product",
    "channel",
    "campaign",
    "industry",
    "size",
    "customer",
    "customer_type",
    "customer_tier",
    "competitor",
    "stage",
    "month",
)
"""What a scope may be cut by, in the order a scope is written."""


def parse_scope(text: str) -> dict[str, str]:
    """Read a scope; the empty one is the whole company.

    Raises
    ------
    ContractError
        If a part is not `dimension=value`, or a dimension is unknown or said twice.

    Examples
    --------
    >>> parse_scope("product_line=C; region=华东")
    {'region': '华东', 'product_line': 'C'}
    >>> parse_scope("")
    {}
    """
    scope: dict[str, str] = {}
    problems: list[Problem] = []
    for part in filter(None, (part.strip() for part in text.replace("；", ";").split(";"))):
        name, equals, value = (piece.strip() for piece in part.partition("="))
        if not equals or not value:
            problems.append(Problem("a scope is `dimension=value;…`", got=f"`{part}`"))
        elif name not in DIMENSIONS:
            problems.append(Problem(f"`{name}` is not a dimension", fix=suggest(name, DIMENSIONS)))
        elif name in scope:
            problems.append(Problem(f"`{name}` is said twice", got=f"`{text}`"))
        else:
            scope[name] = unquote(value)
    if problems:
        raise ContractError(problems, where=f"scope `{text}`")
    return {name: scope[name] for name in DIMENSIONS if name in scope}


def scope_text(scope: Mapping[str, str]) -> str:
    """Write a scope so that equal scopes are equal texts.

    Examples
    --------
    >>> scope_text({"product_line": "C", "region": "华东"})
    'region=华东;product_line=C'
    """
    unknown = sorted(set(scope) - set(DIMENSIONS))
    if unknown:
        raise ContractError(
            Problem(f"`{name}` is not a dimension", fix=suggest(name, DIMENSIONS))
            for name in unknown
        )
    return ";".join(f"{name}={_quoted(scope[name])}" for name in DIMENSIONS if name in scope)


def _quoted(value: str) -> str:
    # Only the signs that mean something in a scope are hidden, so that it stays readable.
    return "".join(quote(sign, safe="") if sign in "%;=；" else sign for sign in value)
