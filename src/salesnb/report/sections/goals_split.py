"""The target taken apart: tree and sums, lines by regions, the year's course."""

from __future__ import annotations

import numpy as np
import pandas as pd

from salesnb.errors import SalesnbError
from salesnb.figures.tree import draw_tree
from salesnb.figures.trend import draw_trend
from salesnb.findings.spans import inside
from salesnb.language import is_missing
from salesnb.period import Period, Window
from salesnb.plan.margins import fit_margins
from salesnb.plan.phasing import check_phasing, phase_months, phase_shares, workdays_of
from salesnb.report.blocks import Block, group, lead, note
from salesnb.report.charts import chart
from salesnb.report.heat import heat_table
from salesnb.report.review import Review, section
from salesnb.report.sections.goals_plan import month_label, plan_of, sales_targets, seen
from salesnb.report.sections.parts import dimension_name, labelled, scope_name, value_name
from salesnb.report.tables import Col, table

# Sums that far apart are equal but for rounding.
_TOLERANCE = 0.0005
_MOST_PEOPLE = 24


def own_target(review: Review) -> float | None:
    """Give the year's target for net sales of what the report is about."""
    rows = sales_targets(review)
    return None if rows.empty else float(rows["target"].iloc[0])


def _has(review: Review, dimension: str) -> bool:
    return dimension in review.lens.dimensions("net_sales")


@section("goal_tree", "targets")
def goal_tree(review: Review) -> Block:
    """Draw the target over regions, lines and people, and check the sum at every node."""
    language, total = review.language, own_target(review)
    if total is None:
        return note(language("goals.no_year_target", period=review.period))
    checks = _sum_checks(review, total)
    broken = [row for row in checks if row["state"].startswith("bad")]
    for row in checks:
        review.lens.keep(
            "target_sum_gap", row["sum"] - row["own"], "money",
            {"node": row["node"], "parts": row["by"]},
        )  # fmt: skip
    key = "tree_broken" if broken else "tree_holds"
    sentence = language(f"goals.{key}", target=total, count=len(checks), broken=len(broken))
    columns = [
        Col("node", language("goals.node")),
        Col("by", language("goals.parts")),
        Col("own", language("goals.node_target"), "money"),
        Col("sum", language("goals.parts_sum"), "money"),
        Col("gap", language("report.gap"), "delta", "money"),
        Col("state", language("report.state"), "status"),
    ]
    caption = language("goals.sums_caption", scope=scope_name(review))
    frame = pd.DataFrame(checks)
    return group(
        lead(sentence),
        _tree_chart(review, total),
        table(frame, columns, language, caption, max_rows=40) if checks else None,
    )


def _tree_chart(review: Review, total: float) -> Block:
    """Draw company → regions → lines, or region → people."""
    language = review.language
    nodes = [_node("root", "", review.region_name, total, _growth(review, total, {}))]
    if review.whole_company:
        for row in sales_targets(review, ("region",)).to_dict("records"):
            where = {"region": str(row["region"])}
            label = value_name(review, "region", row["region"])
            name = f"region={row['region']}"
            change = _growth(review, row["target"], where)
            nodes.append(_node(name, "root", label, row["target"], change))
        if _has(review, "product_line"):
            for row in sales_targets(review, ("region", "product_line")).to_dict("records"):
                above = f"region={row['region']}"
                where = {"region": str(row["region"]), "product_line": str(row["product_line"])}
                label = value_name(review, "product_line", row["product_line"])
                change = _growth(review, row["target"], where)
                nodes.append(_node(f"{above};{label}", above, label, row["target"], change))
    else:
        people = sales_targets(review, ("rep",)).sort_values("target", ascending=False)
        for row in people.head(_MOST_PEOPLE).to_dict("records"):
            label = value_name(review, "rep", row["rep"])
            change = _growth(review, row["target"], {"rep": str(row["rep"])})
            nodes.append(_node(f"rep={row['rep']}", "root", label, row["target"], change))
        rest = people.iloc[_MOST_PEOPLE:]["target"].sum()
        if rest:
            nodes.append(_node("rest", "root", language("goals.others"), float(rest), None))
    known = {node["node"] for node in nodes}
    nodes = [node for node in nodes if not node["parent"] or node["parent"] in known]
    title = language("goals.tree_title", scope=scope_name(review), target=total)
    subtitle = language("goals.tree_subtitle", base=review.period.previous)
    return chart(draw_tree(pd.DataFrame(nodes), language, title=title, subtitle=subtitle), language)


def _node(node: str, parent: str, label: str, value: float, change: float | None) -> dict:
    return {
        "node": node, "parent": parent, "label": label, "value": float(value), "change": change
    }  # fmt: skip


def _growth(review: Review, target: float, where: dict[str, str]) -> float | None:
    """Give the growth a target asks for over last year's sales."""
    by = tuple(where)
    rows = review.lens.measure("net_sales", by, review.period.previous)
    for name, value in where.items():
        rows = rows[rows[name].astype(str) == value]
    before = float(rows["value"].sum()) if len(rows) else 0.0
    return float(target) / before - 1 if before > 0 else None


def _sum_checks(review: Review, total: float) -> list[dict]:
    """Hold each node's target against the sum of its parts, along every way it is cut."""
    own = review.region_name
    rows: list[dict] = []

    def add(node: str, by: str, target: float, parts: pd.Series) -> None:
        if not parts.empty:
            rows.append(_check(review, node, by, target, float(parts.sum())))

    ways = [("region",), ("product_line",)] if review.whole_company else [("product_line",)]
    for by in [*ways, ("rep",)]:
        if _has(review, by[-1]):
            add(own, by[-1], total, sales_targets(review, by)["target"])
    for kind in ("quarter", "month"):
        parts = _phases(review, kind)["target"]
        if parts.notna().all():
            add(own, kind, total, parts)
    if review.whole_company:
        regions = sales_targets(review, ("region",))
        for inner in ("product_line", "rep"):
            if not _has(review, inner):
                continue
            cells = sales_targets(review, ("region", inner))
            for row in regions.to_dict("records"):
                mine = (
                    cells[cells["region"].astype(str) == str(row["region"])]
                    if len(cells)
                    else cells
                )
                label = value_name(review, "region", row["region"])
                add(label, inner, float(row["target"]), mine.get("target", pd.Series(dtype=float)))
    return rows


def _check(review: Review, node: str, by: str, own: float, parts: float) -> dict:
    holds = abs(parts - own) <= _TOLERANCE * abs(own)
    word = review.language("goals.holds" if holds else "goals.broken")
    named = by if by in ("quarter", "month") else ""
    label = (
        review.language(f"goals.kind_of_period.{named}") if named else dimension_name(review, by)
    )
    return {
        "node": node, "by": label, "own": own, "sum": parts, "gap": parts - own,
        "state": f"{'good' if holds else 'bad'}:{word}",
    }  # fmt: skip


@section("goal_parts", "targets")
def goal_parts(review: Review) -> Block:
    """Show each line's and region's share, target and needed growth, and where they stand."""
    total = own_target(review)
    if total is None:
        return note(review.language("goals.no_year_target", period=review.period))
    dims = ["region", "product_line"] if review.whole_company else ["product_line"]
    tables = [_parts_table(review, name, total) for name in dims if _has(review, name)]
    return group(_over(review), *tables)


def _over(review: Review) -> Block:
    """Say what the parts' first version summed to against the total, and what holds now."""
    language = review.language
    if not review.whole_company:
        return note(language("goals.parts_note"))
    first, now = sales_targets(review, ("region",), version=1), sales_targets(review, ("region",))
    whole_first, whole = sales_targets(review, (), version=1), sales_targets(review)
    if first.empty or whole_first.empty or now.empty:
        return note(language("goals.parts_note"))
    then = float(first["target"].sum() / whole_first["target"].iloc[0] - 1)
    current = float(now["target"].sum() / whole["target"].iloc[0] - 1)
    review.lens.keep("over_assignment", then, "ratio", {"level": "region", "version": "1"})
    review.lens.value("over_assignment")
    return lead(language("goals.over_assigned", first=then, now=current))


def _parts_table(review: Review, dimension: str, total: float) -> Block:
    language, lens = review.language, review.lens
    rows = sales_targets(review, (dimension,))
    base = lens.measure("net_sales", [dimension], review.period.previous)
    base = base[[dimension, "value"]].rename(columns={"value": "before"})
    now = lens.compare("net_sales", "target", [dimension])[[dimension, "current", "attainment"]]
    frame = pd.DataFrame(rows[[dimension, "target"]])
    for other in (base, now):
        frame = frame.astype({dimension: str}).merge(
            other.astype({dimension: str}), on=dimension, how="left", validate="one_to_one"
        )
    whole = float(base["before"].sum())
    frame["share_before"] = frame["before"] / whole if whole else np.nan
    frame["share"] = frame["target"] / total
    frame["growth"] = frame["target"] / frame["before"].where(frame["before"] > 0) - 1
    weighted = float((frame["share_before"] * frame["growth"]).sum())
    lens.keep("target_growth", weighted, "ratio", {"by": dimension})
    columns = [
        Col("label", dimension_name(review, dimension)),
        Col("before", language("goals.base_sales", base=review.period.previous), "money"),
        Col("share_before", language("goals.base_share"), "percent", wide_only=True),
        Col("target", language("report.target"), "money"),
        Col("share", language("goals.target_share"), "percent", wide_only=True),
        Col("growth", language("goals.needed"), "delta", "percent"),
        Col("current", language("goals.so_far"), "money", wide_only=True),
        Col("attainment", language("report.attainment"), "percent"),
    ]
    done = float(frame["current"].sum())
    foot = {
        "label": language("report.total"), "before": whole, "share_before": 1.0,
        "target": float(frame["target"].sum()), "share": float(frame["share"].sum()),
        "growth": total / whole - 1 if whole else None, "current": done,
        "attainment": done / total if total else None,
    }  # fmt: skip
    caption = language(
        "goals.parts_caption", dimension=dimension_name(review, dimension), scope=scope_name(review)
    )
    shown = labelled(review, frame, dimension)
    return table(shown, columns, language, caption, total=foot)


# Two margins ----------------------------------------------------------------------------------


@section("goal_matrix", "targets", "orders.product_id")
def goal_matrix(review: Review) -> Block:
    """Fit a table that meets both sets of targets: product by region, or product by quarter."""
    language = review.language
    rows_by = "region" if review.whole_company else "quarter"
    lines = sales_targets(review, ("product_line",)).set_index("product_line")["target"]
    if review.whole_company:
        rows = sales_targets(review, ("region",)).set_index("region")["target"]
    else:
        phases = _phases(review, "quarter")
        rows = phases.set_index("phase")["target"].dropna()
    if lines.empty or rows.empty:
        return note(language("goals.no_margins"))
    lines.index, rows.index = lines.index.astype(str), rows.index.astype(str)
    start = _start(review, rows_by, list(rows.index), list(lines.index))
    try:
        fit = fit_margins(start, rows.astype(float), lines.astype(float))
    except SalesnbError as error:
        return note(language("goals.margins_refused", reason=str(error)))
    cells = fit.matrix
    for row, name in ((row, name) for row in cells.index for name in cells.columns):
        scope = {rows_by: str(row), "product_line": str(name)}
        review.lens.keep("target_fitted", float(cells.loc[row, name]), "money", scope)
    named = cells.copy()
    named.index = [
        language.period(review.period.parse(str(row))) if rows_by == "quarter"
        else value_name(review, "region", row) for row in cells.index
    ]  # fmt: skip
    named.columns = [value_name(review, "product_line", name) for name in cells.columns]
    growth = cells / start.where(start > 0) - 1
    growth.index, growth.columns = named.index, named.columns
    small = growth.map(lambda value: "" if is_missing(value) else language.percent(value, True))
    title = language(f"goals.matrix_title_{rows_by}", scope=scope_name(review))
    heat = heat_table(
        named,
        language,
        title=title,
        unit="money",
        corner=language(f"goals.corner_{rows_by}"),
        subtitle=language("goals.matrix_subtitle"),
        small=small,
    )
    return group(heat, _margin_checks(review, cells, rows, lines, rows_by, fit.residual))


def _start(review: Review, rows_by: str, rows: list[str], lines: list[str]) -> pd.DataFrame:
    """Give last year's table of sales, quarters named as this year's."""
    base = review.period.previous
    cells = review.lens.measure("net_sales", [rows_by, "product_line"], base)
    keys = cells[rows_by].astype(str)
    if rows_by == "quarter":
        keys = keys.map(lambda name: str(Period.parse(name).shift(4)))
    wide = cells.assign(row=keys, line=cells["product_line"].astype(str)).pivot_table(
        index="row", columns="line", values="value", aggfunc="sum"
    )
    return wide.reindex(index=rows, columns=lines).fillna(0.0).clip(lower=0.0).astype(float)


def _margin_checks(
    review: Review,
    cells: pd.DataFrame,
    rows: pd.Series,
    lines: pd.Series,
    rows_by: str,
    residual: float,
) -> Block:
    language = review.language
    records = []
    for by, goals, sums in (
        (rows_by, rows, cells.sum(axis=1)),
        ("product_line", lines, cells.sum(axis=0)),
    ):
        for name, goal in goals.items():
            label = (
                language.period(review.period.parse(str(name)))
                if by == "quarter"
                else value_name(review, by, name)
            )
            records.append({"label": label, "target": float(goal), "sum": float(sums[name])})
    frame = pd.DataFrame(records)
    columns = [
        Col("label", language("goals.margin")),
        Col("target", language("report.target"), "money"),
        Col("sum", language("goals.fitted_sum"), "money"),
    ]
    review.lens.keep("matrix_residual", residual, "money")
    caption = language("goals.margins_caption")
    remark = note(language("goals.margins_note", residual=residual))
    return group(table(frame, columns, language, caption), remark)


# The course of the year -----------------------------------------------------------------------


def _phases(review: Review, kind: str) -> pd.DataFrame:
    """Give the targets in force of each quarter or month: phase, target (missing: none)."""
    calendar = review.calendar
    window = calendar.window(review.period)
    rows = []
    for phase in calendar.periods(window, kind):  # type: ignore[arg-type]
        found = sales_targets(review, (), phase)
        rows.append((str(phase), np.nan if found.empty else float(found["target"].iloc[0])))
    return pd.DataFrame(rows, columns=["phase", "target"])


def monthly_history(review: Review) -> pd.DataFrame:
    """Give the sales and working days of each whole month before the report's year."""
    calendar, lens = review.calendar, review.lens
    end = calendar.window(review.period).start
    first = max(lens.dataset.history_start, end.replace(year=end.year - 4))
    sales = lens.dataset.frame("sales")
    span = Window(first, end - pd.Timedelta(days=1).to_pytimedelta())
    sales = inside(sales, "order_date", span)
    labels = calendar.labels(sales["order_date"], "month")
    sums = sales["amount"].groupby(labels, observed=True).sum()
    months = [str(month) for month in calendar.periods(span, "month")] if len(sums) else []
    return pd.DataFrame(
        {
            "month": months,
            "value": [float(sums.get(month, 0.0)) for month in months],
            "workdays": [
                max(calendar.workdays(calendar.window(Period.parse(month))), 1) for month in months
            ],
        }
    )


@section("goal_phasing")
def goal_phasing(review: Review) -> Block:
    """Hold the year's phasing against history and working days; give months their targets."""
    language, calendar = review.language, review.calendar
    history = monthly_history(review)
    days = workdays_of(calendar, review.period)
    quarters = [str(one) for one in calendar.periods(calendar.window(review.period), "quarter")]
    if len(history) < len(days):
        return note(language("goals.no_phase_history"))
    months = [Period.parse(month) for month in history["month"]]
    start = Period.parse(str(days.index[0]))
    # The place in the year, whatever month the year begins in.
    place = np.array([(month.ordinal - start.ordinal) % 12 for month in months])
    year = np.array([(month.ordinal - start.ordinal) // 12 for month in months])
    past = history.assign(year=year, phase=np.array(quarters)[place // 3])
    past = past.groupby(["year", "phase"], as_index=False)["value"].sum()
    planned = _planned_shares(review, quarters)
    work = pd.Series(days.to_numpy().reshape(4, 3).sum(axis=1), index=quarters)
    in_force = _phases(review, "quarter").set_index("phase")["target"]
    actual = review.lens.measure("net_sales", ["quarter"]).set_index("quarter")["value"]
    actual.index = actual.index.astype(str)
    whole = in_force.sum(min_count=4)
    if planned is not None:
        checked = check_phasing(planned, past, work)
    else:
        checked = phase_shares(past).set_index("phase").reindex(quarters).reset_index()
        checked = checked.assign(
            planned=np.nan, verdict="", z=np.nan, workday_share=(work / work.sum()).to_numpy()
        )
    frame = checked.assign(
        label=[language.period(Period.parse(phase)) for phase in checked["phase"]],
        range=[
            f"{language.percent(low)} – {language.percent(high)}"
            for low, high in zip(checked["low"], checked["high"], strict=True)
        ],
        now=[in_force.get(phase, np.nan) for phase in checked["phase"]],
        share_now=[in_force.get(phase, np.nan) / whole for phase in checked["phase"]],
        actual=[actual.get(phase, np.nan) for phase in checked["phase"]],
        state=[_verdict(review, verdict) for verdict in checked["verdict"]],
    )
    for row in frame.to_dict("records"):
        review.lens.keep("phase_share", row["share"], "ratio", period=Period.parse(row["phase"]))
    columns = [
        Col("label", language("goals.quarter")),
        Col("planned", language("goals.plan_share"), "percent"),
        Col("share", language("goals.history_share"), "percent", wide_only=True),
        Col("range", language("goals.history_range"), wide_only=True),
        Col("workday_share", language("goals.workday_share"), "percent", wide_only=True),
        Col("state", language("goals.verdict"), "status"),
        Col("share_now", language("goals.share_in_force"), "percent", wide_only=True),
        Col("now", language("goals.target_in_force"), "money"),
        Col("actual", language("report.actual"), "money"),
    ]
    if planned is None:
        columns = [col for col in columns if col.name not in ("planned", "state")]
    odd = frame[frame["verdict"].isin(["never_seen", "unusual"])]["label"].tolist()
    key = "phasing_none" if planned is None else "phasing_odd" if odd else "phasing_plausible"
    sentence = language(
        f"goals.{key}", quarters=language.list(odd), years=int(checked["years"].iloc[0])
    )
    caption = language("goals.phasing_caption", scope=scope_name(review))
    return group(
        lead(sentence), table(frame, columns, language, caption), _months(review, history, days)
    )


def _planned_shares(review: Review, quarters: list[str]) -> pd.Series | None:
    """Give the plan's own shares of the quarters, where it states all four."""
    plan = plan_of(review)
    if plan is None:
        return None
    found = {
        str(one.period): one.point
        for one in seen(review, plan.targets)
        if one.is_phase
        and one.metric == "net_sales"
        and one.scope.is_company
        and not one.cumulative
    }
    if set(found) != set(quarters) or abs(sum(found.values()) - 1) > 1e-6:
        return None
    return pd.Series({quarter: found[quarter] for quarter in quarters})


def _verdict(review: Review, verdict: str) -> str:
    look = {"plausible": "good", "unusual": "warn", "never_seen": "bad"}.get(verdict, "none")
    return f"{look}:{review.language(f'goals.phase_{verdict}')}" if verdict else ""


def _months(review: Review, history: pd.DataFrame, days: pd.Series) -> Block | None:
    """Draw the months' targets in force beside actuals and what history would make of the year."""
    language, total = review.language, own_target(review)
    if total is None:
        return None
    fair = phase_months(total, days, history=history)
    in_force = _phases(review, "month").set_index("phase")["target"]
    actual = review.lens.measure("net_sales", ["month"]).set_index("month")["value"]
    actual.index = actual.index.astype(str)
    # A month the data end in the middle of is no actual yet.
    over = [
        str(month)
        for month in review.calendar.months_of(review.period)
        if review.calendar.window(month).end <= review.as_of
    ]
    fair = fair.assign(
        now=[in_force.get(month, np.nan) for month in fair["month"]],
        actual=[actual.get(month, np.nan) if month in over else np.nan for month in fair["month"]],
    )
    for row in fair.to_dict("records"):
        review.lens.keep("target_phased", row["target"], "money", period=Period.parse(row["month"]))
    series = []
    if fair["now"].notna().all():
        series.append(
            fair[["month", "now"]].set_axis(["period", "value"], axis=1).assign(scenario="target")
        )
    else:
        series.append(
            fair[["month", "target"]]
            .set_axis(["period", "value"], axis=1)
            .assign(scenario="target")
        )
    if over:
        known = fair[["month", "actual"]].dropna().set_axis(["period", "value"], axis=1)
        series.append(known.assign(scenario="actual"))
    title = language("goals.months_title", target=total, period=review.period)
    drawn = draw_trend(
        pd.concat(series, ignore_index=True), language, title=title,
        subtitle=language("goals.months_subtitle", scope=scope_name(review)), from_zero=True,
    )  # fmt: skip
    shown = fair.assign(label=[month_label(review, month) for month in fair["month"]])
    columns = [
        Col("label", language("goals.month")),
        Col("workdays", language("goals.workdays"), "count"),
        Col("season", language("goals.season"), "ratio", wide_only=True),
        Col("target", language("goals.phased_target"), "money"),
        Col("now", language("goals.target_in_force"), "money"),
        Col("actual", language("report.actual"), "money"),
    ]
    foot = {
        "label": language("report.total"), "workdays": float(fair["workdays"].sum()),
        "target": float(fair["target"].sum()), "now": float(fair["now"].sum(min_count=12)),
        "actual": float(fair["actual"].sum()),
    }  # fmt: skip
    caption = language("goals.months_caption", scope=scope_name(review))
    return group(
        chart(drawn, language),
        table(shown, columns, language, caption, total=foot),
        note(language("goals.months_note")),
    )
