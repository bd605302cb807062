"""Headline figures: a number, what it is held against, how far along it is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from salesnb.figures.scale import scale_of
from salesnb.figures.values import shown
from salesnb.language import Language, is_missing
from salesnb.report.blocks import Block
from salesnb.report.html import Html, join, plain, tag
from salesnb.report.spark import sparkline
from salesnb.report.tables import delta

_FIGURE = re.compile(r"[−+]?\d[\d,.]*")


@dataclass(frozen=True)
class Versus:
    """A comparison with its name: the change against last year, last month, the target.

    Parameters
    ----------
    name
        What the figure is held against, in the reader's words.
    value
        The change; None where there is none.
    unit
        `percent` for growth, `points` for rates, or the unit of a difference.
    reason
        Why there is no value, in the reader's words.
    """

    name: str
    value: float | None
    unit: str = "percent"
    reason: str = ""


@dataclass(frozen=True)
class Card:
    """One headline figure.

    Parameters
    ----------
    value
        The figure, unrounded; None where it cannot be computed.
    unit
        As in `scale_of`.
    versus
        Comparisons, the most important first; two fit well.
    better
        `up`, `down` or `none`: which direction is good.
    attainment
        Share of the target reached, 1.0 for all of it.
    pace
        Share of the target that was due by now; a mark on the progress bar.
    history
        Values of past periods up to this one, for a sparkline.
    note
        A line below: a definition, or why there is no value.
    """

    label: str
    value: float | None
    unit: str = "money"
    versus: tuple[Versus, ...] = ()
    better: str = "up"
    attainment: float | None = None
    pace: float | None = None
    history: tuple[float | None, ...] = ()
    note: str = ""


@dataclass(frozen=True, repr=False)
class Cards(Block):
    """Headline figures in a row: made by `cards`."""

    items: tuple[Card, ...]
    language: Language

    def html(self) -> Html:
        """Give one list item a card."""
        return tag(
            "ul", *(self._card(item) for item in self.items), class_=f"cards c{len(self.items)}"
        )

    def text(self) -> str:
        """Give one line a card."""
        return "\n".join(self._line(item) for item in self.items)

    def _show(self, item: Card) -> str:
        return shown(self.language, item.value, item.unit)

    def _line(self, item: Card) -> str:
        compared = [f"{v.name} {self._change(v)}" for v in item.versus]
        reached = [self._reached(item)] if not is_missing(item.attainment) else []
        return plain(" · ".join([f"{item.label} {self._show(item)}", *compared, *reached]))

    def _change(self, versus: Versus) -> str:
        scale = scale_of(self.language, versus.unit, [versus.value])
        unit = scale.name if versus.unit == "money" else ""
        changed = scale.text(versus.value, signed=True) + unit
        return self.language.points(versus.value) if versus.unit == "points" else changed

    def _card(self, item: Card) -> Html:
        value = _figure(self._show(item))
        spark = sparkline(item.history, 64, 20) if item.history else None
        compared = [self._versus(versus, item.better) for versus in item.versus]
        progress = self._progress(item) if not is_missing(item.attainment) else None
        return tag(
            "li",
            tag("span", tag("span", item.label), spark, class_="k"),
            tag("b", value),
            tag("span", *compared, class_="c") if compared else None,
            progress,
            tag("span", item.note, class_="note") if item.note else None,
        )

    def _versus(self, versus: Versus, better: str) -> Html:
        name = tag("span", versus.name, class_="m")
        if is_missing(versus.value):
            change: object = versus.reason or self.language("base.none")
        elif versus.unit == "points":
            scale = scale_of(self.language, "points", [versus.value])
            marked = delta(versus.value, scale, better)
            unit = self.language("figures.unit.points")
            change = join([marked, tag("small", f" {unit}")])
        else:
            scale = scale_of(self.language, versus.unit, [versus.value])
            unit = scale.name if versus.unit == "money" else ""
            change = join([delta(versus.value, scale, better), tag("small", unit)])
        return tag("span", name, " ", change)

    def _reached(self, item: Card) -> str:
        key = "page.attained" if is_missing(item.pace) else "page.attained_pace"
        values = {"attainment": item.attainment}
        return self.language(key, **values, pace=item.pace if not is_missing(item.pace) else 0.0)

    def _progress(self, item: Card) -> Html:
        reached = max(float(item.attainment or 0.0), 0.0)
        full = max(1.0, reached)
        due = 1.0 if is_missing(item.pace) else float(item.pace or 0.0)
        look = "good" if reached >= due else "bad"
        fill = tag("i", class_=look, style=f"width:{100 * reached / full:.4g}%")
        mark = tag("u", style=f"left:{100 * min(due, full) / full:.4g}%")
        bar = tag("span", fill, mark, class_="prog", aria_hidden="true")
        return tag("span", bar, tag("span", self._reached(item), class_="m"), class_="p")


def _figure(text: str) -> Html:
    """Set the words around a figure smaller than the figure."""
    match = _FIGURE.search(text)
    if not match:
        return tag("span", text)
    before, after = text[: match.start()], text[match.end() :]
    sign = before if before in {"−", "+"} else ""
    small = tag("small", before) if before and not sign else sign
    return join([small, match.group(), tag("small", after) if after else None])


def cards(items: Sequence[Card], language: Language) -> Cards:
    """Show headline figures, four to six of them."""
    return Cards(tuple(items), language)
