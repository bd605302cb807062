"""Makes the records of a plan from their converted fields, one maker a section."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from salesnb.errors import Problem
from salesnb.period import Period
from salesnb.plan.fields import Converter, Row
from salesnb.plan.figures import default_kind
from salesnb.plan.quantities import Quantity, read_quantity
from salesnb.plan.scopes import COMPANY, Scope
from salesnb.plan.statements import (
    Capacity,
    Incentive,
    Kind,
    Milestone,
    Monitor,
    Record,
    Risk,
    Role,
    Statement,
    StrategyItem,
    Tier,
    TierScheme,
    Tree,
    Version,
)
from salesnb.plan.vocabulary import PlanMetric
from salesnb.plan.yaml_lines import Node

_ROLES: Mapping[str, Role] = {
    "history": "history",
    "market": "market",
    "targets": "target",
    "supply": "supply",
}
_WHOLE_WORDS = ("total", "year", "company", "全年", "公司", "合计")


def _common(row: Row) -> dict[str, Any]:
    scope = row.get("scope")
    return {
        "id": row.get("id") or f"{row.section.name}.{row.number}",
        "line": row.line,
        "section": row.section.name,
        "source": row.get("source", ""),
        "text": row.get("text", ""),
        "lines": dict(row.lines),
        "assumption": row.get("assumption", ""),
        "strategy": row.get("strategy", ""),
        "item": row.get("item", ""),
        "owner": row.get("owner", ()),
        "parent": row.get("parent", ""),
        "scope": scope[0] if scope else COMPANY,
    }


def _quantity(
    convert: Converter, row: Row, name: str, kind: Kind, metric: PlanMetric, **with_: str
) -> Quantity | None:
    """Read a figure of a record in the unit it must have."""
    text = row.get(name)
    if not text:
        return None
    found = convert.fitter.read(text, kind, metric, **with_)
    if isinstance(found, Problem):
        convert.complain(found, row.line_of(name))
        return None
    return found


# Figures -------------------------------------------------------------------------------------


def make_statement(convert: Converter, row: Row) -> Record | None:
    """Make a figure of history, of the market, to be reached, or supplied.

    A target in words, without a value, is a plain record: the checker has a word to say of it.
    """
    metric_id = row.get("metric")
    if not row.text("value") and not row.get("value"):
        if row.section.name == "targets" and row.get("text"):
            return Record(**_common(row))
        _missing(convert, row, "value")
        return None
    if metric_id is None:
        if "metric" not in row.node.entries:
            _missing(convert, row, "metric")
        return None
    if not row.get("value"):
        return None
    metric = convert.metrics[metric_id]
    common = _common(row)
    written = read_quantity(row.values["value"], row.get("bound", ""))
    if isinstance(written, Problem):
        convert.complain(written, row.line_of("value"))
        return None
    if "kind" not in row.values and row.text("kind"):
        return None  # already complained of
    kind = row.get("kind") or default_kind(metric, written)
    if kind is None:
        what = f"`{metric_id}` in % is growth or a share"
        fix = "Say `kind: growth` or `kind: share`."
        convert.complain(Problem(what, fix=fix), row.line_of("value"))
        return None
    if metric.share_of and kind in ("rate", "share"):
        kind, scope = "share", convert.scopes.read(metric.scope)[0]
        common["scope"] = _both(convert, common["scope"], scope)
        metric = convert.metrics[metric.share_of]
    elif metric.share_of:
        common["scope"] = _both(convert, common["scope"], convert.scopes.read(metric.scope)[0])
        metric = convert.metrics[metric.share_of]
    kind = "count" if kind == "amount" and metric.unit == "count" else kind
    problem = _unfit(kind, metric, row)
    if problem:
        convert.complain(problem, row.line_of("kind"))
        return None
    unit, bound = row.get("unit", ""), row.get("bound", "")
    value = _quantity(convert, row, "value", kind, metric, unit=unit, bound=bound)
    if value is None:
        return None
    period = row.get("period") or _default_period(convert, row)
    if period is None:
        return None
    base_kind: Kind = {"growth": _figure(metric), "points": "share", "lift": "rate"}.get(kind, kind)  # type: ignore[assignment]
    day = row.get("deadline")
    whole, whole_period, of = _whole(convert, row, kind, common["scope"], period)
    return Statement(
        **common,
        role=_ROLES[row.section.name],
        metric=metric.id,
        kind=kind,
        period=period,
        value=value,
        baseline=_quantity(convert, row, "baseline", base_kind, metric, unit=unit),
        whole=whole,
        whole_period=whole_period,
        of=of,
        cumulative=bool(row.get("cumulative", False)),
        per=row.get("per", ""),
        deadline=day[0] if day else None,
        deadline_text=day[1] if day else "",
        direction=row.get("direction", ""),
        definition=row.get("definition", ""),
        readings=row.get("readings", ()),
        credit=row.get("credit", ""),
        potential=_quantity(convert, row, "potential", kind, metric, unit=unit),
        checkpoints=tuple(day for day, _ in row.get("checkpoints", ())),
        provider=row.get("provider", ""),
    )


def _missing(convert: Converter, row: Row, name: str) -> None:
    about = next(field.about for field in row.section.fields if field.name == name)
    what = f"`{name}` is missing in `{row.section.name}`"
    convert.complain(Problem(what, fix=f"It says {about}."), row.line)


def _both(convert: Converter, one: Scope, other: Scope) -> Scope:
    return convert.scopes.make({**dict(one.parts), **dict(other.parts)})


def _figure(metric: PlanMetric) -> Kind:
    return {"rate": "rate", "count": "count"}.get(metric.unit, "amount")  # type: ignore[return-value]


def _unfit(kind: Kind, metric: PlanMetric, row: Row) -> Problem | None:
    """Say when a kind makes no sense for a metric."""
    allowed: dict[str, tuple[Kind, ...]] = {
        "money": ("amount", "growth", "share", "points"),
        "count": ("count", "growth", "share", "points"),
        "rate": ("rate", "growth", "lift", "points", "share"),
    }
    fits = allowed.get(metric.unit, ("amount", "growth"))
    if kind == "share" and metric.unit == "rate" and not row.get("of"):
        fits = ("rate", "growth", "lift", "points")
    if kind in fits:
        return None
    return Problem(
        f"kind `{kind}` does not suit `{metric.id}` ({metric.unit})",
        fix=f"It can be: {', '.join(fits)}.",
    )


def _default_period(convert: Converter, row: Row) -> Period | None:
    if row.section.name == "market":
        if "period" not in row.node.entries:
            what = "`period` is missing in `market`"
            convert.complain(Problem(what, fix="Say the year the figure is of."), row.line)
        return None
    if "period" in row.node.entries and row.text("period"):
        return None  # already complained of
    return convert.header.base if row.section.name == "history" else convert.header.year


def _whole(
    convert: Converter, row: Row, kind: Kind, scope: Scope, period: Period
) -> tuple[Scope, Period | None, str]:
    """Find what a share is of: a wider scope, a longer period, or another statement."""
    if kind not in ("share", "points"):
        return COMPANY, None, ""
    text = row.text("of")
    year = convert.header.calendar.enclosing(period, "year")
    if not text:
        if period.kind != "year" and scope.is_company:
            return scope, year, ""
        given = row.get("scope")
        last = given[1][-1] if given and given[1] else (scope.dimensions or ("",))[-1]
        return scope.without(last), None, ""
    if text == "year" or text == "全年":
        return scope, year, ""
    if text in _WHOLE_WORDS:
        return COMPANY, None, ""
    if "=" in text or text in convert.scopes.groups:
        wide, _, problems = convert.scopes.read(text)
        for problem in problems:
            convert.complain(problem, row.line_of("of"))
        return wide, None, ""
    if text == str(year):
        return scope, year, ""
    return COMPANY, None, text


# The other sections --------------------------------------------------------------------------


def _make_milestone(convert: Converter, row: Row) -> Milestone | None:
    if not row.get("milestone"):
        return None
    start, due, places = row.get("start"), row.get("due"), row.get("places")
    return Milestone(
        **_common(row),
        milestone=row.values["milestone"],
        start=start[0] if start else None,
        due=due[0] if due else None,
        due_text=due[1] if due else "",
        progress=row.get("progress", 1.0),
        after=row.get("after", ()),
        places=places[0] if places else None,
        coverage=row.get("coverage", ""),
        lifts=row.get("lifts", ""),
    )


def _make_incentive(convert: Converter, row: Row) -> Incentive | None:
    if not row.get("type"):
        return None
    metric = convert.metrics[row.get("metric", "net_sales")]
    kind: Kind = row.get("kind") or _figure(metric)
    if not row.get("kind") and "%" in row.get("threshold", "") and metric.unit != "rate":
        kind = "growth"
    money = PlanMetric("award", "money")
    return Incentive(
        **_common(row),
        type=row.values["type"],
        metric=metric.id,
        kind=kind,
        threshold=_quantity(convert, row, "threshold", kind, metric),
        rate=_quantity(convert, row, "rate", "rate", PlanMetric("rate", "rate")),
        award=_quantity(convert, row, "award", "amount", money),
        each=row.get("each", ""),
        per=row.get("per", "year"),
        running=row.get("running", 1),
        winners=row.get("winners", 1),
        budget=_quantity(convert, row, "budget", "amount", money),
        linked_to=row.get("linked_to", ""),
    )


def _make_tiers(convert: Converter, row: Row) -> TierScheme | None:
    node, grid = row.get("tiers"), row.get("grid")
    if not isinstance(node, Node) or not row.get("name"):
        return None
    metric = convert.metrics[row.get("metric", "net_sales")]
    kind = _figure(metric)
    tiers = []
    for name, value in node.entries.items():
        if value.items or (isinstance(grid, Node) and value.is_text):
            cells = tuple(cell.text or "" for cell in value.each())
            tiers.append(Tier(name, 0.0, 0.0, ", ".join(cells), value.line, cells))
            continue
        found = convert.fitter.read(value.text or "", kind, metric)
        if isinstance(found, Problem):
            convert.complain(found, value.line)
            continue
        low = max(found.low, 0.0) if found.sign == "≤" else found.low
        tiers.append(Tier(name, low, found.high, found.written, value.line))
    return TierScheme(
        **_common(row),
        name=row.values["name"],
        metric=metric.id if "metric" in row.values else "",
        tiers=tuple(tiers),
        order="" if row.get("order") == "disjoint" else "first_match",
        grid={
            axis: tuple(level.text or "" for level in levels.each())
            for axis, levels in (grid.entries.items() if isinstance(grid, Node) else ())
        },
    )


def _make_capacity(convert: Converter, row: Row) -> Capacity:
    metric = convert.metrics[row.get("metric", "net_sales")]
    hire_by = row.get("hire_by")
    return Capacity(
        **_common(row),
        role=row.get("role", ""),
        metric=metric.id,
        heads=row.get("heads"),
        hires=row.get("hires", 0.0),
        hire_by=hire_by[0] if hire_by else None,
        hire_by_text=hire_by[1] if hire_by else "",
        ramp_months=row.get("ramp_months"),
        productivity=_quantity(convert, row, "productivity", _figure(metric), metric),
        load=row.get("load"),
    )


def _make_strategy(convert: Converter, row: Row) -> StrategyItem:
    return StrategyItem(
        **_common(row),
        count=row.get("count"),
        items=row.get("items", ()),
        metric=row.get("metric", ""),
    )


def _make_risk(convert: Converter, row: Row) -> Risk:
    for name in ("probability", "impact"):
        if not 1 <= row.get(name, 1) <= 5:
            what = f"`{name}` is not between 1 and 5"
            convert.complain(Problem(what, got=f"`{row.get(name)}`"), row.line_of(name))
    return Risk(
        **_common(row),
        trigger=row.get("trigger", ""),
        metric=row.get("metric", ""),
        response=row.get("response", ""),
        probability=row.get("probability"),
        impact=row.get("impact"),
    )


def _make_monitor(convert: Converter, row: Row) -> Monitor | None:
    if not row.get("type"):
        return None
    day, on = row.get("day"), row.get("date")
    if day is not None and not 1 <= day <= 31:
        what = "`day` is not a day of a month"
        convert.complain(Problem(what, got=f"`{day}`"), row.line_of("day"))
    metric = convert.metrics[row.get("metric", "attainment")]
    return Monitor(
        **_common(row),
        type=row.values["type"],
        every=row.get("every", ""),
        day=day,
        on=on[0] if on else None,
        covers=row.get("covers", ""),
        needs=row.get("needs", ()),
        threshold=_quantity(convert, row, "threshold", _figure(metric), metric),
        metric=metric.id,
        dimensions=row.get("dimensions", ()),
        action=row.get("action", ""),
        approver=row.get("approver", ""),
    )


def _make_tree(convert: Converter, row: Row) -> Tree | None:
    if not row.get("whole") or not row.get("parts"):
        return None
    return Tree(
        **_common(row),
        whole=row.values["whole"],
        parts=row.values["parts"],
        exhaustive=row.get("exhaustive", True),
        hedge=row.get("hedge"),
    )


def _make_version(convert: Converter, row: Row) -> Version | None:
    if row.get("version") is None:
        return None
    approved, effective = row.get("approved"), row.get("effective")
    values = row.get("values")
    return Version(
        **_common(row),
        version=row.values["version"],
        approved=approved[0] if approved else None,
        effective=effective[0] if effective else None,
        approver=row.get("approver", ""),
        reason=row.get("reason", ""),
        values={
            name: (value.text or "").strip()
            for name, value in (values.entries.items() if isinstance(values, Node) else ())
        },
    )


MAKERS: Mapping[str, Callable[[Converter, Row], Record | None]] = {
    "history": make_statement,
    "market": make_statement,
    "targets": make_statement,
    "supply": make_statement,
    "milestones": _make_milestone,
    "incentives": _make_incentive,
    "tiers": _make_tiers,
    "capacity": _make_capacity,
    "strategy": _make_strategy,
    "risks": _make_risk,
    "monitoring": _make_monitor,
    "trees": _make_tree,
    "versions": _make_version,
}
"""How each list section of the file becomes records."""
