"""What the company sells: sensors and controls (A), smart devices (B), tailored solutions (C)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from salesnb.sample.draws import Floats, Ints
from salesnb.sample.season import FIRST, as_dates, day_number
from salesnb.sample.shape import SEGMENTS


@dataclass(frozen=True)
class Product:
    """One product: its segment, its price, and how often it is chosen within the segment."""

    id: str
    name: str
    segment: str
    list_price: float
    cost_share: float
    weight: float
    launched: date = date(2020, 6, 1)
    ended: date | None = None


PRODUCTS = (
    Product("A101", "通用传感器", "A", 168.0, 0.640, 0.32),
    Product("A102", "标准控制器", "A", 420.0, 0.655, 0.26),
    Product("A103", "通用驱动器", "A", 690.0, 0.660, 0.20),
    Product("A104", "基础网关", "A", 320.0, 0.650, 0.16),
    Product("A105", "经济型传感器", "A", 98.0, 0.680, 0.045, date(2022, 10, 10)),
    Product("B201", "智能控制器", "B main", 980.0, 0.590, 0.38),
    Product("B202", "伺服驱动器", "B main", 1680.0, 0.600, 0.34),
    Product("B203", "数据采集终端", "B main", 860.0, 0.585, 0.28),
    Product("B211", "视觉检测一体机", "B other", 1450.0, 0.605, 0.52),
    Product("B212", "扩展模块", "B other", 560.0, 0.580, 0.48),
    Product("B220", "B+智能一体机", "B other", 1880.0, 0.560, 0.60, date(2024, 5, 15)),
    Product("C301", "产线改造方案", "C", 9800.0, 0.520, 0.26),
    Product("C302", "能效管理方案", "C", 5600.0, 0.505, 0.28),
    Product("C303", "预测维护方案", "C", 7200.0, 0.510, 0.22),
    Product("C304", "边缘计算套件", "C", 3600.0, 0.530, 0.24),
)

TIERS = {"A": "basic", "B": "mid", "C": "high"}
GROUPS = {"A": "main", "B main": "main", "B other": "other", "C": "new_business"}


@dataclass(frozen=True)
class Catalogue:
    """Products as arrays; `segment` is the place in `SEGMENTS`, `launched` a day number."""

    ids: np.ndarray
    segment: Ints
    list_price: Floats
    unit_cost: Floats
    weight: Floats
    launched: Ints


def catalogue() -> Catalogue:
    """Give the products as arrays."""
    return Catalogue(
        ids=np.array([each.id for each in PRODUCTS]),
        segment=np.array([SEGMENTS.index(each.segment) for each in PRODUCTS], dtype=np.int64),
        list_price=np.array([each.list_price for each in PRODUCTS]),
        unit_cost=np.round([each.list_price * each.cost_share for each in PRODUCTS], 2),
        weight=np.array([each.weight for each in PRODUCTS]),
        launched=np.array([day_number(each.launched) for each in PRODUCTS], dtype=np.int64),
    )


def choose(rng: np.random.Generator, segment: Ints, day: Ints, amount: Floats) -> Ints:
    """Choose a product of a segment for each line, out on that day and not dearer than the line.

    A line too small for what was drawn takes the cheapest product of its segment.
    """
    goods = catalogue()
    chosen = np.empty(len(segment), dtype=np.int64)
    draw = rng.random(len(segment))
    for place in range(len(SEGMENTS)):
        own = np.flatnonzero(goods.segment == place)
        dates = np.unique(np.maximum(goods.launched[own], 0))
        for since, until in zip(dates, [*dates[1:], np.iinfo(np.int64).max], strict=True):
            there = own[goods.launched[own] <= since]
            lines = np.flatnonzero((segment == place) & (day >= since) & (day < until))
            odds = np.cumsum(goods.weight[there])
            drawn = there[np.searchsorted(odds, draw[lines] * odds[-1], side="right")]
            cheapest = there[np.argmin(goods.list_price[there])]
            small = amount[lines] < 4 * goods.list_price[drawn]
            chosen[lines] = np.where(small, cheapest, drawn)
    return chosen


def products_table() -> pd.DataFrame:
    """Give the table `products`."""
    goods = catalogue()
    ended = [each.ended and (each.ended - FIRST).days for each in PRODUCTS]
    return pd.DataFrame(
        {
            "product_id": goods.ids,
            "name": [each.name for each in PRODUCTS],
            "line": [each.segment[0] for each in PRODUCTS],
            "tier": [TIERS[each.segment[0]] for each in PRODUCTS],
            "group": [GROUPS[each.segment] for each in PRODUCTS],
            "is_new": [each.launched >= date(2024, 1, 1) for each in PRODUCTS],
            "launch_date": as_dates(goods.launched),
            "end_date": as_dates(np.array([np.nan if day is None else day for day in ended])),
            "unit_cost": goods.unit_cost,
            "list_price": goods.list_price,
        }
    )
