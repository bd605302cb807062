"""Tables: escaped, captioned, one unit a column, numbers that line up."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from html import unescape
from typing import Any

from pandas import DataFrame

from salesnb.errors import MetricError, Problem
from salesnb.figures.scale import Scale, scale_of
from salesnb.language import Language, is_missing
from salesnb.report.blocks import Block
from salesnb.report.html import Html, join, plain, tag
from salesnb.report.spark import sparkline

# A table of so few columns is not stretched over the page: its numbers stay near their names.
_FEW = 4
_LONG = 12
# Words of so few characters stay on one line, and leave the folding to longer ones.
_SHORT = 10
_TAGS = re.compile(r"<[^>]*>")
_NUMBERS = frozenset(
    {"money", "percent", "rate", "share", "points", "count", "ratio", "number", "score", "days"}
    | {"months"}
)
_KINDS = _NUMBERS | {"text", "figure", "date", "period", "delta", "bar", "spark", "status"}


@dataclass(frozen=True)
class Col:
    """A column: its name in the frame, its label, and how its cells are shown.

    Parameters
    ----------
    kind
        A unit (money, percent, points, count, ratio, number, score, days, months), or `text`,
        `figure` (a number written out with its own unit), `date`, `period`, `delta` (a change:
        arrow, sign, colour), `bar` (a number with a bar beside it), `spark` (each cell a sequence
        of values), `status` (a word in a pill; the cell holds `good`, `warn`, `bad` or `none`, a
        colon and the word). A cell that is `Html` is shown as it is.
    unit
        What a `delta` or `bar` counts: percent and money when not said.
    better
        `up`, `down` or `none`: which direction of a delta is good.
    digits
        Decimals, when the usual choice is not wanted.
    wide_only
        Left out on a phone.
    """

    name: str
    label: str = ""
    kind: str = "text"
    unit: str = ""
    better: str = "none"
    digits: int | None = None
    wide_only: bool = False

    def __post_init__(self) -> None:
        if self.kind not in _KINDS:
            options = ", ".join(sorted(_KINDS))
            what = f"column `{self.name}` is of an unknown kind"
            raise MetricError(Problem(what, got=self.kind, fix=f"It can be: {options}."))

    @property
    def counts(self) -> str:
        """The unit of the column's numbers, empty for words."""
        if self.kind in _NUMBERS:
            return self.kind
        return {"delta": self.unit or "percent", "bar": self.unit or "money"}.get(self.kind, "")


@dataclass(frozen=True, repr=False)
class Table(Block):
    """A frame to be read: made by `table`."""

    frame: DataFrame
    columns: tuple[Col, ...]
    language: Language
    caption: str
    total: Mapping[str, Any] = field(default_factory=dict)
    others: Mapping[str, Any] = field(default_factory=dict)
    max_rows: int = 30
    notes: tuple[str, ...] = ()

    def html(self) -> Html:
        """Give the table in a box of its own that scrolls when it must."""
        held = self._rows()
        scales, rows = self._scales(held), self._named(held)
        largest = {
            col.name: _largest(_numbers([row[col.name] for row in rows]))
            for col in self.columns
            if col.kind == "bar"
        }
        head = tag("tr", *(self._header(col, scales) for col in self.columns))
        body = [self._row(row, scales, largest, _look(row)) for row in rows]
        if self.others:
            body.append(self._row(self.others, scales, largest, "others"))
        foot = self._row(self.total, scales, {}, "total") if self.total else None
        whole = tag(
            "table",
            tag("caption", self.caption),
            tag("thead", head),
            tag("tbody", *body),
            tag("tfoot", foot) if foot else None,
            class_="few" if len(self.columns) <= _FEW else None,
        )
        # On paper a long table may go on overleaf; a short one stays in one piece.
        look = "scroll long" if len(rows) > _LONG else "scroll"
        box = tag("div", whole, class_=look, tabindex="0", role="group", aria_label=self.caption)
        return join([box, *(tag("p", line, class_="note") for line in self._notes())])

    def _rows(self) -> list[dict[Any, Any]]:
        """Give the cells of each row shown, by column; lists are quicker than `to_dict`."""
        shown = self.frame.head(self.max_rows)
        cells = [column.tolist() for _, column in shown.items()]
        return [dict(zip(shown.columns, row, strict=True)) for row in zip(*cells, strict=True)]

    def _named(self, rows: list[dict[Any, Any]]) -> list[dict[Any, Any]]:
        """Repeat the name of the row above, unseen, where a row has none of its own."""
        first, name = self.columns[0].name, ""
        named = []
        for row in rows:
            if row[first] == "" and name:
                row = row | {first: tag("span", name, class_="vh")}
            else:
                name = "" if is_missing(row[first]) else str(row[first])
            named.append(row)
        return named

    def text(self) -> str:
        """Give the table as words, one line a row."""
        held = self._rows()
        scales, rows = self._scales(held), [*held, self.others, self.total]
        lines = [" | ".join(self._label(col, scales) for col in self.columns)]
        for row in rows:
            if row:
                lines.append(
                    " | ".join(self._words(col, row.get(col.name), scales) for col in self.columns)
                )
        return plain("\n".join([self.caption, *lines, *self._notes()]))

    def _notes(self) -> tuple[str, ...]:
        left = len(self.frame) - self.max_rows
        if left > 0 and not self.others:
            return (self.language("page.rows_left", count=left), *self.notes)
        return self.notes

    def _scales(self, rows: Sequence[Mapping[str, Any]]) -> dict[str, Scale]:
        """Choose a scale for each column; money columns near in size share the larger one."""
        values = {
            col.name: _numbers(
                [
                    *(row[col.name] for row in rows),
                    self.others.get(col.name),
                    self.total.get(col.name),
                ]
            )
            for col in self.columns
            if col.counts
        }
        scales = {
            col.name: _column_scale(self.language, col, values[col.name])
            for col in self.columns
            if col.counts
        }
        money = {name: scale for name, scale in scales.items() if scale.unit == "money"}
        widest = max(money.values(), key=lambda scale: scale.factor, default=None)
        for col in self.columns:
            if widest and col.name in money and _largest(values[col.name]) >= widest.factor:
                digits = widest.digits if col.digits is None else col.digits
                scales[col.name] = replace(widest, digits=digits)
        return scales

    def _label(self, col: Col, scales: Mapping[str, Scale]) -> str:
        label = col.label or col.name
        scale = scales.get(col.name)
        if scale is None or not scale.name or scale.name == "%":
            return label
        return label + self.language("figures.in_unit", unit=scale.name)

    def _header(self, col: Col, scales: Mapping[str, Scale]) -> Html:
        label = col.label or col.name
        unit = self._label(col, scales).removeprefix(label)
        # The unit goes to a second line as a whole when the column is narrow.
        gap = " " if unit[:1].isspace() else None
        shown = [label, gap, tag("span", unit.strip(), class_="u") if unit else None]
        return tag("th", *shown, scope="col", class_=_cell_class(col), data_u=col.counts)

    def _row(
        self,
        row: Mapping[str, Any],
        scales: Mapping[str, Scale],
        largest: Mapping[str, float],
        look: str,
    ) -> Html:
        cells = []
        for place, col in enumerate(self.columns):
            value = row.get(col.name)
            inner = self._cell(col, value, scales, largest.get(col.name, 0.0))
            name = "td" if place else "th"
            scope = None if place else "row"
            # Unrounded, for what reads the page: a spreadsheet made of it.
            exact = _number(value) if col.counts else None
            held = None if exact is None else f"{exact:.10g}"
            styled = _cell_class(col)
            if place and col.kind == "text" and 0 < len(inner) <= _SHORT:
                styled = f"{styled} sh" if styled else "sh"
            cells.append(tag(name, inner, class_=styled, scope=scope, data_v=held))
        return tag("tr", *cells, class_=look or None)

    def _cell(
        self, col: Col, value: Any, scales: Mapping[str, Scale], largest: float
    ) -> Html | str:
        if isinstance(value, Html):
            return value
        if col.kind == "spark":
            return sparkline(value if isinstance(value, Sequence) else [])
        if col.kind == "status" and isinstance(value, str) and ":" in value:
            look, _, word = value.partition(":")
            return tag("span", word, class_=f"pill {look if look in STATUSES else 'none'}")
        text = self._words(col, value, scales)
        if col.kind == "delta" and not isinstance(value, str):
            return delta(_number(value), scales[col.name], col.better)
        if col.kind == "bar":
            fill = None
            if largest and (size := _number(value)) is not None:
                share = round(100 * min(abs(size) / largest, 1), 1)
                fill = tag("i", class_="neg" if size < 0 else None, style=f"width:{share:g}%")
            return join([tag("span", text), tag("span", fill, class_="bar", aria_hidden="true")])
        return text

    def _words(self, col: Col, value: Any, scales: Mapping[str, Scale]) -> str:
        if isinstance(value, Html):
            return unescape(_TAGS.sub("", value))
        if col.counts:
            signed = col.kind in {"delta", "points"}
            return scales[col.name].text(value, signed) if not isinstance(value, str) else value
        if col.kind == "spark":
            return ""
        if col.kind == "status" and isinstance(value, str):
            return value.partition(":")[2] or value
        if is_missing(value) or value == "":
            return self.language("base.none") if col.kind != "text" or is_missing(value) else ""
        if col.kind in {"date", "period"}:
            return self.language.show(value, col.kind)
        return str(value)


def _numbers(values: Sequence[Any]) -> list[float]:
    """Give the known numbers among a column's cells; a word may stand in for one."""
    return [
        float(value) for value in values if not is_missing(value) and not isinstance(value, str)
    ]


def _largest(values: Sequence[float]) -> float:
    return max((abs(value) for value in values), default=0.0)


def _column_scale(language: Language, col: Col, values: Sequence[float]) -> Scale:
    """Choose a column's scale; money keeps a decimal longer than on a chart."""
    scale = scale_of(language, col.counts, values, col.digits)
    if scale.unit == "money" and col.digits is None and scale.factor > 1:
        fine = scale.small if _largest(values) < 999.95 * scale.factor else 0
        return replace(scale, digits=max(fine, scale.digits), small=0)
    return scale


def _number(value: Any) -> float | None:
    return None if is_missing(value) or isinstance(value, str) else float(value)


STATUSES = frozenset({"good", "warn", "bad", "none"})


def _look(row: Mapping[str, Any]) -> str:
    lit = row.get("highlight", False)
    return "lit" if not is_missing(lit) and bool(lit) else ""


def _cell_class(col: Col) -> str | None:
    classes = ["n"] if col.counts or col.kind == "figure" else ["s"] if col.kind == "spark" else []
    if col.kind in {"bar", "date", "period"}:
        classes.append("b" if col.kind == "bar" else "dt")
    if col.wide_only:
        classes.append("wo")
    return " ".join(classes) or None


def delta(value: float | None, scale: Scale, better: str = "up") -> Html:
    """Show a change with arrow, sign and colour; what rounds to nothing has neither."""
    text = scale.text(value, signed=True)
    way = {"+": "up", "−": "down"}.get(text[:1], "")
    if not way:
        return tag("span", text, class_="d")
    merit = "" if better == "none" else " good" if way == better else " bad"
    arrow = tag("span", "▲" if way == "up" else "▼", class_="a", aria_hidden="true")
    return tag("span", arrow, text, class_=f"d {way}{merit}")


def table(
    frame: DataFrame,
    columns: Sequence[Col],
    language: Language,
    caption: str,
    *,
    total: Mapping[str, Any] | None = None,
    others: Mapping[str, Any] | None = None,
    max_rows: int = 30,
    notes: Sequence[str] = (),
) -> Table:
    """Show a frame as a table, its first column naming the rows.

    Parameters
    ----------
    frame
        One row for each row shown; a column `highlight` (bool) marks rows.
    caption
        What the table is, with period and scope; it is read aloud and shown above.
    total
        The total row by column name. It is never summed here: rates and distinct customers do not
        add up, so the caller computes it from base rows.
    others
        The row that stands for all rows after `max_rows`, by column name.
    notes
        Lines under the table, as the definition used.

    Raises
    ------
    MetricError
        If a column is not in the frame.
    """
    absent = [col.name for col in columns if col.name not in frame]
    if absent:
        got = ", ".join(map(str, frame.columns))
        raise MetricError(
            [Problem(f"the table has no column `{name}`", got=got) for name in absent]
        )
    return Table(
        frame, tuple(columns), language, caption, total or {}, others or {}, max_rows, tuple(notes)
    )
