"""What the other reports said before this one, and what came of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from salesnb.language import is_missing
from salesnb.period import Period
from salesnb.report.blocks import Block, group, lead, note
from salesnb.report.facts import Earlier
from salesnb.report.review import KINDS, Review, section
from salesnb.report.tables import Col, table

_MOST = 8
# Facts of another report that say what sales will be: metric → scope it is kept under.
_FORESEEN: Mapping[str, Mapping[str, str]] = {
    "forecast": {},
    "forecast_year": {},
    "target_draft": {},
    "landing": {},
}


@section("other_reports")
def other_reports(review: Review) -> Block:
    """Show what earlier reports foresaw, found and asked for; say which were never made."""
    language = review.language
    made = [(name, each) for (name, _), each in review.others.items() if each]
    own = _own(review)
    made += [(review.parameters.notebook, own)] if own else []
    review.lens.keep(
        "earlier_reports", len(made), "count", n=len(review.others) + (own is not None)
    )
    absent = _absent(review)
    if not made:
        return note(language("yearly.others_none", names=absent))
    sentence = language("yearly.others_read", count=len(made))
    return group(
        lead(sentence),
        _foreseen(review, made),
        _repeated(review, made),
        _asked(review, made),
        note(language("yearly.others_absent", names=absent)) if absent else None,
    )


def _own(review: Review) -> Earlier | None:
    """Give a year's own report of the year before; a month's is held to its own elsewhere."""
    return review.earlier if KINDS.get(review.parameters.notebook) == "year" else None


def _report_name(review: Review, notebook: str, period: Period) -> str:
    language = review.language
    return language("yearly.report_of", name=language(f"report.name.{notebook}"), period=period)


def _absent(review: Review) -> str:
    """Name the reports that were not made, those of many periods once with their number."""
    language = review.language
    gone: dict[str, list[Period]] = {}
    for (name, period), each in review.others.items():
        if not each:
            gone.setdefault(name, []).append(period)
    own = _own(review)
    if own is not None and not own:
        gone.setdefault(review.parameters.notebook, []).append(own.period)
    parts = [
        _report_name(review, name, periods[0])
        if len(periods) == 1
        else language("yearly.reports_of", name=language(f"report.name.{name}"),
                      count=len(periods))
        for name, periods in gone.items()
    ]  # fmt: skip
    return language.list(parts)


# Foreseen -------------------------------------------------------------------------------------


def _foreseen(review: Review, made: list[tuple[str, Earlier]]) -> Block | None:
    """Hold the sales other reports foresaw against what came."""
    language, lens = review.language, review.lens
    rows, inside, judged = [], 0, 0
    for notebook, earlier in made:
        for fact in _about_sales(earlier):
            period = Period.parse(str(fact["period"]))
            came = _came(review, period)
            if came is None or not fact["value"]:
                continue
            low = earlier.value("forecast_low", period)
            high = earlier.value("forecast_high", period)
            if fact["metric"] == "forecast" and low is not None and high is not None:
                judged += 1
                inside += low <= came <= high
            off = came / float(fact["value"]) - 1
            lens.keep("foreseen_off", off, "ratio",
                      {"report": notebook, "made": str(earlier.period), "said": fact["metric"]},
                      period, numerator=came, denominator=float(fact["value"]))  # fmt: skip
            rows.append(
                {
                    "report": _report_name(review, notebook, earlier.period),
                    "what": language("yearly.said_of", what=language(
                        f"yearly.said_{fact['metric']}"), period=period),
                    "said": float(fact["value"]), "came": came, "off": off,
                    "order": (str(earlier.period), notebook, str(period)),
                }
            )  # fmt: skip
    if not rows:
        return note(language("yearly.nothing_foreseen"))
    frame = pd.DataFrame(sorted(rows, key=lambda row: row["order"]))
    columns = [
        Col("report", language("yearly.report")),
        Col("what", language("yearly.said")),
        Col("said", language("yearly.foreseen"), "money"),
        Col("came", language("yearly.came_sales"), "money"),
        Col("off", language("yearly.came_against"), "delta", "percent"),
    ]
    typical = float(frame["off"].abs().median())
    lines = [language("yearly.foreseen_typical", count=len(frame), off=typical)]
    if judged:
        lines.append(language("yearly.foreseen_inside", judged=judged, inside=inside))
        lens.keep("forecasts_inside", inside, "count", n=judged)
    caption = language("yearly.foreseen_caption", region=review.region_name)
    return group(table(frame, columns, language, caption, max_rows=24), note(*lines))


def _about_sales(earlier: Earlier) -> Iterator[Mapping[str, Any]]:
    """Give the facts that foresee the sales of a period after the report's own day."""
    for fact in earlier.content.get("facts", ()):
        scope = _FORESEEN.get(fact["metric"])
        if scope is None or dict(fact["scope"]) != dict(scope) or fact["value"] is None:
            continue
        # A year's report is held to its year, not to each month on the way.
        if fact["metric"] == "forecast" and earlier.content["notebook"] == "annual_summary":
            continue
        yield fact


def _came(review: Review, period: Period) -> float | None:
    """Give the sales of a period that is over by now."""
    if not review.calendar.finished(period, review.as_of):
        return None
    if review.calendar.window(period).start < review.lens.dataset.history_start:
        return None
    return review.lens.value("net_sales", period).value


# Found and asked for --------------------------------------------------------------------------


def _repeated(review: Review, made: list[tuple[str, Earlier]]) -> Block | None:
    """Show the findings that came up most, and whether they are there now."""
    language = review.language
    seen: dict[str, dict[str, Any]] = {}
    for notebook, earlier in made:
        for found in earlier.findings:
            key = _key(found)
            row = seen.setdefault(key, {"reports": set(), "text": "", "when": ""})
            row["reports"].add((notebook, str(earlier.period)))
            if str(earlier.period) >= row["when"]:
                row |= {"text": str(found["text"]), "when": str(earlier.period),
                        "severity": found["severity"]}  # fmt: skip
    bad = {key: row for key, row in seen.items() if row["severity"] in ("bad", "warn")}
    if not bad:
        return None
    now = {found.key for found in review.findings}
    rows = [
        {
            "text": row["text"],
            "count": len(row["reports"]),
            "when": row["when"],
            "state": ("bad:" + language("yearly.still_there"))
            if key in now
            else ("good:" + language("yearly.not_there")),
        }
        for key, row in bad.items()
    ]
    frame = pd.DataFrame(rows).sort_values(
        ["count", "when", "text"], ascending=[False, False, True]
    )
    columns = [
        Col("text", language("report.finding")),
        Col("count", language("yearly.times_found"), "count"),
        Col("when", language("yearly.last_found"), "period", wide_only=True),
        Col("state", language("yearly.now"), "status"),
    ]
    caption = language("yearly.repeated_caption", count=len(frame))
    return table(frame, columns, language, caption, max_rows=_MOST)


def _key(found: Mapping[str, Any]) -> str:
    scope = found["scope"]
    return f"{found['rule']}|" + ";".join(f"{name}={scope[name]}" for name in sorted(scope))


def _asked(review: Review, made: list[tuple[str, Earlier]]) -> Block | None:
    """Show what other reports asked for most, and whether the register took it up."""
    language = review.language
    titles: dict[str, dict[str, Any]] = {}
    for notebook, earlier in made:
        for action in earlier.actions:
            row = titles.setdefault(
                str(action["title"]), {"reports": set(), "due": "", "kpi": str(action["kpi"])}
            )
            row["reports"].add((notebook, str(earlier.period)))
            row["due"] = max(row["due"], str(action["due"]))
    if not titles:
        return None
    taken = _register(review)
    rows = [
        {
            "title": title, "count": len(row["reports"]), "due": row["due"],
            "kpi": language.label(f"metrics.{row['kpi']}.label", row["kpi"]),
            "state": _state(review, taken.get(title)),
        }
        for title, row in titles.items()
    ]  # fmt: skip
    frame = pd.DataFrame(rows).sort_values(
        ["count", "due", "title"], ascending=[False, False, True]
    )
    review.lens.keep("actions_asked", len(frame), "count")
    columns = [
        Col("title", language("page.action.action")),
        Col("kpi", language("page.action.kpi"), wide_only=True),
        Col("count", language("yearly.times_asked"), "count"),
        Col("due", language("yearly.last_due"), "date", wide_only=True),
        Col("state", language("yearly.in_register"), "status"),
    ]
    caption = language("yearly.asked_caption", count=len(frame))
    return table(frame, columns, language, caption, max_rows=_MOST)


def _register(review: Review) -> dict[str, str]:
    """Give the state of each action of the register by its title."""
    if not review.lens.has("actions", "title"):
        return {}
    actions = review.lens.dataset.frame("actions")
    return dict(zip(actions["title"].astype(str), actions["status"].astype(str), strict=True))


def _state(review: Review, status: str | None) -> str:
    if is_missing(status):
        return "none:" + review.language("yearly.not_taken")
    looks = {"done": ("good", "done"), "doing": ("none", "running"), "open": ("none", "planned")}
    look, word = looks.get(str(status), ("none", "cancelled"))
    return f"{look}:{review.language(f'figures.status.{word}')}"
