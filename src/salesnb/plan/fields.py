"""Turns the fields of a record from text into what they mean, by the kinds of `schema`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from salesnb.errors import ParameterError, Problem, suggest
from salesnb.period import Calendar, Period
from salesnb.plan.figures import Fitter
from salesnb.plan.quantities import read_quantity
from salesnb.plan.schema import Field, Section
from salesnb.plan.scopes import Scopes
from salesnb.plan.statements import Header
from salesnb.plan.vocabulary import METRICS, PlanMetric, unknown_metric
from salesnb.plan.yaml_lines import Node, at

_YES = {"yes": True, "true": True, "是": True, "on": True, "y": True}
_NO = {"no": False, "false": False, "否": False, "off": False, "n": False}


@dataclass
class Row:
    """One record being read: its converted values, and where each stood."""

    section: Section
    number: int
    node: Node
    values: dict[str, Any] = field(default_factory=dict)

    @property
    def line(self) -> int:
        """Line the record begins on."""
        return self.node.line

    @property
    def lines(self) -> Mapping[str, int]:
        """Field → line."""
        return self.node.key_lines

    def line_of(self, name: str) -> int:
        """Give the line of a field, or that of the record."""
        return self.node.key_lines.get(name, self.node.line)

    def get(self, name: str, otherwise: Any = None) -> Any:
        """Give a converted value."""
        found = self.values.get(name)
        return otherwise if found is None else found

    def text(self, name: str) -> str:
        """Give a field's own text, as written."""
        node = self.node.entries.get(name)
        return (node.text or "").strip() if node else ""


@dataclass
class Converter:
    """Reads records of a plan; every problem is kept, none is raised.

    The parts of the plan that others are read by (header, scopes, metrics) are set as they are
    read, in that order.
    """

    header: Header
    scopes: Scopes = field(default_factory=lambda: Scopes({}))
    metrics: Mapping[str, PlanMetric] = field(default_factory=lambda: dict(METRICS))
    problems: list[Problem] = field(default_factory=list)

    @property
    def fitter(self) -> Fitter:
        """Reads figures in the plan's units."""
        return Fitter(self.header)

    def complain(self, problem: Problem, line: int) -> None:
        """Keep a problem with its line."""
        self.problems.append(Problem(problem.what, at(line), problem.got, problem.fix))

    def rows(self, section: Section, node: Node | None) -> list[Row]:
        """Read the records of a list section."""
        if node is None or node.is_empty:
            return []
        if not node.items:
            what = f"`{section.name}` is {node.shape}, expected a list"
            self.complain(Problem(what, fix="Begin each record with `- `."), node.line)
            return []
        return [self.row(section, item, number) for number, item in enumerate(node.items, start=1)]

    def row(self, section: Section, node: Node, number: int = 1) -> Row:
        """Read one record: unknown, missing and ill-typed fields are problems."""
        row = Row(section, number, node)
        if not node.entries:
            what = f"a record of `{section.name}` is {node.shape}, expected fields"
            self.complain(Problem(what, fix="Write `- id: …` and its fields."), node.line)
            return row
        known = {known.name: known for known in section.fields}
        for name, value in node.entries.items():
            if name not in known:
                line = node.key_lines.get(name, node.line)
                fix = suggest(name, list(known))
                if name[:3].isdigit():  # {value: 6,000} is two entries to YAML
                    fix = "Put a number that holds a comma between quotes."
                self.complain(Problem(f"`{name}` is no field of `{section.name}`", fix=fix), line)
            elif not value.is_empty:
                found = self._field(known[name], value)
                if found is not None:
                    row.values[name] = found
        for wanted in section.fields:
            absent = wanted.name not in node.entries or node.entries[wanted.name].is_empty
            if wanted.required and absent:
                what = f"`{wanted.name}` is missing in `{section.name}`"
                about = f"It says {wanted.about}."
                self.complain(Problem(what, fix=about), node.line)
        return row

    def _field(self, wanted: Field, node: Node) -> Any:
        if wanted.kind in ("values", "tiers", "grid", "rates", "hedges"):
            if not node.entries:
                self._wrong(wanted, node, "a mapping `name: value`")
                return None
            return node
        if wanted.many:
            parts = list(node.each())
            if len(parts) == 1 and wanted.kind in ("ref", "dimension", "person", "day"):
                split = re.split(r"[,，、]", parts[0].text or "")
                parts = [Node(parts[0].line, text=part.strip()) for part in split if part.strip()]
            found = [self._one(wanted, part) for part in parts]
            return tuple(value for value in found if value is not None)
        if not node.is_text:
            if wanted.kind == "quantity" and len(node.items) == 2:
                return "..".join(item.text or "" for item in node.items)
            if wanted.kind == "scope" and node.entries:
                return self.scope_of(node)
            self._wrong(wanted, node, "one value")
            return None
        return self._one(wanted, node)

    def _wrong(self, wanted: Field, node: Node, expected: str) -> None:
        what = f"`{wanted.name}` is {node.shape}, expected {expected}"
        self.complain(Problem(what), node.line)

    def _one(self, wanted: Field, node: Node) -> Any:
        if not node.is_text:
            self._wrong(wanted, node, "texts")
            return None
        text = (node.text or "").strip()
        reader = _READERS.get(wanted.kind)
        if reader is None:  # texts, and figures, which are read with their metric
            return text
        found = reader(self, text, wanted)
        if isinstance(found, Problem):
            self.complain(found, node.line)
            return None
        return found

    # One reader for each kind ------------------------------------------------------------

    def _read_name(self, text: str, wanted: Field) -> str | Problem:
        if re.search(r"[\s,，;；]", text):
            return Problem(f"`{wanted.name}` has blanks or commas", got=f"`{text}`")
        return text

    def _read_flag(self, text: str, wanted: Field) -> bool | Problem:
        found = {**_YES, **_NO}.get(text.casefold())
        if found is None:
            return Problem(f"`{wanted.name}` is yes or no", got=f"`{text}`")
        return found

    def _read_integer(self, text: str, wanted: Field) -> int | Problem:
        return int(text) if re.fullmatch(r"-?\d+", text) else _not_a_number(wanted, text, "whole ")

    def _read_number(self, text: str, wanted: Field) -> float | Problem:
        found = read_quantity(text)
        if isinstance(found, Problem) or found.family != "plain" or not found.known:
            return _not_a_number(wanted, text)
        return found.point

    def _read_percent(self, text: str, wanted: Field) -> float | Problem:
        found = read_quantity(text)
        if isinstance(found, Problem) or found.family != "percent" or not found.known:
            return Problem(f"`{wanted.name}` is a percentage", got=f"`{text}`", fix="Write `2%`.")
        return found.point

    def _read_choice(self, text: str, wanted: Field) -> str | Problem:
        word = {">=": "≥", "<=": "≤", ">": "≥", "<": "≤", "==": "="}.get(text, text)
        word = word.replace(" ", "_") if word not in wanted.options else word
        word = {"rate_lift": "lift", "percentage_points": "points"}.get(word, word)
        if word not in wanted.options:
            what = f"`{wanted.name}` cannot be `{text}`"
            return Problem(what, fix=suggest(text, wanted.options))
        return word

    def _read_metric(self, text: str, wanted: Field) -> str | Problem:
        return text if text in self.metrics else unknown_metric(text, self.metrics)

    def _read_dimension(self, text: str, wanted: Field) -> str | Problem:
        if text in self.scopes.dimensions:
            return text
        fix = suggest(text, list(self.scopes.dimensions)) or "Declare it in `dimensions`."
        return Problem(f"`{text}` is not a dimension of the plan", fix=fix)

    def _read_scope(self, text: str, wanted: Field) -> Any:
        scope, order, problems = self.scopes.read(text)
        return problems[0] if problems else (scope, order)

    def _read_period(self, text: str, wanted: Field) -> Period | Problem:
        return self.period(text)

    def _read_day(self, text: str, wanted: Field) -> tuple[date, str] | Problem:
        return self.day(text)

    # Helpers used by sections ------------------------------------------------------------

    def scope_of(self, node: Node) -> Any:
        """Read a scope written as a mapping: `{region: [East, South]}`."""
        text = ";".join(
            f"{name}={'|'.join(part.text or '' for part in value.each())}"
            for name, value in node.entries.items()
        )
        found = self._read_scope(text, Field("scope", "scope", ""))
        if isinstance(found, Problem):
            self.complain(found, node.line)
            return None
        return found

    def period(self, text: str) -> Period | Problem:
        """Read a period; `Q2` and `FY2024` are understood."""
        clean = re.sub(r"^FY\s*", "", text.strip(), flags=re.IGNORECASE).replace("年", "")
        if re.fullmatch(r"Q[1-4]", clean, re.IGNORECASE):
            clean = f"{self.header.year}{clean.upper()}"
        try:
            return Period.parse(clean)
        except ParameterError:
            fix = "Write 2024, 2024Q2 or 2024-06."
            if re.search(r"H1|上半年", clean, re.IGNORECASE):
                fix = "For the first half write the second quarter and `cumulative: yes`."
            return Problem("the period cannot be read", got=f"`{text}`", fix=fix)

    def day(self, text: str) -> tuple[date, str] | Problem:
        """Read a day, or a period as its last day."""
        try:
            return date.fromisoformat(text), text
        except ValueError:
            found = self.period(text)
        if isinstance(found, Problem):
            fix = "Write 2024-05-15, 2024-05, 2024Q2 or 2024."
            return Problem("the day cannot be read", got=f"`{text}`", fix=fix)
        return self.header.calendar.window(found).end, str(found)


_READERS: Mapping[str, Callable[[Converter, str, Field], Any]] = {
    "name": Converter._read_name,
    "flag": Converter._read_flag,
    "integer": Converter._read_integer,
    "number": Converter._read_number,
    "percent": Converter._read_percent,
    "choice": Converter._read_choice,
    "metric": Converter._read_metric,
    "dimension": Converter._read_dimension,
    "scope": Converter._read_scope,
    "period": Converter._read_period,
    "day": Converter._read_day,
}


def _not_a_number(wanted: Field, text: str, sort: str = "") -> Problem:
    return Problem(f"`{wanted.name}` is not a {sort}number", got=f"`{text}`")


def blank_header(calendar: Calendar, year: Period) -> Header:
    """Give the header other fields are read by before there is one."""
    return Header("", year, year.previous, calendar)
