"""A coaching card for each person: the three largest gaps against peers, and what to do next."""

from __future__ import annotations

import pandas as pd

from salesnb.report.blocks import Block, group, lead, note
from salesnb.report.review import Review, section
from salesnb.report.sections.diagnosis_peers import (
    INDICATORS,
    figure,
    people,
    standings,
)
from salesnb.report.sections.diagnosis_training import topics_for, weakest_skills
from salesnb.report.sections.parts import scope_name, value_name
from salesnb.report.tables import Col, table

_GAPS = 3
_MOST_PEOPLE = 12
# Standard deviations of the peers, noise taken out, below which a gap is not worth a talk.
_WORTH = 0.25


@section("coaching", "reps", "orders.rep_id")
def coaching(review: Review) -> Block:
    """Show the three largest gaps of each person against peers of the same post."""
    language = review.language
    gaps = largest_gaps(review)
    judged = standings(review)
    judged = judged[judged["gap"].notna()]
    if judged.empty:
        return note(language("improve.too_few_people", least=review.settings.n_events))
    certain = gaps.groupby("rep")["differs"].any()
    chosen = list(certain.index[certain])
    many = int(judged["rep"].nunique())
    if review.whole_company:
        worst = gaps[gaps["differs"]].groupby("rep")["size"].min().sort_values()
        gaps = gaps[gaps["rep"].isin(worst.index[:_MOST_PEOPLE])]
    sentence = language("improve.coaching_lead", certain=len(chosen), people=many)
    lines: list[Block] = [lead(sentence)]
    if len(gaps):
        lines.append(_cards(review, gaps))
    else:
        lines.append(note(language("improve.coaching_none")))
    others = [rep for rep in people(review)["rep"] if rep not in set(gaps["rep"])]
    if others and not review.whole_company:
        names = language.list(value_name(review, "rep", rep) for rep in others)
        lines.append(note(language("improve.coaching_others", names=names)))
    key = "coaching_note_company" if review.whole_company else "coaching_note"
    return group(*lines, note(language(f"improve.{key}")))


def largest_gaps(review: Review) -> pd.DataFrame:
    """Give the indicators in which each person lies furthest below the peers, three at most.

    Those that lie below by hardly more than noise are left out.

    Returns
    -------
    Rows of `standings`, those of a person together, the largest gap first.
    """
    signs = {each.id: each.sign for each in INDICATORS}
    held = standings(review)
    held = held[held["gap"] * held["indicator"].map(signs).astype(float) < 0]
    held = held[held["differs"] | (held["size"] <= -_WORTH)]
    held = held.sort_values(["rep", "size", "p_value"])
    return held.groupby("rep", sort=False).head(_GAPS)


def _cards(review: Review, gaps: pd.DataFrame) -> Block:
    language, team = review.language, people(review)
    named = {each.id: each for each in INDICATORS}
    weakest = weakest_skills(review)
    rows, last = [], ""
    order = team.sort_values(["region", "hired"])["rep"]
    place = {rep: at for at, rep in enumerate(order)}
    gaps = gaps.assign(at=gaps["rep"].map(place)).sort_values("at", kind="stable")
    for row in gaps.to_dict("records"):
        each, rep = named[str(row["indicator"])], str(row["rep"])
        state = "bad:" + language("improve.clear_gap")
        if not row["differs"]:
            state = "none:" + language("report.perhaps_chance")
        rows.append(
            {
                "label": "" if rep == last else value_name(review, "rep", rep),
                "indicator": each.name(language),
                "own": figure(language, row["value"], each.unit),
                "peers": figure(language, row["centre"], each.unit),
                "n": float(row["n"]),
                "state": state,
                "step": _step(review, each.id, weakest.get(rep, "")),
            }
        )
        last = rep
    columns = [
        Col("label", language("report.dimension.rep")),
        Col("indicator", language("report.metric")),
        Col("own", language("improve.own")),
        Col("peers", language("improve.peers")),
        Col("n", language("improve.cases"), "count", wide_only=True),
        Col("state", language("report.certainty"), "status"),
        Col("step", language("improve.next_step"), wide_only=True),
    ]
    caption = language("improve.coaching_caption", scope=scope_name(review))
    return table(pd.DataFrame(rows), columns, language, caption, max_rows=90)


def _step(review: Review, indicator: str, skill: str) -> str:
    """Say what to do about a gap; about a skill, which one and with what training."""
    language = review.language
    topics = topics_for(review, skill) if skill else []
    if indicator != "skill_score" or not topics:
        return language(f"improve.step.{indicator}")
    return language("improve.step_skill", skill=skill, topics=language.list(topics))
