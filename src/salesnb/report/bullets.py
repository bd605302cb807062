"""Bullet rows: actual against target, one row each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pandas import DataFrame

from salesnb.figures.scale import Scale, scale_of
from salesnb.language import Language, is_missing
from salesnb.report.blocks import Block
from salesnb.report.charts import frame_figure, with_unit
from salesnb.report.html import Html, join, plain, tag


@dataclass(frozen=True, repr=False)
class Bullets(Block):
    """Actual, target and last year as bars: made by `bullet_rows`."""

    frame: DataFrame
    language: Language
    title: str
    subtitle: str = ""
    so_what: str = ""
    unit: str = "money"
    better: str = "up"

    def html(self) -> Html:
        """Give a figure whose rows are read aloud as words."""
        rows = self.frame.to_dict("records")
        scale = self._scale()
        most = max(
            (row[name] for row in rows for name in self._numbers() if not is_missing(row[name])),
            default=0.0,
        )
        items = [self._row(row, scale, most or 1.0) for row in rows]
        legend = tag("p", self.language("page.bullet_legend"), class_="note")
        subtitle = with_unit(self.language, self.subtitle, scale.name)
        picture = join([tag("ul", self._head(), *items, class_="bullets"), legend])
        return frame_figure(self.title, subtitle, picture, self.so_what)

    def text(self) -> str:
        """Give one line a row."""
        scale = self._scale()
        return plain(
            "\n".join(
                [self.title, *(self._words(row, scale) for row in self.frame.to_dict("records"))]
            )
        )

    def _numbers(self) -> list[str]:
        return [name for name in ("actual", "target", "last_year") if name in self.frame]

    def _scale(self) -> Scale:
        values = self.frame[self._numbers()].to_numpy(float).ravel()
        return scale_of(self.language, self.unit, values)

    def _words(self, row: dict[str, Any], scale: Scale) -> str:
        parts = [f"{row['label']} {scale.text(row['actual'])}"]
        if not is_missing(row.get("target")):
            parts.append(f"{self.language('figures.scenario.target')} {scale.text(row['target'])}")
        parts.append(
            f"{self.language('page.attainment')} {self.language.percent(row.get('attainment'))}"
        )
        return " · ".join(parts)

    def _row(self, row: dict[str, Any], scale: Scale, most: float) -> Html:
        actual, target, before = row["actual"], row.get("target"), row.get("last_year")
        marks = []
        if not is_missing(actual):
            marks.append(tag("i", style=f"width:{_share(actual, most)}"))
        if not is_missing(before):
            marks.append(tag("s", style=f"left:{_share(before, most)}"))
        if not is_missing(target):
            marks.append(tag("u", style=f"left:{_share(target, most)}"))
        attained = self.language.percent(row.get("attainment"))
        gap = float("nan") if is_missing(actual) or is_missing(target) else actual - target
        look = "" if is_missing(gap) else "bad" if self._missed(actual, target) else "good"
        return tag(
            "li",
            tag("span", row["label"], class_="k"),
            tag("span", *marks, class_="trk", role="img", aria_label=self._words(row, scale)),
            tag("b", attained, class_="n"),
            tag("span", scale.text(actual), class_="n"),
            tag("span", scale.text(gap, signed=True), class_=f"n {look}"),
        )

    def _head(self) -> Html:
        names = ("page.attainment", "figures.scenario.actual", "page.gap")
        heads = (tag("span", self.language(name), class_="n") for name in names)
        return tag(
            "li", tag("span"), tag("span", class_="trk"), *heads, class_="h", aria_hidden="true"
        )

    def _missed(self, actual: Any, target: Any) -> bool:
        if is_missing(actual) or is_missing(target):
            return False
        return actual < target if self.better != "down" else actual > target


def _share(value: Any, most: float) -> str:
    return f"{100 * max(value, 0.0) / most:.4g}%"


def bullet_rows(
    frame: DataFrame,
    language: Language,
    *,
    title: str,
    subtitle: str = "",
    so_what: str = "",
    unit: str = "money",
    better: str = "up",
) -> Bullets:
    """Show actual against target in rows, worst or largest first as the frame is sorted.

    Parameters
    ----------
    frame
        One row each: `label`, `actual`, `target` (missing where there is none), `attainment`
        (0 to 1 and more; missing where it cannot be computed); optional `last_year`.
    better
        `up` or `down`: on which side of the target it is met.
    """
    return Bullets(frame, language, title, subtitle, so_what, unit, better)
