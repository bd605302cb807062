"""Where sales stand: their history, their season, and what moved them."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from salesnb.explain.season import adjust_series, seasonal_index
from salesnb.explain.shift import level_shift
from salesnb.figures.bars import draw_bars
from salesnb.figures.trend import draw_trend
from salesnb.findings.spans import months
from salesnb.language import is_missing
from salesnb.metrics.registry import METRICS
from salesnb.period import Period
from salesnb.report.blocks import Block, group, lead, note
from salesnb.report.charts import chart
from salesnb.report.review import Review, section
from salesnb.report.sections.attainment import fair_growth, growth_limits
from salesnb.report.sections.parts import name_of, said, scope_name, shown_unit
from salesnb.report.tables import Col, table

_WATCHED = (
    "net_sales",
    "units",
    "orders",
    "average_order_value",
    "active_customers",
    "revenue_per_customer",
    "gross_margin",
    "collection_rate",
)
_LENGTH = {"month": 36, "quarter": 14, "year": 5}
_MONTHS = 48
_SEASON = 24
_LEAST = 12
_SURE = 0.05


@section("sales_history")
def sales_history(review: Review) -> Block:
    """Show the course of sales and of what they are made of, and whether growth left its limits."""
    return group(
        said(review, "trend"),
        _course(review),
        _figures(review),
        growth_limits(review),
        _years(review),
    )


def _course(review: Review) -> Block:
    """Draw sales over the years up to the report's period."""
    language = review.language
    rows = review.lens.trend("net_sales", _LENGTH[review.period.kind])
    rows = rows[rows["value"].notna()]
    if rows.empty:
        return note(language("report.reason.no_rows"))
    last = language("report.trend_title", period=review.period, value=rows["value"].iloc[-1])
    best = rows.loc[rows["value"].astype(float).idxmax()]
    title = language(
        f"diagnosis.{_course_key(rows)}",
        last=last,
        count=len(rows),
        best=Period.parse(str(best["period"])),
        most=best["value"],
    )
    drawn = draw_trend(
        rows[["period", "value"]].assign(value=rows["value"].astype(float)),
        language,
        title=title,
        subtitle=f"{name_of(review, 'net_sales')} · {scope_name(review)}",
        from_zero=True,
    )
    return chart(drawn, language, with_data=True)


def _course_key(rows: pd.DataFrame) -> str:
    """Choose how the course is named: with its highest period, which may be the last one."""
    if len(rows) < 2:
        return "course_alone"
    values = rows["value"].astype(float)
    return "course_highest" if values.iloc[-1] >= values.max() else "course_title"


def _figures(review: Review) -> Block:
    """Set what sales are made of beside last year and the period before, with their course."""
    lens, language = review.lens, review.language
    before = {"month": "month", "quarter": "quarter"}.get(review.period.kind)
    records = []
    for metric in _WATCHED:
        if METRICS[metric].lacks(lens.dataset):
            continue
        year = lens.against(metric, "year")
        if is_missing(year["current"]):
            continue
        record = {
            "label": name_of(review, metric),
            "now": language.show(year["current"], shown_unit(metric)),
            "year": _moved(review, metric, year),
            "course": lens.trend(metric, _LENGTH[review.period.kind])["value"].tolist(),
        }
        if before:
            record["before"] = _moved(review, metric, lens.against(metric, before))
        records.append(record)
    if not records:
        return note(language("report.reason.no_rows"))
    columns = [
        Col("label", language("report.metric")),
        Col("now", language("report.now")),
        Col("year", language("report.versus.year")),
        *([Col("before", language(f"report.versus.{before}"), wide_only=True)] if before else []),
        Col("course", language("diagnosis.course"), "spark"),
    ]
    caption = language("diagnosis.figures", scope=scope_name(review))
    return table(pd.DataFrame(records), columns, language, caption)


def _moved(review: Review, metric: str, row: pd.Series) -> str:
    """Say how a figure moved: growth for amounts, points for rates."""
    language = review.language
    if METRICS[metric].unit == "ratio":
        missing = is_missing(row["change"])
        return language("base.none") if missing else language.points(float(row["change"]))
    if is_missing(row["growth"]):
        return language("base.none")
    return language.percent(float(row["growth"]), signed=True)


def _years(review: Review) -> Block | None:
    """Show the years side by side, the unfinished one against the same days of the one before."""
    lens, language = review.lens, review.language
    this = review.calendar.enclosing(review.period, "year")
    years = [this.shift(-back) for back in range(4, -1, -1)]
    first = _first_month(review)
    years = [year for year in years if review.calendar.window(year).start >= first]
    if len(years) < 2:
        return None
    records = []
    for year in years:
        row = lens.against("net_sales", "year", period=year)
        over = review.calendar.finished(year, review.as_of)
        key = "diagnosis.year" if over else "diagnosis.year_so_far"
        records.append(
            {
                "label": language(key, year=year),
                "current": row["current"],
                "growth": row["growth"],
                "orders": lens.value("orders", year).value,
                "each": lens.value("average_order_value", year).value,
            }
        )
    columns = [
        Col("label", language("diagnosis.year_column")),
        Col("current", name_of(review, "net_sales"), "bar"),
        Col("growth", language("report.versus.year"), "delta", "percent", "up"),
        Col("orders", name_of(review, "orders"), "count", wide_only=True),
        Col("each", name_of(review, "average_order_value"), "money", digits=1),
    ]
    caption = language("diagnosis.years", scope=review.region_name)
    return table(pd.DataFrame(records), columns, language, caption)


# Season ---------------------------------------------------------------------------------------


@section("season")
def season(review: Review) -> Block:
    """Show the season of sales, how much they sway without it, and where their level changed."""
    history, language = monthly_sales(review), review.language
    if len(history) < _SEASON:
        sway = _sway_note(review, history["value"].to_numpy(float))
        return group(note(language("diagnosis.no_season", count=len(history))), sway)
    sales = history["value"].to_numpy(float)
    days = history["workdays"].to_numpy(float)
    index = seasonal_index(sales)
    names = [Period.parse(name).index for name in history["period"][:12]]
    by_month = dict(zip(names, index, strict=True))
    for number, factor in by_month.items():
        review.lens.keep("seasonal_index", float(factor), "ratio", {"month": f"{number:02d}"})
    order = sorted(by_month, key=lambda number: -by_month[number])
    calm = adjust_series(sales, seasonal_index(sales / days), workdays=days)
    return group(
        lead(_season_sentence(review, by_month, order)),
        _season_chart(review, by_month, order),
        _sway(review, sales, calm),
        _levels(review),
    )


_EVEN = 0.0005
"""What shows as 0.0 % above an average month."""


def monthly_sales(review: Review) -> pd.DataFrame:
    """Give the sales of the full months up to the report's day: period, value, workdays."""
    lens, calendar, first = review.lens, review.calendar, _first_month(review)
    found = [
        month
        for month in months(lens, _MONTHS)
        if calendar.window(month).start >= first and calendar.finished(month, review.as_of)
    ]
    values = [lens.value("net_sales", month).value or 0.0 for month in found]
    days = [max(calendar.workdays(calendar.window(month)), 1) for month in found]
    return pd.DataFrame(
        {"period": [str(month) for month in found], "value": values, "workdays": days}
    )


def _first_month(review: Review) -> date:
    """Give the first day of the first month with own orders: a region may be the younger."""
    dataset, calendar = review.lens.dataset, review.calendar
    if dataset.first_day is None:
        return date.max
    own = calendar.window(calendar.period_at(dataset.first_day)).start
    return max(own, dataset.history_start)


def _month_name(review: Review, number: int) -> str:
    return review.language(f"diagnosis.month.{number:02d}")


def _season_sentence(review: Review, index: dict[int, float], order: list[int]) -> str:
    language = review.language
    high, low = [n for n in order[:2] if index[n] > 1], [n for n in order[-2:] if index[n] < 1]
    if not high or not low or index[high[0]] - index[low[-1]] < 0.1:
        return language("diagnosis.no_seasons")
    sentence = language(
        "diagnosis.seasons",
        high=language.list(_month_name(review, n) for n in high),
        above=index[high[0]] - 1,
        low=language.list(_month_name(review, n) for n in reversed(low)),
        below=index[low[-1]] - 1,
    )
    if review.calendar.country == "CN" and {1, 2} <= set(index):
        festival = (index[1] + index[2]) / 2
        sentence += language("diagnosis.festival", share=festival)
    return sentence


def _season_chart(review: Review, index: dict[int, float], order: list[int]) -> Block:
    language, ahead = review.language, review.lens.window.end.month % 12 + 1
    key = "season_above" if index[ahead] >= 1 else "season_below"
    if abs(index[ahead] - 1) < _EVEN:
        key = "season_even"
    title = language(f"diagnosis.{key}", month=_month_name(review, ahead), index=index[ahead] - 1)
    frame = pd.DataFrame(
        {
            "label": [_month_name(review, number) for number in sorted(index)],
            "value": [index[number] for number in sorted(index)],
            "highlight": [number == ahead for number in sorted(index)],
        }
    )
    subtitle = language("diagnosis.season_subtitle", scope=review.region_name)
    drawn = draw_bars(frame, language, title=title, subtitle=subtitle, unit="percent")
    return chart(drawn, language, with_data=True)


def _sway(review: Review, sales: np.ndarray, calm: np.ndarray) -> Block:
    """Say how much monthly sales sway as they are, and without season and working days."""
    raw, rest = (_variation(values) for values in (sales, calm))
    review.lens.keep("variation", raw, "ratio", {"of": "net_sales"})
    review.lens.keep("variation", rest, "ratio", {"of": "net_sales", "without": "season"})
    key = "sway" if rest < raw else "sway_raw"
    return note(review.language(f"diagnosis.{key}", raw=raw, rest=rest, count=len(sales)))


def _sway_note(review: Review, sales: np.ndarray) -> Block | None:
    if len(sales) < _LEAST // 2 or sales.mean() <= 0:
        return None
    raw = _variation(sales)
    review.lens.keep("variation", raw, "ratio", {"of": "net_sales"})
    return note(review.language("diagnosis.sway_raw", raw=raw, count=len(sales)))


def _variation(values: np.ndarray) -> float:
    """Give the coefficient of variation around the straight line through the values."""
    places = np.arange(len(values))
    line = np.polyval(np.polyfit(places, values, 1), places)
    return float(np.std(values - line, ddof=2) / values.mean())


def _levels(review: Review) -> Block | None:
    """Say since when growth is on another level than before, where chance does not explain it."""
    language = review.language
    growth = fair_growth(review)
    found = level_shift(growth["value"]) if len(growth) >= _LEAST else None
    if found is None:
        return None
    review.lens.keep("level_shift", found.after - found.before, "points", {"of": "growth_yoy"})
    if found.p_value > _SURE:
        return note(language("diagnosis.level_kept", count=len(growth)))
    since = Period.parse(str(growth["period"].iloc[found.place]))
    key = "level_up" if found.after > found.before else "level_down"
    return note(language(f"diagnosis.{key}", period=since, before=found.before, after=found.after))
