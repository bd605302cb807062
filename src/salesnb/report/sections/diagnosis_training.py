"""What people lack and which training answers it; whether a mentor helps the newly hired."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from salesnb.explain.survival import kaplan_meier
from salesnb.findings.spans import inside
from salesnb.language import is_missing
from salesnb.metrics.metric import View
from salesnb.metrics.team import skill_rows
from salesnb.report.blocks import Block, group, lead, note
from salesnb.report.review import Review, section
from salesnb.report.sections.diagnosis_peers import people
from salesnb.report.sections.diagnosis_spans import keep_range, last_months
from salesnb.report.sections.diagnosis_standards import standards
from salesnb.report.sections.parts import scope_name, value_name
from salesnb.report.tables import Col, table

# Points below the group from which a skill is a gap.
_GAP = 5.0
_MOST_NAMES = 6
_HIRED_MONTHS = 36
_DAYS_A_MONTH = 30.4375


@section("skill_gaps", "assessments.dimension", "assessments.score", "assessments.rater_role")
def skill_gaps(review: Review) -> Block:
    """Show each skill, who lacks it, the training that answers it, and what training has done."""
    language = review.language
    wide = _skills(review)
    if wide.empty:
        return note(language("improve.no_ratings"))
    middle = wide.mean()
    gaps = wide - middle <= -_GAP
    attended = _attended(review)
    rows = []
    for skill in middle.sort_values().index:
        lacking = wide[skill][gaps[skill]].sort_values()
        topics = topics_for(review, str(skill))
        missed = [rep for rep in lacking.index if not attended.get(rep, set()) & set(topics)]
        review.lens.keep("skill_gap_people", len(lacking), "count", {"skill": str(skill)},
                         n=int(wide[skill].notna().sum()))  # fmt: skip
        review.lens.keep("skill_mean", float(middle[skill]), "score", {"skill": str(skill)},
                         n=int(wide[skill].notna().sum()))  # fmt: skip
        rows.append(
            {
                "label": str(skill),
                "score": float(middle[skill]),
                "count": float(len(lacking)),
                "who": _some(review, list(lacking.index)),
                "topics": language.list(topics) or language("improve.no_topic"),
                "missed": float(len(missed)) if attended and topics else np.nan,
            }
        )
    columns = [
        Col("label", language("improve.skill")),
        Col("score", language("improve.mean_score"), "number"),
        Col("count", language("improve.lacking"), "count"),
        Col("topics", language("improve.topics"), wide_only=True),
        Col("missed", language("improve.missed"), "count", wide_only=True),
        Col("who", language("improve.first_to_train")),
    ]
    frame = pd.DataFrame(rows)
    worst = frame.loc[frame["count"].idxmax()]
    key = "skills_lead" if worst["count"] else "skills_even"
    sentence = language(
        f"improve.{key}", name=worst["label"], count=int(worst["count"]),
        people=len(wide), topics=worst["topics"],
    )  # fmt: skip
    caption = language("improve.skills_caption", scope=scope_name(review))
    return group(
        lead(sentence),
        table(frame, columns, language, caption),
        _training_effect(review),
        note(language("improve.skills_note", gap=_GAP)),
    )


def weakest_skills(review: Review) -> dict[str, str]:
    """Give the skill in which each person lies furthest below the others; none without ratings."""
    if not review.lens.has("assessments", "dimension", "score", "rater_role"):
        return {}
    wide = _skills(review)
    if wide.empty:
        return {}
    return {str(rep): str(skill) for rep, skill in (wide - wide.mean()).idxmin(axis=1).items()}


def _skills(review: Review) -> pd.DataFrame:
    """Give each person's score in each skill over the last year, raters levelled and weighed.

    Returns
    -------
    One row for each person, one column for each skill.
    """
    return review.lens.dataset.kept(("skills", review.period), lambda: _by_skill(review))


def _by_skill(review: Review) -> pd.DataFrame:
    rows, score, weight = skill_rows(View(review.lens.dataset, last_months(review)))
    frame = rows.frame.iloc[rows.at]
    found = pd.DataFrame(
        {
            "rep": frame["rep_id"].astype(str).to_numpy(),
            "skill": frame["dimension"].astype(str).to_numpy(),
            "weight": weight,
            "score": score * weight,
        }
    )
    there = set(_present(review))
    found = found[(found["weight"] > 0) & found["rep"].isin(there)]
    sums = found.groupby(["rep", "skill"])[["score", "weight"]].sum()
    return (sums["score"] / sums["weight"]).dropna().unstack()


def _present(review: Review) -> list[str]:
    if review.lens.has("reps", "rep_id") and review.lens.has("orders", "rep_id"):
        return list(people(review)["rep"])
    rows = review.lens.dataset.frame("assessments")
    return list(rows["rep_id"].astype(str).unique())


def _some(review: Review, reps: list[str]) -> str:
    """Name the first few people, and say how many more there are."""
    language = review.language
    if not reps:
        return language("base.none")
    names = [value_name(review, "rep", rep) for rep in reps[:_MOST_NAMES]]
    if len(reps) <= _MOST_NAMES:
        return language.list(names)
    return language("improve.and_more", names=language.list(names), count=len(reps) - _MOST_NAMES)


def topics_for(review: Review, skill: str) -> list[str]:
    """Name the training that answers a gap in a skill: as the standards say, or of its name."""
    found = [
        str(topic)
        for entry in standards(review, "training")
        if skill.casefold() in (str(each).casefold() for each in entry.get("skills", []))
        for topic in entry.get("topics", [])
    ]
    if not review.lens.has("training", "topic"):
        return found
    held = review.lens.dataset.kept("topics", lambda: _topics(review))
    known = [topic for topic in found if topic in held]
    return known or ([skill] if skill in held else [])


def _topics(review: Review) -> set[str]:
    return set(review.lens.dataset.frame("training")["topic"].astype(str))


def _attended(review: Review) -> dict[str, set[str]]:
    """Give the topics each person was trained in over the last twelve months."""
    if not review.lens.has("training", "topic"):
        return {}
    rows = inside(review.lens.dataset.frame("training"), "date", last_months(review))
    pairs = rows.groupby(rows["rep_id"].astype(str))["topic"].agg(lambda each: set(map(str, each)))
    return {str(rep): topics for rep, topics in pairs.items()}


def _training_effect(review: Review) -> Block | None:
    """Hold those trained between two rounds against those not, skill by skill, before and after.

    The change of the trained minus that of the others: what both went through falls out.
    """
    lens, language = review.lens, review.language
    if not lens.has("training", "topic"):
        return None
    rounds = _two_rounds(review)
    if rounds is None:
        return None
    before, after, window = rounds
    sessions = inside(lens.dataset.frame("training"), "date", window)
    rows = []
    both = before.merge(after, on=["rep", "skill"], suffixes=("_before", "_after"))
    both["change"] = both["score_after"] - both["score_before"]
    topic, person = (sessions[name].astype(str) for name in ("topic", "rep_id"))
    for skill, mine in both.groupby("skill", sort=False):
        topics = topics_for(review, str(skill))
        came = mine["rep"].isin(person[topic.isin(topics)])
        trained, others = mine["change"][came], mine["change"][~came]
        if min(len(trained), len(others)) < review.settings.n_events:
            continue
        effect = float(trained.mean() - others.mean())
        error = float(
            np.sqrt(trained.var(ddof=1) / len(trained) + others.var(ddof=1) / len(others))
        )
        low, high = effect - 1.96 * error, effect + 1.96 * error
        sure = not low <= 0 <= high
        look = "none" if not sure else "good" if effect > 0 else "bad"
        many = len(trained) + len(others)
        keep_range(
            review, "training_effect", (effect, low, high), "score", {"skill": str(skill)}, many
        )
        rows.append(
            {
                "label": str(skill),
                "topics": language.list(topics),
                "trained": float(len(trained)),
                "others": float(len(others)),
                "effect": effect,
                "range": language(
                    "report.from_to", low=language.number(low, 1, True),
                    high=language.number(high, 1, True),
                ),
                "state": f"{look}:"
                + language("improve.works" if sure and effect > 0 else "improve.not_shown"),
            }
        )  # fmt: skip
    if not rows:
        return note(language("improve.no_effect_known"))
    columns = [
        Col("label", language("improve.skill")),
        Col("topics", language("improve.topics"), wide_only=True),
        Col("trained", language("improve.trained"), "count"),
        Col("others", language("improve.not_trained"), "count"),
        Col("effect", language("improve.effect_points"), "delta", "number", "up"),
        Col("range", language("improve.interval"), wide_only=True),
        Col("state", language("report.certainty"), "status"),
    ]
    caption = language("improve.effect_caption", scope=scope_name(review))
    return table(pd.DataFrame(rows), columns, language, caption)


def _two_rounds(review: Review) -> tuple[pd.DataFrame, pd.DataFrame, Any] | None:
    """Give the scores of the last two rounds of assessment, and the days between them."""
    from_, until = last_months(review, 12, 6), last_months(review, 6)
    found = []
    for window in (from_, until):
        rows, score, weight = skill_rows(View(review.lens.dataset, window))
        frame = rows.frame.iloc[rows.at]
        scores = pd.DataFrame(
            {
                "rep": frame["rep_id"].astype(str).to_numpy(),
                "skill": frame["dimension"].astype(str).to_numpy(),
                "score": score * weight,
                "weight": weight,
            }
        )
        scores = scores[scores["weight"] > 0].groupby(["rep", "skill"])[["score", "weight"]].sum()
        found.append((scores["score"] / scores["weight"]).rename("score").reset_index())
    if found[0].empty or found[1].empty:
        return None
    return found[0], found[1], until


# Mentors ----------------------------------------------------------------------------------------


@section("mentoring", "reps.hire_date", "reps.mentor_id", "orders.rep_id")
def mentoring(review: Review) -> Block:
    """Show the pairs, and how long the paired and the unpaired took to their first deal."""
    language = review.language
    hires = _hires(review)
    if hires.empty:
        return note(language("improve.no_hires", months=_HIRED_MONTHS))
    curves = {
        paired: kaplan_meier(part["wait"], part["done"])
        for paired, part in hires.groupby("paired")
        if len(part)
    }
    for paired, curve in curves.items():
        many = int((hires["paired"] == paired).sum())
        review.lens.keep(
            "ramp_months", None if is_missing(curve.median) else curve.median, "months",
            {"mentor": "yes" if paired else "no", "months": str(_HIRED_MONTHS)}, n=many,
            reason="immature" if is_missing(curve.median) else None,
        )  # fmt: skip
    return group(
        lead(_mentor_sentence(review, hires, curves)),
        _ramp_table(review, hires, curves),
        _pairs(review, hires),
        note(language("improve.mentoring_note", months=_HIRED_MONTHS)),
    )


def _hires(review: Review) -> pd.DataFrame:
    """Give who was hired in the last three years into a post that sells, with the wait.

    Returns
    -------
    One row for each person: rep, mentor, hired, `wait` (months to the first deal, or so far),
    `done`, `paired`, `gone`.
    """
    lens = review.lens
    reps = lens.dataset.frame("reps").drop_duplicates("rep_id")
    window = last_months(review, _HIRED_MONTHS)
    sales = lens.dataset.frame("sales")
    sold = sales.loc[sales["is_purchase"], ["rep_id", "order_date"]]
    first = sold.groupby("rep_id", observed=True)["order_date"].min()
    first.index = first.index.astype(str)
    # A post without any sale by anybody does not sell.
    posts = set()
    if "role" in reps:
        sellers = set(first.index)
        posts = set(reps.loc[reps["rep_id"].astype(str).isin(sellers), "role"].astype(str))
    mine = inside(reps[reps["hire_date"].notna()], "hire_date", window)
    if posts:
        mine = mine[mine["role"].astype(str).isin(posts)]
    end = pd.Timestamp(lens.window.end)
    ids = mine["rep_id"].astype(str)
    left = mine["leave_date"] if "leave_date" in mine else pd.Series(pd.NaT, index=mine.index)
    seen = left.fillna(end).clip(upper=end)
    deal = first.reindex(ids).set_axis(ids.index)
    done = (deal <= seen) & (deal >= mine["hire_date"])
    until = deal.where(done, seen)
    mentor = mine["mentor_id"].astype(object).where(mine["mentor_id"].notna(), "")
    return pd.DataFrame(
        {
            "rep": ids,
            "mentor": mentor.astype(str).replace("unmapped", ""),
            "hired": mine["hire_date"],
            "wait": ((until - mine["hire_date"]).dt.days / _DAYS_A_MONTH).clip(lower=0.0),
            "done": done,
            "gone": left <= end,
        }
    ).assign(paired=lambda rows: rows["mentor"] != "")


def _mentor_sentence(review: Review, hires: pd.DataFrame, curves: dict[Any, Any]) -> str:
    language = review.language
    many = {paired: int((hires["paired"] == paired).sum()) for paired in (True, False)}
    if min(many.values()) < review.settings.n_events:
        return language(
            "improve.mentoring_few", paired=many[True], alone=many[False],
            least=review.settings.n_events,
        )  # fmt: skip
    with_, without = curves[True], curves[False]
    if is_missing(with_.median) or is_missing(without.median):
        return language("improve.mentoring_open", paired=many[True], alone=many[False])
    apart = (
        with_.median_interval.high < without.median_interval.low
        or without.median_interval.high < with_.median_interval.low
    )
    key = "mentoring_differs" if apart else "mentoring_same"
    return language(
        f"improve.{key}", paired=many[True], alone=many[False], with_=with_.median,
        without=without.median,
    )  # fmt: skip


def _ramp_table(review: Review, hires: pd.DataFrame, curves: dict[Any, Any]) -> Block:
    language = review.language
    rows = []
    for paired in (True, False):
        if paired not in curves:
            continue
        part, curve = hires[hires["paired"] == paired], curves[paired]
        low, high = curve.median_interval
        rows.append(
            {
                "label": language("improve.paired" if paired else "improve.alone"),
                "n": float(len(part)),
                "sold": float(part["done"].sum()),
                "median": curve.median,
                "range": language(
                    "report.from_to", low=language.months(low), high=language.months(high)
                )
                if len(part) >= review.settings.n_events
                else language("improve.not_judged"),
                "left": float(part["gone"].sum()),
            }
        )
    columns = [
        Col("label", language("improve.newcomers")),
        Col("n", language("improve.people"), "count"),
        Col("sold", language("improve.have_sold"), "count"),
        Col("median", language("improve.months_to_deal"), "months"),
        Col("range", language("improve.interval"), wide_only=True),
        Col("left", language("improve.have_left"), "count"),
    ]
    caption = language("improve.ramp_caption", scope=scope_name(review))
    return table(pd.DataFrame(rows), columns, language, caption)


def _pairs(review: Review, hires: pd.DataFrame) -> Block | None:
    """List who learns from whom, the newest first."""
    language = review.language
    pairs = hires[hires["paired"] & ~hires["gone"]].sort_values("hired", ascending=False)
    if pairs.empty:
        return None
    frame = pd.DataFrame(
        {
            "label": [value_name(review, "rep", rep) for rep in pairs["rep"]],
            "mentor": [value_name(review, "rep", rep) for rep in pairs["mentor"]],
            "hired": pairs["hired"].to_numpy(),
            "wait": pairs["wait"].to_numpy(),
            "state": [
                ("good:" + language("improve.sold"))
                if done
                else ("none:" + language("improve.waiting"))
                for done in pairs["done"]
            ],
        }
    )
    columns = [
        Col("label", language("improve.mentee")),
        Col("mentor", language("improve.mentor")),
        Col("hired", language("improve.hired"), "date"),
        Col("wait", language("improve.months_to_deal"), "months"),
        Col("state", language("report.state"), "status"),
    ]
    caption = language("improve.pairs_caption", scope=scope_name(review))
    return table(frame, columns, language, caption, max_rows=20)
