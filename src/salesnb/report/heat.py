"""Heat tables: RFM, cohorts, golden hours; a table first, so it can be searched and copied."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from pandas import DataFrame

from salesnb.figures.scale import Scale, scale_of
from salesnb.figures.theme import contrast, mix
from salesnb.language import Language, is_missing
from salesnb.report.blocks import Block
from salesnb.report.charts import frame_figure, with_unit
from salesnb.report.html import Html, join, plain, tag

# One hue from almost white to dark; a second one for the wrong side of the middle.
_ONE = ("#edf4fc", "#86b4e6", "#12457f")
_OTHER = ("#fdf2ea", "#efa878", "#8f3a0b")


@dataclass(frozen=True, repr=False)
class Heat(Block):
    """A frame whose cells are coloured by their value: made by `heat_table`."""

    frame: DataFrame
    language: Language
    title: str
    unit: str
    corner: str = ""
    subtitle: str = ""
    so_what: str = ""
    middle: float | None = None
    better: str = "up"
    small: DataFrame | None = None
    weak: DataFrame | None = None
    totals: Mapping[str, Sequence[float]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def html(self) -> Html:
        """Give a figure with a table; each cell's text is black or white, whichever reads best."""
        scale, ends = self._scale(), self._ends()
        corner = tag("th", self.corner, scope="col") if self.corner else tag("td")
        heads = [tag("th", str(name), scope="col") for name in self.frame.columns]
        extra = [tag("th", name, scope="col", class_="n") for name in self.totals]
        rows = []
        for place, (name, values) in enumerate(self.frame.iterrows()):
            cells = [
                self._cell(place, at, value, scale, ends)
                for at, value in enumerate(values.tolist())
            ]
            sums = [
                tag(
                    "td",
                    scale_of(self.language, "count", column).text(column[place]),
                    class_="n sum",
                )
                for column in self.totals.values()
            ]
            rows.append(tag("tr", tag("th", str(name), scope="row"), *cells, *sums))
        whole = tag(
            "table",
            tag("caption", self.title, class_="vh"),
            tag("thead", tag("tr", corner, *heads, *extra)),
            tag("tbody", *rows),
            class_="heat",
        )
        box = tag("div", whole, class_="scroll", tabindex="0", role="group", aria_label=self.title)
        notes = [tag("p", line, class_="note") for line in self.notes]
        return frame_figure(
            self.title,
            with_unit(self.language, self.subtitle, scale.name),
            join([box, *notes]),
            self.so_what,
        )

    def text(self) -> str:
        """Give the table as words, one line a row."""
        scale = self._scale()
        lines = [" | ".join(["", *map(str, self.frame.columns)])]
        for name, values in self.frame.iterrows():
            lines.append(" | ".join([str(name), *(scale.text(value) for value in values)]))
        return plain("\n".join([self.title, *lines]))

    def _scale(self) -> Scale:
        values = self.frame.to_numpy(float).ravel()
        scale = scale_of(self.language, self.unit, values)
        known = values[~np.isnan(values)]
        # A table is read by its colours: whole percents will do where they differ.
        coarse = scale.name == "%" and known.size and known.max() - known.min() > 0.1
        return replace(scale, digits=0) if coarse else scale

    def _ends(self) -> tuple[float, float]:
        """Give the lowest and the highest value there is."""
        values = self.frame.to_numpy(float)
        known = values[~np.isnan(values)].tolist()
        return min(known, default=0.0), max(known, default=0.0)

    def _cell(
        self, row: int, column: int, value: float, scale: Scale, ends: tuple[float, float]
    ) -> Html:
        if is_missing(value):
            return tag("td", "" if self.middle is None else scale.none)
        text = scale.text(value, signed=self.middle is not None and self.unit == "points")
        below = self.small.iloc[row, column] if self.small is not None else None
        inner = join([text, None if is_missing(below) else tag("small", str(below))])
        if self.weak is not None and bool(self.weak.iloc[row, column]):
            return tag("td", inner, class_="weak")
        colour = self._colour(float(value), *ends)
        ink = max(("#000000", "#ffffff"), key=lambda candidate: contrast(candidate, colour))
        short = {"#000000": "#000", "#ffffff": "#fff"}[ink]
        return tag("td", inner, style=f"background:{colour};color:{short}")

    def _colour(self, value: float, low: float, high: float) -> str:
        if self.middle is None:
            share = (value - low) / (high - low) if high > low else 0.5
            return _ramp(_ONE, share)
        reach = max(high - self.middle, self.middle - low) or 1.0
        share = abs(value - self.middle) / reach
        good = (value >= self.middle) == (self.better != "down")
        return _ramp(_ONE if good else _OTHER, share)


def _ramp(stops: tuple[str, str, str], share: float) -> str:
    """Give the colour at a share of the way over three stops."""
    low, middle, high = stops
    return mix(low, middle, share * 2) if share < 0.5 else mix(middle, high, share * 2 - 1)


def heat_table(
    frame: DataFrame,
    language: Language,
    *,
    title: str,
    unit: str,
    corner: str = "",
    subtitle: str = "",
    so_what: str = "",
    middle: float | None = None,
    better: str = "up",
    small: DataFrame | None = None,
    weak: DataFrame | None = None,
    totals: Mapping[str, Sequence[float]] | None = None,
    notes: Sequence[str] = (),
) -> Heat:
    """Show a matrix as a table coloured by value.

    Parameters
    ----------
    frame
        Rows and columns as they are shown, index and columns holding their names; missing cells
        stay empty.
    corner
        What the rows are, above their names.
    middle
        Where the colour turns, as the average or a target: values on the good side are blue,
        others orange. None: one hue from low to high.
    small
        A second line for each cell, same shape, as the count behind a rate.
    weak
        True where a value rests on too little to be coloured, same shape.
    totals
        Columns of counts at the right, as cohort sizes.
    """
    return Heat(
        frame,
        language,
        title,
        unit,
        corner,
        subtitle,
        so_what,
        middle,
        better,
        small,
        weak,
        dict(totals or {}),
        tuple(notes),
    )
