"""Kinds of check: what measured figures say about a hypothesis.

Each takes one frame of figures and options, and gives Evidence, or None where the figures cannot
be judged (no denominator, no prior). To add a kind, write a function and put `@check` on it.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from pandas import DataFrame

from salesnb.errors import ParameterError, Problem
from salesnb.explain.bridge import bridge
from salesnb.explain.drivers import ratio_change
from salesnb.explain.intervals import benjamini_hochberg, newcombe_interval, two_proportion_test


@dataclass(frozen=True)
class Evidence:
    """What figures say about a hypothesis.

    Attributes
    ----------
    agrees
        Whether they moved in the direction the hypothesis says.
    material
        Whether by enough to matter.
    p_value
        Chance of such a move if nothing had changed; NaN where it cannot be told.
    size
        Money they speak of, signed; None when they have no price.
    values
        Numbers and names for a sentence.
    """

    agrees: bool
    material: bool
    p_value: float = float("nan")
    size: float | None = None
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Check:
    """A kind of check: its function, the columns it needs and the options it takes."""

    name: str
    run: Callable[..., Evidence | None]
    columns: tuple[str, ...]
    options: tuple[str, ...]


CHECKS: dict[str, Check] = {}


def check(*columns: str) -> Callable[[Callable[..., Evidence | None]], Callable[..., Any]]:
    """Register a function as a kind of check, under its own name."""

    def register(function: Callable[..., Evidence | None]) -> Callable[..., Any]:
        name = function.__name__
        options = tuple(inspect.signature(function).parameters)[1:]
        CHECKS[name] = Check(name, function, columns, options)
        return function

    return register


@check("current", "prior")
def amount_change(
    frame: DataFrame, direction: str = "down", least: float = 0.05
) -> Evidence | None:
    """Check whether an amount moved.

    Parameters
    ----------
    frame
        Rows of `current` and `prior`, summed; with `sigma`, the noise of each row's change in the
        same unit (say, from a control chart), the move is also held against chance.
    direction
        "up" or "down".
    least
        Smallest relative change that matters.

    Examples
    --------
    >>> amount_change(DataFrame({"current": [80.0], "prior": [100.0]})).size
    -20.0
    """
    now, before = float(frame["current"].sum()), float(frame["prior"].sum())
    if not math.isfinite(now) or not before > 0:
        return None
    change = now - before
    p_value = math.nan
    if "sigma" in frame.columns:
        sigma = math.sqrt(float((frame["sigma"] ** 2).sum()))
        p_value = _p_value(change, sigma)
    return Evidence(
        agrees=_agrees(change, direction),
        material=abs(change) >= least * before,
        p_value=p_value,
        size=change,
        values={"current": now, "prior": before, "change": change, "growth": change / before},
    )


@check("segment", "current", "prior")
def segment_change(
    frame: DataFrame, segment: str = "", direction: str = "down", least: float = 0.1
) -> Evidence | None:
    """Check whether one segment grew otherwise than the rest.

    Parameters
    ----------
    frame
        One row for each segment: `segment`, `current`, `prior`; with `sigma` as in
        `amount_change`.
    segment
        Which; by default the one that lies farthest off the rest in the direction given.
    direction
        "up" or "down", compared with the rest.
    least
        Smallest difference of growth that matters: 0.1 is 10 percentage points.

    Notes
    -----
    size = current − prior × growth factor of the rest.

    Examples
    --------
    >>> frame = DataFrame({"segment": ["a", "b"], "current": [60.0, 110.0], "prior": [100.0] * 2})
    >>> segment_change(frame).values["segment"], round(segment_change(frame).size)
    ('a', -50)
    """
    table = frame[frame["prior"] > 0].reset_index(drop=True)
    now, before = table["current"].to_numpy(float), table["prior"].to_numpy(float)
    if len(table) < 2:
        return None
    rest = (now.sum() - now) / (before.sum() - before)
    excess = now - before * rest
    if segment:
        places = np.flatnonzero(table["segment"].astype(str) == str(segment))
        if not len(places):
            return None
        place = int(places[0])
    else:
        place = int(np.argmin(excess) if direction == "down" else np.argmax(excess))
    p_value = math.nan
    if "sigma" in table.columns:
        noise = table["sigma"].to_numpy(float) ** 2
        share = before[place] / (before.sum() - before[place])
        sigma = math.sqrt(noise[place] + share**2 * (noise.sum() - noise[place]))
        # The worst of several was picked.
        p_value = min(_p_value(excess[place], sigma) * (1 if segment else len(table)), 1.0)
    return Evidence(
        agrees=_agrees(excess[place], direction),
        material=abs(excess[place]) >= least * before[place],
        p_value=p_value,
        size=float(excess[place]),
        values={
            "segment": str(table["segment"].iloc[place]),
            "current": float(now[place]),
            "prior": float(before[place]),
            "growth": float(now[place] / before[place] - 1),
            "rest_growth": float(rest[place] - 1),
        },
    )


@check("segment", "current", "prior")
def share_shift(
    frame: DataFrame, segment: str = "", direction: str = "down", least: float = 0.02
) -> Evidence | None:
    """Check whether a segment's share of the whole moved.

    Parameters
    ----------
    frame
        One row for each segment: `segment`, `current`, `prior`.
    segment
        Which; by default the one whose share moved farthest in the direction given.
    direction
        "up" or "down".
    least
        Smallest shift that matters: 0.02 is 2 percentage points.

    Notes
    -----
    size = shift × current whole.

    Examples
    --------
    >>> frame = DataFrame({"segment": ["a", "b"], "current": [40.0, 60.0], "prior": [50.0, 50.0]})
    >>> round(share_shift(frame, segment="a").size, 6)
    -10.0
    """
    now, before = frame["current"].to_numpy(float), frame["prior"].to_numpy(float)
    if not now.sum() > 0 or not before.sum() > 0:
        return None
    shift = now / now.sum() - before / before.sum()
    names = frame["segment"].astype(str).to_numpy()
    if segment and segment not in names:
        return None
    farthest = np.argmin(shift) if direction == "down" else np.argmax(shift)
    place = int(np.flatnonzero(names == str(segment))[0]) if segment else int(farthest)
    return Evidence(
        agrees=_agrees(shift[place], direction),
        material=abs(shift[place]) >= least,
        size=float(shift[place] * now.sum()),
        values={
            "segment": str(names[place]),
            "current": float(now[place] / now.sum()),
            "prior": float(before[place] / before.sum()),
            "shift": float(shift[place]),
        },
    )


@check("numerator", "denominator", "prior_numerator", "prior_denominator")
def rate_difference(
    frame: DataFrame,
    direction: str = "down",
    least: float = 0.0,
    worth: float | None = None,
    fewest: int = 5,
) -> Evidence | None:
    """Check whether a rate of counts moved: conversion, valid leads, repurchase, SLA, CSAT.

    Parameters
    ----------
    frame
        One row for each segment (or one): `numerator`, `denominator`, `prior_numerator`,
        `prior_denominator`, counts with numerator ≤ denominator; with several rows `segment`. The
        most significant segment in the direction given speaks, its p-value adjusted for their
        number. With `dispersion`, how many times wider than chance the rate has swayed before (1 or
        more), counts weigh that much less.
    direction
        "up" or "down".
    least
        Smallest difference that matters: 0.02 is 2 percentage points.
    worth
        Money of one case more in the numerator, for the size.
    fewest
        Segments with fewer cases in a denominator, on either side, are not judged.

    Notes
    -----
    Two-proportion test; Benjamini–Hochberg over the segments; Newcombe's interval in the values.
    Dispersion is that of quasi-binomial counts (McCullagh & Nelder, Generalized Linear Models, 2nd
    ed., section 4.5): the variance is so many times the binomial one.
    """
    table = frame[(frame["denominator"] >= fewest) & (frame["prior_denominator"] >= fewest)]
    tested = []
    for row in table.to_dict("records"):
        cases = [
            float(row[name])
            for name in ("numerator", "denominator", "prior_numerator", "prior_denominator")
        ]
        wide = float(row.get("dispersion", 1.0))
        found = two_proportion_test(*(case / wide for case in cases))
        tested.append((found.p_value, cases, wide, str(row.get("segment", ""))))
    if not tested:
        return None
    adjusted = benjamini_hochberg([p_value for p_value, *_ in tested])
    ranked = sorted(
        range(len(tested)),
        key=lambda place: (not _agrees(_difference(tested[place][1]), direction), adjusted[place]),
    )
    place = ranked[0]
    _, cases, wide, segment = tested[place]
    difference = _difference(cases)
    low, high = newcombe_interval(*(case / wide for case in cases))
    return Evidence(
        agrees=_agrees(difference, direction),
        material=abs(difference) >= least,
        p_value=float(adjusted[place]),
        size=None if worth is None else difference * cases[1] * worth,
        values={
            "segment": segment,
            "current": cases[0] / cases[1],
            "prior": cases[2] / cases[3],
            "difference": difference,
            "low": low,
            "high": high,
        },
    )


@check("events", "exposure", "prior_events", "prior_exposure")
def event_rate(
    frame: DataFrame, direction: str = "up", least: float = 0.0, worth: float | None = None
) -> Evidence | None:
    """Check whether events became more frequent for what they can happen to: complaints an order.

    Parameters
    ----------
    frame
        Rows of `events`, `exposure` (orders, active customers, months), `prior_events`,
        `prior_exposure`, summed. Events may outnumber exposure.
    direction
        "up" or "down".
    least
        Smallest relative change of the rate that matters.
    worth
        Money lost by one event, for the size.

    Notes
    -----
    Given their sum, current events are binomial if the rate is unchanged (Przyborowski &
    Wilenski 1940); the score test of that.

    Examples
    --------
    >>> frame = DataFrame({"events": [60], "exposure": [1000], "prior_events": [30],
    ...                    "prior_exposure": [1000]})
    >>> found = event_rate(frame, worth=100)
    >>> found.agrees, found.p_value < 0.01, found.size
    (True, True, -3000.0)
    """
    now, base, before, prior_base = (
        float(frame[name].sum())
        for name in ("events", "exposure", "prior_events", "prior_exposure")
    )
    if not base > 0 or not prior_base > 0:
        return None
    rate, prior_rate = now / base, before / prior_base
    more = now - prior_rate * base
    return Evidence(
        agrees=_agrees(rate - prior_rate, direction),
        material=abs(rate - prior_rate) >= least * prior_rate,
        p_value=_poisson_p_value(now, before, base / (base + prior_base)),
        size=None if worth is None else -more * worth,
        values={"current": rate, "prior": prior_rate, "more": more},
    )


@check("events", "exposure", "prior_events", "prior_exposure")
def count_change(
    frame: DataFrame, direction: str = "down", least: float = 0.0, worth: float | None = None
) -> Evidence | None:
    """Check whether a count of things moved: new customers, leads, deals.

    Parameters
    ----------
    frame
        Rows of `events`, `exposure` (days), `prior_events`, `prior_exposure`, summed.
    direction
        "up" or "down".
    least
        Smallest relative change that matters.
    worth
        Money of one more, for the size.

    Notes
    -----
    As `event_rate`; the values are counts in place of rates.

    Examples
    --------
    >>> frame = DataFrame({"events": [60], "exposure": [90], "prior_events": [400],
    ...                    "prior_exposure": [360]})
    >>> found = count_change(frame)
    >>> found.values["expected"], found.p_value < 0.01
    (100.0, True)
    """
    now, base, before, prior_base = (
        float(frame[name].sum())
        for name in ("events", "exposure", "prior_events", "prior_exposure")
    )
    if not base > 0 or not prior_base > 0 or not before > 0:
        return None
    expected = before / prior_base * base
    return Evidence(
        agrees=_agrees(now - expected, direction),
        material=abs(now - expected) >= least * expected,
        p_value=_poisson_p_value(now, before, base / (base + prior_base)),
        size=None if worth is None else (now - expected) * worth,
        values={"current": now, "expected": expected, "growth": now / expected - 1},
    )


@check("segment", "numerator", "denominator", "prior_numerator", "prior_denominator")
def rate_mix(frame: DataFrame, direction: str = "down", least: float = 0.01) -> Evidence | None:
    """Check whether a rate moved because weight shifted between segments, not within them.

    Parameters
    ----------
    frame
        One row for each segment: `segment`, `numerator`, `denominator`, `prior_numerator`,
        `prior_denominator`; for a margin, profit over sales.
    direction
        "up" or "down".
    least
        Smallest shift of the rate that matters: 0.01 is 1 percentage point.

    Notes
    -----
    The mix of `salesnb.explain.drivers.ratio_change`. size = mix × current denominator.

    Examples
    --------
    >>> frame = DataFrame({"segment": ["a", "b"], "numerator": [10, 15], "denominator": [25, 75],
    ...                    "prior_numerator": [20, 10], "prior_denominator": [50, 50]})
    >>> round(rate_mix(frame).size, 6)
    -5.0
    """
    before = frame[["segment"]].assign(
        numerator=frame["prior_numerator"], denominator=frame["prior_denominator"]
    )
    if not frame["denominator"].sum() > 0 or not before["denominator"].sum() > 0:
        return None
    effects = ratio_change(frame[["segment", "numerator", "denominator"]], before, "segment")
    mix, within = float(effects["mix"].sum()), float(effects["within"].sum())
    return Evidence(
        agrees=_agrees(mix, direction),
        material=abs(mix) >= least,
        size=mix * float(frame["denominator"].sum()),
        values={"mix": mix, "within": within},
    )


@check("customer", "current", "prior")
def key_customer_lost(
    frame: DataFrame,
    key_share: float = 0.03,
    drop: float = 0.8,
    least: float = 0.03,
    surely: float = 0.01,
) -> Evidence | None:
    """Check whether large customers went (nearly) silent.

    Parameters
    ----------
    frame
        One row for each customer: `customer`, `current`, `prior`; with `chance`, how likely its
        silence is at its own rhythm, those whose silence may be chance are not lost.
    key_share
        A customer is large from this share of the prior whole.
    drop
        He is lost when so much of his amount is gone.
    least
        Smallest loss that matters, as a share of the prior whole.
    surely
        Largest `chance` that is none.

    Examples
    --------
    >>> frame = DataFrame({"customer": ["a", "b"], "current": [0.0, 90.0], "prior": [20.0, 80.0]})
    >>> key_customer_lost(frame).size, key_customer_lost(frame).values["customers"]
    (-20.0, ['a'])
    """
    whole = float(frame["prior"].sum())
    if not whole > 0:
        return None
    large = frame[frame["prior"] >= key_share * whole]
    gone = large[large["current"] <= (1 - drop) * large["prior"]]
    if "chance" in frame.columns:
        gone = gone[gone["chance"] <= surely]
    gone = gone.sort_values("prior", ascending=False, kind="stable")
    loss = float((gone["current"] - gone["prior"]).sum())
    return Evidence(
        agrees=not gone.empty,
        material=-loss >= least * whole,
        size=loss,
        values={
            "customers": gone["customer"].astype(str).tolist(),
            "count": len(gone),
            "share": -loss / whole,
        },
    )


@check("position", "months_vacant", "current", "prior")
def vacancy(frame: DataFrame, months: float = 1.0, least: float = 0.1) -> Evidence | None:
    """Check whether sales fell where a post was vacant.

    Parameters
    ----------
    frame
        One row for each post: `position`, `months_vacant` in the period, `current`, `prior`
        (sales of its customers or territory).
    months
        A post counts as vacant from so many months.
    least
        Smallest difference of growth between vacant and filled posts that matters.

    Notes
    -----
    size = current − prior × growth factor of the filled posts.

    Examples
    --------
    >>> frame = DataFrame({"position": ["a", "b"], "months_vacant": [2, 0],
    ...                    "current": [50.0, 100.0], "prior": [100.0, 100.0]})
    >>> vacancy(frame).size
    -50.0
    """
    empty = frame["months_vacant"] >= months
    sums = frame.groupby(empty)[["current", "prior"]].sum()
    if not empty.any():
        return Evidence(agrees=False, material=False, values={"positions": [], "count": 0})
    if empty.all() or not (sums["prior"] > 0).all():
        return None
    growth = sums["current"] / sums["prior"]
    excess = float(sums.loc[True, "current"] - sums.loc[True, "prior"] * growth.loc[False])
    return Evidence(
        agrees=excess < 0,
        material=-excess >= least * float(sums.loc[True, "prior"]),
        size=excess,
        values={
            "positions": frame.loc[empty, "position"].astype(str).tolist(),
            "count": int(empty.sum()),
            "growth": float(growth.loc[True] - 1),
            "rest_growth": float(growth.loc[False] - 1),
        },
    )


@check("item", "quantity", "amount", "prior_quantity", "prior_amount")
def price_effect(frame: DataFrame, direction: str = "down", least: float = 0.02) -> Evidence | None:
    """Check whether prices moved, apart from volume and mix.

    Parameters
    ----------
    frame
        One row for each item: `item`, `quantity`, `amount`, `prior_quantity`, `prior_amount`.
    direction
        "up" or "down".
    least
        Smallest price effect that matters, as a share of the prior amount.

    Notes
    -----
    The price bar of `salesnb.explain.bridge.bridge`.

    Examples
    --------
    >>> frame = DataFrame({"item": ["a"], "quantity": [10], "amount": [90], "prior_quantity": [10],
    ...                    "prior_amount": [100]})
    >>> price_effect(frame).size
    -10.0
    """
    before = frame[["item"]].assign(quantity=frame["prior_quantity"], amount=frame["prior_amount"])
    whole = float(before["amount"].sum())
    if not whole > 0:
        return None
    effects = bridge(frame[["item", "quantity", "amount"]], before).effects
    price = float(effects["price"])
    return Evidence(
        agrees=_agrees(price, direction),
        material=abs(price) >= least * whole,
        size=price,
        values={"price": price, "volume": float(effects["volume"]), "share": price / whole},
    )


@check("item", "quantity", "amount", "prior_quantity", "prior_amount")
def demand_lost(frame: DataFrame, least: float = 0.02) -> Evidence | None:
    """Check whether prices rose and less was sold.

    Parameters
    ----------
    frame
        As for `price_effect`.
    least
        Smallest effect of prices, and of volume and mix, that matters, as a share of the prior
        amount.

    Notes
    -----
    size is the volume and mix of `salesnb.explain.bridge.bridge`, negative where less was sold.

    Examples
    --------
    >>> frame = DataFrame({"item": ["a"], "quantity": [8], "amount": [96], "prior_quantity": [10],
    ...                    "prior_amount": [100]})
    >>> demand_lost(frame).agrees, round(demand_lost(frame).size, 9)
    (True, -22.0)
    """
    before = frame[["item"]].assign(quantity=frame["prior_quantity"], amount=frame["prior_amount"])
    whole = float(before["amount"].sum())
    if not whole > 0:
        return None
    effects = bridge(frame[["item", "quantity", "amount"]], before).effects
    price, volume = float(effects["price"]), float(effects["volume"] + effects["mix"])
    return Evidence(
        agrees=price > 0 and volume < 0,
        material=min(price, -volume) >= least * whole,
        size=volume,
        values={"price": price, "volume": volume, "share": price / whole},
    )


@check("item", "quantity", "amount", "prior_quantity", "prior_amount")
def cost_effect(frame: DataFrame, direction: str = "up", least: float = 0.02) -> Evidence | None:
    """Check whether the cost of a unit moved, apart from volume and mix.

    Parameters
    ----------
    frame
        As for `price_effect`, `amount` being cost.
    direction
        "up" or "down".
    least
        Smallest effect that matters, as a share of the prior cost.

    Notes
    -----
    size is negative where cost rose.

    Examples
    --------
    >>> frame = DataFrame({"item": ["a"], "quantity": [10], "amount": [110],
    ...                    "prior_quantity": [10], "prior_amount": [100]})
    >>> cost_effect(frame).size
    -10.0
    """
    found = price_effect(frame, direction, least)
    if found is None:
        return None
    cost, share = found.values["price"], found.values["share"]
    return replace(found, size=-cost, values={"cost": cost, "share": share})


@check("overdue", "receivable", "prior_overdue", "prior_receivable")
def overdue_growth(frame: DataFrame, least: float = 0.05) -> Evidence | None:
    """Check whether more of what customers owe is overdue.

    Parameters
    ----------
    frame
        Rows of `overdue`, `receivable`, `prior_overdue`, `prior_receivable`, in money, summed.
    least
        Smallest rise of the overdue share that matters: 0.05 is 5 percentage points.

    Notes
    -----
    size = −(rise of the share × receivable): money that came later than before.
    """
    now, base, before, prior_base = (
        float(frame[name].sum())
        for name in ("overdue", "receivable", "prior_overdue", "prior_receivable")
    )
    if not base > 0 or not prior_base > 0:
        return None
    rise = now / base - before / prior_base
    return Evidence(
        agrees=rise > 0,
        material=rise >= least,
        size=-rise * base,
        values={"current": now / base, "prior": before / prior_base, "rise": rise},
    )


def _agrees(change: float, direction: str) -> bool:
    if direction not in ("up", "down"):
        raise ParameterError(Problem("`direction` can be up or down", got=str(direction)))
    return change > 0 if direction == "up" else change < 0


def _difference(cases: list[float]) -> float:
    return cases[0] / cases[1] - cases[2] / cases[3]


def _poisson_p_value(now: float, before: float, share: float) -> float:
    """Give the chance of a count, given both together and the share of exposure it had."""
    together = now + before
    return _p_value(now - together * share, math.sqrt(together * share * (1 - share)))


def _p_value(change: float, sigma: float) -> float:
    """Give the two-sided chance of a change under Gaussian noise; 1 where nothing can move."""
    if sigma == 0:
        return 1.0 if change == 0 else 0.0
    return math.erfc(abs(change) / sigma / math.sqrt(2))
