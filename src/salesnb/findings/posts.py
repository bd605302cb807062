"""Posts: who served which customers, and which posts stand empty."""

from __future__ import annotations

import pandas as pd

from salesnb.findings.lens import Lens
from salesnb.findings.spans import inside, months, over, spans

_MONTH = 30.4


def owners(lens: Lens, sales: pd.DataFrame) -> pd.Series:
    """Give who served each customer: the rep with most of its sales in the year before."""
    year = inside(sales, "order_date", over(lens, months(lens, 12, 3)))
    totals = year.groupby(["customer_id", "rep_id"], observed=True)["amount"].sum().reset_index()
    best = totals.sort_values(["amount", "rep_id"], ascending=[False, True])
    return best.drop_duplicates("customer_id").set_index("customer_id")["rep_id"].astype(object)


def is_replaced(reps: pd.DataFrame, person: dict[str, object]) -> bool:
    """Whether somebody of the same role and region came about when the person left, or later."""
    since = person["leave_date"] - pd.Timedelta(days=45)  # type: ignore[operator]
    came = reps[(reps["hire_date"] >= since) & (reps["rep_id"] != person["rep_id"])]
    for column in ("role", "region"):
        if column in reps.columns:
            came = came[came[column].astype(object) == person[column]]
    return not came.empty


def posts(lens: Lens) -> pd.DataFrame:
    """Give each post's sales of the last three months beside the same a year ago.

    Returns
    -------
    One row for each person who served customers in the year before: `position` (the name),
    `months_vacant` in the last three months (0 where somebody followed), `current`, `prior`.
    """
    reps, sales = lens.dataset.frame("reps"), lens.dataset.frame("sales")
    part, owner = spans(lens), owners(lens, sales)
    sums = []
    for span in (part.recent, part.last_year):
        rows = inside(sales, "order_date", span)
        by = rows["customer_id"].map(owner).astype(object)
        sums.append(rows.groupby(by)["amount"].sum())
    both = pd.concat(sums, axis=1, keys=["current", "prior"]).fillna(0.0)
    people = {str(row["rep_id"]): row for row in reps.to_dict("records")}
    end = pd.Timestamp(part.recent.end)
    vacant = []
    for rep in both.index:
        person = people.get(str(rep))
        left = person["leave_date"] if person else pd.NaT
        empty = pd.notna(left) and left <= end and not is_replaced(reps, person)  # type: ignore[arg-type]
        days = (end - max(left, pd.Timestamp(part.recent.start))).days if empty else 0
        vacant.append(days / _MONTH)
    names = [people[str(rep)]["name"] if str(rep) in people else str(rep) for rep in both.index]
    return both.assign(position=names, months_vacant=vacant).reset_index(drop=True)
