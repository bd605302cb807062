"""The gap in senior people, as promotions or hires."""

from __future__ import annotations

import math
from itertools import pairwise

import pandas as pd

from salesnb.report.blocks import Block, group, lead, note
from salesnb.report.review import Review, section
from salesnb.report.sections.annual_parts import fact, kept
from salesnb.report.sections.parts import scope_name
from salesnb.report.tables import Col, table


@section("yearly_senior", "reps.industry_years")
def yearly_senior(review: Review) -> Block:
    """Say how many hires or promotions bring the share of senior people to its goal."""
    language, lens = review.language, review.lens
    found = lens.value("senior_share")
    if found.value is None or not found.denominator:
        return note(language("yearly.no_people"))
    goal = lens.target("senior_share", review.period) if lens.has("targets") else None
    have, heads = found.numerator or 0.0, found.denominator
    years = lens.dataset.settings.senior_years
    if goal is None or goal >= 1:
        return note(language("yearly.senior_only", rate=found.value, have=have, heads=heads,
                             years=years))  # fmt: skip
    grown, hired = senior_needed(have, heads, goal)
    ripe = _soon_senior(review, years)
    lens.keep("senior_to_grow", float(grown), "count", n=heads)
    lens.keep("senior_to_hire", float(hired), "count", n=heads)
    lens.keep("senior_soon", float(ripe), "count", n=heads)
    if grown == 0:
        return note(language("yearly.senior_met", rate=found.value, have=have, heads=heads,
                             goal=goal, years=years))  # fmt: skip
    rest = max(grown - ripe, 0)
    _, after = senior_needed(have + ripe, heads, goal)
    sentence = review.language("yearly.senior_lead", rate=fact(review, "senior_share"),
        have=have, heads=heads, goal=kept(review, "senior_goal", goal, "ratio"), years=years,
        gap=found.value - goal, grown=kept(review, "senior_to_grow", grown, "count", n=heads),
        hired=kept(review, "senior_to_hire", hired, "count", n=heads),
    )  # fmt: skip
    line = language("yearly.senior_soon" if rest else "yearly.senior_enough", ripe=ripe,
                    rest=rest, after=after, years=years)  # fmt: skip
    return group(lead(sentence), note(line), _levels(review, years))


def senior_needed(have: float, heads: float, goal: float) -> tuple[int, int]:
    """Give how many must become senior, or how many senior people must be hired, for a share.

    Hires enlarge the team, so that it takes more of them.

    Examples
    --------
    >>> senior_needed(8, 53, 0.2)
    (3, 4)
    """
    grown = max(math.ceil(goal * heads - have - 1e-9), 0)
    hired = max(math.ceil((goal * heads - have) / (1 - goal) - 1e-9), 0)
    return grown, hired


def _people_there(review: Review) -> pd.DataFrame:
    reps, day = review.lens.dataset.frame("reps"), pd.Timestamp(review.lens.window.end)
    there = reps[reps["hire_date"].isna() | (reps["hire_date"] <= day)]
    if "leave_date" in there:
        there = there[there["leave_date"].isna() | (there["leave_date"] > day)]
    return there


def _soon_senior(review: Review, years: float) -> int:
    """Count who crosses the line within a year."""
    known = _people_there(review)["industry_years"].dropna()
    return int(((known < years) & (known >= years - 1)).sum())


def _levels(review: Review, years: float) -> Block:
    """Show how many people are of each length in the industry."""
    language = review.language
    known = _people_there(review)["industry_years"].dropna()
    edges = sorted({0.0, 1.0, 3.0, years - 1, years, math.inf})
    rows = []
    for low, high in pairwise(edges):
        many = int(((known >= low) & (known < high)).sum())
        key = "years_over" if math.isinf(high) else "years_between"
        label = language(f"yearly.{key}", low=low, high=high)
        rows.append({"label": label, "n": many, "share": many / max(len(known), 1)})
    columns = [
        Col("label", language("yearly.industry_years")),
        Col("n", language("yearly.people"), "count"),
        Col("share", language("report.share"), "percent"),
    ]
    total = {"label": language("report.total"), "n": len(known), "share": 1.0}
    caption = language("yearly.levels_caption", scope=scope_name(review))
    return table(pd.DataFrame(rows), columns, language, caption, total=total)
