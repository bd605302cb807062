"""What the company does for its people and what it thinks of them: training, assessments."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from salesnb.sample.draws import picked, stream
from salesnb.sample.people import ACCOUNT_MANAGER, People
from salesnb.sample.season import as_dates, days, year_days
from salesnb.sample.shape import REGIONS

SESSIONS: Mapping[int, int] = {2021: 12, 2022: 18, 2023: 24, 2024: 13}
PASSED: Mapping[int, float] = {2021: 0.90, 2022: 0.92, 2023: 0.95, 2024: 0.95}
TOPICS = ("产品知识", "销售技巧", "CRM使用", "合同与回款", "行业方案")

ASSESSED = ("2022Q2", "2022Q4", "2023Q2", "2023Q4", "2024Q2")
SKILLS = ("产品知识", "需求挖掘", "方案表达", "商务谈判", "客户维护", "团队协作")
RATERS = ("data", "manager", "peer", "self")
TOOLS = ("tool:CRM", "tool:报价模板", "tool:方案资料")
EASE = {"tool:CRM:易用": 66.0, "tool:报价模板:易用": 78.0, "tool:方案资料:易用": 72.0}
CLIMATE = ("climate:协作", "climate:士气", "climate:授权")


def training_table(people: People, seed: int) -> pd.DataFrame:
    """Give the table `training`: everybody comes at least once a year, and 95 % pass in 2023."""
    rng = stream(seed, "training")
    frames = []
    for year, sessions in SESSIONS.items():
        first, last = year_days(year)
        width = (last - first - 20) / sessions
        when = first + 8 + (np.arange(sessions) + 0.2 + 0.6 * rng.random(sessions)) * width
        when = days().on_or_after(when.astype(np.int64))
        there = (people.hired[None, :] <= when[:, None]) & (people.left[None, :] > when[:, None])
        comes = there & (rng.random(there.shape) < 0.58)
        for person in np.flatnonzero(there.any(axis=0) & ~comes.any(axis=0)):
            comes[np.flatnonzero(there[:, person])[-1], person] = True
        session, person = np.nonzero(comes)
        passed = picked(rng, round(len(session) * PASSED[year]), len(session))
        score = np.where(
            passed, rng.uniform(62, 98, size=len(session)), rng.uniform(38, 59, size=len(session))
        )
        topic = np.array(TOPICS, dtype=object)[np.arange(sessions) % len(TOPICS)]
        number = [f"TR{year}-{place + 1:02d}" for place in range(sessions)]
        frames.append(
            pd.DataFrame(
                {
                    "session_id": np.array(number, dtype=object)[session],
                    "rep_id": np.array(people.ids, dtype=object)[person],
                    "date": as_dates(when[session]),
                    "topic": topic[session],
                    "hours": np.array([2.0, 3.0, 4.0])[session % 3],
                    "exam_score": np.round(score),
                    "passed": passed,
                    "region": np.array([*REGIONS, ""], dtype=object)[people.region[person]],
                }
            )
        )
    return pd.concat(frames, ignore_index=True)


def assessments_table(people: People, seed: int) -> pd.DataFrame:
    """Give the table `assessments`: skills by four kinds of rater, tools and climate by oneself.

    Tools have a score for what they do and one for how easy they are.

    Managers rate a little low, everybody rates himself a little high.
    """
    rng, ease = stream(seed, "assessments"), stream(seed, "assessments_ease")
    count = len(people.ids)
    talent = rng.normal(74, 6, size=(count, 1)) + 0.8 * people.industry_years[:, None]
    strength = talent + rng.normal(0, 5, size=(count, len(SKILLS)))
    bias = {"data": 0.0, "manager": -3.0, "peer": 1.0, "self": 5.0}
    frames = []
    for step, period in enumerate(ASSESSED):
        end = year_days(int(period[:4]))[0] + (181 if period.endswith("2") else 364)
        rated = np.flatnonzero(
            people.there(end) & np.array([role == ACCOUNT_MANAGER for role in people.roles])
        )
        for rater in RATERS:
            score = strength[rated] + bias[rater] + 0.6 * step
            score = score + rng.normal(0, 3.5, size=score.shape)
            frames.append(_long(people, rated, period, SKILLS, rater, score))
        for names, middle in ((TOOLS, 72.0), (CLIMATE, 76.0)):
            score = middle + rng.normal(0, 8, size=(len(rated), len(names))) + 0.8 * step
            frames.append(_long(people, rated, period, names, "self", score))
        score = np.array([*EASE.values()]) + ease.normal(0, 8, size=(len(rated), len(EASE)))
        frames.append(_long(people, rated, period, tuple(EASE), "self", score))
    return pd.concat(frames, ignore_index=True)


def _long(
    people: People,
    rated: np.ndarray,
    period: str,
    dimensions: tuple[str, ...],
    rater: str,
    score: np.ndarray,
) -> pd.DataFrame:
    count = len(dimensions)
    region = np.array([*REGIONS, ""], dtype=object)[people.region[rated]]
    return pd.DataFrame(
        {
            "rep_id": np.repeat(np.array(people.ids, dtype=object)[rated], count),
            "period": period,
            "dimension": np.tile(np.array(dimensions, dtype=object), len(rated)),
            "rater_role": rater,
            "score": np.clip(np.round(score.ravel(), 1), 0, 100),
            "region": np.repeat(region, count),
        }
    )
