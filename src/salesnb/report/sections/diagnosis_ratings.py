"""What people think: of each other's skills, of working together, of their tools."""

from __future__ import annotations

from itertools import combinations
from statistics import NormalDist

import numpy as np
import pandas as pd

from salesnb.explain.intervals import benjamini_hochberg
from salesnb.metrics.metric import View
from salesnb.metrics.team import skill_rows
from salesnb.period import Period, Window
from salesnb.report.blocks import Block, group, lead, note
from salesnb.report.heat import heat_table
from salesnb.report.review import Review, section
from salesnb.report.sections.diagnosis_spans import last_months, over_months
from salesnb.report.sections.parts import scope_name, value_name
from salesnb.report.tables import Col, table

_SURE = 0.05
# Points between two kinds of rater below which nobody needs to talk about it.
_APART = 5.0
CLIMATE = ("climate", "氛围")
# Fewer answers than this would let a single one be guessed.
ANONYMOUS = 5


# Skills, seen from all sides --------------------------------------------------------------------


@section("ratings", "assessments.rater_role", "assessments.score", "assessments.dimension")
def ratings(review: Review) -> Block:
    """Show the weighted score of each person, raters levelled, and where raters disagree."""
    language = review.language
    rows = _rated(review)
    if rows.empty:
        return note(language("improve.no_ratings"))
    roles = rows.groupby("role").agg(
        mean=("raw", "mean"), sd=("raw", "std"), n=("raw", "size"), weight=("weight", "first")
    )
    whole = float(rows["raw"].mean())
    for role, row in roles.iterrows():
        review.lens.keep("rater_bias", float(row["mean"]) - whole, "score",
                         {"rater_role": str(role), "months": "12"}, n=float(row["n"]))  # fmt: skip
    told = _disagreements(rows)
    flagged = told[told["flag"]] if len(told) else told
    review.lens.keep("rater_disagreements", len(flagged), "count", {"months": "12"}, n=len(told))
    weighing = rows[rows["weight"] > 0]
    mild, strict = (_extreme(roles[roles["weight"] > 0], way) for way in (1, -1))
    lines = []
    if mild != strict:
        lines.append(
            language(
                "improve.ratings_lead", mild=_role(review, mild), strict=_role(review, strict),
                gap=float(roles.loc[mild, "mean"]) - float(roles.loc[strict, "mean"]),  # type: ignore[arg-type]
            )
        )  # fmt: skip
    key = "ratings_agree" if flagged.empty else "ratings_differ"
    names = [value_name(review, "rep", rep) for rep in flagged.get("rep", [])]
    lines.append(language(f"improve.{key}", names=language.list(names), count=len(names)))
    shown = _people_rated(review, rows, flagged)
    return group(
        lead(*lines),
        _bias_table(review, roles, whole),
        shown,
        _by_dimension(review, weighing),
        note(language("improve.ratings_note", weights=_weights(review, roles))),
    )


def _rated(review: Review) -> pd.DataFrame:
    """Give each score of the last twelve months: rep, dimension, role, raw, levelled, weight."""
    window = last_months(review)
    view = View(review.lens.dataset, window)
    rows, score, weight = skill_rows(view)
    frame = rows.frame.iloc[rows.at]
    found = pd.DataFrame(
        {
            "rep": frame["rep_id"].astype(str).to_numpy(),
            "period": frame["period"].astype(str).to_numpy(),
            "dimension": frame["dimension"].astype(str).to_numpy(),
            "role": frame["rater_role"].astype(str).to_numpy(),
            "raw": frame["score"].to_numpy(dtype=float),
            "score": score,
            "weight": weight,
        }
    )
    return found[~found["rep"].isin(_gone(review))]


def _gone(review: Review) -> set[str]:
    """Give who has left by the report's last day."""
    if not review.lens.has("reps", "leave_date"):
        return set()
    reps = review.lens.dataset.frame("reps")
    left = reps["leave_date"] <= pd.Timestamp(review.lens.window.end)
    return set(reps.loc[left, "rep_id"].astype(str))


def _extreme(roles: pd.DataFrame, way: int) -> str:
    return str((roles["mean"] * way).idxmax()) if len(roles) else ""


def _role(review: Review, role: object) -> str:
    return review.language.label(f"improve.rater.{role}", str(role))


def _weights(review: Review, roles: pd.DataFrame) -> str:
    language = review.language
    known = roles[roles["weight"] > 0]["weight"]
    return language.list(
        language("improve.weight_of", role=_role(review, role), weight=float(weight) / known.sum())
        for role, weight in known.sort_values(ascending=False).items()
    )


def _bias_table(review: Review, roles: pd.DataFrame, whole: float) -> Block:
    language = review.language
    order = roles.sort_values("weight", ascending=False)
    frame = pd.DataFrame(
        {
            "label": [_role(review, role) for role in order.index],
            "n": order["n"].astype(float).to_numpy(),
            "mean": order["mean"].to_numpy(),
            "bias": order["mean"].to_numpy() - whole,
            "sd": order["sd"].to_numpy(),
        }
    )
    columns = [
        Col("label", language("improve.rater_role")),
        Col("n", language("improve.scores"), "count"),
        Col("mean", language("improve.mean_given"), "number"),
        Col("bias", language("improve.bias"), "delta", "number"),
        Col("sd", language("improve.scatter"), "number", wide_only=True),
    ]
    return table(frame, columns, language, language("improve.bias_caption"))


def _people_rated(review: Review, rows: pd.DataFrame, flagged: pd.DataFrame) -> Block | None:
    """Show each person's score by kind of rater; in the company's report those who stand out."""
    language = review.language
    scores = over_months(review, "skill_score", ["rep"])
    score = dict(zip(scores["rep"].astype(str), scores["value"], strict=True))
    many = dict(zip(scores["rep"].astype(str), scores["n"], strict=True))
    wide = rows.pivot_table(index="rep", columns="role", values="score")
    given = [role for role in wide.columns if role != "self"]
    loud = set(flagged.get("rep", []))
    own = wide["self"] if "self" in wide else pd.Series(np.nan, index=wide.index)
    frame = pd.DataFrame(
        {
            "rep": wide.index,
            "label": [value_name(review, "rep", rep) for rep in wide.index],
            "score": [score.get(rep, np.nan) for rep in wide.index],
            **{role: wide[role].to_numpy() for role in given},
            "own": (own - pd.Series(score).reindex(wide.index)).to_numpy(),
            "n": [many.get(rep, 0) for rep in wide.index],
            "state": [
                "warn:" + language("improve.disagree")
                if rep in loud
                else "none:" + language("improve.agree")
                for rep in wide.index
            ],
        }
    )
    if review.whole_company:
        frame = frame[frame["rep"].isin(loud) | (frame["own"].abs() > _APART)]
        frame = frame.reindex(frame["own"].abs().sort_values(ascending=False).index).head(10)
    if frame.empty:
        return None
    columns = [
        Col("label", language("report.dimension.rep")),
        Col("score", language("metrics.skill_score.label"), "number"),
        *(Col(role, _role(review, role), "number", wide_only=True) for role in given),
        Col("own", language("improve.self_gap"), "delta", "number"),
        Col("n", language("improve.scores"), "count", wide_only=True),
        Col("state", language("improve.raters"), "status"),
    ]
    key = "rated_some" if review.whole_company else "rated_all"
    caption = language(f"improve.{key}", scope=scope_name(review))
    return table(frame, columns, language, caption, max_rows=40)


def _disagreements(rows: pd.DataFrame) -> pd.DataFrame:
    """Tell of each person whether two kinds of rater see him differently, bias taken out.

    Scores of both for the same skill and period are pairs; of the pairs of raters the one furthest
    apart counts, its chance corrected for how many were looked at.
    """
    heard = rows[rows["weight"] > 0]
    wide = heard.pivot_table(index=["rep", "period", "dimension"], columns="role", values="score")
    scores, reps = wide.to_numpy(), wide.index.get_level_values("rep")
    pairs = list(combinations(range(scores.shape[1]), 2))
    found = []
    for rep in reps.unique():
        own = scores[reps == rep]
        best = (1.0, 0.0)
        for one_role, other in pairs:
            gap = own[:, one_role] - own[:, other]
            gap = gap[~np.isnan(gap)]
            if len(gap) < 3 or not gap.std(ddof=1) > 0:
                continue
            z = float(gap.mean() / (gap.std(ddof=1) / np.sqrt(len(gap))))
            chance = min(2 * NormalDist().cdf(-abs(z)) * len(pairs), 1.0)
            best = min(best, (chance, abs(float(gap.mean()))))
        found.append({"rep": str(rep), "p_value": best[0], "gap": best[1]})
    frame = pd.DataFrame(found, columns=["rep", "p_value", "gap"])
    if frame.empty:
        return frame.assign(flag=[])
    chance = benjamini_hochberg(frame["p_value"])
    return frame.assign(flag=(chance < _SURE) & (frame["gap"] >= _APART))


def _by_dimension(review: Review, rows: pd.DataFrame) -> Block | None:
    """Show the mean of each skill by kind of rater."""
    wide = rows.pivot_table(index="dimension", columns="role", values="score")
    if wide.shape[0] < 2:
        return None
    wide = wide.reindex(wide.mean(axis=1).sort_values().index)
    language = review.language
    weakest = str(wide.index[0])
    wide.columns = pd.Index([_role(review, role) for role in wide.columns])
    return heat_table(
        wide.rename_axis(None),
        language,
        title=language("improve.weakest_skill", name=weakest, score=float(wide.iloc[0].mean())),
        unit="number",
        corner=language("improve.skill"),
        subtitle=language("improve.skills_subtitle", scope=scope_name(review)),
    )


# Climate ----------------------------------------------------------------------------------------


def asked_about(review: Review, words: tuple[str, ...]) -> pd.DataFrame:
    """Give the answers whose dimension begins with one of some words, as `climate:trust`.

    Returns
    -------
    One row for each answer: rep, region, period, `about` (what follows the word), score.
    """
    rows = review.lens.dataset.frame("assessments")
    text = rows["dimension"].astype(str).str.replace("：", ":")
    first = text.str.split(":").str[0].str.strip()
    mine = first.isin(words)
    about = text[mine].str.split(":", n=1).str[1].fillna(text[mine]).str.strip()
    rows = rows[mine]
    return pd.DataFrame(
        {
            "rep": rows["rep_id"].astype(str),
            "region": rows["region"].astype(str) if "region" in rows else "",
            "period": rows["period"].astype(str),
            "about": about,
            "score": rows["score"].astype(float),
        }
    )


def known_rounds(review: Review, rows: pd.DataFrame) -> list[str]:
    """Give the periods of some answers that are over, oldest first."""
    rounds = sorted(set(rows["period"]), key=lambda text: _window(review, text).end)
    return [text for text in rounds if _window(review, text).end <= review.lens.window.end]


def _window(review: Review, text: str) -> Window:
    return review.calendar.window(Period.parse(text))


@section("climate", "assessments.dimension", "assessments.score")
def climate(review: Review) -> Block:
    """Show how people find working together, round by round, never fewer than five answers."""
    language = review.language
    rows = asked_about(review, CLIMATE)
    rounds = known_rounds(review, rows)
    if not rounds:
        return note(language("improve.no_climate"))
    rows = rows[rows["period"].isin(rounds)]
    last = rows[rows["period"] == rounds[-1]]
    answered = last["rep"].nunique()
    if answered < ANONYMOUS:
        return note(language("improve.climate_hidden", least=ANONYMOUS))
    return group(
        lead(_climate_moved(review, rows, rounds)),
        _climate_course(review, rows, rounds),
        _climate_regions(review, last, rounds[-1]) if review.whole_company else None,
        note(language("improve.climate_note", least=ANONYMOUS)),
    )


def _climate_moved(review: Review, rows: pd.DataFrame, rounds: list[str]) -> str:
    """Say the last score and whether it moved since the round before."""
    language = review.language
    people_scores = rows.groupby(["period", "rep"])["score"].mean()
    now = people_scores[rounds[-1]]
    review.lens.keep("climate_score", float(now.mean()), "score",
                     {"round": rounds[-1]}, n=len(now))  # fmt: skip
    if len(rounds) < 2 or len(people_scores[rounds[-2]]) < ANONYMOUS:
        return language("improve.climate_first", score=float(now.mean()), n=len(now))
    before = people_scores[rounds[-2]]
    gap = float(now.mean() - before.mean())
    error = float(np.sqrt(now.var(ddof=1) / len(now) + before.var(ddof=1) / len(before)))
    sure = abs(gap) > NormalDist().inv_cdf(0.975) * error
    key = "climate_steady" if not sure else "climate_up" if gap > 0 else "climate_down"
    return language(f"improve.{key}", score=float(now.mean()), n=len(now), gap=abs(gap))


def _climate_course(review: Review, rows: pd.DataFrame, rounds: list[str]) -> Block:
    language = review.language
    records = []
    subjects = list(dict.fromkeys(rows["about"]))
    answering = _answering(review, rows)
    for text in rounds:
        part = rows[rows["period"] == text]
        many = part["rep"].nunique()
        asked = _asked(review, text, answering)
        row: dict[str, object] = {"period": language.period(text), "n": float(many)}
        row["response"] = many / asked if asked else np.nan
        review.lens.keep("climate_response", row["response"], "ratio", {"round": text},  # type: ignore[arg-type]
                         numerator=many, denominator=asked)  # fmt: skip
        hidden = many < ANONYMOUS
        means = part.groupby("about")["score"].mean()
        row |= {name: np.nan if hidden else means.get(name, np.nan) for name in subjects}
        records.append(row)
    columns = [
        Col("period", language("improve.round")),
        *(Col(name, name, "number") for name in subjects),
        Col("n", language("improve.answers"), "count"),
        Col("response", language("improve.response"), "percent"),
    ]
    caption = language("improve.climate_caption", scope=scope_name(review))
    return table(pd.DataFrame(records), columns, language, caption)


def _answering(review: Review, rows: pd.DataFrame) -> pd.DataFrame:
    """Give everybody of the posts that ever answered; nobody without days of hiring and posts."""
    lens = review.lens
    if not lens.has("reps", "hire_date", "role"):
        return pd.DataFrame()
    reps = lens.dataset.frame("reps")
    posts = set(reps.loc[reps["rep_id"].astype(str).isin(rows["rep"]), "role"].astype(str))
    return reps[reps["role"].astype(str).isin(posts)]


def _asked(review: Review, text: str, answering: pd.DataFrame) -> int:
    """Count who was there on the last day of a round."""
    if answering.empty:
        return 0
    day = pd.Timestamp(_window(review, text).end)
    there = answering["hire_date"] <= day
    if "leave_date" in answering:
        there &= ~(answering["leave_date"] < day)
    return int(there.sum())


def _climate_regions(review: Review, rows: pd.DataFrame, text: str) -> Block | None:
    """Show the last round by region; where one would be too few, another hides beside it."""
    language = review.language
    counts = rows.groupby("region")["rep"].nunique().sort_values()
    hidden = list(counts.index[counts < ANONYMOUS])
    # A single hidden region could be worked out from the whole.
    if len(hidden) == 1 and len(counts) > 1:
        hidden = list(counts.index[:2])
    wide = rows.pivot_table(index="region", columns="about", values="score")
    wide = wide.drop(index=hidden)
    if wide.empty:
        return None
    wide.index = pd.Index([value_name(review, "region", name) for name in wide.index])
    lowest = wide.stack().idxmin()
    title = language("improve.climate_lowest", region=lowest[0], name=lowest[1],  # type: ignore[index]
                     score=float(wide.stack().min()))  # fmt: skip
    return heat_table(
        wide.rename_axis(None, axis=1),
        language,
        title=title,
        unit="number",
        corner=language("report.dimension.region"),
        subtitle=language("improve.climate_subtitle", period=Period.parse(text)),
    )
