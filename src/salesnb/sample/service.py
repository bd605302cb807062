"""What customers say: answers to surveys, complaints and requests."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from salesnb.sample.customers import Customers
from salesnb.sample.deals import OPEN_, Deals
from salesnb.sample.draws import (
    Flags,
    Floats,
    Ints,
    apportion,
    every_so_often,
    if_any,
    picked,
    stream,
)
from salesnb.sample.prices import Orders
from salesnb.sample.products import catalogue
from salesnb.sample.season import END, YEARS, as_moments, year_days
from salesnb.sample.shape import BY_YEAR, REGIONS

ANSWERS: Mapping[int, tuple[int, float]] = {
    2021: (240, 0.79),
    2022: (300, 0.81),
    2023: (400, 0.89),
    2024: (220, 0.89),
}
"""Answers on satisfaction in each year, and the share of 4 or 5 of five."""

NPS = {2021: 150, 2022: 190, 2023: 240, 2024: 130}
THEMED = {2021: 180, 2022: 220, 2023: 280, 2024: 160}

THEMES: Mapping[str, tuple[str, ...]] = {
    "价格": ("同类产品报价更低", "希望批量采购有更多优惠"),
    "交付": ("交货比承诺晚了几天", "希望提前通知发货时间"),
    "质量": ("有个别批次需要返修", "运行稳定，没有故障"),
    "服务响应": ("售后回复及时", "希望有固定的对接人"),
    "功能": ("希望增加数据导出", "远程诊断很实用"),
    "易用性": ("安装调试简单", "说明书可以再详细一些"),
    "培训支持": ("希望上门培训操作人员", "培训资料很有帮助"),
}

COMPLAINTS = {2021: 250, 2022: 310, 2023: 350, 2024: 185}
REQUESTS = {2021: 400, 2022: 480, 2023: 560, 2024: 300}
INTERNAL = {2021: 110, 2022: 135, 2023: 160, 2024: 85}

SLA_HOURS = {"complaint": 24.0, "service": 72.0, "internal": 24.0}
IN_TIME = 0.94
CAUSES = ("质量问题", "交付延误", "安装调试", "服务态度", "响应慢", "单据差错")
_CAUSE_ODDS = (0.30, 0.24, 0.18, 0.08, 0.12, 0.08)
DEPARTMENTS = {"complaint": "售后服务部", "service": "技术支持部", "internal": "售前支持部"}


def feedback_table(
    orders: Orders, customers: Customers, ids: np.ndarray, seed: int
) -> pd.DataFrame:
    """Give the table `feedback`: each answer follows an order by some days."""
    rng = stream(seed, "feedback")
    frames = []
    for year in YEARS:
        for kind, count in (
            ("csat", ANSWERS[year][0]),
            ("nps", NPS[year]),
            ("theme", THEMED[year]),
        ):
            order, day = _after_orders(rng, orders, customers, year, count)
            frames.append(
                pd.DataFrame(
                    {
                        "day": day,
                        "order": order,
                        "kind": kind,
                        "score": _scores(rng, kind, year, customers.region[orders.customer[order]]),
                        **_words(rng, kind, count),
                    }
                )
            )
    said = pd.concat(frames, ignore_index=True).sort_values(["day", "order"], kind="stable")
    order = said["order"].to_numpy()
    largest = np.lexsort((-orders.amount, orders.order))
    main = orders.product[largest][np.unique(orders.order[largest], return_index=True)[1]]
    who = orders.customer[order]
    return pd.DataFrame(
        {
            "id": [f"F{place + 1:05d}" for place in range(len(said))],
            "ts": as_moments(said["day"].to_numpy(), rng.uniform(9, 18, size=len(said))),
            "customer_id": ids[who],
            "region": np.array(REGIONS, dtype=object)[customers.region[who]],
            "product_id": catalogue().ids[main[order]].astype(object),
            "kind": said["kind"].to_numpy(dtype=object),
            "score": said["score"].to_numpy(),
            "theme": said["theme"].to_numpy(dtype=object),
            "text": said["text"].to_numpy(dtype=object),
        }
    )


def _after_orders(
    rng: np.random.Generator, orders: Orders, customers: Customers, year: int, count: int
) -> tuple[Ints, Ints]:
    """Choose orders of a year, each region its share, and a day some days after each."""
    first, last = year_days(year)
    inside = np.flatnonzero((orders.day >= first) & (orders.day <= last - 3))
    region = customers.region[orders.customer[inside]]
    sizes = apportion(BY_YEAR[year].regions, count)
    chosen = []
    for place, size in enumerate(sizes):
        own = inside[region == place]
        # One in each equal stretch of orders, so that no month lacks answers.
        at = (np.arange(size) + rng.random(size)) / max(size, 1) * len(own)
        chosen.append(own[np.minimum(at.astype(np.int64), len(own) - 1)])
    order = np.concatenate(chosen)
    day = np.minimum(orders.day[order] + rng.integers(2, 22, size=count), last)
    return order, day


def _scores(rng: np.random.Generator, kind: str, year: int, region: Ints) -> Floats:
    count = len(region)
    if kind == "theme":
        return np.full(count, np.nan)
    if kind == "nps":
        odds = np.array([1, 1, 1, 2, 2, 4, 6, 14, 24, 26, 19]) / 100
        return rng.choice(11, size=count, p=odds).astype(float)
    satisfied = np.zeros(count, dtype=bool)
    sizes = np.bincount(region, minlength=len(REGIONS))
    good = apportion(sizes, round(count * ANSWERS[year][1]), high=sizes)
    for place, number in enumerate(good):
        satisfied[np.flatnonzero(region == place)] = picked(rng, int(number), int(sizes[place]))
    high = rng.choice([4.0, 5.0], size=count, p=(0.55, 0.45))
    low = rng.choice([1.0, 2.0, 3.0], size=count, p=(0.12, 0.30, 0.58))
    return np.where(satisfied, high, low)


def _words(rng: np.random.Generator, kind: str, count: int) -> dict[str, list[str | None]]:
    if kind != "theme":
        return {"theme": [None] * count, "text": [None] * count}
    names = list(THEMES)
    drawn = rng.choice(len(names), size=count, p=(0.20, 0.19, 0.15, 0.17, 0.11, 0.10, 0.08))
    which = rng.integers(0, 2, size=count)
    return {
        "theme": [names[place] for place in drawn],
        "text": [THEMES[names[place]][at] for place, at in zip(drawn, which, strict=True)],
    }


def tickets_table(
    orders: Orders, customers: Customers, deals: Deals, ids: np.ndarray, seed: int
) -> pd.DataFrame:
    """Give the table `tickets`: complaints and requests after orders, internal ones for deals."""
    rng = stream(seed, "tickets")
    frames = []
    for year in YEARS:
        for kind, counts in (("complaint", COMPLAINTS), ("service", REQUESTS)):
            order, day = _after_orders(rng, orders, customers, year, counts[year])
            frames.append(
                pd.DataFrame(
                    {"day": day, "customer": orders.customer[order], "deal": -1, "kind": kind}
                )
            )
        first, last = year_days(year)
        closed = np.minimum(deals.closed, END)
        inside = np.flatnonzero((closed >= first + 8) & (closed <= last) & (deals.outcome != OPEN_))
        deal = rng.permutation(inside)[: INTERNAL[year]]
        length = closed[deal] - deals.created[deal]
        day = deals.created[deal] + np.floor(rng.random(len(deal)) * length).astype(np.int64)
        frames.append(
            pd.DataFrame(
                {
                    "day": np.maximum(day, first),
                    "customer": deals.customer[deal],
                    "deal": deal,
                    "kind": "internal",
                }
            )
        )
    opened = pd.concat(frames, ignore_index=True)
    opened = opened.assign(hour=rng.uniform(8.5, 18, size=len(opened)))
    opened = opened.sort_values(["day", "hour"], kind="stable")
    count, hour = len(opened), opened["hour"].to_numpy()
    kind = opened["kind"].to_numpy(dtype=object)
    sla = opened["kind"].map(SLA_HOURS).to_numpy(dtype=float)
    # Late answers are spread evenly, so that no region's month looks bad by chance.
    in_time = np.zeros(count, dtype=bool)
    by_region = np.argsort(customers.region[opened["customer"].to_numpy()], kind="stable")
    in_time[by_region] = every_so_often(count, round(count * IN_TIME))
    answered = answer_hours(rng, sla, in_time)
    solved = answered + rng.gamma(1.6, 22, size=count)
    start = opened["day"].to_numpy() * 24 + hour
    limit = (END + 1) * 24
    day = opened["day"].to_numpy()
    deal = opened["deal"].to_numpy()
    who = opened["customer"].to_numpy()
    return pd.DataFrame(
        {
            "id": [f"T{place + 1:05d}" for place in range(count)],
            "opened": as_moments(day, hour),
            "first_response": as_moments(
                day, np.where(start + answered < limit, hour + answered, np.nan)
            ),
            "closed": as_moments(day, np.where(start + solved < limit, hour + solved, np.nan)),
            "kind": kind,
            "department": opened["kind"].map(DEPARTMENTS).to_numpy(dtype=object),
            "customer_id": ids[who],
            "region": np.array(REGIONS, dtype=object)[customers.region[who]],
            "opp_id": if_any(deal >= 0, deals.ids[deal]),
            "sla_hours": sla,
            "cause": if_any(
                kind == "complaint",
                rng.choice(np.array(CAUSES, dtype=object), size=count, p=_CAUSE_ODDS),
            ),
        }
    )


def answer_hours(rng: np.random.Generator, sla: Floats, in_time: Flags) -> Floats:
    """Give the hours until the first answer, before or after its limit."""
    soon = sla * rng.beta(1.3, 3.5, size=len(sla))
    late = sla * rng.uniform(1.1, 2.8, size=len(sla))
    return np.where(in_time, soon, late)
