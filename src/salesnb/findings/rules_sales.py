"""Rules about sales: the target, the change since last year, what moved it."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import pandas as pd

from salesnb.findings.catalogue import rule
from salesnb.findings.finding import Finding
from salesnb.findings.lens import Lens
from salesnb.findings.posts import is_replaced, owners
from salesnb.findings.silence import silences, yearly_amounts
from salesnb.findings.spans import inside, months, over, spans
from salesnb.language import is_missing

BAD_ATTAINMENT = 0.9
SURELY_SILENT = 0.01
"""Chance, over all large customers, of a silence that is not put down to chance."""
MATERIAL_SHARE = 0.01
"""What is smaller than this share of a quarter's sales is not worth a finding."""


@rule("goal", "targets")
def goal(lens: Lens) -> Iterator[Finding]:
    """Target missed, beaten, or out of reach at the present pace."""
    whole = lens.against("net_sales", "target")
    if pd.isna(whole["attainment"]):
        return
    values = {
        "period": lens.period,
        "attainment": whole["attainment"],
        "gap": whole["change"],
        "actual": whole["current"],
        "target": whole["base"],
    }
    if not lens.finished:
        yield from _pace(lens, values)
        return
    partly = not targets_cover_sales(lens)
    if whole["change"] >= 0:
        yield Finding(
            "goal_met",
            "good",
            impact=whole["change"],
            values=values,
            section="attainment",
            variant="partly" if partly else "text",
        )
        return
    severity = "bad" if whole["attainment"] < BAD_ATTAINMENT else "warn"
    lines = lens.compare("net_sales", "target", ["product_line"])
    lines = lines[lines["change"].notna()].sort_values("change")
    if len(lines) > 1 and lines["change"].iloc[0] < 0:
        worst = lines.iloc[0]
        values |= {
            "worst": worst["product_line"],
            "worst_gap": worst["change"],
            "worst_attainment": worst["attainment"],
        }
        variant = "by_line"
    else:
        variant = "partly" if partly else "text"
    yield Finding(
        "goal_gap",
        severity,
        impact=whole["change"],
        values=values,
        section="attainment",
        variant=variant,
    )


def targets_cover_sales(lens: Lens) -> bool:
    """Whether the targets of the period speak of all sales, not of one channel's or line's only."""
    covered = lens.against("net_sales", "target")["current"]
    sales = lens.value("net_sales").value
    return is_missing(covered) or sales is None or abs(covered - sales) <= 0.005 * abs(sales)


def _pace(lens: Lens, values: dict[str, object]) -> Iterator[Finding]:
    """Say where an unfinished period stands against the share that should be done by now.

    Nothing where the targets speak of some sales or some months only: where all of them end up
    is not to be held against those.
    """
    expected, landing = lens.value("pace"), lens.value("landing")
    if not landing or not values["target"]:
        return
    if not lens.target("net_sales", lens.period) or not targets_cover_sales(lens):
        return
    share = landing.value / float(values["target"])  # type: ignore[operator,arg-type]
    values |= {
        "as_of": lens.as_of,
        "landing": landing.value,
        "share": share,
        "pace": expected.value,
    }
    gap = landing.value - float(values["target"])  # type: ignore[operator,arg-type]
    if share < 1:
        severity = "bad" if share < BAD_ATTAINMENT else "warn"
        yield Finding("pace_behind", severity, impact=gap, values=values, section="attainment")
    else:
        yield Finding("pace_ahead", "good", impact=gap, values=values, section="attainment")


@rule("growth")
def growth(lens: Lens) -> Iterator[Finding]:
    """Sales against the same time last year, raw and for the same working days."""
    year = lens.against("net_sales", "year")
    if pd.isna(year["growth"]):
        return
    adjusted = lens.against("net_sales", "year", workday_adjusted=True)
    fair = year["growth"] if pd.isna(adjusted["growth"]) else adjusted["growth"]
    values = {
        "period": lens.period,
        "growth": year["growth"],
        "adjusted": fair,
        "change": year["change"],
    }
    same = abs(fair - year["growth"]) < 0.005
    if fair <= -0.05 and year["growth"] < 0:
        severity = "bad" if fair <= -0.15 else "warn"
        yield Finding(
            "sales_down",
            severity,
            impact=year["change"],
            values=values,
            section="trend",
            variant="same_days" if same else "text",
        )
    elif fair >= 0.05 and year["growth"] > 0:
        yield Finding(
            "sales_up",
            "good",
            impact=year["change"],
            values=values,
            section="trend",
            variant="same_days" if same else "text",
        )


@rule("price_cut", "orders.qty", "orders.product_id")
def price_cut(lens: Lens) -> Iterator[Finding]:
    """A line sold below its own prices of the year before, beyond their usual spread.

    Prices are compared product by product, so a change of mix is no change of price. The index
    of a month is what was paid over what the same units would have cost at the mean prices of the
    twelve months before; its spread over those months says what is usual.
    """
    sales = lens.dataset.frame("sales")
    if "product_line" not in sales.columns:
        return
    priced = sales["is_priced"] & (sales["qty"] > 0)
    sales = sales[["order_date", "product_line", "product_id", "qty", "amount"]][priced]
    part = spans(lens)
    before, recent = (
        inside(sales, "order_date", part.before),
        inside(sales, "order_date", part.recent),
    )
    totals = before.groupby("product_id", observed=True)[["amount", "qty"]].sum()
    usual = totals["amount"] / totals["qty"]
    now, past = _price_index(recent, usual), _price_index(before, usual)
    for line, rows in recent.groupby("product_line", observed=True):
        if line not in now.index or line not in past.index:
            continue
        index, worth, history = (
            now.loc[line, "index"],
            now.loc[line, "worth"],
            past.loc[line, "index"],
        )
        if len(history) < 8 or len(index) < 2 or rows["amount"].sum() <= 0:
            continue
        spread = max(float(history.std(ddof=1)), 0.002)
        level = float(np.average(index, weights=worth))
        if level > 1 - max(0.03, 4 * spread / math.sqrt(len(index))):
            continue
        year_ago = inside(sales[sales["product_line"] == line], "order_date", part.last_year)
        units, units_before = rows["qty"].sum(), year_ago["qty"].sum()
        impact = float(worth.sum() * (level - 1))
        more = units / units_before - 1 if units_before > 0 else math.nan
        if abs(impact) < MATERIAL_SHARE * recent["amount"].sum():
            continue
        yield Finding(
            "price_cut",
            "bad",
            scope={"product_line": str(line)},
            impact=impact,
            values={
                "line": line,
                "price_change": level - 1,
                "units_change": more,
                "impact": impact,
                "since": part.recent.start,
            },
            section="products",
            variant="text" if more == more else "no_history",
        )


def _price_index(rows: pd.DataFrame, usual: pd.Series) -> pd.DataFrame:
    """Give what was paid over what the same units would have cost at usual prices.

    Returns
    -------
    One row for each product line and month with known products: `worth` (at usual prices) and
    `index`.
    """
    worth = rows["product_id"].map(usual).astype(float) * rows["qty"]
    month = rows["order_date"].to_numpy().astype("datetime64[M]")
    known = rows.assign(worth=worth, month=month)[worth.notna()]
    keys = ["product_line", "month"]
    sums = known.groupby(keys, observed=True)[["amount", "worth"]].sum()
    return sums.assign(index=sums["amount"] / sums["worth"]).dropna(subset="index")


@rule("margin_down", "orders.cost")
def margin_down(lens: Lens) -> Iterator[Finding]:
    """Gross margin well below the same time last year."""
    if not lens.has("orders", "cost"):
        return
    now, base = lens.value("gross_margin"), lens.value("gross_margin", lens.period.last_year)
    if not now or not base or now.reason or base.reason:
        return
    fall = now.value - base.value  # type: ignore[operator]
    if fall <= -0.02:
        impact = fall * (now.denominator or 0.0)
        values = {"margin": now.value, "base": base.value, "change": fall, "impact": impact}
        yield Finding("margin_down", "warn", impact=impact, values=values, section="margin")


@rule("region_low")
def region_low(lens: Lens) -> Iterator[Finding]:
    """Sales below last year's for so many months running that chance does not explain it."""
    pairs = [
        lens.against("net_sales", "year", workday_adjusted=True, period=month)["growth"]
        for month in months(lens, 8)
        if month.kind == lens.period.kind
    ]
    if len(pairs) == 8 and all(growth == growth and growth < 0 for growth in pairs):
        mean = float(np.mean(pairs))
        values = {"count": len(pairs), "mean": mean}
        yield Finding("region_low", "bad", values=values, section="signals")


@rule("key_customer_lost", "orders.customer_id")
def key_customer_lost(lens: Lens) -> Iterator[Finding]:
    """A large, regular customer silent for longer than chance allows at its own rhythm.

    Orders are taken as Poisson at the customer's own rate of the twelve months before the last
    order; the chance of such a silence is compared with 1 % over all customers looked at.
    """
    base = yearly_amounts(lens)
    size = max(
        lens.dataset.settings.key_account_amount, 2 * MATERIAL_SHARE * float(base.sum()), 1.0
    )
    large = base[base >= size]
    if large.empty:
        return
    part = spans(lens)
    year = over(lens, months(lens, 12, 3))
    for row in silences(lens, large.index).to_dict("records"):
        if row["chance"] * len(large) > SURELY_SILENT:
            continue
        customer, last = row["customer"], row["last"]
        from_day = max(last, part.recent.start)
        impact = -float(large[customer]) / year.days * (lens.as_of - from_day).days
        name = _name(lens, "customers", "customer_id", customer)
        yield Finding(
            "key_customer_lost",
            "bad",
            scope={"customer": customer},
            impact=impact,
            values={
                "customer": name,
                "last": last,
                "silent": row["silent"],
                "gap": round(row["gap"]),
                "base": float(large[customer]),
                "impact": impact,
            },
            section="customers",
        )


@rule("vacancy", "reps.leave_date", "orders.rep_id")
def vacancy(lens: Lens) -> Iterator[Finding]:
    """A post left empty, and the sales of its customers down more than those of the others."""
    reps = lens.dataset.frame("reps")
    start = pd.Timestamp(over(lens, months(lens, 6)).start)
    end = pd.Timestamp(lens.as_of)
    gone = reps[reps["leave_date"].between(start, end)]
    if gone.empty:
        return
    sales = lens.dataset.frame("sales")
    owner = owners(lens, sales)
    for person in gone.sort_values("rep_id").to_dict("records"):
        left = person["leave_date"]
        if is_replaced(reps, person):
            continue
        own = sales["customer_id"].map(owner).astype(object) == person["rep_id"]
        now = _between(sales, left + pd.Timedelta(days=1), end)
        year = pd.Timedelta(days=364)
        then = _between(sales, left + pd.Timedelta(days=1) - year, end - year)
        kept, base = (
            now.loc[own.reindex(now.index), "amount"].sum(),
            then.loc[own.reindex(then.index), "amount"].sum(),
        )
        others = now["amount"].sum() - kept
        others_base = then["amount"].sum() - base
        if base <= 0 or others_base <= 0:
            continue
        expected = base * others / others_base
        impact = float(kept - expected)
        if kept / expected - 1 > -0.2 or abs(impact) < MATERIAL_SHARE * now["amount"].sum():
            continue
        yield Finding(
            "vacancy",
            "bad",
            scope={"rep": str(person["rep_id"])},
            impact=impact,
            values={
                "rep": person["name"],
                "left": left.date(),
                "growth": float(kept / base - 1),
                "others": float(others / others_base - 1),
                "impact": impact,
            },
            section="attainment",
        )


def _between(frame: pd.DataFrame, start: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
    return frame[(frame["order_date"] >= start) & (frame["order_date"] <= end)]


def _name(lens: Lens, table: str, key: str, value: str) -> str:
    """Give the name that belongs to an id, or the id where there is no name."""
    if not lens.has(table, "name"):
        return value
    rows = lens.dataset.frame(table)
    found = rows.loc[rows[key].astype(object) == value, "name"]
    return str(found.iloc[0]) if len(found) else value
