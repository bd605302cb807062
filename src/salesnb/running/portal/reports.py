"""The lists of reports: of the newest period with figures, of earlier ones in short."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from salesnb.language import Language
from salesnb.parameters import ALL
from salesnb.report.html import Html, join, tag
from salesnb.report.tables import Col, table
from salesnb.running.portal.entry import Entry, links, notebook_name
from salesnb.running.portal.overview import before, growth


def of_notebook(
    entries: Sequence[Entry], earlier: dict[tuple[str, str], Entry], language: Language
) -> Html:
    """List the reports of one notebook: status, headline figures, change, links.

    The company first, then its regions by what they sold.
    """
    ordered = sorted(
        entries, key=lambda entry: (entry.region != ALL, -(entry.value("net_sales") or 0.0))
    )
    rows = [
        {
            "region": entry.link(language),
            "status": entry.pill(language),
            "net_sales": (sold := entry.value("net_sales")),
            "on_last": growth(
                sold, before(entry, "net_sales", earlier.get((entry.notebook, entry.region)))
            ),
            "attainment": entry.value("attainment"),
            "growth_yoy": entry.value("growth_yoy"),
            "files": entry.files(language),
        }
        for entry in ordered
    ]
    # As objects: a column of texts would forget that some are markup.
    frame = pd.DataFrame(rows, dtype=object)
    columns = [
        Col("region", language("running.column.region")),
        Col("status", language("running.column.status"), "status"),
        Col("net_sales", language("metrics.net_sales.label"), "money"),
        Col("on_last", language("running.on_last"), "delta", "percent", "up"),
        Col("attainment", language("page.attainment"), "percent", wide_only=True),
        Col("growth_yoy", language("report.versus.year"), "delta", "percent", "up", wide_only=True),
        Col("files", language("running.column.files")),
    ]
    known = [col for col in columns if frame[col.name].notna().any()]
    caption = language(
        "running.of_notebook",
        notebook=notebook_name(ordered[0].notebook, language),
        period=ordered[0].period,
    )
    return table(frame, known, language, caption, max_rows=len(frame)).html()


def of_period(entries: Sequence[Entry], language: Language) -> Html:
    """List the reports of an earlier period: a row for each region, a column for each notebook."""
    notebooks = sorted({entry.notebook for entry in entries})
    regions = sorted({entry.region for entry in entries}, key=lambda name: (name != ALL, name))
    found = {(entry.region, entry.notebook): entry for entry in entries}
    rows = [
        {
            "region": next(entry.named(language) for entry in entries if entry.region == region),
            **{name: _cell(found.get((region, name)), language) for name in notebooks},
        }
        for region in regions
    ]
    columns = [
        Col("region", language("running.column.region")),
        *(Col(name, notebook_name(name, language)) for name in notebooks),
    ]
    caption = language("running.of_period", period=entries[0].period)
    return table(
        pd.DataFrame(rows, dtype=object), columns, language, caption, max_rows=len(rows)
    ).html()


def _cell(entry: Entry | None, language: Language) -> Html | None:
    if entry is None:
        return None
    said = language("running.open" if entry.there else f"page.status.{entry.status}")
    mark = None
    if entry.there and entry.status != "ok":
        mark = tag("span", language(f"page.status.{entry.status}"), class_="m")
    shown = links([entry.link(language, said), entry.notebook_link(language)])
    return join([shown, " ", mark] if mark else [shown])
