"""How long it takes, when it has not happened to all yet: Kaplan–Meier."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from pandas import DataFrame

from salesnb.errors import MetricError, ParameterError, Problem
from salesnb.explain.inputs import numbers
from salesnb.explain.intervals import Interval


@dataclass(frozen=True)
class Survival:
    """A Kaplan–Meier curve.

    Attributes
    ----------
    table
        One row for each time at which something happened or someone left, from 0 on: `time`,
        `at_risk`, `events`, `censored`, `survival` (share to whom it has not happened after that
        time), `std_error` (Greenwood), `low`, `high`.
    median
        Time by which it has happened to half; NaN when it has not yet.
    median_interval
        Where the limits of the curve pass a half; an end that does not is NaN.
    """

    table: DataFrame
    median: float
    median_interval: Interval

    def at(self, time: float) -> float:
        """Give the share to whom it has not happened by `time`."""
        place = int(np.searchsorted(self.table["time"], time, side="right")) - 1
        return float(self.table["survival"].iloc[place]) if place >= 0 else 1.0

    def quantile(self, share: float = 0.5) -> float:
        """Give the time by which it has happened to `share`; NaN when it has not yet."""
        return _first_below(self.table, "survival", 1 - share)


def kaplan_meier(
    durations: ArrayLike,
    happened: ArrayLike | None = None,
    confidence: float = 0.95,
    interval: Literal["plain", "log", "log-log"] = "plain",
) -> Survival:
    """Estimate how long it takes until something happens, counting those still waiting.

    For months until a new rep's first deal, days from invoice to cash, length of the sales cycle,
    or time until a customer leaves.

    Parameters
    ----------
    durations
        How long each case was seen, 0 or more.
    happened
        Whether it then happened (True) or was last seen waiting (False); by default all happened.
    confidence
        Of the limits, between 0 and 1.
    interval
        "plain": survival ± z × Greenwood's standard error, cut off at 0 and 1. "log", "log-log":
        the same on that scale, which keeps within 0 and 1 with few cases.

    Returns
    -------
    A Survival; without cases its table has one row, at 0.

    Raises
    ------
    MetricError
        If a duration is negative or empty, or the sides differ in length.

    Notes
    -----
    Kaplan & Meier, JASA 53 (1958); Greenwood's variance S² Σ d / (n (n − d)); interval of the
    median: Brookmeyer & Crowley, Biometrics 38 (1982). A case that leaves at a time at which
    something happens is still at risk then.

    Examples
    --------
    >>> curve = kaplan_meier([2, 4, 6, 6], [True, True, True, False])
    >>> curve.median, curve.table["survival"].round(2).tolist()
    (4.0, [1.0, 0.75, 0.5, 0.25])
    """
    if not 0 < confidence < 1:
        raise ParameterError(Problem("`confidence` must lie between 0 and 1", got=str(confidence)))
    if interval not in ("plain", "log", "log-log"):
        raise ParameterError(Problem("`interval` can be plain, log or log-log", got=interval))
    time = numbers(durations, "durations").ravel()
    done = np.ones(len(time), dtype=bool) if happened is None else np.asarray(happened, dtype=bool)
    if len(done.ravel()) != len(time) or (time < 0).any():
        raise MetricError(
            Problem(
                "durations must be 0 or more, with one `happened` for each",
                got=f"{len(time)} durations, {done.size} flags",
            )
        )
    moments = np.unique(np.r_[0.0, time])
    place = np.searchsorted(moments, time)
    events = np.bincount(place, done, len(moments)).astype(int)
    left = np.bincount(place, minlength=len(moments))
    at_risk = len(time) - np.r_[0, np.cumsum(left)[:-1]]
    safe = np.maximum(at_risk, 1)
    survival = np.cumprod(1 - events / safe)
    remaining = at_risk - events
    steps = np.divide(
        events, safe * np.maximum(remaining, 1), out=np.zeros(len(moments)), where=remaining > 0
    )
    greenwood = np.cumsum(steps)
    low, high = _limits(survival, greenwood, NormalDist().inv_cdf((1 + confidence) / 2), interval)
    table = DataFrame(
        {
            "time": moments,
            "at_risk": at_risk,
            "events": events,
            "censored": left - events,
            "survival": survival,
            "std_error": survival * np.sqrt(greenwood),
            "low": low,
            "high": high,
        }
    )
    ends = Interval(_first_below(table, "low", 0.5), _first_below(table, "high", 0.5))
    return Survival(table, _first_below(table, "survival", 0.5), ends)


def _limits(
    survival: np.ndarray, greenwood: np.ndarray, z: float, interval: str
) -> tuple[np.ndarray, np.ndarray]:
    error = np.sqrt(greenwood)
    inner = (survival > 0) & (survival < 1)
    if interval == "plain":
        low, high = survival - z * survival * error, survival + z * survival * error
    elif interval == "log":
        low, high = survival * np.exp(-z * error), survival * np.exp(z * error)
    else:
        logs = np.log(np.where(inner, survival, 0.5))
        reach = np.exp(z * error / np.abs(logs))
        low, high = np.exp(logs * reach), np.exp(logs / reach)
    # Before the first event and after the last the curve is what it is.
    low, high = np.where(inner, low, survival), np.where(inner, high, survival)
    return np.clip(low, 0.0, 1.0), np.clip(high, 0.0, 1.0)


def _first_below(table: DataFrame, column: str, level: float) -> float:
    # A tolerance: 1 − 2/4 must count as half.
    reached = np.flatnonzero(table[column].to_numpy() <= level + 1e-12)
    return float(table["time"].iloc[reached[0]]) if len(reached) else float("nan")
