"""What customers ask for and how fast they are answered; whether lead scores tell who buys."""

from __future__ import annotations

import numpy as np
import pandas as pd

from salesnb.explain.scores import score_ranking, score_tenths
from salesnb.figures.bars import draw_bars
from salesnb.findings.spans import inside
from salesnb.report.blocks import Block, group, lead, note
from salesnb.report.charts import chart
from salesnb.report.heat import heat_table
from salesnb.report.review import Review, section
from salesnb.report.sections.annual_parts import kept
from salesnb.report.sections.parts import name_of, scope_name, value_name
from salesnb.report.tables import Col, table

_MOST_INDUSTRIES = 7


@section("yearly_voice", "feedback.theme")
def yearly_voice(review: Review) -> Block:
    """Show what customers speak of by industry, and how requests and complaints were answered."""
    language, lens = review.language, review.lens
    themes = _themes(review)
    blocks: list[Block | None] = []
    if themes.empty:
        blocks.append(note(language("yearly.no_themes")))
    else:
        blocks += [lead(*_loudest(review, themes)), _theme_table(review, themes)]
        blocks.append(_by_industry(review, themes))
    if lens.has("tickets", "opened"):
        blocks.append(_answered(review))
    return group(*blocks)


def _themes(review: Review) -> pd.DataFrame:
    """Give each theme's share of what was said, now and a year before, most named first."""
    lens = review.lens
    now = lens.measure("theme_share", ["theme"])
    now = now[now["numerator"] > 0][["theme", "value", "numerator", "denominator"]]
    before = lens.compare("theme_share", "year", ["theme"])
    changes = dict(zip(before["theme"].astype(str), before["change"], strict=True))
    rows = now.assign(
        label=[value_name(review, "theme", name) for name in now["theme"]],
        change=[changes.get(str(name), np.nan) for name in now["theme"]],
    )
    return rows.sort_values(["value", "theme"], ascending=[False, True], ignore_index=True)


def _loudest(review: Review, themes: pd.DataFrame) -> list[str]:
    first = themes.iloc[0]
    sentences = [
        review.language(
            "yearly.voice_lead", count=first["denominator"], name=first["label"],
            share=first["value"], many=first["numerator"],
        )
    ]  # fmt: skip
    risen = themes.dropna(subset=["change"]).sort_values("change", ascending=False)
    if len(risen) and risen["change"].iloc[0] > 0.005:
        row = risen.iloc[0]
        sentences.append(
            review.language("yearly.voice_risen", name=row["label"], change=row["change"])
        )
    return sentences


def _theme_table(review: Review, themes: pd.DataFrame) -> Block:
    language = review.language
    columns = [
        Col("label", language("yearly.theme")),
        Col("numerator", language("yearly.mentions"), "count"),
        Col("value", language("report.share"), "bar", "percent"),
        Col("change", language("report.versus.year"), "points"),
    ]
    caption = language("yearly.themes_caption", scope=scope_name(review))
    total = {"label": language("report.total"), "numerator": themes["denominator"].iloc[0],
             "value": 1.0, "change": ""}  # fmt: skip
    return table(themes, columns, language, caption, total=total, max_rows=10)


def _by_industry(review: Review, themes: pd.DataFrame) -> Block | None:
    """Show what each industry speaks of: its own shares, so that large ones do not drown others."""
    lens, language = review.lens, review.language
    if "industry" not in lens.dimensions("theme_share"):
        return None
    # Each pair's mentions; the share within an industry is of what that industry said.
    rows = lens.measure("theme_share", ["industry", "theme"])
    counts = rows.pivot_table(index="industry", columns="theme", values="numerator",
                              aggfunc="sum", observed=True).fillna(0.0)  # fmt: skip
    many = counts.sum(axis=1).sort_values(ascending=False)
    kept = [name for name in many.index[:_MOST_INDUSTRIES] if many[name] > 0]
    if len(kept) < 2:
        return None
    order = [name for name in themes["theme"] if name in counts.columns]
    counts = counts.loc[kept, order]
    grid = counts.div(counts.sum(axis=1), axis=0)
    weak = counts.apply(lambda row: row * 0 + many[row.name], axis=1) < 30
    names = {
        "index": {name: value_name(review, "industry", name) for name in kept},
        "columns": {name: value_name(review, "theme", name) for name in order},
    }
    loud = grid[many[kept] >= 30]
    title = language("yearly.industry_plain")
    if len(loud):
        top = loud.stack()
        industry, theme = top.idxmax()  # type: ignore[misc]
        title = language(
            "yearly.industry_title", industry=names["index"][industry],
            theme=names["columns"][theme], share=float(top.max()),
        )  # fmt: skip
    return heat_table(
        grid.rename(**names),
        language,
        title=title,
        unit="percent",
        corner=language("report.dimension.industry"),
        subtitle=language("yearly.industry_subtitle", scope=scope_name(review)),
        weak=weak.rename(**names),
        totals={language("yearly.mentions"): many[kept].tolist()},
        notes=[language("yearly.industry_note")],
    )


def _answered(review: Review) -> Block | None:
    """Show requests and complaints: answered in time, closed, and how long it took."""
    lens, language = review.lens, review.language
    rows = inside(lens.dataset.frame("tickets"), "opened", lens.window)
    if rows.empty:
        return note(language("yearly.no_tickets"))
    by = "kind" if "kind" in rows else None
    if by is None:
        return None
    sla = lens.measure("sla_rate", [by]).set_index(by)
    changes = lens.compare("sla_rate", "year", [by]).set_index(by)["change"]
    found = []
    for name, mine in rows.groupby(rows[by].astype(str)):
        hours = (mine["first_response"] - mine["opened"]).dt.total_seconds() / 3600
        days = (mine["closed"] - mine["opened"]).dt.total_seconds() / 86400
        rate = sla["value"].get(name, np.nan)
        closed = float(days.notna().mean())
        lens.keep("response_hours", _median(hours), "number", {by: str(name)}, n=len(mine))
        lens.keep("days_to_close", _median(days), "days", {by: str(name)}, n=len(mine))
        lens.keep("closed_share", closed, "ratio", {by: str(name)}, n=len(mine))
        found.append(
            {
                "label": value_name(review, "kind", name), "n": len(mine), "sla": rate,
                "change": changes.get(name, np.nan),
                "hours": _median(hours), "days": _median(days), "closed": closed,
            }
        )  # fmt: skip
    frame = pd.DataFrame(found).sort_values(["n", "label"], ascending=[False, True])
    columns = [
        Col("label", language("yearly.request")),
        Col("n", language("yearly.requests"), "count"),
        Col("sla", name_of(review, "sla_rate"), "percent"),
        Col("change", language("report.versus.year"), "points", wide_only=True),
        Col("hours", language("yearly.response_hours"), "number"),
        Col("days", language("yearly.days_to_close"), "days", wide_only=True),
        Col("closed", language("yearly.closed"), "percent"),
    ]
    return table(
        frame, columns, language, language("yearly.answered_caption", scope=scope_name(review))
    )


def _median(values: pd.Series) -> float | None:
    known = values.dropna()
    return float(known.median()) if len(known) else None


# Lead scores ----------------------------------------------------------------------------------


@section("yearly_scores", "leads.score", "leads.converted_date")
def yearly_scores(review: Review) -> Block:
    """Hold the score of leads against who became a customer, a tenth of the scores at a time."""
    language, lens = review.language, review.lens
    leads = lens.dataset.frame("leads")
    days = pd.Timedelta(days=lens.dataset.settings.conversion_days)
    mine = inside(leads, "created", lens.window)
    created = mine["created"].dt.normalize()
    ripe = mine[(created + days <= pd.Timestamp(lens.window.end)) & mine["score"].notna()]
    hits = (
        ripe["converted_date"].notna()
        & (ripe["converted_date"] <= ripe["created"].dt.normalize() + days)
    ).to_numpy()
    least = lens.dataset.settings.n_trials
    if len(ripe) < least or not hits.any():
        key = "scores_few" if len(ripe) < least else "scores_none"
        return note(language(f"yearly.{key}", n=len(ripe), least=least))
    tenths = score_tenths(ripe["score"], hits)
    ranking = score_ranking(ripe["score"], hits)
    overall = float(hits.mean())
    for row in tenths.to_dict("records"):
        lens.keep("score_conversion", row["rate"], "ratio", {"part": str(row["part"])},
                  numerator=row["hits"], denominator=row["n"])  # fmt: skip
    useful = ranking.low > 0.5
    wrong = ranking.high < 0.5
    top = tenths[tenths["part"] <= 3]
    key = "scores_tell" if useful else "scores_wrong" if wrong else "scores_nothing"
    sentence = review.language(f"yearly.{key}", n=len(ripe),
        area=kept(review, "score_ranking", ranking.area, "ratio", n=len(ripe)),
        low=kept(review, "score_ranking_low", ranking.low, "ratio", n=len(ripe)),
        high=kept(review, "score_ranking_high", ranking.high, "ratio", n=len(ripe)),
        leads=float(top["n"].sum() / len(ripe)),
        share=kept(review, "score_top_share", float(top["hits"].sum() / hits.sum()), "ratio"),
        lift=kept(review, "score_lift", float(tenths["rate"].iloc[0] / overall), "number"),
    )  # fmt: skip
    rows = tenths.assign(
        label=[
            language("yearly.tenth", part=part, low=low, high=high)
            for part, low, high in zip(tenths["part"], tenths["low"], tenths["high"], strict=True)
        ],
        interval=[
            language("yearly.from_to", low=low, high=high)
            for low, high in zip(tenths["rate_low"], tenths["rate_high"], strict=True)
        ],
    )
    bars = pd.DataFrame({"label": rows["label"], "value": rows["rate"]})
    first, last = tenths.iloc[0], tenths.iloc[-1]
    drawn = draw_bars(
        bars, language, unit="percent",
        title=language("yearly.scores_title", first=float(first["rate"]),
                       last=float(last["rate"]), overall=overall),
        subtitle=language("yearly.scores_subtitle", scope=scope_name(review)),
    )  # fmt: skip
    columns = [
        Col("label", language("yearly.score_part")),
        Col("n", language("yearly.ripe_leads"), "count"),
        Col("hits", language("yearly.converted"), "count", wide_only=True),
        Col("rate", language("yearly.conversion"), "percent"),
        Col("interval", language("yearly.interval"), wide_only=True),
        Col("share", language("yearly.cumulative"), "percent"),
    ]
    caption = language("yearly.scores_table", scope=scope_name(review))
    return group(
        lead(sentence),
        chart(drawn, language),
        table(rows, columns, language, caption),
        note(language("yearly.scores_note")),
    )
