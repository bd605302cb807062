"""From a lead to an order: how many, how good, how fast, where they are lost."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd

from salesnb.metrics.buyers import next_day, stamp
from salesnb.metrics.cells import Cells, Values, beside, days, divided, marked
from salesnb.metrics.metric import IMMATURE, ZERO, Metric, View, count, over, rate, ratio, total
from salesnb.metrics.rows import Rows
from salesnb.metrics.sales import medians
from salesnb.period import Window

LEAD_CUTS = (
    "region", "team", "rep", "channel", "campaign", "industry", "size", "province", "customer",
    "customer_tier", "month", "quarter", "year",
)  # fmt: skip
DEAL_CUTS = (
    "region", "team", "rep", "product", "product_line", "tier", "product_group", "industry", "size",
    "province", "customer", "customer_tier", "stage", "competitor", "loss_reason", "month",
    "quarter", "year",
)  # fmt: skip
ACTIVITY_CUTS = (
    "region", "team", "rep", "type", "industry", "size", "province", "customer", "customer_tier",
    "weekday", "hour", "month", "quarter", "year",
)  # fmt: skip

EVER = date(1700, 1, 1)
HOUR = np.timedelta64(1, "h")


# Leads ---------------------------------------------------------------------------------------


def leads(view: View) -> Cells:
    """Count the leads created in the window."""
    return count(view, view.rows("leads", "created"))


def _valid_lead_rate(view: View) -> Cells:
    rows = view.rows("leads", "created").where("verdict", ["valid", "invalid"])
    return rate(view, rows, rows.among("verdict", ["valid"]))


def _lead_conversion(view: View) -> Cells:
    if view.settings.conversion == "period":
        base = count(view, _base_leads(view, view.rows("leads", "created")))
        return over(count(view, view.rows("leads", "converted_date")), base)
    rows = _base_leads(view, view.rows("leads", "created"))
    as_of = view.dataset.as_of
    horizon_days = view.settings.conversion_days
    created = rows.values("created").astype("datetime64[D]")
    horizon = np.timedelta64(horizon_days or 1_000_000, "D")
    by_when = np.minimum(created + horizon, stamp(as_of))
    converted = rows.values("converted_date").astype("datetime64[D]") <= by_when
    # A lead too young to have had its time says nothing yet, whether converted or not (E14).
    mature = np.asarray(created + horizon <= stamp(as_of)) | (not horizon_days)
    found = rows.sums(view.by, numerator=converted & mature, denominator=mature, young=~mature)
    young = (found["denominator"] == 0) & (found["young"] > 0)
    return found.plus(n=found["denominator"], reason=marked(young, IMMATURE))


def _base_leads(view: View, rows: Rows) -> Rows:
    if view.settings.lead_base == "all" or "verdict" not in rows.frame.columns:
        return rows
    return rows.where("verdict", ["valid"])


def _follow_up_rate(view: View) -> Cells:
    return answered_in_time(
        view, view.rows("leads", "created"), "created", view.settings.follow_up_hours
    )


def answered_in_time(view: View, rows: Rows, opened: str, hours: Values | float) -> Cells:
    """Give the share answered in time of what should have been answered by now.

    What is unanswered past its time is missed; what still has time is not counted.
    """
    start = rows.values(opened)
    limit = start + (np.asarray(hours, dtype=float) * 3600).astype("timedelta64[s]")
    answer = rows.values("first_response")
    now = stamp(next_day(view.dataset.as_of))
    met = (answer <= limit) & (answer < now)
    due = met | (limit < now)
    return rate(view, rows.keep(due), met[due])


# Deals ---------------------------------------------------------------------------------------


def closed_deals(view: View) -> tuple[Rows, Values]:
    """Give the deals won or lost in the window, and which were won."""
    rows = view.rows("opportunities", "close_date", Window(view.window.start, view.end))
    rows = rows.where("outcome", ["won", "lost"])
    return rows, rows.among("outcome", ["won"])


def open_deals(view: View, day: date) -> Rows:
    """Give the deals open at the end of a day: created by then and not closed."""
    rows = view.rows("opportunities", "created", Window(EVER, day))
    closed = rows.among("outcome", ["won", "lost"])
    # A deal without a day of closing is as it stands in the data.
    if "close_date" in rows.frame.columns:
        closed &= ~(rows.values("close_date") > stamp(day))
    return rows.keep(~closed)


def _win_rate(view: View) -> Cells:
    rows, won = closed_deals(view)
    weight = rows.values("amount") if view.settings.win_rate_by == "amount" else np.ones(len(rows))
    return ratio(view, rows, np.where(won, weight, 0.0), weight)


def _sales_cycle_days(view: View) -> Cells:
    rows, won = closed_deals(view)
    rows = rows.keep(won)
    return medians(view, rows, cycle_days(rows))


def cycle_days(rows: Rows) -> Values:
    """Give the days from creation to close of each deal."""
    closed = rows.values("close_date").astype("datetime64[D]")
    return days(closed, rows.values("created").astype("datetime64[D]"))


def _loss_share(view: View) -> Cells:
    """Give each part's share of the lost deals that `where` leaves, without its own dimensions."""
    rows, won = closed_deals(view)
    rows = rows.keep(~won)
    found = count(view, rows).renamed(value="numerator")
    kept = _without(view, "loss_reason", "competitor", "stage")
    lost = float((~closed_deals(View(view.dataset, view.window, (), kept))[1]).sum())
    return found.plus(denominator=lost, n=lost)


def _without(view: View, *dimensions: str) -> dict[str, tuple[str, ...]]:
    return {name: values for name, values in view.where.items() if name not in dimensions}


def _stage_conversion(view: View) -> Cells:
    """Give the share of deals that reached a stage and went on to a later one.

    A deal has reached every stage up to its furthest, also those it skipped; a won deal has
    passed them all.
    """
    rows, won, reached, names = _furthest(view)
    if not names:
        return view.blank(ZERO)
    # Each deal once for every stage it reached.
    many = reached + 1
    deal = np.repeat(np.arange(len(rows)), many)
    stage = np.arange(len(deal)) - np.repeat(np.cumsum(many) - many, many)
    went_on = (reached[deal] > stage) | won[deal]
    frame = rows.frame.iloc[rows.at].iloc[deal]
    frame = frame.assign(stage=pd.Categorical.from_codes(stage, names))
    passed = Rows(frame, slice(None), rows.names)
    chosen = passed.among("stage", view.where.get("stage", names))
    return rate(view, passed.keep(chosen), went_on[chosen])


def _furthest(view: View) -> tuple[Rows, Values, Values, list[str]]:
    """Give deals, which were won, the place of the furthest stage each reached, and the stages."""
    plain = replace(view, where=_without(view, "stage"))
    if view.settings.stage_deals == "closed":
        rows, won = closed_deals(plain)
    else:
        rows = plain.rows("opportunities", "created")
        won = rows.among("outcome", ["won"])
    names = stages(view)
    place = {name: number for number, name in enumerate(names)}
    reached = _stage_numbers(rows, place)
    if view.dataset.has("opp_stage_history"):
        history = view.dataset.frame("opp_stage_history")
        number = pd.Series(_stage_numbers(Rows(history, slice(None), {}), place))
        deepest = number.groupby(history["opp_id"].to_numpy()).max()
        ids = rows.texts("opp_id")
        passed = ids.map(deepest).fillna(-1).to_numpy(dtype=int)
        # The stage a lost deal ended in is where it was closed, not how far it came.
        reached = np.where(passed >= 0, passed, reached)
    last = len(names) - 1
    return rows, won, np.clip(np.where(won, last, reached), 0, None), names


def _stage_numbers(rows: Rows, place: dict[str, int]) -> Values:
    codes, labels = rows.codes("stage")
    return np.array([place.get(str(label), -1) for label in labels], dtype=int)[codes]


def stages(view: View) -> list[str]:
    """List the stages deals go through, in order; the outcomes won and lost are none.

    The order is `stage_order`, or else the mean place of each stage in the deals' histories.
    """
    return view.dataset.kept("stages", lambda: _ordered_stages(view))


_OUTCOMES = ("won", "lost", "赢单", "输单", "closed won", "closed lost", "unmapped")


def _ordered_stages(view: View) -> list[str]:
    tables = ("opportunities", "opp_stage_history")
    place: dict[str, float] = {}
    for table in tables:
        if view.dataset.has(table):
            # What the history knows comes last and holds.
            place |= _stage_places(view.dataset.frame(table))
    names = [name for name in place if name.casefold() not in _OUTCOMES]
    return sorted(names, key=lambda name: (place[name], name))


def _stage_places(frame: pd.DataFrame) -> dict[str, float]:
    """Give the mean place of each stage among the others."""
    names = frame["stage"].astype("str")
    if "stage_order" in frame.columns:
        place = frame["stage_order"]
    elif "entered" in frame.columns:
        place = frame.sort_values("entered", kind="stable").groupby("opp_id").cumcount()
    else:
        # Without any order: the more deals have been seen in a stage, the earlier it is.
        place = -names.map(names.value_counts())
    means = place.groupby(names).mean().dropna()
    return {str(name): float(value) for name, value in means.items()}


def _process_adherence(view: View) -> Cells:
    """Give the share of closed deals that passed every mandatory stage, each after the one before.

    A lost deal must have done so up to the last mandatory stage it reached.
    """
    rows, won = closed_deals(view)
    must = list(view.settings.mandatory_stages) or stages(view)
    if not must:
        # Where no stage is known, no deal can be judged.
        none = np.zeros(len(rows), dtype=bool)
        return rate(view, rows.keep(none), none[:0])
    history = view.dataset.frame("opp_stage_history")
    wide = (
        history[history["stage"].isin(must)]
        .groupby(["opp_id", "stage"], observed=True)["entered"]
        .min()
        .unstack("stage")
    )
    wide = wide.reindex(columns=must).reindex(rows.texts("opp_id"))
    entered = wide.to_numpy().astype("datetime64[s]")
    there = ~np.isnat(entered)
    # How many stages from the first are there without a gap, and in order.
    in_order = np.ones_like(there)
    for place in range(1, len(must)):
        in_order[:, place] = ~there[:, place] | (entered[:, place] >= entered[:, place - 1])
    furthest = np.where(there.any(axis=1), there.shape[1] - 1 - there[:, ::-1].argmax(axis=1), -1)
    wanted = np.where(won, len(must) - 1, furthest)
    needed = np.arange(len(must))[None, :] <= wanted[:, None]
    kept = ((there & in_order) | ~needed).all(axis=1) & (wanted >= 0)
    return rate(view, rows, kept)


def _stalled_deals(view: View) -> Cells:
    rows = open_deals(view, view.end)
    rows = rows.keep(is_stalled(view, rows))
    return count(view, rows)


def is_stalled(view: View, rows: Rows) -> Values:
    """Tell which open deals stand in their stage longer than the quantile of won deals there."""
    history = view.dataset.frame("opp_stage_history")
    entered, stage = history["entered"], history["stage"].astype("str")
    last = history.sort_values("entered", kind="stable")
    last = last[last["entered"] < stamp(next_day(view.end))]
    last = last.drop_duplicates("opp_id", keep="last").set_index("opp_id")
    limits = _stage_limits(view, history, entered, stage)
    ids = rows.texts("opp_id")
    since = ids.map(last["entered"])
    limit = ids.map(last["stage"].astype("str")).map(limits).to_numpy(dtype=float)
    waited = days(stamp(next_day(view.end)), since.to_numpy())
    return np.nan_to_num(waited, nan=-1.0) > np.nan_to_num(limit, nan=np.inf)


def _stage_limits(
    view: View, history: pd.DataFrame, entered: pd.Series, stage: pd.Series
) -> pd.Series:
    """Give the days in each stage that the chosen share of won deals stayed below."""
    deals = view.dataset.frame("opportunities")
    won = deals.loc[deals["outcome"] == "won"].drop_duplicates("opp_id").set_index("opp_id")
    ordered = history.sort_values(["opp_id", "entered"], kind="stable")
    following = ordered.groupby("opp_id")["entered"].shift(-1)
    left = ordered["left"].fillna(following) if "left" in ordered.columns else following
    closed = ordered["opp_id"].map(won["close_date"])
    stayed = (left.fillna(closed) - ordered["entered"]) / np.timedelta64(1, "D")
    known = ordered["opp_id"].isin(won.index) & stayed.notna()
    return (
        stayed[known].groupby(stage[ordered.index][known]).quantile(view.settings.stalled_quantile)
    )


# What the pipeline is worth --------------------------------------------------------------------


def stage_chances(view: View) -> pd.Series:
    """Give the chance that a deal in each stage is won, from the deals closed by now.

    Of the deals that reached a stage, the share won, with some deals' worth of the overall share
    mixed in (`stage_prior`), so that a stage few deals have seen is not certain of anything.

    Returns
    -------
    Chance by stage; empty when no deal is closed.
    """
    everything = View(view.dataset, Window(EVER, view.end))
    _, won, reached, names = _furthest(everything)
    if not len(won) or not names:
        return pd.Series(dtype=float)
    prior = view.settings.stage_prior
    # A won deal has been in the last stage, a lost one as far as it came.
    chance = [
        ((won & (reached >= place)).sum() + prior * won.mean()) / ((reached >= place).sum() + prior)
        if (reached >= place).sum() + prior > 0
        else won.mean()
        for place in range(len(names))
    ]
    return pd.Series(chance, index=names)


def _weighted_pipeline(view: View) -> Cells:
    rows = open_deals(view, view.end)
    return total(view, rows, rows.values("amount") * deal_chances(view, rows))


def deal_chances(view: View, rows: Rows) -> Values:
    """Give each deal's chance: of its stage in own history; without history what is entered."""
    if not view.dataset.has("opportunities", "close_date"):
        return _entered_chances(rows)
    chances = view.dataset.kept(("stage_chances", view.end), lambda: stage_chances(view))
    codes, labels = rows.codes("stage")
    if len(chances):
        overall = float(chances.iloc[0])
        return labels.to_series().astype("str").map(chances).fillna(overall).to_numpy()[codes]
    return _entered_chances(rows)


def _entered_chances(rows: Rows) -> Values:
    if "probability" in rows.frame.columns:
        return np.nan_to_num(rows.values("probability"))
    return np.zeros(len(rows))


def _sales_velocity(view: View) -> Cells:
    """Give money a day: open deals × win rate × size of a won deal ÷ days to win."""
    rows, won = closed_deals(view)
    closed = rows.sums(
        view.by,
        won=won,
        amount=np.where(won, rows.values("amount"), 0.0),
        days=np.where(won, cycle_days(rows), 0.0),
    )
    open_now = count(view, open_deals(view, view.end)).renamed(value="open").without("n")
    both = beside(closed, open_now)
    # Size and days are means over won deals, so their counts cancel.
    win_rate = divided(both["won"], both["n"])
    return both.plus(value=both["open"] * win_rate * divided(both["amount"], both["days"]))


# Activities ----------------------------------------------------------------------------------


def _activity_rows(view: View) -> Rows:
    rows = replace(view, where=_without(view, "weekday", "hour")).rows("activities", "ts")
    if {"weekday", "hour"} & {*view.by, *view.where}:
        ts = rows.frame["ts"].dt
        # 1 is Monday, whatever day weeks begin on.
        weekday = (ts.day_of_week + 1).astype("str")
        hour = ts.hour.astype("str").str.zfill(2)
        rows = rows.plus(weekday=weekday.astype("category"), hour=hour.astype("category"))
        for name in ("weekday", "hour"):
            rows = rows.where(name, view.where[name]) if name in view.where else rows
    return rows


def _activities(view: View) -> Cells:
    return count(view, _activity_rows(view))


def _reply_rate(view: View) -> Cells:
    rows = _activity_rows(view)
    if view.settings.outreach_types and "type" in rows.frame.columns:
        rows = rows.where("type", view.settings.outreach_types)
    replied = rows.texts("replied")
    known = replied.notna().to_numpy()
    return rate(view, rows.keep(known), replied.to_numpy()[known].astype(bool))


def _follow_ups_per_deal(view: View) -> Cells:
    """Give the activities on deals over the deals that were open at some time in the window."""
    acts = view.rows("activities", "ts")
    acts = acts.keep(acts.texts("opp_id").notna().to_numpy())
    deals = view.rows("opportunities", "created", Window(EVER, view.end))
    closed = deals.values("close_date") < stamp(view.window.start)
    return over(count(view, acts), count(view, deals.keep(~closed)))


_DEAL = {"opportunities": ("outcome", "close_date", "stage")}
_HISTORY = {"opportunities": ("outcome", "close_date"), "opp_stage_history": ("stage",)}

METRICS = (
    Metric("leads", "M40", "funnel", "count", "up", "sum", "# leads", needs={"leads": ()},
           dims=LEAD_CUTS, compute=leads),
    Metric("valid_lead_rate", "M40", "funnel", "ratio", "up", "ratio", "# valid",
           "# valid or invalid", needs={"leads": ("verdict",)}, dims=LEAD_CUTS,
           compute=_valid_lead_rate, few="trials"),
    Metric("lead_conversion", "M41", "funnel", "ratio", "up", "ratio", "# converted", "# leads",
           needs={"leads": ("converted_date",)}, dims=LEAD_CUTS, compute=_lead_conversion,
           few="trials", choice="conversion"),
    Metric("stage_conversion", "M42", "funnel", "ratio", "up", "ratio", "# went on",
           "# reached the stage", needs=_DEAL, dims=DEAL_CUTS, compute=_stage_conversion,
           few="trials", own_cuts=("stage",)),
    Metric("win_rate", "M43", "funnel", "ratio", "up", "ratio", "won", "won + lost", needs=_DEAL,
           dims=DEAL_CUTS, compute=_win_rate, few="trials", choice="win_rate_by"),
    Metric("sales_cycle_days", "M44", "funnel", "days", "down", "recompute",
           "median (close − created) of won deals", needs=_DEAL, dims=DEAL_CUTS,
           compute=_sales_cycle_days, few="events"),
    Metric("weighted_pipeline", "M46", "funnel", "money", "up", "recompute", "Σ amount · chance",
           needs={"opportunities": ("amount", "outcome", "stage")}, dims=DEAL_CUTS,
           compute=_weighted_pipeline),
    Metric("sales_velocity", "M47", "funnel", "money", "up", "recompute",
           "open deals · win rate · deal size", "days to win",
           needs={"opportunities": ("amount", "outcome", "close_date")}, dims=DEAL_CUTS,
           compute=_sales_velocity, few="trials"),
    Metric("stalled_deals", "M48", "funnel", "count", "down", "recompute",
           "# open deals too long in a stage", needs=_HISTORY, dims=DEAL_CUTS,
           compute=_stalled_deals),
    Metric("activities", "M49", "funnel", "count", "up", "sum", "# activities",
           needs={"activities": ()}, dims=ACTIVITY_CUTS, compute=_activities,
           own_cuts=("weekday", "hour")),
    Metric("follow_up_rate", "M50", "funnel", "ratio", "up", "ratio", "# answered in time", "# due",
           needs={"leads": ("first_response",)}, dims=LEAD_CUTS, compute=_follow_up_rate,
           few="trials"),
    Metric("follow_ups_per_deal", "M50", "funnel", "multiple", "up", "ratio",
           "# activities on deals", "# open deals",
           needs={"activities": ("opp_id",), "opportunities": ("close_date",)},
           dims=("region", "team", "rep"), compute=_follow_ups_per_deal,
           also_cut=("opportunities",)),
    Metric("reply_rate", "M51", "funnel", "ratio", "up", "ratio", "# replied", "# tries",
           needs={"activities": ("replied",)}, dims=ACTIVITY_CUTS, compute=_reply_rate,
           few="trials", own_cuts=("weekday", "hour")),
    Metric("loss_share", "M53", "funnel", "ratio", "none", "recompute", "# lost in this way",
           "# lost", needs={"opportunities": ("outcome", "close_date")}, dims=DEAL_CUTS,
           compute=_loss_share, few="trials"),
    Metric("process_adherence", "M71", "funnel", "ratio", "up", "ratio", "# with all stages",
           "# closed", needs=_HISTORY, dims=DEAL_CUTS, compute=_process_adherence, few="trials"),
)  # fmt: skip
