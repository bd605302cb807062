"""A coaching card for each person: the three largest gaps against peers, and what to do next."""

from __future__ import annotations

import pandas as pd

from salesnb.report.blocks import Block, group, lead, note
from salesnb.report.review import Review, section
from salesnb.report.sections.diagnosis_peers import (
    INDICATORS,
    difference,
    figure,
    people,
    standings,
)
from salesnb.report.sections.parts import scope_name, value_name
from salesnb.report.tables import Col, table

_GAPS = 3
_MOST_PEOPLE = 12


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
    key = "coaching_note_company" if review.whole_company else "coaching_note"
    return group(*lines, note(language(f"improve.{key}")))


def largest_gaps(review: Review) -> pd.DataFrame:
    """Give the indicators in which each person lies furthest below the peers, three at most.

    Returns
    -------
    Rows of `standings`, those of a person together, the largest gap first.
    """
    signs = {each.id: each.sign for each in INDICATORS}
    held = standings(review)
    held = held[held["gap"] * held["indicator"].map(signs).astype(float) < 0]
    held = held.sort_values(["rep", "size", "p_value"])
    return held.groupby("rep", sort=False).head(_GAPS)


def _cards(review: Review, gaps: pd.DataFrame) -> Block:
    language, team = review.language, people(review)
    named = {each.id: each for each in INDICATORS}
    rows, last = [], ""
    order = team.sort_values(["region", "hired"])["rep"]
    place = {rep: at for at, rep in enumerate(order)}
    gaps = gaps.assign(at=gaps["rep"].map(place)).sort_values("at", kind="stable")
    for row in gaps.to_dict("records"):
        each, rep = named[str(row["indicator"])], str(row["rep"])
        state = "bad:" + language("report.certain")
        if not row["differs"]:
            state = "none:" + language("report.perhaps_chance")
        rows.append(
            {
                "label": "" if rep == last else value_name(review, "rep", rep),
                "indicator": each.name(language),
                "own": figure(language, row["value"], each.unit),
                "peers": figure(language, row["centre"], each.unit),
                "gap": difference(language, row["gap"], each.unit),
                "n": float(row["n"]),
                "state": state,
                "step": language(f"improve.step.{each.id}"),
            }
        )
        last = rep
    columns = [
        Col("label", language("report.dimension.rep")),
        Col("indicator", language("report.metric")),
        Col("own", language("improve.own")),
        Col("peers", language("improve.peers")),
        Col("gap", language("improve.difference")),
        Col("n", language("improve.cases"), "count", wide_only=True),
        Col("state", language("report.certainty"), "status"),
        Col("step", language("improve.next_step"), wide_only=True),
    ]
    caption = language("improve.coaching_caption", scope=scope_name(review))
    return table(pd.DataFrame(rows), columns, language, caption, max_rows=90)
