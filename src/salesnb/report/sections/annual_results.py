"""What was sold in the year: the mix of products, deals and their size, the balance of regions."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from salesnb.figures.bars import draw_bars
from salesnb.figures.bridge import draw_bridge
from salesnb.language import is_missing
from salesnb.metrics.compare import target_value
from salesnb.report.blocks import Block, group, lead, note
from salesnb.report.bullets import bullet_rows
from salesnb.report.charts import chart
from salesnb.report.review import Review, section
from salesnb.report.sections.annual_parts import (
    Kept,
    about,
    direction,
    held,
    kept,
    told,
)
from salesnb.report.sections.attainment import coverage
from salesnb.report.sections.parts import (
    beside,
    dimension_name,
    labelled,
    name_of,
    scope_name,
    value_name,
)
from salesnb.report.tables import Col, table

_FEW = 12
_SMALL = 0.005
"""A share that moves by less has not moved."""


def product_dimension(review: Review) -> str:
    """Give what products are cut by: groups or lines, whichever are few; "" where neither are."""
    cuts = review.lens.dimensions("net_sales")
    known = [name for name in ("product_group", "product_line") if name in cuts]
    few = [name for name in known if len(review.lens.measure("net_sales", [name])) <= _FEW]
    return next(iter([*few, *known]), "")


def mix(review: Review, dimension: str) -> pd.DataFrame:
    """Give each part's sales beside last year with its share, kept as facts.

    Returns
    -------
    One row for each part, largest first: the dimension, `label`, `current`, `base`, `growth`,
    `share`, `base_share`, `shift` (points), `part` (its change over the whole's base; the parts
    add up to the whole's growth).
    """
    lens, last = review.lens, review.period.last_year
    rows = lens.compare("net_sales", "year", [dimension])
    whole = lens.against("net_sales", "year")
    rows = labelled(review, rows, dimension)
    total, before = whole["current"], whole["base"]
    rows["share"] = rows["current"].fillna(0.0) / total if total else np.nan
    known = not is_missing(before) and bool(before)
    rows["base_share"] = rows["base"].fillna(0.0) / before if known else np.nan
    rows["shift"] = rows["share"] - rows["base_share"]
    rows["part"] = rows["change"] / before if known else np.nan
    span = {} if lens.finished else {"span": "same_days"}
    for row in rows.to_dict("records"):
        scope = {dimension: str(row[dimension])}
        kept(review, "share", row["share"], "ratio", scope, numerator=row["current"],
             denominator=total, reason="zero_denominator")  # fmt: skip
        if known:
            kept(review, "share", row["base_share"], "ratio", scope | span, last,
                 numerator=row["base"], denominator=before)  # fmt: skip
            kept(review, "share_change", row["shift"], "points", scope)
            kept(review, "growth_contribution", row["part"], "ratio", scope,
                 numerator=row["change"], denominator=before)  # fmt: skip
    return rows.sort_values("current", ascending=False, kind="stable")


@section("annual_products", "orders.product_id")
def annual_products(review: Review) -> Block:
    """Show how the mix of products moved, what each added to growth, and units sold."""
    dimension = product_dimension(review)
    if not dimension:
        return note(review.language("annual.no_product_groups"))
    rows = mix(review, dimension)
    other = {"product_group": "product_line", "product_line": "product_group"}[dimension]
    finer = None
    if other in review.lens.dimensions("net_sales"):
        finer = _mix_table(review, other, mix(review, other))
    return group(
        told(review, *_mix_words(review, dimension, rows)),
        _mix_bridge(review, dimension, rows),
        _mix_table(review, dimension, rows),
        finer,
    )


def _fact(review: Review, row: Mapping[str, object], dimension: str, name: str) -> Kept | None:
    """Give one number of a row of `mix` with its fact."""
    value = row[name]
    if is_missing(value):
        return None
    scope = {dimension: str(row[dimension])}
    metric = {"share": "share", "base_share": "share", "growth": "growth_yoy",
              "current": "net_sales", "part": "growth_contribution"}[name]  # fmt: skip
    period = review.period
    if name == "base_share":
        period = period.last_year
        scope |= {} if review.lens.finished else {"span": "same_days"}
    return Kept(float(value), metric, scope, period)  # type: ignore[arg-type]


def _mix_words(review: Review, dimension: str, rows: pd.DataFrame) -> list[str]:
    """Say which part moved most, and the growth that its share and the company's growth imply."""
    growth = review.lens.against("net_sales", "year")["growth"]
    moved = rows[rows["shift"].notna()]
    if moved.empty or is_missing(growth):
        return [review.language("annual.mix_none", dimension=dimension_name(review, dimension))]
    whole = Kept(float(growth), "growth_yoy", {}, review.period)
    most = moved.loc[moved["shift"].abs().idxmax()].to_dict()
    if abs(most["shift"]) < _SMALL:
        return [review.language("annual.mix_still", growth=whole)]
    values = {
        "name": most["label"],
        "share": _fact(review, most, dimension, "share"),
        "before": _fact(review, most, dimension, "base_share"),
        "growth": whole,
        "implied": _fact(review, most, dimension, "growth"),
    }
    way = "up" if most["shift"] > 0 else "down"
    key = f"mix_{way}" if values["implied"] is not None else "mix_new"
    said = [review.language(f"annual.{key}", **values)]
    if "qty" in review.store.columns("orders"):
        largest = rows.iloc[0].to_dict()
        units = review.lens.compare("units", "year", [dimension]).set_index(dimension)
        grown = units["growth"].get(largest[dimension])
        if not is_missing(grown):
            scope = about("units", {dimension: str(largest[dimension])})
            more = Kept(float(grown), "growth_yoy", scope, review.period)  # type: ignore[arg-type]
            said.append(
                review.language(
                    f"annual.units_{direction(more)}",
                    name=largest["label"],
                    share=_fact(review, largest, dimension, "share"),
                    units=more,
                )
            )
    return said


def _mix_bridge(review: Review, dimension: str, rows: pd.DataFrame) -> Block | None:
    """Draw the way from last year to this one over the parts."""
    language, whole = review.language, review.lens.against("net_sales", "year")
    if is_missing(whole["base"]) or is_missing(whole["change"]) or len(rows) < 2 or len(rows) > 12:
        return None
    rows = rows[rows["change"].notna()].sort_values("change", ascending=False)
    steps = rows[["label", "change"]].rename(columns={"change": "value"}).assign(kind="change")
    first = {"label": language("annual.before"), "value": whole["base"], "kind": "total"}
    last = {"label": language("report.actual"), "value": whole["current"], "kind": "total"}
    bars = pd.concat([pd.DataFrame([first]), steps, pd.DataFrame([last])], ignore_index=True)
    most = rows.loc[rows["change"].abs().idxmax()]
    scope = {dimension: str(most[dimension])}
    title = review.language(
        "annual.mix_title",
        name=most["label"],
        change=kept(review, "change_yoy", most["change"], "money", scope),
        whole=kept(review, "change_yoy", whole["change"], "money"),
    )
    subtitle = f"{name_of(review, 'net_sales')} · {scope_name(review)}"
    return chart(draw_bridge(bars, language, title=title, subtitle=subtitle), language)


def _mix_table(review: Review, dimension: str, rows: pd.DataFrame) -> Block:
    """Show sales, shares, contribution to growth, units, and what key accounts bought."""
    lens, language = review.lens, review.language
    columns = [
        Col("label", dimension_name(review, dimension)),
        Col("current", name_of(review, "net_sales"), "bar"),
        Col("share", language("report.share"), "percent"),
        Col("shift", language("annual.share_shift"), "points"),
        Col("growth", language("report.versus.year"), "delta", "percent", "up"),
        Col("part", language("annual.growth_part"), "points", wide_only=True),
    ]
    whole = lens.against("net_sales", "year")
    total = {"label": language("report.total"), **whole, "share": 1.0, "part":
             whole["growth"], "shift": None}  # fmt: skip
    if lens.has("orders", "qty"):
        units = lens.compare("units", "year", [dimension])
        rows = beside(rows, units, dimension, units="growth")
        total["units"] = lens.against("units", "year")["growth"]
        columns.append(
            Col("units", language("annual.units_growth"), "delta", "percent", "up", wide_only=True)
        )
    if lens.has("orders", "customer_id"):
        bought = lens.measure("key_account_revenue_share", [dimension])
        rows = beside(rows, bought, dimension, key="value")
        total["key"] = lens.value("key_account_revenue_share").value
        columns.append(Col("key", language("annual.by_key_accounts"), "percent", wide_only=True))
    caption = language(
        "report.by",
        metric=name_of(review, "net_sales"),
        dimension=dimension_name(review, dimension),
        scope=scope_name(review),
    )
    return table(rows, columns, language, caption, total=total, max_rows=12)


# Deals ----------------------------------------------------------------------------------------


@section("annual_deals", "orders.order_id")
def annual_deals(review: Review) -> Block:
    """Take the growth of each part apart: more orders, or larger ones."""
    lens, language = review.lens, review.language
    dimension = product_dimension(review)
    by = [dimension] if dimension else []
    parts = {
        metric: lens.compare(metric, "year", by)
        for metric in ("net_sales", "orders", "average_order_value")
    }
    rows = parts["net_sales"].rename(columns={"growth": "sales", "change": "more"})
    rows = rows[[*by, "current", "base", "sales", "more"]]
    for metric, name in (("orders", "orders"), ("average_order_value", "size")):
        names = {f"{name}_now": "current", f"{name}_then": "base", name: "growth"}
        part = parts[metric]
        if by:
            rows = beside(rows, part, dimension, **names)
        else:
            rows = rows.assign(**{new: part[column] for new, column in names.items()})
    label = labelled(review, rows, dimension) if by else rows.assign(label=language("annual.all"))
    rows = _effects(review, label, by).sort_values("current", ascending=False)
    focus = _focus(rows)
    said = _deal_words(review, focus, by) if focus is not None else None
    if said is None:
        said = language("annual.deals_none")
    columns = [
        Col("label", dimension_name(review, dimension or "region")),
        Col("sales", language("annual.sales_growth"), "delta", "percent", "up"),
        Col("orders_now", name_of(review, "orders"), "count", wide_only=True),
        Col("orders", language("annual.orders_growth"), "delta", "percent", "up"),
        Col("size_now", name_of(review, "average_order_value"), "money", digits=1, wide_only=True),
        Col("size", language("annual.size_growth"), "delta", "percent", "up"),
        Col("by_orders", language("annual.by_orders"), "delta", "money", "up", wide_only=True),
        Col("by_size", language("annual.by_size"), "delta", "money", "up", wide_only=True),
    ]  # fmt: skip
    caption = language("annual.deals", scope=scope_name(review))
    notes = [language("annual.deals_note")]
    return group(lead(said), table(rows, columns, language, caption, notes=notes, max_rows=12))


def _effects(review: Review, rows: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Split each part's change between the number of orders and their size, kept as facts.

    Each factor counts at the mean of the other's two values (Shapley), so both add up to the
    change, forwards and backwards.
    """
    more, larger = rows["orders_now"] - rows["orders_then"], rows["size_now"] - rows["size_then"]
    rows = rows.assign(
        by_orders=more * (rows["size_now"] + rows["size_then"]) / 2,
        by_size=larger * (rows["orders_now"] + rows["orders_then"]) / 2,
    )
    for row in rows.to_dict("records"):
        scope = {name: str(row[name]) for name in by}
        for name in ("by_orders", "by_size"):
            kept(review, "bridge", row[name], "money", scope | {"effect": name})
    return rows


def _focus(rows: pd.DataFrame) -> dict[str, object] | None:
    """Choose the part whose sales moved most in money, of those whose orders are known."""
    known = rows[rows["sales"].notna() & rows["orders"].notna() & rows["size"].notna()]
    return None if known.empty else known.loc[known["more"].abs().idxmax()].to_dict()


def _deal_words(review: Review, row: dict[str, object], by: list[str]) -> str:
    """Say what orders and sales imply for the average order."""
    where = {name: str(row[name]) for name in by}

    def grown(name: str, metric: str) -> Kept:
        return Kept(float(row[name]), "growth_yoy", about(metric, where), review.period)  # type: ignore[arg-type]

    values = {
        "name": row["label"],
        "sales": grown("sales", "net_sales"),
        "orders": grown("orders", "orders"),
        "size": grown("size", "average_order_value"),
    }
    if direction(values["orders"]) == "flat":  # type: ignore[arg-type]
        key = "deals_size"
    elif direction(values["size"]) == "flat":  # type: ignore[arg-type]
        key = "deals_orders"
    elif (values["orders"] > 0) != (values["size"] > 0):  # type: ignore[operator]
        key = "deals_against"
    else:
        key = "deals_both"
    way = "up" if float(row["sales"]) > 0 else "down"  # type: ignore[arg-type]
    return review.language(f"annual.{key}_{way}", **values)


# Regions --------------------------------------------------------------------------------------


@section("annual_regions")
def annual_regions(review: Review) -> Block:
    """Show attainment by region and how even it is; for a region its place and its parts."""
    if not review.whole_company:
        return _own_region(review)
    rows = mix(review, "region")
    reached = held(review, ["region"])
    if not reached.empty:
        names = {"base": "target", "change": "gap"}
        added = reached[["region", "base", "change", "attainment"]].rename(columns=names)
        rows = rows.merge(added, on="region", how="left", validate="one_to_one")
        last = _last_attainment(review)
        rows["before"] = [last.get(str(name)) for name in rows["region"]]
    said = _balance(review, rows) if "attainment" in rows else []
    return group(
        told(review, *said) if said else note(review.language("report.no_targets")),
        coverage(review),
        _region_bars(review, rows),
        _region_table(review, rows),
    )


def _last_attainment(review: Review) -> dict[str, float]:
    """Give each region's attainment of the year before, kept as facts."""
    last = review.period.last_year
    rows = review.lens.compare("net_sales", "target", ["region"], period=last)
    rows = rows[rows["attainment"].notna()]
    return dict(zip(rows["region"].astype(str), rows["attainment"].astype(float), strict=True))


def _balance(review: Review, rows: pd.DataFrame) -> list[str]:
    """Say best and worst region, how far apart they are, and goals for attainment itself."""
    known = rows[rows["attainment"].notna()].astype({"attainment": float})
    if len(known) < 2:
        return []
    span = {} if review.lens.finished else {"span": "year_to_date"}
    order = known.sort_values("attainment")
    low, high = order.iloc[0], order.iloc[-1]

    def reached(row: pd.Series) -> Kept:
        scope = {"region": str(row["region"])} | span
        return Kept(float(row["attainment"]), "attainment", scope, review.period)

    spread = kept(review, "attainment_spread", float(high["attainment"] - low["attainment"]),
                  "points")  # fmt: skip
    weights = known["target"].to_numpy(float)
    mean = float(np.average(known["attainment"], weights=weights))
    variance = float(np.average((known["attainment"] - mean) ** 2, weights=weights))
    varies = float(np.sqrt(variance)) / mean if mean else None
    cv = kept(review, "attainment_cv", varies, "ratio", n=len(known), reason="zero_denominator")
    values = {"high": high["label"], "top": reached(high), "low": low["label"],
              "bottom": reached(low), "spread": spread, "cv": cv}  # fmt: skip
    said = [review.language("annual.balance", **values)]
    before = known["before"].dropna() if "before" in known else pd.Series(dtype=float)
    if review.lens.finished and len(before) == len(known):
        last = review.period.last_year
        was = kept(review, "attainment_spread", float(before.max() - before.min()), "points",
                   None, last)  # fmt: skip
        way = direction(float(spread or 0) - float(was or 0))
        said.append(review.language(f"annual.balance_{way}", before=was, last=last))
    return [*said, *_attainment_goals(review, known)]


def _attainment_goals(review: Review, rows: pd.DataFrame) -> list[str]:
    """Say where a region was set a share of its target to reach, and whether it did."""
    goals = target_value(review.lens.dataset, "attainment", review.period, ["region"])
    said = []
    for goal in goals.to_dict("records"):
        mine = rows[rows["region"].astype(str) == str(goal.get("region"))]
        if mine.empty or is_missing(goal["target"]):
            continue
        scope = {"region": str(goal["region"])}
        aim = kept(review, "target", float(goal["target"]), "ratio", about("attainment", scope))
        span = {} if review.lens.finished else {"span": "year_to_date"}
        now = Kept(float(mine["attainment"].iloc[0]), "attainment", scope | span, review.period)
        gap = kept(review, "target_gap", float(now) - float(aim or 0), "points",
                   about("attainment", scope))  # fmt: skip
        key = "goal_of_region_met" if gap is not None and gap >= 0 else "goal_of_region_missed"
        said.append(
            review.language(
                f"annual.{key}",
                name=mine["label"].iloc[0],
                goal=aim,
                now=now,
                gap=gap,
            )
        )
    return said


def _region_bars(review: Review, rows: pd.DataFrame) -> Block | None:
    language = review.language
    if "attainment" not in rows:
        return None
    shown = rows[rows["attainment"].notna()].sort_values("attainment")
    if len(shown) < 2:
        return None
    shown = pd.DataFrame(
        {
            "label": shown["label"],
            "actual": shown["target"] + shown["gap"],
            "target": shown["target"],
            "attainment": shown["attainment"].astype(float),
            "last_year": shown["base"].astype(float),
        }
    )
    short = [str(label) for label, share in zip(shown["label"], shown["attainment"], strict=True)
             if share < 1]  # fmt: skip
    key = "annual.regions_short" if short else "annual.regions_met"
    title = language(key, names=language.list(short), count=len(short))
    subtitle = f"{name_of(review, 'net_sales')} · {scope_name(review)}"
    return bullet_rows(shown.reset_index(drop=True), language, title=title, subtitle=subtitle)


def _region_table(review: Review, rows: pd.DataFrame) -> Block:
    lens, language = review.lens, review.language
    columns = [
        Col("label", dimension_name(review, "region")),
        Col("current", name_of(review, "net_sales"), "bar"),
        Col("share", language("report.share"), "percent", wide_only=True),
        Col("shift", language("annual.share_shift"), "points", wide_only=True),
        Col("growth", language("report.versus.year"), "delta", "percent", "up"),
    ]
    whole = lens.against("net_sales", "year")
    total = {"label": language("report.total"), **whole, "share": 1.0, "shift": None}
    if "attainment" in rows:
        reached = held(review)
        first = {} if reached.empty else reached.iloc[0].to_dict()
        total |= {"attainment": first.get("attainment"), "gap": first.get("change")}
        columns += [
            Col("attainment", language("report.attainment"), "percent"),
            Col("gap", language("report.gap"), "delta", "money", "up"),
        ]
        if rows["before"].notna().any():
            last = lens.against("net_sales", "target", period=review.period.last_year)
            total["before"] = last["attainment"]
            columns.append(
                Col("before", language("annual.attainment_before"), "percent", wide_only=True)
            )
    caption = language(
        "report.by",
        metric=name_of(review, "net_sales"),
        dimension=dimension_name(review, "region"),
        scope=scope_name(review),
    )
    return table(rows, columns, language, caption, total=total, max_rows=40)


def _own_region(review: Review) -> Block:
    """Hold the region against its goal, and show its provinces."""
    lens, language = review.lens, review.language
    provinces: Block = note(language("report.no_provinces"))
    if lens.has("customers", "province"):
        rows = mix(review, "province").head(12)
        shown = pd.DataFrame(
            {"label": rows["label"], "value": rows["current"], "last_year": rows["base"],
             "delta": rows["growth"]}
        )  # fmt: skip
        best = rows.loc[rows["change"].idxmax()] if rows["change"].notna().any() else None
        title = language("annual.provinces")
        if best is not None and best["change"] > 0:
            scope = {"province": str(best["province"])}
            more = kept(review, "change_yoy", best["change"], "money", scope)
            words = {"name": best["label"], "more": more}
            title = review.language("annual.provinces_best", **words)
        subtitle = f"{name_of(review, 'net_sales')} · {scope_name(review)}"
        provinces = chart(draw_bars(shown, language, title=title, subtitle=subtitle), language)
    return group(*_own_goal(review), provinces)


def _own_goal(review: Review) -> list[Block]:
    """Say the goal the region was set for its own attainment."""
    reached = held(review)
    if reached.empty or not review.lens.has("targets"):
        return []
    rows = reached.assign(region=review.region, label=value_name(review, "region", review.region))
    goals = target_value(review.lens.dataset, "attainment", review.period).iloc[0]
    if is_missing(goals["target"]):
        return []
    aim = kept(review, "target", float(goals["target"]), "ratio", about("attainment"))
    span = {} if review.lens.finished else {"span": "year_to_date"}
    now = Kept(float(rows["attainment"].iloc[0]), "attainment", span, review.period)
    gap = kept(review, "target_gap", float(now) - float(aim or 0), "points", about("attainment"))
    key = "goal_of_region_met" if gap is not None and gap >= 0 else "goal_of_region_missed"
    words = {"name": rows["label"].iloc[0], "goal": aim, "now": now, "gap": gap}
    return [lead(review.language(f"annual.{key}", **words))]
