"""What the last run changed: which reports are new, made again and why, or failed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from salesnb.language import Language
from salesnb.report.html import Html, join, tag
from salesnb.report.tables import Col, table
from salesnb.running.ledger import Key
from salesnb.running.portal.entry import notebook_name, region_name

# Of what a report is made; the first that differs is why it was made again.
_PARTS = ("data", "parameters", "notebook", "code", "earlier")
_NAMED = 8


def last_run(lines: Iterable[Mapping[str, Any]], language: Language) -> Html | None:
    """Say what the last run did, grouped by why; None where the ledger knows of none.

    Parameters
    ----------
    lines
        The lines of the ledger, oldest first.
    """
    groups = group_run(lines)
    if not groups:
        return None
    rows = [
        {
            "what": language(f"running.change.{what}"),
            "count": len(keys),
            "reports": _names(keys, language),
        }
        for what, keys in groups.items()
    ]
    columns = [
        Col("what", language("running.column.change")),
        Col("count", language("running.column.count"), "count"),
        Col("reports", language("running.column.reports")),
    ]
    said = {what: len(keys) for what, keys in groups.items()}
    failed = said.get("failed", 0) + said.get("failed_again", 0)
    done = sum(said.values()) - failed
    sentence = language("running.run_said", done=done, failed=failed)
    caption = language("running.last_run")
    shown = table(pd.DataFrame(rows, dtype=object), columns, language, caption)
    return join([tag("p", sentence, class_="lead"), shown.html()])


def group_run(lines: Iterable[Mapping[str, Any]]) -> dict[str, list[Key]]:
    """Group the reports of the last run by what became of them.

    Returns
    -------
    `failed` (and `failed_again`), `mended`, `new`, then `data`, `parameters`, `notebook`, `code`,
    `earlier`: the first thing it is made of that changed; `same` where nothing did.
    """
    tried = list(lines)
    if not tried:
        return {}
    run = tried[-1].get("run", "")
    before: dict[Key, Mapping[str, Any]] = {}
    after: dict[Key, Mapping[str, Any]] = {}
    for line in tried:
        key = line["notebook"], line["region"], line["period"]
        (after if line.get("run", "") == run else before)[key] = line
    groups: dict[str, list[Key]] = {}
    for key, line in after.items():
        groups.setdefault(_became(line, before.get(key)), []).append(key)
    order = ("failed", "failed_again", "mended", "new", *_PARTS, "same")
    return {what: sorted(groups[what]) for what in order if what in groups}


def _became(line: Mapping[str, Any], past: Mapping[str, Any] | None) -> str:
    was_failed = past is not None and past["status"] == "failed"
    if line["status"] == "failed":
        return "failed_again" if was_failed else "failed"
    if past is None:
        return "new"
    if was_failed:
        return "mended"
    now, then = line.get("fingerprint") or {}, past.get("fingerprint") or {}
    return next((part for part in _PARTS if now.get(part) != then.get(part)), "same")


def _names(keys: list[Key], language: Language) -> Html:
    """Name reports, a line for each notebook and period with its regions."""
    regions: dict[tuple[str, str], list[str]] = {}
    for notebook, region, period in keys:
        regions.setdefault((notebook, period), []).append(region_name(region, language))
    lines = []
    for (notebook, period), names in regions.items():
        rest = len(names) - _NAMED
        more = [language("running.more", count=rest)] if rest > 0 else []
        lines.append(
            language(
                "running.of_regions",
                notebook=notebook_name(notebook, language),
                period=period,
                names=[*names[:_NAMED], *more],
            )
        )
    return join(lines, tag("br"))
