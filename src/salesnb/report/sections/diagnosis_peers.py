"""What is known of each person who sells, held against peers of the same post and region."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from salesnb.explain.peers import against_peers
from salesnb.findings.spans import inside
from salesnb.language import Language, is_missing
from salesnb.metrics.registry import METRICS
from salesnb.period import Period
from salesnb.plan.capacity import person_months, ramp_curve
from salesnb.report.review import Review
from salesnb.report.sections.diagnosis_spans import YEAR_MONTHS, last_months, over_months

LEAST_MONTHS = 3.0
"""Full months of work below which results of a person say nothing yet."""

# Months until a new person is a full one, where the data cannot tell.
_RAMP = 6
# A first deal comes about halfway to a full month's sales.
_TWICE = 2
# From so large a part of a full month on, a person is no newcomer any more.
_FULL = 0.75
# So large a part of the months there must be full ones where the ramp is only assumed.
_MOSTLY = 0.9
# A post with so small a share of sales does not live by selling.
_STANDS_IN = 0.02
# The error of a median over that of a mean, for values that scatter evenly.
_MEDIAN = 1.2533

# What holding a person against peers tells: from `against_peers`, and made of it.
_OF_PEERS = ("gap", "drawn", "place", "trust", "p_value", "differs")
_HELD = (*_OF_PEERS, "centre", "peers", "size")

# How facts name the unit a figure is shown in.
UNITS = {"percent": "ratio", "number": "count"}


@dataclass(frozen=True)
class Indicator:
    """Something people are held against each other by.

    Attributes
    ----------
    id
        `improve.indicator.<id>` names it; the id of the metric it comes from.
    kind
        `result`, `process` or `skill`.
    """

    id: str
    kind: str
    unit: str
    better: str = "up"

    @property
    def sign(self) -> float:
        """Whether more is better."""
        return -1.0 if self.better == "down" else 1.0

    def name(self, language: Language) -> str:
        """Name it for the reader."""
        return language(f"improve.indicator.{self.id}")


INDICATORS = (
    Indicator("net_sales", "result", "money"),
    Indicator("average_order_value", "result", "money"),
    Indicator("win_rate", "process", "percent"),
    Indicator("stage_conversion", "process", "percent"),
    Indicator("sales_cycle_days", "process", "days", "down"),
    Indicator("lead_conversion", "process", "percent"),
    Indicator("follow_up_rate", "process", "percent"),
    Indicator("activities", "process", "number"),
    Indicator("process_adherence", "process", "percent"),
    Indicator("skill_score", "skill", "score"),
)


def ramp(review: Review) -> tuple[float, ...]:
    """Give what part of a full month's sales a person makes in each month since being hired.

    Learned from everybody hired since the history began: their sales over those of people there
    for a year, month by month, never falling. With too few of them, rising evenly over twice the
    months it takes to a first deal.
    """
    return review.lens.dataset.kept(("ramp", review.period), lambda: _ramp(review))


def _ramp(review: Review) -> tuple[float, ...]:
    lens = review.lens
    learned = _learned(review)
    if learned:
        return learned
    if METRICS["ramp_months"].lacks(lens.dataset):
        return ramp_curve(_RAMP)
    found = lens.value("ramp_months").value
    return ramp_curve(_RAMP if found is None else max(round(_TWICE * found), 0))


def _learned(review: Review) -> tuple[float, ...]:
    """Give the ramp of earlier newcomers; empty with too few of them."""
    if not review.lens.has("reps", "hire_date"):
        return ()
    return review.lens.dataset.kept(("learned", review.period), lambda: _of_newcomers(review))


def _of_newcomers(review: Review) -> tuple[float, ...]:
    lens, calendar = review.lens, review.calendar
    reps = lens.dataset.frame("reps").drop_duplicates("rep_id")
    reps = reps.assign(rep=reps["rep_id"].astype(str))[reps["hire_date"].notna()]
    if "role" in reps:
        reps = reps[reps["role"].astype(str).isin(_selling_posts(review, reps))]
    sales = lens.dataset.frame("credited")
    sales = sales[sales["order_date"] <= pd.Timestamp(lens.window.end)]
    if sales.empty or reps.empty:
        return ()
    months = calendar.labels(sales["order_date"], "month")
    sums = sales.groupby([sales["rep_id"], months], observed=True)["amount"].sum()
    sold = sums.unstack(fill_value=0.0)
    sold.index = sold.index.astype(str)
    sold.columns = pd.Index([Period.parse(str(name)).ordinal for name in sold.columns])
    sold = sold.sort_index(axis=1)
    begun = {row["rep"]: _ordinal(review, row["hire_date"]) for row in reps.to_dict("records")}
    left = reps.get("leave_date", pd.Series(pd.NaT, index=reps.index))
    gone = {rep: _ordinal(review, day) for rep, day in zip(reps["rep"], left, strict=True)
            if day == day}  # fmt: skip
    ages = (
        sold.columns.to_numpy()[None, :]
        - np.array([begun.get(rep, 10**6) for rep in sold.index])[:, None]
    )
    old = (ages >= YEAR_MONTHS) & (sold.to_numpy() > 0)
    with np.errstate(invalid="ignore"):
        pace = np.where(old, sold.to_numpy(), 0.0).sum(axis=0) / old.sum(axis=0)
    full = dict(zip(sold.columns, pace, strict=True))
    first, last = int(sold.columns[0]), int(sold.columns[-1])
    parts: list[list[float]] = [[] for _ in range(YEAR_MONTHS)]
    for rep, start in begun.items():
        if start < first:
            continue
        own = sold.loc[rep] if rep in sold.index else None
        for age in range(min(YEAR_MONTHS, min(last, gone.get(rep, last)) - start + 1)):
            usual = full.get(start + age, np.nan)
            if usual > 0:
                amount = 0.0 if own is None else float(own.get(start + age, 0.0))
                parts[age].append(amount / usual)
    known = [part for part in parts if len(part) >= review.settings.n_events]
    if len(known) < len(parts):
        return ()
    curve = np.minimum(np.maximum.accumulate([np.mean(part) for part in known]), 1.0)
    return tuple(float(part) for part in np.maximum(curve, 0.0))


def _ordinal(review: Review, day: pd.Timestamp) -> int:
    return review.calendar.period_at(day.date()).ordinal


def people(review: Review) -> pd.DataFrame:
    """Give everybody who sells and is there on the report's last day.

    Returns
    -------
    One row for each `rep` (also the index): `region`, `role`, `hired`, `group` (region and role),
    `there` (months of the last twelve that the data hold), `effective` (the same, months of ramp
    counting in part), `is_new` (still in the ramp). Who sold nothing and has no lead, deal or
    contact is left out.
    """
    return review.lens.dataset.kept(("people", review.period), lambda: _people(review))


def _people(review: Review) -> pd.DataFrame:
    lens = review.lens
    reps = lens.dataset.frame("reps").drop_duplicates("rep_id")
    reps = reps.assign(rep=reps["rep_id"].astype(str))
    end = pd.Timestamp(lens.window.end)
    never = pd.Series(pd.NaT, index=reps.index)
    # Without a day of hiring a person has been there all the time.
    hired = pd.to_datetime(reps.get("hire_date", never)).fillna(pd.Timestamp("1990-01-01"))
    left = pd.to_datetime(reps.get("leave_date", never))
    mine = (hired <= end) & ~(left <= end) & reps["rep"].isin(_active(review))
    if "role" in reps:
        mine &= reps["role"].astype(str).isin(_selling_posts(review, reps))
    reps, hired = reps[mine].reset_index(drop=True), hired[mine].reset_index(drop=True)
    frame = pd.DataFrame(
        {
            "rep": reps["rep"],
            "region": reps["region"].astype(str) if "region" in reps else "",
            "role": reps["role"].astype(str) if "role" in reps else "",
            "hired": hired,
        }
    )
    frame["group"] = frame["region"] + "|" + frame["role"]
    # Too few in one region: held against the same post everywhere in the report.
    sizes = frame["group"].map(frame["group"].value_counts())
    frame.loc[sizes < review.settings.n_events, "group"] = "|" + frame["role"]
    names = [str(month) for month in _months(review)]
    curve = ramp(review)
    spent = person_months(
        pd.DataFrame({"rep_id": frame["rep"], "hire_date": frame["hired"]}), names, curve,
        review.calendar,
    ).groupby("rep_id")[["present", "effective"]].sum()  # fmt: skip
    frame["there"] = frame["rep"].map(spent["present"])
    frame["effective"] = frame["rep"].map(spent["effective"])
    slow = sum(part < _FULL for part in curve)
    frame["is_new"] = frame["hired"] > end - pd.DateOffset(months=slow)
    return frame.set_index("rep", drop=False).rename_axis(None)


def _months(review: Review) -> list[object]:
    window, first = last_months(review), review.lens.dataset.history_start
    found = review.calendar.periods(window, "month")
    return [month for month in found if review.calendar.window(month).end >= first]


def _selling_posts(review: Review, reps: pd.DataFrame) -> set[str]:
    """Give the posts that sell; one that only stands in now and then is held against nobody."""
    rows = over_months(review, "net_sales", ["rep"])
    post = dict(zip(reps["rep"], reps["role"].astype(str), strict=True))
    sold = rows["value"].clip(lower=0).groupby(rows["rep"].astype(str).map(post)).sum()
    return set(sold.index[sold >= _STANDS_IN * sold.sum()])


def _active(review: Review) -> set[str]:
    """Give who sold, or worked on a lead or deal, in the last twelve months."""
    lens, window = review.lens, last_months(review)
    found: set[str] = set()
    for table, day in (
        ("sales", "order_date"),
        ("leads", "created"),
        ("opportunities", "created"),
    ):
        if lens.has("orders" if table == "sales" else table, "rep_id"):
            rows = inside(lens.dataset.frame(table), day, window)
            found |= set(map(str, rows["rep_id"].dropna().unique()))
    return found


# What is known of each ------------------------------------------------------------------------


def known(review: Review) -> pd.DataFrame:
    """Give every indicator of every person, with its error.

    Returns
    -------
    One row for each `indicator` and `rep`: `value`, `n`, `numerator`, `denominator`, `error`
    (standard error; NaN where there are too few cases to judge a person by) and `few`.
    """
    return review.lens.dataset.kept(("people_known", review.period), lambda: _known(review))


def _known(review: Review) -> pd.DataFrame:
    frames = []
    for each in INDICATORS:
        if each.id == "net_sales":
            found = _per_month(review, "net_sales", "effective")
        elif each.id == "activities":
            found = _per_month(review, "activities", "there")
        else:
            found = _of_metric(review, each)
        if len(found):
            frames.append(found.assign(indicator=each.id))
    columns = ["indicator", "rep", "value", "n", "numerator", "denominator", "error", "few"]
    if not frames:
        return pd.DataFrame(columns=columns)
    return pd.concat(frames, ignore_index=True)[columns]


def _per_month(review: Review, metric: str, base: str) -> pd.DataFrame:
    """Give an amount for each full month of work, with the scatter between months as its error."""
    team = people(review)
    if METRICS[metric].lacks(review.lens.dataset, ["rep", "month"]):
        return pd.DataFrame()
    rows = over_months(review, metric, ["rep", "month"])
    rows = rows[rows["rep"].astype(str).isin(team["rep"])]
    rows = rows.assign(rep=rows["rep"].astype(str))
    wide = rows.set_index(["rep", "month"])["value"].unstack()
    wide = wide.reindex(team["rep"]).fillna(0.0)
    total, many = wide.sum(axis=1).to_numpy(), team[base].to_numpy()
    enough = many >= LEAST_MONTHS
    if base == "effective" and not _learned(review):
        # A ramp that is only assumed must not make anybody's year.
        enough &= many >= _MOSTLY * team["there"].to_numpy()
    # Months before somebody was there are no months of nothing.
    steady = wide[(team["there"] >= len(_months(review)) - 0.5).to_numpy()]
    scatter = _pooled(steady.to_numpy())
    with np.errstate(divide="ignore", invalid="ignore"):
        # Too few full months to scale by: what was sold in the months there, as it is.
        present = team["there"].to_numpy()
        value = np.where(enough, total / many, np.where(present > 0, total / present, np.nan))
        error = np.where(enough, scatter / np.sqrt(many), np.nan)
    return pd.DataFrame(
        {
            "rep": team["rep"].to_numpy(), "value": value, "n": np.round(many, 1),
            "numerator": total, "denominator": many, "error": error, "few": ~enough,
        }
    )  # fmt: skip


def _pooled(values: np.ndarray) -> float:
    """Give the standard deviation of values about the mean of their row."""
    if values.size == 0 or values.shape[1] < 2:
        return float("nan")
    return float(np.sqrt(values.var(axis=1, ddof=1).mean()))


def _of_metric(review: Review, each: Indicator) -> pd.DataFrame:
    rows = over_months(review, each.id, ["rep"])
    rows = rows.assign(rep=rows["rep"].astype(str)) if len(rows) else rows
    rows = rows[rows["rep"].isin(people(review)["rep"])] if len(rows) else rows
    if rows.empty or not rows["value"].notna().any():
        return pd.DataFrame()
    n = rows["n"].to_numpy(dtype=float)
    if each.unit == "percent":
        least = review.settings.n_trials
        hits, tries = rows["numerator"].sum(), rows["denominator"].sum()
        # One more of each, so that a rate of nothing or all is not taken for certain.
        rate = (hits + 1) / (tries + 2)
        scatter = float(np.sqrt(rate * (1 - rate)))
    else:
        least = review.settings.n_events
        scatter = _scatter(review, each.id)
    few = ~(n >= least)
    error = np.where(few, np.nan, scatter / np.sqrt(np.maximum(n, 1)))
    return rows.assign(error=error, few=few)


def _scatter(review: Review, metric: str) -> float:
    """Give how far single cases lie from the mean of their person."""
    lens, window = review.lens, last_months(review)
    if metric == "average_order_value":
        rows = inside(lens.dataset.frame("credited"), "order_date", window)
        rows = rows[rows["is_purchase"]]
        cases = rows.groupby(["rep_id", "order_id"], observed=True, sort=False)["amount"]
        found = cases.sum().reset_index()
        return _within(found["amount"], found["rep_id"])
    if metric == "sales_cycle_days":
        rows = inside(lens.dataset.frame("opportunities"), "close_date", window)
        rows = rows[rows["outcome"].astype(str) == "won"]
        days = (rows["close_date"] - rows["created"]).dt.days
        return _MEDIAN * _within(days, rows["rep_id"])
    rows = lens.dataset.frame("assessments")
    rows = rows[~rows["dimension"].astype(str).str.contains(":")]
    return _within(rows["score"], rows["rep_id"].astype(str) + rows["period"].astype(str))


def _within(values: pd.Series, people: pd.Series) -> float:
    values = values.astype(float)
    groups = values.groupby(people, observed=True)
    free = len(values) - groups.ngroups
    if free < 1:
        return float("nan")
    return float(np.sqrt(((values - groups.transform("mean")) ** 2).sum() / free))


# Against the peers ----------------------------------------------------------------------------


def standings(review: Review) -> pd.DataFrame:
    """Hold every person's indicators against peers; kept as facts.

    Returns
    -------
    One row for each `indicator` and `rep`: as `known`, with `group`, `centre` (the peers' mean),
    `peers` (how many are known), `gap`, `drawn`, `place`, `trust`, `p_value`, `differs` as in
    `against_peers`, and `size`: the drawn gap in standard deviations of the group, good above
    zero. NaN where too few peers are known, or too few cases of the person.
    """
    return review.lens.dataset.kept(("standings", review.period), lambda: _standings(review))


def _standings(review: Review) -> pd.DataFrame:
    rows, team = known(review), people(review)
    rows = rows.assign(group=rows["rep"].map(team["group"])).dropna(subset="group")
    if rows.empty:
        return rows.assign(**{name: [] for name in _HELD})
    signs = {each.id: each.sign for each in INDICATORS}
    values, errors = (rows[name].to_numpy(dtype=float) for name in ("value", "error"))
    judged = ~np.isnan(values) & ~np.isnan(errors)
    columns = {name: np.full(len(rows), np.nan) for name in _HELD}
    for (indicator, _), places in rows.groupby(["indicator", "group"]).indices.items():
        enough = int(judged[places].sum()) >= review.settings.n_events
        own, noise = (
            np.where(judged[places] & enough, each[places], np.nan) for each in (values, errors)
        )
        held = against_peers(own, noise)
        table = {name: held.table[name].to_numpy() for name in _OF_PEERS}
        sd = float(np.nanstd(own)) if held.count > 1 else np.nan
        sign = signs[str(indicator)]
        table["size"] = sign * table["drawn"] / sd if sd > 0 else np.nan
        table["place"] = table["place"] if sign > 0 else 1 - table["place"]
        table |= {"centre": held.centre, "peers": held.count}
        for name, column in table.items():
            columns[name][places] = column
    found = rows.assign(**columns).astype({"differs": bool, "peers": int})
    shown = {each.id: (UNITS | {"percent": "points"}).get(each.unit, each.unit)
             for each in INDICATORS}  # fmt: skip
    facts = zip(*(found[name].tolist() for name in ("rep", "indicator", "gap", "n")), strict=True)
    for rep, indicator, gap, n in facts:
        scope = {"rep": str(rep), "metric": str(indicator), "months": "12"}
        reason = None if gap == gap else "small_n"
        review.lens.keep("peer_gap", gap, shown[str(indicator)], scope, n=n, reason=reason)
    return found


def figure(language: Language, value: float | None, unit: str) -> str:
    """Write a value of an indicator."""
    return language.show(value, "number" if unit == "score" else unit)


def difference(language: Language, value: float | None, unit: str) -> str:
    """Write a difference of two values of an indicator, signed."""
    if is_missing(value):
        return language("base.none")
    if unit == "percent":
        return language.points(value)
    if unit == "money":
        return language.money(value, signed=True)
    text = language.number(value, 1, signed=True)
    return language("base.days", value=text) if unit == "days" else text


def limits(language: Language, low: float, high: float, unit: str) -> str:
    """Write the two ends of a difference's interval; points without their unit."""
    if is_missing(low) or is_missing(high):
        return language("base.none")
    if unit == "percent":
        ends = [language.number(end * 100, 1, signed=True) for end in (low, high)]
    else:
        ends = [difference(language, end, unit) for end in (low, high)]
    return language("report.from_to", low=ends[0], high=ends[1])
