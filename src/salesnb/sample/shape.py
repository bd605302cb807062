"""The numbers the company is built to: its regions, its years, how many customers come and go.

What `truth_2023.toml` promises is laid down here; the other modules keep to it for every seed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

REGIONS = ("华东", "华南", "中西部", "北方")

ENGLISH = {
    "华东": "East",
    "华南": "South",
    "中西部": "Midwest",
    "北方": "North",
}

PROVINCES: Mapping[str, tuple[str, ...]] = {
    "华东": ("上海", "江苏", "浙江", "安徽", "福建"),
    "华南": ("广东", "广西", "海南"),
    "中西部": ("湖北", "湖南", "河南", "四川", "重庆", "陕西"),
    "北方": ("北京", "天津", "河北", "山东", "辽宁"),
}

CHANNELS = ("线上商城", "线上直播", "展会", "地推", "经销商", "转介绍")
ONLINE = CHANNELS[:2]

SEGMENTS = ("A", "B main", "B other", "C")
"""Product lines, with B cut by the product group it belongs to."""


@dataclass(frozen=True)
class Size:
    """How much of everything there is.

    Attributes
    ----------
    orders
        Orders of an ordinary customer in a year.
    more_lines
        Lines of an order beyond the first, on average.
    solutions
        Orders of product line C in 2022; 2023 has 40 % more.
    """

    orders: float
    more_lines: float
    solutions: int


SIZES: Mapping[str, Size] = {
    "quick": Size(orders=13.0, more_lines=0.62, solutions=460),
    "small": Size(orders=13.0, more_lines=0.62, solutions=460),
    "usual": Size(orders=62.0, more_lines=1.7, solutions=920),
}


@dataclass(frozen=True)
class Year:
    """What one year adds up to.

    Attributes
    ----------
    sales
        Net sales of the year; of 2024 those of January to June follow from `growth`.
    regions, segments
        Shares, in the order of `REGIONS` and `SEGMENTS`.
    online
        Share of the online channels.
    margin
        Gross margin; of 2023 it follows from the lifetime value.
    key
        Key accounts among new and among existing customers.
    key_share, new_share
        Their shares of sales.
    large_new
        New accounts of a million or more.
    leaders, referred
        New customers that lead their industry, and that another customer brought.
    """

    sales: float
    regions: tuple[float, ...]
    segments: tuple[float, ...]
    online: float
    margin: float
    key_new: int
    key_existing: int
    key_share: float
    new_share: float
    large_new: int
    leaders: int
    referred: int


BY_YEAR: Mapping[int, Year] = {
    2021: Year(
        sales=118.0e6,
        regions=(0.360, 0.235, 0.190, 0.215),
        segments=(0.50, 0.215, 0.175, 0.11),
        online=0.14,
        margin=0.356,
        key_new=0,
        key_existing=60,
        key_share=0.40,
        new_share=0.0,
        large_new=0,
        leaders=0,
        referred=0,
    ),
    2022: Year(
        sales=160.0e6,
        regions=(0.355, 0.240, 0.195, 0.210),
        segments=(0.47, 0.215, 0.165, 0.15),
        online=0.18,
        margin=0.350,
        key_new=26,
        key_existing=76,
        key_share=0.45,
        new_share=0.285,
        large_new=0,
        leaders=13,
        referred=12,
    ),
    2023: Year(
        sales=188.8e6,
        regions=(0.35, 0.25, 0.20, 0.20),
        segments=(0.45, 0.20, 0.10, 0.25),
        online=0.22,
        margin=float("nan"),
        key_new=48,
        key_existing=103,
        key_share=0.55,
        new_share=0.35,
        large_new=12,
        leaders=28,
        referred=21,
    ),
    2024: Year(
        sales=float("nan"),
        regions=(0.344, 0.253, 0.209, 0.194),
        segments=(0.435, 0.195, 0.105, 0.265),
        online=0.245,
        margin=0.325,
        key_new=0,
        key_existing=0,
        key_share=0.0,
        new_share=0.17,
        large_new=0,
        leaders=20,
        referred=15,
    ),
}

GROWTH_2024 = (1.085, 1.15, 1.20, 1.09)
"""Sales of January to June 2024 over those of 2023, by region."""

MAIN_UNITS_GROWTH = 1.22
LIFETIME_GROWTH = 1.25
RELATIONSHIP = {2022: 18.0, 2023: 24.0}
"""Mean months since the first order of the customers of a year."""

MONTH = 30.4375
"""Days of a month, on average."""


STARTED: Mapping[int, int] = {2021: 350, 2022: 108, 2023: 140, 2024: 88}
"""Customers with their first known order in each year."""


@dataclass(frozen=True)
class Fate:
    """Customers of one start who come and go together.

    Attributes
    ----------
    start
        Year of the first order.
    years
        Years they buy in.
    count
        How many they are, and how many of them were on the books before the first order known.
    """

    start: int
    years: tuple[int, ...]
    count: int
    before: int = 0


FATES = (
    Fate(2021, (2021, 2022, 2023), 200, before=84),
    Fate(2021, (2021, 2022), 32, before=6),
    Fate(2021, (2021, 2023), 20, before=5),
    Fate(2021, (2021,), 98, before=15),
    Fate(2022, (2022, 2023), 38),
    Fate(2022, (2022,), 70),
    Fate(2023, (2023,), 140),
    Fate(2024, (2024,), 88),
)
"""Who buys when, up to 2023: 238 of the 340 buyers of 2022 buy again, 398 buy in 2023."""

LEFT_2023 = 84
"""Buyers of 2023 who buy nothing in 2024."""

FADING_2024 = 22
"""Buyers of 2024 whose last order comes before the middle of June."""

RETURNED_2024 = 8
"""Customers lost in 2022 who buy again in 2024."""

TREATED: Mapping[int, tuple[int, int]] = {2023: (60, 12), 2024: (24, 5)}
"""Silent customers called back in a year, and how many of them bought again soon after."""

PROSPECTS = 26
"""Companies on the books that never bought."""

BIG_SALES = {2021: 1.9e6, 2022: 2.7e6, 2023: 3.3e6, 2024: 3.5e6}
"""Yearly sales to the largest customer of 华南, the one that `key_customer_lost` loses."""

BIG_ORDERS = 50
"""Its orders in a year: so regular that a silence of a quarter is no chance."""
