"""What a customer will still buy: BG/NBD for how often, Gamma–Gamma for how much.

For customers without contract, whose leaving nobody announces. Needs scipy.optimize.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from pandas import DataFrame
from scipy.optimize import minimize
from scipy.special import betaln, gammaln, hyp2f1

from salesnb.errors import MetricError, Problem
from salesnb.explain.inputs import numbers, require_columns

LEAST_REPEATERS = 30
# Logarithms of parameters beyond this say that the likelihood has no inner maximum.
EDGE = 9.0
STARTS = (0.0, -1.0, 1.0)
FAILED = 1e300


@dataclass(frozen=True)
class BgNbd:
    """A fitted BG/NBD model.

    Customers buy at their own Poisson rates (gamma: `r`, `alpha`) until they leave, which each may
    do after any purchase with his own chance (beta: `a`, `b`).

    Attributes
    ----------
    r, alpha, a, b
        Parameters; `alpha` in the unit of time of the data. NaN when the fit failed.
    log_likelihood
        At these parameters.
    customers
        Fitted to so many.
    reason
        "" when it holds; else "few_repeaters" (fewer than 30 bought again), "not_converged" or
        "at_edge" (the likelihood rises without end, as where nobody seems to leave).
    """

    r: float
    alpha: float
    a: float
    b: float
    log_likelihood: float
    customers: int
    reason: str = ""


@dataclass(frozen=True)
class GammaGamma:
    """A fitted Gamma–Gamma model of the mean value of a purchase.

    Attributes
    ----------
    p, q, v
        Parameters; `v` in the unit of money. NaN when the fit failed.
    log_likelihood
        At these parameters.
    customers
        Fitted to so many: those who bought again.
    correlation
        Between number of repeats and mean value. The model takes it for 0: beyond 0.3 do not use
        it.
    reason
        As in `BgNbd`; "correlated" when |correlation| > 0.3, with parameters all the same.
    """

    p: float
    q: float
    v: float
    log_likelihood: float
    customers: int
    correlation: float
    reason: str = ""


def purchase_summary(purchases: DataFrame, until: object, days_per_unit: float = 7.0) -> DataFrame:
    """Sum purchases up to what BG/NBD and Gamma–Gamma need.

    Parameters
    ----------
    purchases
        One row for each purchase: `customer_id`, `order_date`, `amount`. Net returns into their
        order or leave them out; amounts must not be negative for Gamma–Gamma. Purchases of one
        day count as one.
    until
        End of the observation; later rows are left out.
    days_per_unit
        7 for weeks, 1 for days, 30.4375 for months.

    Returns
    -------
    One row for each customer: `customer_id`, `frequency` (repeat purchases: days with a purchase
    after the first), `recency` (time from first to last purchase), `age` (time from first purchase
    to `until`), `value` (mean amount of the repeat days; 0 without).

    Examples
    --------
    >>> days = pd.to_datetime(["2024-01-01", "2024-01-15", "2024-01-08"])
    >>> rows = DataFrame({"customer_id": ["a", "a", "b"], "order_date": days,
    ...                   "amount": [5.0, 9.0, 4.0]})
    >>> purchase_summary(rows, "2024-01-29").set_index("customer_id").to_numpy().tolist()
    [[1.0, 2.0, 4.0, 9.0], [0.0, 0.0, 3.0, 0.0]]
    """
    require_columns(purchases, ["customer_id", "order_date", "amount"], "purchases")
    end = pd.Timestamp(str(until)).normalize()
    rows = purchases[["customer_id"]].assign(
        date=pd.to_datetime(purchases["order_date"]).dt.normalize(),
        amount=numbers(purchases["amount"], "`amount`"),
    )
    days = rows[rows["date"] <= end].groupby(["customer_id", "date"], observed=True)["amount"]
    daily = days.sum().reset_index()
    first = daily.groupby("customer_id", observed=True)["date"].transform("min")
    daily["repeat"] = daily["amount"].where(daily["date"] > first)
    groups = daily.groupby("customer_id", observed=True)
    table = groups.agg(
        days=("date", "size"), first=("date", "min"), last=("date", "max"), value=("repeat", "mean")
    )
    length = pd.Timedelta(days=days_per_unit)
    return DataFrame(
        {
            "customer_id": table.index,
            "frequency": (table["days"] - 1).to_numpy(),
            "recency": ((table["last"] - table["first"]) / length).to_numpy(),
            "age": ((end - table["first"]) / length).to_numpy(),
            "value": table["value"].fillna(0.0).to_numpy(),
        }
    )


def fit_bg_nbd(frequency: ArrayLike, recency: ArrayLike, age: ArrayLike) -> BgNbd:
    """Fit the BG/NBD model by maximum likelihood.

    Parameters
    ----------
    frequency
        Repeat purchases of each customer, 0 or more.
    recency
        Time from first to last purchase; 0 without repeats.
    age
        Time from first purchase to the end of the observation, same unit.

    Returns
    -------
    A BgNbd; a fit that failed says so in `reason` and has NaN parameters.

    Raises
    ------
    MetricError
        If a value is empty or negative, or recency exceeds age.

    Notes
    -----
    Fader, Hardie & Lee, "Counting your customers the easy way", Marketing Science 24 (2005),
    equation 6. Parameters are fitted as logarithms, time in units of the mean age, from several
    starts.

    Examples
    --------
    See tests/explain/test_lifetime.py: the paper's data give r 0.243, alpha 4.414, a 0.793,
    b 2.426, log-likelihood −9582.4.
    """
    counts, last, whole = _history(frequency, recency, age)
    if (counts > 0).sum() < LEAST_REPEATERS:
        return _no_bg_nbd(len(counts), "few_repeaters")
    scale = float(whole.mean())
    rows, weights = np.unique(
        np.column_stack([counts, last / scale, whole / scale]), axis=0, return_counts=True
    )

    def likelihood(logs: np.ndarray) -> float:
        r, alpha, a, b = np.exp(logs).tolist()
        return float(weights @ _bg_nbd_terms(r, alpha, a, b, rows[:, 0], rows[:, 1], rows[:, 2]))

    found, reason = _maximum(likelihood, 4)
    if reason:
        return _no_bg_nbd(len(counts), reason)
    r, alpha, a, b = np.exp(found).tolist()
    alpha *= scale
    total = float(_bg_nbd_terms(r, alpha, a, b, counts, last, whole).sum())
    return BgNbd(r, alpha, a, b, total, len(counts))


def probability_alive(
    model: BgNbd, frequency: ArrayLike, recency: ArrayLike, age: ArrayLike
) -> np.ndarray:
    """Give the chance that each customer has not left yet.

    Parameters
    ----------
    model
        A fitted BgNbd.
    frequency, recency, age
        As in `fit_bg_nbd`.

    Returns
    -------
    0 to 1; 1 for who never bought again, since leaving is only possible after a repeat (the
    model's simplification). NaN for a model whose fit failed.

    Notes
    -----
    Fader, Hardie & Lee, "Computing P(alive) using the BG/NBD model" (2008).
    """
    counts, last, whole = _history(frequency, recency, age)
    return 1 / (1 + _left(model, counts, last, whole))


def expected_purchases(
    model: BgNbd, ahead: float, frequency: ArrayLike, recency: ArrayLike, age: ArrayLike
) -> np.ndarray:
    """Give how many purchases each customer is expected to make in the time ahead.

    Parameters
    ----------
    model
        A fitted BgNbd.
    ahead
        Time ahead, in the unit of the data; 0 or more.
    frequency, recency, age
        As in `fit_bg_nbd`.

    Returns
    -------
    One number for each customer; NaN for a model whose fit failed.

    Notes
    -----
    Fader, Hardie & Lee 2005, equation 10.

    Examples
    --------
    The paper's customer with x = 2, t = 30.43, T = 38.86, over 39 weeks:

    >>> model = BgNbd(0.243, 4.414, 0.793, 2.426, -9582.4, 2357)
    >>> expected_purchases(model, 39, [2], [30.43], [38.86]).round(2).tolist()
    [1.23]
    """
    counts, last, whole = _history(frequency, recency, age)
    if model.reason or ahead < 0:
        return np.full(len(counts), np.nan)
    r, alpha, b = model.r, model.alpha, model.b
    # The formula divides by a − 1; just beside it the value is the limit.
    a = model.a if abs(model.a - 1) > 1e-6 else model.a + 1e-6
    share = ahead / (alpha + whole + ahead)
    hyper = hyp2f1(r + counts, b + counts, a + b + counts - 1, share)
    shrink = ((alpha + whole) / (alpha + whole + ahead)) ** (r + counts)
    bought = (a + b + counts - 1) / (a - 1) * (1 - shrink * hyper)
    return bought / (1 + _left(model, counts, last, whole))


def fit_gamma_gamma(frequency: ArrayLike, value: ArrayLike) -> GammaGamma:
    """Fit the Gamma–Gamma model of purchase values by maximum likelihood.

    Parameters
    ----------
    frequency
        Repeat purchases of each customer.
    value
        Mean value of them. Customers without repeats, or whose value is not above zero, are left
        out: the model knows positive values only. Use sales, and apply a margin afterwards.

    Returns
    -------
    A GammaGamma; a fit that failed says so in `reason` and has NaN parameters.

    Notes
    -----
    Fader & Hardie, "The Gamma-Gamma model of monetary value" (2013), equation 1a, on the mean
    value of the repeat purchases.

    Examples
    --------
    See tests/explain/test_lifetime.py: the paper's data give p 6.25, q 3.74, v 15.45.
    """
    counts, means = numbers(frequency, "frequency").ravel(), numbers(value, "value").ravel()
    if len(counts) != len(means):
        raise MetricError(
            Problem("frequency and value differ in length", got=f"{len(counts)} and {len(means)}")
        )
    kept = (counts > 0) & (means > 0)
    counts, means = counts[kept], means[kept]
    if len(counts) < LEAST_REPEATERS:
        return _no_gamma_gamma(len(counts), math.nan, "few_repeaters")
    together = counts.std() > 0 and means.std() > 0
    correlation = float(np.corrcoef(counts, means)[0, 1]) if together else 0.0
    scale = float(means.mean())

    def likelihood(logs: np.ndarray) -> float:
        p, q, v = np.exp(logs).tolist()
        return float(_gamma_gamma_terms(p, q, v, counts, means / scale).sum())

    found, reason = _maximum(likelihood, 3)
    if reason:
        return _no_gamma_gamma(len(counts), correlation, reason)
    p, q, v = np.exp(found).tolist()
    v *= scale
    total = float(_gamma_gamma_terms(p, q, v, counts, means).sum())
    reason = "correlated" if abs(correlation) > 0.3 else ""
    return GammaGamma(p, q, v, total, len(counts), correlation, reason)


def expected_value(model: GammaGamma, frequency: ArrayLike, value: ArrayLike) -> np.ndarray:
    """Give the expected value of a customer's next purchases, drawn towards that of all.

    Parameters
    ----------
    model
        A fitted GammaGamma.
    frequency, value
        Repeat purchases and their mean value; without repeats the mean of all is expected.

    Returns
    -------
    Money for each customer; NaN where the fit failed, or where q ≤ 1 leaves no mean.

    Notes
    -----
    p (v + x m) / (p x + q − 1). The fewer the repeats, the nearer to the mean of all: so one who
    never came back can be expected to be worth more a purchase than one who often buys little.

    Examples
    --------
    >>> model = GammaGamma(6.25, 3.74, 15.45, 0.0, 946, 0.11)
    >>> expected_value(model, [0, 100], [0, 50]).round(1).tolist()
    [35.2, 49.9]
    """
    counts, means = numbers(frequency, "frequency"), numbers(value, "value")
    below = model.p * counts + model.q - 1
    if math.isnan(model.p) or model.q <= 1:
        return np.full(counts.shape, np.nan)
    return model.p * (model.v + counts * np.where(counts > 0, means, 0.0)) / below


def lifetime_value(
    purchases: BgNbd,
    values: GammaGamma,
    customers: DataFrame,
    periods: int = 12,
    period_length: float = 52 / 12,
    margin: float = 1.0,
    discount: float = 0.0,
) -> DataFrame:
    """Give the discounted margin each customer is expected to bring.

    Parameters
    ----------
    purchases, values
        Fitted models.
    customers
        As `purchase_summary` gives: `customer_id`, `frequency`, `recency`, `age`, `value`.
    periods
        Horizon in periods, which is part of the answer: say it beside the value.
    period_length
        Length of a period in the data's unit of time (a month is 4.33 weeks).
    margin
        Share of the value that is margin.
    discount
        Rate for one period; 0.01 is 1 % a month.

    Returns
    -------
    One row for each customer: `customer_id`, `alive` (probability), `expected_purchases` and
    `expected_value` (of one), `lifetime_value` over the horizon. NaN where a fit failed.

    Notes
    -----
    Σₖ (E[Y(k)] − E[Y(k − 1)]) × expected value × margin / (1 + discount)ᵏ.
    """
    require_columns(customers, ["customer_id", "frequency", "recency", "age", "value"], "customers")
    history = [customers[name].to_numpy(dtype=float) for name in ("frequency", "recency", "age")]
    upto = [
        expected_purchases(purchases, period * period_length, *history)
        for period in range(periods + 1)
    ]
    each = np.diff(np.stack(upto), axis=0)
    weights = (1 + discount) ** -np.arange(1.0, periods + 1)
    worth = expected_value(values, history[0], customers["value"].to_numpy(dtype=float))
    return DataFrame(
        {
            "customer_id": customers["customer_id"].to_numpy(),
            "alive": probability_alive(purchases, *history),
            "expected_purchases": upto[-1],
            "expected_value": worth,
            "lifetime_value": weights @ each * worth * margin,
        }
    )


def _history(
    frequency: ArrayLike, recency: ArrayLike, age: ArrayLike
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    counts, last, whole = (
        numbers(values, name).ravel()
        for name, values in (("frequency", frequency), ("recency", recency), ("age", age))
    )
    if not len(counts) == len(last) == len(whole):
        raise MetricError(
            Problem(
                "frequency, recency and age differ in length",
                got=f"{len(counts)}, {len(last)} and {len(whole)}",
            )
        )
    if (counts < 0).any() or (last < 0).any() or (last > whole + 1e-9).any():
        raise MetricError(
            Problem("a history needs frequency ≥ 0 and 0 ≤ recency ≤ age", where="purchases")
        )
    return counts, last, whole


def _no_bg_nbd(customers: int, reason: str) -> BgNbd:
    return BgNbd(math.nan, math.nan, math.nan, math.nan, math.nan, customers, reason)


def _no_gamma_gamma(customers: int, correlation: float, reason: str) -> GammaGamma:
    return GammaGamma(math.nan, math.nan, math.nan, math.nan, customers, correlation, reason)


def _left(model: BgNbd, counts: np.ndarray, last: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """Give the odds that a customer has left."""
    odds = (
        model.a
        / (model.b + np.maximum(counts, 1) - 1)
        * ((model.alpha + whole) / (model.alpha + last)) ** (model.r + counts)
    )
    return np.where((counts > 0) | np.isnan(odds), odds, 0.0)


def _bg_nbd_terms(
    r: float,
    alpha: float,
    a: float,
    b: float,
    counts: np.ndarray,
    last: np.ndarray,
    whole: np.ndarray,
) -> np.ndarray:
    common = (
        gammaln(r + counts) - gammaln(r) + r * np.log(alpha) + betaln(a, b + counts) - betaln(a, b)
    )
    stayed = -(r + counts) * np.log(alpha + whole)
    left = np.log(a) - np.log(b + np.maximum(counts, 1) - 1) - (r + counts) * np.log(alpha + last)
    # B(a + 1, b + x − 1) of the paper's second term is B(a, b + x) a / (b + x − 1).
    return common + np.logaddexp(stayed, np.where(counts > 0, left, -np.inf))


def _gamma_gamma_terms(
    p: float, q: float, v: float, counts: np.ndarray, means: np.ndarray
) -> np.ndarray:
    shape = p * counts
    return (
        -betaln(shape, q)
        + q * np.log(v)
        + (shape - 1) * np.log(means)
        + shape * np.log(counts)
        - (shape + q) * np.log(v + means * counts)
    )


def _maximum(likelihood: Callable[[np.ndarray], float], count: int) -> tuple[np.ndarray, str]:
    """Find the largest likelihood over log-parameters from several starts, or say why not."""

    def cost(logs: np.ndarray) -> float:
        value = likelihood(np.clip(logs, -2 * EDGE, 2 * EDGE))
        return -value if math.isfinite(value) else FAILED

    bounds = [(-EDGE, EDGE)] * count
    tried = [
        minimize(cost, np.full(count, start), method="L-BFGS-B", bounds=bounds) for start in STARTS
    ]
    # The gradient is numerical, so the last digits come from a method without one.
    best = minimize(
        cost,
        min(tried, key=lambda found: found.fun).x,
        method="Nelder-Mead",
        options={"xatol": 1e-6, "fatol": 1e-7, "maxiter": 2000, "maxfev": 2000},
    )
    if not best.success or best.fun >= FAILED:
        return np.full(count, np.nan), "not_converged"
    if np.abs(best.x).max() >= EDGE - 0.5:
        return np.full(count, np.nan), "at_edge"
    return best.x, ""
