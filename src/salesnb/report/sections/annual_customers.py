"""Customers of the year: renewals, key accounts, relationships and their worth, new ones."""

from __future__ import annotations

import pandas as pd

from salesnb.explain.drivers import ratio_change
from salesnb.explain.intervals import newcombe_interval, wilson_interval
from salesnb.figures.bridge import draw_bridge
from salesnb.findings.year import key_sides, parts_before
from salesnb.language import is_missing
from salesnb.report.blocks import Block, group, note
from salesnb.report.charts import chart
from salesnb.report.heat import heat_table
from salesnb.report.review import Review, section
from salesnb.report.sections.annual_parts import (
    Figure,
    Kept,
    about,
    direction,
    fact,
    figure,
    kept,
    known,
    moved,
    scorecard,
    told,
)
from salesnb.report.sections.parts import (
    beside,
    dimension_name,
    labelled,
    name_of,
    scope_name,
)
from salesnb.report.tables import Col, table

_YEARS = 4
_LARGE = 1e5


# Renewal --------------------------------------------------------------------------------------


@section("annual_renewal", "contracts")
def annual_renewal(review: Review) -> Block:
    """Show the renewal rate over the years with its interval, and how cohorts stayed."""
    found = figure(review, "renewal_rate")
    if found.now is None:
        return note(review.language("annual.no_renewals", reason=found.reason))
    said = review.language(
        "annual.renewal" if found.basis else "annual.renewal_plain",
        rate=found.now,
        basis=found.basis,
        moved=moved(review, found),
    )
    return group(
        told(review, said, *certain(review, "renewal_rate"), *_size_mix(review)),
        _renewal_years(review),
        _by_size(review),
        _cohorts(review),
    )


def certain(review: Review, metric: str) -> list[str]:
    """Say whether the change of a rate since last year is more than chance."""
    now, then = review.lens.value(metric), parts_before(review.lens, metric)
    if now.value is None or then is None or not now.denominator or not then[1]:
        return []
    between = newcombe_interval(now.numerator or 0, now.denominator, *then)
    low = kept(review, "change_low", between.low, "points", about(metric))
    high = kept(review, "change_high", between.high, "points", about(metric))
    sure = between.low > 0 or between.high < 0
    key = "annual.beyond_chance" if sure else "annual.maybe_chance"
    return [review.language(key, low=low, high=high)]


def _renewal_years(review: Review) -> Block:
    """Show contracts due, renewed, the rate with its interval, and money kept, year by year."""
    lens, language = review.lens, review.language
    rows = []
    for back in range(_YEARS):
        year = review.period.shift(-back)
        found = lens.value("renewal_rate", year)
        if found.value is None or not found.denominator:
            continue
        between = wilson_interval(found.numerator or 0, found.denominator)
        row = {"label": language.period(year), "due": found.denominator,
               "renewed": found.numerator, "rate": found.value, "low": between.low,
               "high": between.high}  # fmt: skip
        for metric in ("grr", "nrr"):
            # Of a year that lasts, most contracts have not had their turn.
            over = review.calendar.finished(year, review.as_of)
            row[metric] = lens.value(metric, year).value if over else None
        rows.append(row)
    columns = [
        Col("label", language("annual.year")),
        Col("due", language("annual.due"), "count"),
        Col("renewed", language("annual.renewed"), "count"),
        Col("rate", name_of(review, "renewal_rate"), "percent"),
        Col("low", language("annual.low"), "percent", wide_only=True),
        Col("high", language("annual.high"), "percent", wide_only=True),
        Col("grr", name_of(review, "grr"), "percent", wide_only=True),
        Col("nrr", name_of(review, "nrr"), "percent"),
    ]
    caption = language("annual.renewals", scope=review.region_name)
    notes = [language("annual.interval_note")]
    return table(pd.DataFrame(rows[::-1]), columns, language, caption, notes=notes)


_MATTERS = 0.01
"""Parts of a change of a rate below a point are not worth telling apart."""


def _size_mix(review: Review) -> list[str]:
    """Say when the rate went one way and renewals within sizes of customers the other."""
    lens, last = review.lens, review.period.last_year
    if "size" not in lens.dimensions("renewal_rate") or not lens.finished:
        return []
    columns = ["size", "numerator", "denominator"]
    now, then = (
        lens.measure("renewal_rate", ["size"], each)[columns].fillna({"numerator": 0.0})
        for each in (review.period, last)
    )
    if not now["denominator"].sum() > 0 or not then["denominator"].sum() > 0:
        return []
    parts = ratio_change(now, then, "size")[["within", "mix"]].sum()
    if parts["within"] * parts.sum() >= 0 or parts.abs().min() < _MATTERS:
        return []
    within, mix = (
        kept(review, f"rate_{name}", float(parts[name]), "points", about("renewal_rate"))
        for name in ("within", "mix")
    )
    key = "annual.renewal_mix_up" if parts.sum() > 0 else "annual.renewal_mix_down"
    return [review.language(key, within=within, mix=mix)]


def _by_size(review: Review) -> Block | None:
    """Show where contracts were lost: the renewal rate by size of customer."""
    lens, language = review.lens, review.language
    if "size" not in lens.dimensions("renewal_rate"):
        return None
    rows = lens.compare("renewal_rate", "year", ["size"])
    due = lens.measure("renewal_rate", ["size"])
    rows = beside(rows, due, "size", numerator="numerator", denominator="denominator")
    rows = labelled(review, rows, "size").sort_values("denominator", ascending=False)
    whole = lens.against("renewal_rate", "year")
    counts = lens.value("renewal_rate")
    total = {"label": language("report.total"), **whole,
             "numerator": counts.numerator, "denominator": counts.denominator}  # fmt: skip
    columns = [
        Col("label", dimension_name(review, "size")),
        Col("denominator", language("annual.due"), "count"),
        Col("numerator", language("annual.renewed"), "count"),
        Col("current", name_of(review, "renewal_rate"), "percent"),
        Col("change", language("report.versus.year"), "points"),
    ]
    caption = language(
        "report.by",
        metric=name_of(review, "renewal_rate"),
        dimension=dimension_name(review, "size"),
        scope=scope_name(review),
    )
    return table(rows, columns, language, caption, total=total)


def _cohorts(review: Review) -> Block | None:
    """Show which share of each year's new customers still bought in the years after."""
    lens, language = review.lens, review.language
    if not lens.has("orders", "customer_id"):
        return None
    sales = lens.dataset.frame("sales")
    bought = sales[sales["is_purchase"] & (sales["order_date"] <= pd.Timestamp(review.as_of))]
    bought = bought[["customer_id", "order_date", "first_order"]].dropna()
    years = review.calendar.labels(bought["order_date"], "year").astype(str)
    first = review.calendar.labels(bought["first_order"], "year").astype(str)
    pairs = pd.DataFrame({"cohort": first, "year": years, "customer": bought["customer_id"]})
    counts = pairs.drop_duplicates().groupby(["cohort", "year"], observed=True).size().unstack()
    names = [name for name in counts.index if name in counts.columns]
    if len(names) < 2:
        return None
    sizes = {name: float(counts.loc[name, name]) for name in names}
    rates = counts.loc[names, names].astype(float)
    for name in names:
        rates.loc[name] = rates.loc[name] / sizes[name]
        for year in names:
            if year < name:
                rates.loc[name, year] = None
            elif not is_missing(rates.loc[name, year]):
                kept(
                    review, "cohort_retention", float(rates.loc[name, year]), "ratio",
                    {"cohort": name}, review.period.parse(year),
                    denominator=sizes[name],
                )  # fmt: skip
    rates.index = [language.period(name) for name in names]
    rates.columns = [language.period(name) for name in names]
    return heat_table(
        rates,
        language,
        title=language("annual.cohorts_title"),
        unit="percent",
        corner=language("annual.cohort"),
        subtitle=language("annual.cohorts", scope=review.region_name),
        totals={language("report.customer_count"): [sizes[name] for name in names]},
    )


# Key accounts ---------------------------------------------------------------------------------


@section("annual_key_accounts", "orders.customer_id")
def annual_key_accounts(review: Review) -> Block:
    """Show what key accounts and all others bought, and how much hangs on few."""
    language = review.language
    names = known(review, "key_account_share", "key_account_revenue_share", "new_large_accounts",
                  "top10_share", "hhi", "gini")  # fmt: skip
    figures = [figure(review, name) for name in names]
    settings = review.settings
    notes = [
        language("annual.key_note", least=settings.key_account_amount,
                 months=str(settings.key_account_months), large=settings.large_account_amount)
    ]  # fmt: skip
    caption = language("annual.key_caption", scope=scope_name(review))
    return group(
        told(review, *_key_words(review)),
        _key_bridge(review),
        scorecard(review, figures, caption, notes),
    )


def key_growth(review: Review) -> dict[str, Kept] | None:
    """Give what key accounts and the others bought in twelve months, and the growth of each.

    `key`, `other` are growth; `key_now`, `key_before` … the amounts; None where not known.
    """
    sides = key_sides(review.lens)
    if sides is None:
        return None
    found: dict[str, Kept] = {}
    for name, (current, then) in sides.items():
        scope = {"accounts": name}
        for key, value in (("now", current), ("before", then)):
            period = review.period if key == "now" else review.period.last_year
            span = {} if review.lens.finished or key == "now" else {"span": "same_days"}
            number = kept(review, "net_sales", value, "money", scope | span, period)
            if number is not None:
                found[f"{name}_{key}"] = number
        growth = kept(review, "growth_yoy", current / then - 1, "ratio", scope,
                      numerator=current - then, denominator=then)  # fmt: skip
        if growth is not None:
            found[name] = growth
    return found


def _key_words(review: Review) -> list[str]:
    """Say the share of key accounts, and whose growth the year's growth was."""
    share = figure(review, "key_account_revenue_share")
    count = figure(review, "key_account_share")
    if share.now is None or count.now is None:
        return [review.language("annual.no_key_accounts", reason=share.reason)]
    if share.now == 0:
        least = review.settings.key_account_amount
        return [review.language("annual.zero_key_accounts", least=least)]
    said = [
        review.language(
            "annual.key",
            customers=count.now,
            share=share.now,
            moved=moved(review, share),
        )
    ]
    grown = key_growth(review)
    if grown is None:
        return said
    key, other = grown["key"], grown["other"]
    ways = {"up": key > 0, "down": key <= 0}
    case = "both" if (key > 0) == (other > 0) else "apart"
    way = next(name for name, holds in ways.items() if holds)
    said.append(
        review.language(f"annual.key_{case}_{way}", key=key, other=other
        )
    )  # fmt: skip
    return said


def _key_bridge(review: Review) -> Block | None:
    """Draw the change of twelve months between key accounts and the others."""
    grown, language = key_growth(review), review.language
    if grown is None:
        return None
    change = {name: grown[f"{name}_now"] - grown[f"{name}_before"] for name in ("key", "other")}
    before = grown["key_before"] + grown["other_before"]
    bars = [
        {"label": language("annual.before"), "value": before, "kind": "total"},
        *({"label": language(f"annual.accounts_{name}"), "value": value, "kind": "change"}
          for name, value in change.items()),
        {"label": language("report.actual"), "value": before + sum(change.values()),
         "kind": "total"},
    ]  # fmt: skip
    moves = {
        name: kept(review, "change_yoy", value, "money", {"accounts": name})
        for name, value in change.items()
    }
    title = review.language("annual.key_title", **moves)
    subtitle = f"{name_of(review, 'net_sales')} · {language('annual.twelve_months')}"
    return chart(
        draw_bridge(pd.DataFrame(bars), language, title=title, subtitle=subtitle), language
    )


# Relationships --------------------------------------------------------------------------------


@section("annual_lifetime", "orders.customer_id")
def annual_lifetime(review: Review) -> Block:
    """Take lifetime value apart: months of relationship, and value a month."""
    months = figure(review, "relationship_months")
    figures, said = [months], []
    if months.now is None:
        return note(review.language("annual.no_relationship", reason=months.reason))
    if not known(review, "clv"):
        said.append(
            review.language("annual.relationship", months=months.now,
                moved=moved(review, months))
        )  # fmt: skip
        return group(
            told(review, *said, *_expected(review)), _lifetime_table(review, figures, None)
        )
    value = figure(review, "clv")
    figures.append(value)
    monthly = _monthly(review, months.now, value.now, months.before, value.before)
    said += _lifetime_words(review, months.growth, value.growth, monthly, value.now)
    return group(told(review, *said, *_expected(review)), _lifetime_table(review, figures, monthly))


def _monthly(
    review: Review, months: Kept | None, value: Kept | None, months_then: Kept | None,
    value_then: Kept | None,
) -> dict[str, Kept | None]:  # fmt: skip
    """Give lifetime value a month of relationship: now, before and its growth."""
    last = review.period.last_year
    span = {} if review.lens.finished else {"span": "same_days"}
    now = value / months if months and value is not None else None
    then = value_then / months_then if months_then and value_then is not None else None
    growth = now / then - 1 if now is not None and then else None
    return {
        "now": kept(review, "value_per_month", now, "money"),
        "before": kept(review, "value_per_month", then, "money", span, last),
        "growth": kept(review, "growth_yoy", growth, "ratio", {"metric": "value_per_month"}),
    }


def _lifetime_words(
    review: Review,
    months: Kept | None,
    value: Kept | None,
    monthly: dict[str, Kept | None],
    now: Kept | None,
) -> list[str]:
    """Say what made lifetime value move: longer relationships, or more a month."""
    if now is None:
        return [review.language("annual.no_clv")]
    each = monthly["growth"]
    if months is None or value is None or each is None:
        return [review.language("annual.clv_only", value=now)]
    case = "apart" if direction(months) != direction(each) and value > 0 else "both"
    key = f"annual.clv_{case}"
    if case == "apart":
        key = "annual.clv_by_months" if months > each else "annual.clv_by_value"
    values = {"value": value, "months": months, "each": each}
    return [review.language(key, **values)]


def _expected(review: Review) -> list[str]:
    """Say how long a relationship the renewal rate would make, which is another thing."""
    rate = fact(review, "renewal_rate") if known(review, "renewal_rate") else None
    seen = fact(review, "relationship_months")
    if rate is None or seen is None or rate >= 1:
        return []
    years = kept(review, "expected_years", 1 / (1 - rate), "number")
    return [review.language("annual.expected", rate=rate, years=years, seen=seen)]


def _exact(review: Review, value: float | None) -> str:
    """Write a small amount to the last digit; at the usual scale its change would not be seen."""
    language = review.language
    if value is None or abs(value) >= _LARGE:
        return language.money(value)
    unit = language.label(f"base.currency.{language.currency}", language.currency)
    return language("base.money_unscaled", value=language.count(value), unit=unit)


def _lifetime_table(review: Review, figures: list, monthly: dict[str, Kept | None] | None) -> Block:
    """Show months, value a month and lifetime value with their growth."""
    language = review.language
    rows = [
        {
            "label": name_of(review, found.metric),
            "now": language.show(found.now, "months" if found.metric != "clv" else "money"),
            "before": language.show(found.before, "months" if found.metric != "clv" else "money"),
            "growth": found.growth,
        }
        for found in figures
    ]
    if monthly is not None:
        rows.insert(
            1,
            {
                "label": language("annual.value_per_month"),
                "now": _exact(review, monthly["now"]),
                "before": _exact(review, monthly["before"]),
                "growth": monthly["growth"],
            },
        )
    columns = [
        Col("label", language("report.metric")),
        Col("now", language("annual.this_year"), "figure"),
        Col("before", language("annual.before"), "figure"),
        Col("growth", language("report.versus.year"), "delta", "percent", "up"),
    ]
    frame = pd.DataFrame(rows).astype({"growth": float})
    caption = language("annual.lifetime", scope=scope_name(review))
    return table(frame, columns, language, caption, notes=[language("annual.lifetime_note")])


# New customers --------------------------------------------------------------------------------

_ONLINE = ("线上", "网", "电商", "直播", "online", "internet", "web", "e-commerce")


@section("annual_new_customers", "orders.customer_id")
def annual_new_customers(review: Review) -> Block:
    """Show how many customers were won, how good they are, and which channels brought them."""
    names = known(review, "new_customers", "leader_share_of_new", "referral_rate",
                  "new_customer_share", "existing_customer_share", "repurchase_rate",
                  "valid_lead_rate", "lead_conversion", "cac")  # fmt: skip
    figures = [figure(review, name) for name in names]
    caption = review.language("annual.new_caption", scope=scope_name(review))
    return group(
        told(review, *_new_words(review, figures)),
        scorecard(review, figures, caption),
        _channels(review),
    )


def _new_words(review: Review, figures: list[Figure]) -> list[str]:
    """Say the customers won and the share of leaders and referrals among them."""
    found = {one.metric: one for one in figures}
    new = found["new_customers"]
    if new.now is None:
        return [review.language("annual.new_none", reason=new.reason)]
    if new.now == 0:
        return [review.language("annual.new_zero", period=review.period)]
    said = [review.language("annual.new", count=new.now, moved=moved(review, new))]
    for metric in ("leader_share_of_new", "referral_rate"):
        one = found.get(metric)
        if one is not None and one.now is not None:
            said.append(
                review.language(
                    f"annual.{metric}",
                    share=one.now,
                    moved=moved(review, one),
                )
            )
    share = _online_share(review)
    if share is not None:
        said.append(review.language("annual.online", share=share))
    return said


def _online_share(review: Review) -> Kept | None:
    """Give the share of sales that comes through channels whose name says online."""
    lens = review.lens
    if not lens.has("orders", "channel"):
        return None
    rows = lens.measure("net_sales", ["channel"])
    total = lens.value("net_sales").value
    names = [str(name) for name in rows["channel"]]
    online = [name for name in names if any(word in name.casefold() for word in _ONLINE)]
    if not online or len(online) == len(names) or not total:
        return None
    part = float(rows.loc[rows["channel"].astype(str).isin(online), "value"].sum())
    scope = {"channel": ",".join(sorted(online))}
    return kept(review, "share", part / total, "ratio", scope, numerator=part, denominator=total)


def _channels(review: Review) -> Block | None:
    """Show by channel: customers won, leads, valid ones, conversion, campaigns, cost of each."""
    lens, language = review.lens, review.language
    if not lens.has("orders", "channel"):
        return None
    won = lens.compare("new_customers", "year", ["channel"]).set_index("channel")
    found = {"current": won["current"], "growth": won["growth"]}
    columns = [
        Col("label", dimension_name(review, "channel")),
        Col("current", name_of(review, "new_customers"), "bar", "count"),
        Col("growth", language("report.versus.year"), "delta", "percent", "up"),
    ]
    whole = lens.against("new_customers", "year")
    total = {"label": language("report.total"), **whole}
    for metric, unit in (("leads", "count"), ("valid_lead_rate", "percent"),
                         ("lead_conversion", "percent"), ("cac", "money")):  # fmt: skip
        if "channel" not in lens.dimensions(metric):
            continue
        cut = lens.measure(metric, ["channel"])
        wide = metric in ("cac", "leads")
        found[metric] = cut.set_index("channel")["value"]
        total[metric] = lens.value(metric).value
        columns.append(Col(metric, name_of(review, metric), unit, wide_only=wide))
        if metric == "valid_lead_rate":
            for row in cut.to_dict("records"):
                kept(review, "valid_leads", row["numerator"], "count",
                     {"channel": str(row["channel"])}, n=row["denominator"])  # fmt: skip
    rows = pd.DataFrame(found).sort_index().rename_axis("channel").reset_index()
    held_at = _campaigns(review)
    if held_at:
        rows = rows.assign(events=[held_at.get(str(name), 0) for name in rows["channel"]])
        total["events"] = sum(held_at.values())
        columns.append(Col("events", language("annual.campaigns"), "count", wide_only=True))
    rows = labelled(review, rows, "channel").sort_values("current", ascending=False)
    caption = language("annual.channels", scope=scope_name(review))
    return table(rows, columns, language, caption, total=total)


def _campaigns(review: Review) -> dict[str, int]:
    """Count the campaigns with spend in the year by channel, kept as facts."""
    lens = review.lens
    if not lens.has("channel_spend", "campaign_id", "channel"):
        return {}
    spend = lens.dataset.frame("channel_spend")
    months = {str(month) for month in review.calendar.months_of(review.period)
              if review.calendar.window(month).start <= review.as_of}  # fmt: skip
    named = spend["campaign_id"].notna() & ~spend["campaign_id"].astype(str).isin(["", "unmapped"])
    rows = spend[named & spend["period"].astype(str).isin(months) & (spend["spend"] > 0)]
    counts = rows.groupby(rows["channel"].astype(str))["campaign_id"].nunique()
    found = {str(name): int(count) for name, count in counts.items()}
    for name, count in found.items():
        kept(review, "campaigns", count, "count", {"channel": name})
    return found
