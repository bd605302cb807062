"""How long until it happens, when some are still waiting."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike


def median_wait(waits: ArrayLike, happened: ArrayLike, share: float = 0.5) -> float:
    """Give the time by which a share of cases has happened, counting those still waiting.

    Parameters
    ----------
    waits
        How long each case waited, until it happened or was last seen waiting.
    happened
        Whether it happened.
    share
        0.5 for the median.

    Returns
    -------
    NaN when fewer than that share have happened so far (E14).

    Notes
    -----
    Kaplan and Meier's product-limit estimate (J. Am. Stat. Assoc. 53, 1958, 457–481).

    Examples
    --------
    >>> median_wait([2, 4, 6, 6], [True, True, True, False])
    4.0
    >>> median_wait([2, 4, 6, 6], [True, False, False, False])
    nan
    """
    time = np.asarray(waits, dtype=float)
    done = np.asarray(happened, dtype=bool)
    moments = np.unique(time[done])
    at_risk = len(time) - np.searchsorted(np.sort(time), moments)
    events = np.searchsorted(np.sort(time[done]), moments, side="right") - np.searchsorted(
        np.sort(time[done]), moments
    )
    left = np.cumprod(1 - events / np.maximum(at_risk, 1))
    # A tolerance: 1 − 2/4 must count as half.
    reached = np.flatnonzero(left <= 1 - share + 1e-12)
    return float(moments[reached[0]]) if len(reached) else float("nan")
