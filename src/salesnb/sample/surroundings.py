"""What surrounds the company: channel spend, the market, stock, rates, the calendar."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import numpy as np
import pandas as pd

from salesnb.data.scope import scope_text
from salesnb.sample.draws import apportion, stream
from salesnb.sample.funnel import Leads, campaign_ids
from salesnb.sample.homes import EXPO, expo_days
from salesnb.sample.products import PRODUCTS, catalogue
from salesnb.sample.season import FIRST, YEARS, as_dates, days, year_days
from salesnb.sample.shape import CHANNELS, REGIONS, STARTED
from salesnb.sample.words import COMPETITORS, INDUSTRIES

ACQUISITION = {2021: 17_000.0, 2022: 22_000.0, 2023: 22_000.0 * 1.18, 2024: 26_400.0}
"""Cost of acquiring a customer: that of 2023 is 18 % above 2022."""

_NEW_2021 = 240
_SPEND_SHARES = (0.30, 0.24, 0.20, 0.15, 0.11, 0.0)
"""Of each channel; who is brought by a customer costs nothing."""


def channel_spend_table(leads: Leads, seed: int) -> pd.DataFrame:
    """Give the table `channel_spend`: what new customers cost in a year is constructed."""
    rng = stream(seed, "spend")
    month_of = days().month[leads.day]
    fairs, campaigns = expo_days(), campaign_ids()
    rows: list[dict[str, object]] = []
    for year in YEARS:
        new = STARTED[year] if year > 2021 else _NEW_2021
        by_channel = apportion(_SPEND_SHARES, round(ACQUISITION[year] * new))
        first, last = year_days(year)
        months = range(int(days().month[first]), int(days().month[last]) + 1)
        for channel, total in enumerate(by_channel):
            if not total:
                continue
            if channel == EXPO:
                own = np.flatnonzero(days().year[fairs] == year)
                parts = apportion(rng.lognormal(0, 0.2, size=len(own)), int(total))
                for fair, spend in zip(own, parts, strict=True):
                    rows.append(
                        {
                            "period": _month_name(int(days().month[fairs[fair]])),
                            "channel": CHANNELS[channel],
                            "region": REGIONS[fair % len(REGIONS)],
                            "campaign_id": campaigns[fair],
                            "spend": float(spend),
                            "leads_reported": int((leads.expo == fair).sum()),
                        }
                    )
                continue
            weight = rng.lognormal(0, 0.08, size=(len(months), len(REGIONS)))
            weight = weight * np.array([0.36, 0.26, 0.19, 0.19])
            parts = apportion(weight.ravel(), int(total)).reshape(weight.shape)
            for place, month in enumerate(months):
                for region, name in enumerate(REGIONS):
                    came = (
                        (leads.channel == channel) & (month_of == month) & (leads.region == region)
                    )
                    rows.append(
                        {
                            "period": _month_name(month),
                            "channel": CHANNELS[channel],
                            "region": name,
                            "campaign_id": "",
                            "spend": float(parts[place, region]),
                            "leads_reported": int(came.sum()),
                        }
                    )
    table = pd.DataFrame(rows)
    return table.sort_values(["period", "channel", "region"], kind="stable", ignore_index=True)


def _month_name(month: int) -> str:
    return f"{FIRST.year + month // 12}-{month % 12 + 1:02d}"


_REGION_MARKET = {"华东": 1.18e9, "华南": 0.86e9, "中西部": 0.62e9, "北方": 0.64e9}
"""Market of each region in 2022; it grew 8 % in 2023."""
_MARKET_GROWTH = {2022: 1.0, 2023: 1.08, 2024: 1.08 * 1.07}
_REGION_PACE = {"华东": 1.0, "华南": 1.005, "中西部": 1.02, "北方": 0.985}
_LEADERS = (0.19, 0.15, 0.11)
"""Shares of the three leading competitors: 45 % together."""
_ONLINE = {2022: 0.18, 2023: 0.22, 2024: 0.28}
_INDUSTRY_GROWTH = (0.07, 0.11, 0.14, 0.05, 0.08, 0.16, 0.06)


def market_table(seed: int) -> pd.DataFrame:
    """Give the table `market`: regions by quarter, company and industries by year."""
    rng = stream(seed, "market")
    rows: list[dict[str, object]] = []
    quarter_share = np.array([0.215, 0.252, 0.259, 0.274])
    for year in (2022, 2023, 2024):
        sizes = {
            region: size * _MARKET_GROWTH[year] * _REGION_PACE[region] ** (year - 2022)
            for region, size in _REGION_MARKET.items()
        }
        total = sum(sizes.values())
        for quarter in range(4 if year < 2024 else 2):
            period, share = f"{year}Q{quarter + 1}", float(quarter_share[quarter])
            _market_rows(rng, rows, period, {}, total, year, share)
            for region, size in sizes.items():
                _market_rows(rng, rows, period, {"region": region}, size, year, share)
        if year == 2024:
            break
        _market_rows(rng, rows, str(year), {}, total, year)
        for region, size in sizes.items():
            _market_rows(rng, rows, str(year), {"region": region}, size, year)
        for place, industry in enumerate(INDUSTRIES):
            share = (0.34, 0.16, 0.13, 0.14, 0.11, 0.08, 0.04)[place]
            grown = (1 + _INDUSTRY_GROWTH[place]) ** (year - 2022)
            size = sum(_REGION_MARKET.values()) * share * grown
            rows.append(_market_row(str(year), {"industry": industry}, size, year))
    return pd.DataFrame(rows)


def _market_row(
    period: str, scope: Mapping[str, str], size: float, year: int, share: float = 1.0
) -> dict[str, object]:
    """Give the market of a year, or of the share of it that falls in a quarter."""
    return {
        "period": period,
        "scope": scope_text(scope),
        "competitor": "",
        "region": scope.get("region", ""),
        "market_size": round(size * share, -4),
        "own_scope_note": "行业协会口径，含税",
        "channel_penetration": _ONLINE[year],
        "addressable_customers": round(size / 620_000),
    }


def _market_rows(
    rng: np.random.Generator,
    rows: list[dict[str, object]],
    period: str,
    scope: Mapping[str, str],
    size: float,
    year: int,
    share: float = 1.0,
) -> None:
    rows.append(_market_row(period, scope, size, year, share))
    for place, name in enumerate(COMPETITORS):
        rows.append(
            {
                "period": period,
                "scope": scope_text(scope),
                "competitor": name,
                "region": scope.get("region", ""),
                "competitor_share": round(
                    _LEADERS[place] + float(rng.normal(0, 0.004)) * bool(scope), 4
                ),
                "price_index": round((0.97, 0.92, 1.03)[place] + float(rng.normal(0, 0.008)), 3),
            }
        )


def stock_table(seed: int) -> pd.DataFrame:
    """Give the table `stock`, by month end, product and region: in 2024 line A is cleared.

    Three tenths are gone by the end of March, nearly all by the end of June, as planned.
    """
    rng = stream(seed, "stock")
    goods = catalogue()
    cleared = {1: 0.92, 2: 0.81, 3: 0.69, 4: 0.48, 5: 0.27, 6: 0.12}
    months = [(2023, month) for month in range(1, 13)] + [(2024, month) for month in range(1, 7)]
    frames = []
    base = rng.uniform(180, 420, size=(len(PRODUCTS), len(REGIONS)))
    base = base * np.array([0.36, 0.26, 0.19, 0.19]) * 4
    base = base * np.array([3.0, 1.2, 0.9, 0.15])[goods.segment][:, None]
    for year, month in months:
        day = (date(year + month // 12, month % 12 + 1, 1) - FIRST).days - 1
        level = base * rng.lognormal(0, 0.05, size=base.shape)
        if year == 2024:
            old = (goods.segment == 0)[:, None]
            level = np.where(old, base * cleared[month], level)
        level = np.where((goods.launched <= day)[:, None], np.round(level), 0)
        product, region = np.nonzero(level)
        qty = level[product, region]
        frames.append(
            pd.DataFrame(
                {
                    "date": as_dates(np.full(len(qty), day)),
                    "product_id": goods.ids[product].astype(object),
                    "region": np.array(REGIONS, dtype=object)[region],
                    "qty": qty,
                    "value": np.round(qty * goods.unit_cost[product], 2),
                }
            )
        )
    return pd.concat(frames, ignore_index=True)


def fx_table() -> pd.DataFrame:
    """Give the table `fx`: rates of each quarter and those the plan used; sales are in yuan."""
    actual = {
        "USD": (6.46, 6.46, 6.47, 6.38, 6.35, 6.61, 6.84, 7.11, 6.85, 7.01, 7.24, 7.22, 7.19, 7.24),
        "EUR": (7.78, 7.78, 7.62, 7.30, 7.13, 7.05, 6.90, 7.26, 7.34, 7.64, 7.88, 7.78, 7.80, 7.80),
    }
    rows = []
    for currency, rates in actual.items():
        for place, rate in enumerate(rates):
            start = pd.Timestamp(2021 + place // 4, 3 * (place % 4) + 1, 1)
            rows.append({"date": start, "currency": currency, "rate": rate, "kind": "actual"})
        for year in YEARS:
            rate = rates[4 * (year - 2021)]
            start = pd.Timestamp(year, 1, 1)
            rows.append({"date": start, "currency": currency, "rate": rate, "kind": "plan"})
    table = pd.DataFrame(rows)
    return table.assign(date=table["date"].astype("datetime64[us]"))


def calendar_table() -> pd.DataFrame:
    """Give the table `calendar`: every day of 2021 to 2024, with the weight of the season."""
    every = days()
    names = np.array(
        [_month_name(month) for month in range(int(every.month.max()) + 1)], dtype=object
    )
    return pd.DataFrame(
        {
            "date": as_dates(np.arange(len(every.year))),
            "is_workday": every.worked,
            "fiscal_period": names[every.month],
            "season_weight": np.round(every.weight, 4),
        }
    )
