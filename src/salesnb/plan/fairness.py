"""Whether targets are fair: size, spread and shape of what they ask and of what comes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist

import numpy as np
import pandas as pd

from salesnb.errors import MetricError, Problem
from salesnb.explain.intervals import wilson_interval
from salesnb.metrics import customers

_NORMAL = NormalDist()

# Fewer pairs give no interval for a correlation.
PAIRS_FOR_INTERVAL = 4
# A sample above this coefficient may have two humps: that of an even distribution.
BIMODAL = 5 / 9
# The part of people that targets well set let reach them.
AIM_AT_TARGET = (0.5, 0.7)


def gini(values: Sequence[float] | np.ndarray | pd.Series) -> float:
    """Give the Gini coefficient: 0 when all are equal, towards 1 when one has all.

    Missing values are left out; with nothing above zero, or a value below, it is missing.

    Examples
    --------
    >>> gini([3, 3, 3]), gini([0, 0, 4])
    (0.0, 0.6666666666666666)
    """
    known = _known(values)
    if not len(known) or known.min() < 0 or known.sum() == 0:
        return math.nan
    return customers.gini(known)


def variation(values: Sequence[float] | np.ndarray | pd.Series) -> float:
    """Give the coefficient of variation: standard deviation (n − 1) over the mean.

    Missing below two values or at mean 0.

    Examples
    --------
    >>> variation([5, 5, 5]), round(variation([8, 12]), 4)
    (0.0, 0.2828)
    """
    known = _known(values)
    if len(known) < 2 or known.mean() == 0:
        return math.nan
    return float(known.std(ddof=1) / abs(known.mean()))


def skewness(values: Sequence[float] | np.ndarray | pd.Series) -> float:
    """Give the sample skewness, above 0 for a long tail to the right.

    Missing below three values or without spread.

    Notes
    -----
    Adjusted Fisher–Pearson coefficient G₁; Joanes and Gill, "Comparing measures of sample
    skewness and kurtosis", 1998.

    Examples
    --------
    >>> skewness([1, 2, 3]), round(skewness([0, 0, 0, 1]), 6)
    (0.0, 2.0)
    """
    known = _known(values)
    count = len(known)
    if count < 3 or known.std() == 0:
        return math.nan
    shape = ((known - known.mean()) ** 3).mean() / known.std() ** 3
    return float(shape * math.sqrt(count * (count - 1)) / (count - 2))


def bimodality(values: Sequence[float] | np.ndarray | pd.Series) -> float:
    """Give Sarle's bimodality coefficient, 0 to 1; above 5/9 there may be two groups.

    Missing below four values or without spread.

    Notes
    -----
    (G₁² + 1) / (G₂ + 3(n−1)²/((n−2)(n−3))) with sample skewness G₁ and excess kurtosis G₂;
    Pfister et al., "Good things peak in pairs", 2013.

    Examples
    --------
    >>> round(bimodality([0, 1] * 50), 2), round(bimodality([1, 2, 2, 3, 3, 3, 4, 4, 5]), 2)
    (0.95, 0.23)
    """
    known = _known(values)
    count = len(known)
    if count < 4 or known.std() == 0:
        return math.nan
    kurtosis = ((known - known.mean()) ** 4).mean() / known.std() ** 4 - 3
    excess = (count - 1) / ((count - 2) * (count - 3)) * ((count + 1) * kurtosis + 6)
    limit = 3 * (count - 1) ** 2 / ((count - 2) * (count - 3))
    return float((skewness(known) ** 2 + 1) / (excess + limit))


def correlation_interval(
    first: pd.Series, second: pd.Series, confidence: float = 0.95
) -> tuple[float, float, float, int]:
    """Give the correlation of two columns with its interval: value, low, high, pairs.

    Pairs with a missing value are left out. The interval is missing below four pairs, all of
    it without spread.

    Notes
    -----
    Fisher's z: tanh(atanh r ± z/√(n−3)); Fisher, 1915.

    Examples
    --------
    >>> one, other = pd.Series([1.0, 2, 3, 4, 5]), pd.Series([2.0, 1, 4, 3, 5])
    >>> [round(number, 3) for number in correlation_interval(one, other)]
    [0.8, -0.28, 0.986, 5]
    """
    pairs = pd.DataFrame({"first": first, "second": second}).astype(float).dropna()
    count = len(pairs)
    if count < 2 or pairs["first"].std() == 0 or pairs["second"].std() == 0:
        return math.nan, math.nan, math.nan, count
    value = float(np.clip(np.corrcoef(pairs["first"], pairs["second"])[0, 1], -1, 1))
    if count < PAIRS_FOR_INTERVAL:
        return value, math.nan, math.nan, count
    if abs(value) == 1:
        return value, value, value, count
    reach = _NORMAL.inv_cdf((1 + confidence) / 2) / math.sqrt(count - 3)
    middle = math.atanh(value)
    return value, math.tanh(middle - reach), math.tanh(middle + reach), count


def fairness_figures(people: pd.DataFrame) -> pd.DataFrame:
    """Give the usual figures of quota fairness for a group of people.

    Parameters
    ----------
    people
        One row for each person with `target`, and any of `attainment` (of the last period, 1 is
        met), `size` (of the territory: accounts or sales, any unit), `potential`, `last_year`.

    Returns
    -------
    One row for each figure that the columns allow: `figure`, `value`, `low`, `high` (95 %
    interval, missing where there is none), `n`, `verdict`:

    - size_neutrality: correlation of attainment with size; neutral when its interval holds 0,
      else larger_easier or larger_harder.
    - at_target: part of the people at or above target, Wilson interval; as_aimed when the
      interval meets 50 to 70 %, else too_easy or too_hard.
    - skewness, bimodality of attainment; two_groups when the latter is above 5/9.
    - target_growth_gini, target_growth_variation: of target / last_year.
    - target_load_gini, target_load_variation: of target / potential.

    The verdict is too_few below four people, and "" where a figure has none.

    Raises
    ------
    MetricError
        If there is no `target`.

    Examples
    --------
    >>> people = pd.DataFrame({"target": [110.0, 55, 220], "last_year": [100.0, 50, 200]})
    >>> fairness_figures(people)[["figure", "value"]].round(6).to_numpy().tolist()
    [['target_growth_gini', 0.0], ['target_growth_variation', 0.0]]
    """
    if "target" not in people.columns:
        raise MetricError(Problem("`people` has no `target`"))
    rows: list[tuple[str, float, float, float, int, str]] = []
    if {"attainment", "size"} <= set(people.columns):
        rows.append(_neutrality(people))
    if "attainment" in people.columns:
        rows += _attainment_figures(people["attainment"])
    for name, base in (("target_growth", "last_year"), ("target_load", "potential")):
        if base in people.columns:
            ratio = people["target"] / people[base].astype(float).where(people[base] > 0)
            count = int(ratio.notna().sum())
            rows.append((f"{name}_gini", gini(ratio), math.nan, math.nan, count, ""))
            rows.append((f"{name}_variation", variation(ratio), math.nan, math.nan, count, ""))
    return pd.DataFrame(rows, columns=["figure", "value", "low", "high", "n", "verdict"])


def _neutrality(people: pd.DataFrame) -> tuple[str, float, float, float, int, str]:
    value, low, high, count = correlation_interval(people["size"], people["attainment"])
    verdict = "too_few"
    if not math.isnan(low):
        verdict = "neutral" if low <= 0 <= high else _side(value, "larger_easier", "larger_harder")
    return "size_neutrality", value, low, high, count, verdict


def _attainment_figures(
    attainment: pd.Series,
) -> list[tuple[str, float, float, float, int, str]]:
    known = _known(attainment)
    count = len(known)
    hits = int((known >= 1 - 1e-12).sum())
    low, high = wilson_interval(hits, count) if count else (math.nan, math.nan)
    verdict = "as_aimed"
    if low > AIM_AT_TARGET[1] or high < AIM_AT_TARGET[0]:
        verdict = "too_easy" if low > AIM_AT_TARGET[1] else "too_hard"
    two = bimodality(known)
    few = count < PAIRS_FOR_INTERVAL
    share = hits / count if count else math.nan
    return [
        ("at_target", share, low, high, count, "too_few" if few else verdict),
        ("skewness", skewness(known), math.nan, math.nan, count, "too_few" if few else ""),
        (
            "bimodality",
            two,
            math.nan,
            math.nan,
            count,
            "too_few" if few else "two_groups" if two > BIMODAL else "",
        ),
    ]


def _side(value: float, above: str, below: str) -> str:
    return above if value > 0 else below


def _known(values: Sequence[float] | np.ndarray | pd.Series) -> np.ndarray:
    array = np.asarray(values, dtype=float)
    return array[np.isfinite(array)]
