"""The people who sell: how many, how well prepared, how soon productive."""

from __future__ import annotations

import numpy as np
import pandas as pd

from salesnb.metrics.buyers import back, stamp
from salesnb.metrics.cells import Cells, Values, days, marked
from salesnb.metrics.channels import in_window
from salesnb.metrics.customers import DAYS_A_MONTH
from salesnb.metrics.dataset import Dataset
from salesnb.metrics.metric import IMMATURE, Metric, View, count, over, rate, ratio
from salesnb.metrics.rows import Rows
from salesnb.metrics.staff import FAR, days_employed, employed, heads, people, spells, staff_months
from salesnb.metrics.survival import median_wait
from salesnb.period import Window

STAFF_CUTS = ("region", "team", "role", "rep")
"""What people can be cut by."""


def _headcount(view: View) -> Cells:
    return count(view, _there(view))


def _staff_turnover(view: View) -> Cells:
    rows = people(view)
    _, left = spells(rows)
    gone = (left >= stamp(view.window.start)) & (left <= stamp(view.end)) & (left < FAR)
    return over(count(view, rows.keep(gone)), heads(view))


def _there(view: View) -> Rows:
    rows = people(view)
    return rows.keep(employed(rows, view.end))


def _ids(rows: Rows, table: Rows) -> Values:
    """Tell which people of `rows` are named in another table's rows."""
    named = set(table.texts("rep_id").dropna())
    return rows.texts("rep_id").isin(named).to_numpy()


def _training_coverage(view: View) -> Cells:
    rows = _there(view)
    window = Window(view.window.start, view.end)
    return rate(view, rows, _ids(rows, view.dataset.rows("training", "date", window)))


def _training_pass_rate(view: View) -> Cells:
    rows = view.rows("training", "date")
    passed = rows.texts("passed")
    examined = passed.notna().to_numpy()
    rows = rows.keep(examined)
    return rate(view, rows, passed.to_numpy()[examined].astype(bool))


def _training_sessions(view: View) -> Cells:
    return view.rows("training", "date").distinct(view.by, "session_id")


def _crm_adoption(view: View) -> Cells:
    rows = people(view, selling=True)
    rows = rows.keep(employed(rows, view.end))
    window = Window(view.window.start, view.end)
    acts = view.dataset.rows("activities", "ts", window)
    done = acts.texts("rep_id").astype("str").value_counts()
    logged = rows.texts("rep_id").astype("str").map(done).fillna(0).to_numpy()
    months = days_employed(rows, window) / DAYS_A_MONTH
    wanted = np.maximum(np.floor(view.settings.crm_actions * months), 1)
    return rate(view, rows, logged >= wanted)


def _senior_share(view: View) -> Cells:
    rows = _there(view)
    if view.settings.managing_roles:
        rows = rows.where("role", view.settings.managing_roles)
    years = rows.values("industry_years")
    known = ~np.isnan(years)
    rows = rows.keep(known)
    return rate(view, rows, years[known] >= view.settings.senior_years)


def _mentoring_pairs(view: View) -> Cells:
    rows = _there(view)
    rows = rows.keep(rows.texts("mentor_id").notna().to_numpy())
    return count(view, rows)


def ramp(view: View) -> tuple[Rows, Values, Values]:
    """Give the people hired lately, the months each waited for a first deal, and who had one."""
    hired_in = back(view.end, view.settings.ramp_months)
    rows = people(view, selling=True)
    hired, left = spells(rows)
    lately = (hired >= stamp(hired_in.start)) & (hired <= stamp(hired_in.end))
    rows, hired, left = rows.keep(lately), hired[lately], left[lately]
    first = view.dataset.kept("first deals", lambda: _first_deals(view.dataset))
    ids = rows.texts("rep_id").astype("str")
    deal = first.reindex(ids).to_numpy("datetime64[D]")
    last_seen = np.minimum(left, stamp(view.end))
    done = deal <= last_seen
    until = np.where(done, deal, last_seen)
    return rows, np.clip(days(until, hired), 0, None) / DAYS_A_MONTH, done


def _first_deals(dataset: Dataset) -> pd.Series:
    """Give the day of each person's first purchase, by id."""
    sales = dataset.frame("sales")[["rep_id", "order_date", "is_purchase"]]
    sales = sales[sales["is_purchase"]].dropna().drop_duplicates("rep_id")
    return sales["order_date"].set_axis(sales["rep_id"].astype("str"))


def _ramp_months(view: View) -> Cells:
    rows, waits, done = ramp(view)
    groups = rows.grouped(view.by)
    frame = pd.DataFrame({"wait": waits, "done": done})
    medians = {
        number: median_wait(part["wait"], part["done"])
        for number, part in frame.groupby(groups.number)
    }
    value = np.array([medians.get(number, np.nan) for number in groups.there])
    many = groups.count()
    waiting = np.isnan(value) & (many > 0)
    return groups.table(value=value, n=many, reason=marked(waiting, IMMATURE))


_NOT_SKILLS = ("tool", "climate", "工具", "氛围")
"""First words of dimensions that judge tools or the climate, as in `climate:trust`."""


def skill_rows(view: View) -> tuple[Rows, Values, Values]:
    """Give the skill scores of a view, levelled between rater roles if wanted, and weights."""
    everyone = in_window(View(view.dataset, view.window), "assessments", ends=True)
    codes, labels = everyone.codes("dimension")
    first = labels.astype("str").str.replace("：", ":").str.split(":").str[0].str.strip()
    everyone = everyone.keep(~np.asarray(first.isin(_NOT_SKILLS))[codes])
    score = everyone.values("score")
    raters, roles = everyone.codes("rater_role")
    if view.settings.level_raters:
        score = _levelled(score, raters, len(roles))
    known = ~np.isnan(score)
    rows, score, raters = everyone.keep(known), score[known], raters[known]
    weights = view.settings.rater_weights
    weight = np.array([weights.get(str(role), 1.0) for role in roles])[raters]
    for dimension, wanted in view.where.items():
        kept = rows.among(dimension, wanted)
        rows, score, weight = rows.keep(kept), score[kept], weight[kept]
    return rows, score, weight


def _levelled(score: Values, rater: Values, roles: int) -> Values:
    """Give each rater role's scores the mean and spread of all scores: some judge all mildly."""
    known = ~np.isnan(score)
    if known.sum() < 2 or np.std(score[known]) == 0:
        return score
    mean, spread = np.mean(score[known]), np.std(score[known])
    levelled = score.copy()
    for role in range(roles):
        own = known & (rater == role)
        own_spread = np.std(score[own]) if own.any() else 0.0
        if own_spread > 0:
            levelled[own] = mean + (score[own] - np.mean(score[own])) / own_spread * spread
    return levelled


def _skill_score(view: View) -> Cells:
    rows, score, weight = skill_rows(view)
    counts = weight > 0
    rows, score, weight = rows.keep(counts), score[counts], weight[counts]
    return ratio(view, rows, score * weight, weight)


_REPS = {"reps": ("rep_id",)}

METRICS = (
    Metric("headcount", "M65", "team", "count", "none", "sum", "# people", needs=_REPS,
           dims=STAFF_CUTS, compute=_headcount, starts=""),
    Metric("full_time_people", "M13", "team", "count", "none", "sum", "Σ full-time share of days",
           needs=_REPS, dims=STAFF_CUTS, compute=staff_months, starts=""),
    Metric("ramp_months", "M64", "team", "months", "down", "recompute",
           "median (first deal − hire)", needs={"reps": ("hire_date",), "orders": ("rep_id",)},
           dims=STAFF_CUTS, compute=_ramp_months, few="events", starts="orders"),
    Metric("staff_turnover", "M65", "team", "ratio", "down", "ratio", "# leavers", "average heads",
           needs={"reps": ("hire_date",)}, dims=STAFF_CUTS, compute=_staff_turnover, starts=""),
    Metric("training_coverage", "M66", "team", "ratio", "up", "ratio", "# trained", "# people",
           needs={"reps": ("rep_id",), "training": ("rep_id",)}, dims=STAFF_CUTS,
           compute=_training_coverage, starts="training"),
    Metric("training_pass_rate", "M66", "team", "ratio", "up", "ratio", "# passed", "# examined",
           needs={"training": ("passed",)}, dims=("topic", *STAFF_CUTS),
           compute=_training_pass_rate, few="trials"),
    Metric("training_sessions", "M66", "team", "count", "none", "distinct", "# sessions",
           needs={"training": ("session_id",)}, dims=("topic", *STAFF_CUTS),
           compute=_training_sessions),
    Metric("crm_adoption", "M68", "team", "ratio", "up", "ratio", "# who log enough", "# people",
           needs={"reps": ("rep_id",), "activities": ("rep_id",)}, dims=STAFF_CUTS,
           compute=_crm_adoption, starts="activities"),
    Metric("skill_score", "M69", "team", "score", "up", "ratio", "Σ weight · score", "Σ weight",
           needs={"assessments": ("score", "rater_role", "dimension")},
           dims=("rep", "team", "role", "region", "dimension", "rater_role"),
           compute=_skill_score, starts=""),
    Metric("senior_share", "M70", "team", "ratio", "up", "ratio", "# senior", "# people",
           needs={"reps": ("industry_years",)}, dims=STAFF_CUTS, compute=_senior_share, starts=""),
    Metric("mentoring_pairs", "M70", "team", "count", "up", "sum", "# with a mentor",
           needs={"reps": ("mentor_id",)}, dims=STAFF_CUTS, compute=_mentoring_pairs, starts=""),
)  # fmt: skip
