"""When customers answer: the hours of the week, with allowance for chance."""

from __future__ import annotations

import pandas as pd

from salesnb.explain.shrink import shrink_to_margins
from salesnb.report.blocks import Block, group, lead, note
from salesnb.report.heat import heat_table
from salesnb.report.review import Review, section
from salesnb.report.sections.annual_parts import kept
from salesnb.report.sections.parts import scope_name
from salesnb.report.sections.yearly_channels import SIGNIFICANCE

_HOURS = 2
_LEAST_TRIES = 30


@section("yearly_hours", "activities.replied")
def yearly_hours(review: Review) -> Block:
    """Show when customers answer, weekday by hour, small cells drawn to their row and column."""
    language, lens = review.language, review.lens
    found = lens.measure("reply_rate", ["weekday", "hour"])
    found = found[found["denominator"] > 0].assign(
        day=lambda rows: rows["weekday"].astype(int), start=lambda rows: _start(rows["hour"])
    )
    tries = found.pivot_table(index="start", columns="day", values="denominator", aggfunc="sum")
    # An hour hardly anybody calls in says nothing about customers.
    tries = tries.fillna(0.0)[tries.sum(axis=1) >= _LEAST_TRIES]
    hits = found.pivot_table(index="start", columns="day", values="numerator", aggfunc="sum")
    hits = hits.fillna(0.0).reindex(tries.index)
    if tries.empty or hits.to_numpy().sum() == 0:
        return note(language("yearly.no_replies"))
    cells = shrink_to_margins(hits.to_numpy(), tries.to_numpy())
    cells = cells.assign(
        start=[int(tries.index[row]) for row in cells["row"]],
        day=[int(tries.columns[column]) for column in cells["column"]],
    )
    for row in cells.to_dict("records"):
        scope = {"weekday": str(int(row["day"])), "hour": _hours(row["start"])}
        lens.keep("reply_estimate", row["estimate"], "ratio", scope,
                  numerator=row["successes"], denominator=row["trials"])  # fmt: skip
    overall = kept(
        review, "reply_rate_kept", float(hits.to_numpy().sum() / tries.to_numpy().sum()), "ratio",
        numerator=float(hits.to_numpy().sum()), denominator=float(tries.to_numpy().sum()),
    ) or 0.0  # fmt: skip
    return group(
        lead(_golden(review, cells, overall)),
        _heat(review, cells, tries, overall),
    )


def _start(hours: pd.Series) -> pd.Series:
    return hours.astype(int) // _HOURS * _HOURS


def _hours(start: int) -> str:
    return f"{start}–{start + _HOURS}"


def _golden(review: Review, cells: pd.DataFrame, overall: float) -> str:
    """Name the best time, if any time differs from the rest after so many comparisons."""
    language = review.language
    enough = cells[cells["trials"] >= _LEAST_TRIES]
    if enough.empty:
        return language("yearly.hours_few", least=_LEAST_TRIES)
    best = enough.sort_values(["estimate", "trials"], ascending=False).iloc[0]
    differ = enough[(enough["adjusted"] < SIGNIFICANCE) & (enough["rate"] > overall)]
    sure = bool(best["adjusted"] < SIGNIFICANCE and best["rate"] > overall)
    day, start = str(int(best["day"])), int(best["start"])
    scope = {"weekday": day, "hour": _hours(start)}
    # The rank of these hours of the week, each named.
    hours = ",".join(str(start + step) for step in range(_HOURS))
    place = {"metric": "best", "weekday": day, "hour": hours}
    review.lens.keep("reply_rate", 1, "rank", place, n=best["trials"])
    estimate = kept(
        review, "golden_hour", float(best["estimate"]), "ratio", scope,
        numerator=best["successes"], denominator=best["trials"],
    )  # fmt: skip
    return review.language("yearly.hours_best" if sure else "yearly.hours_unsure",
        day=language(f"yearly.weekday_{int(best['day'])}"), hours=_hours(int(best["start"])),
        rate=float(best["rate"]), estimate=estimate, n=best["trials"],
        overall=overall, cells=len(enough), count=len(differ),
    )  # fmt: skip


def _heat(review: Review, cells: pd.DataFrame, tries: pd.DataFrame, overall: float) -> Block:
    language = review.language
    grid = cells.pivot_table(index="start", columns="day", values="estimate")
    many = tries.reindex(index=grid.index, columns=grid.columns)
    days = {day: language(f"yearly.day_{day}") for day in grid.columns}
    hours = {start: _hours(int(start)) for start in grid.index}
    small = many.map(lambda n: f"n={n:,.0f}" if n > 0 else "")
    names = {"index": hours, "columns": days}
    return heat_table(
        grid.rename(**names),
        language,
        title=language("yearly.hours_title", overall=overall),
        unit="percent",
        corner=language("yearly.hours_corner"),
        subtitle=language("yearly.hours_subtitle", scope=scope_name(review)),
        middle=overall,
        small=small.rename(**names),
        weak=(many < _LEAST_TRIES).rename(**names),
        notes=[language("yearly.hours_note", cells=int((many > 0).to_numpy().sum()))],
    )
