"""Who stands behind a role: the people of a region as its table of reps knows them."""

from __future__ import annotations

import pandas as pd

from salesnb.findings.lens import Lens


def responsible(lens: Lens) -> dict[str, str]:
    """Give the person behind each role that the data can name.

    Returns
    -------
    `region_manager`: the person of the region most of its people report to. Empty for the
    company, and where the data do not say who manages whom.
    """
    dataset = lens.dataset
    if dataset.region == "all" or not dataset.has("reps", "name", "manager_id"):
        return {}
    reps = dataset.frame("reps")
    if "leave_date" in reps.columns:
        reps = reps[reps["leave_date"].isna() | (reps["leave_date"] > pd.Timestamp(lens.as_of))]
    names = dict(zip(reps["rep_id"].astype(str), reps["name"].astype(str), strict=True))
    chosen = reps["manager_id"].dropna().astype(str)
    counts = chosen[chosen.isin(names)].value_counts()
    if counts.empty:
        return {}
    most = counts[counts == counts.max()].index.min()
    return {"region_manager": names[most]}
