"""Findings and actions: what deserves a sentence, and what is done about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from salesnb.language import Language, is_missing
from salesnb.report.blocks import Block, section_anchor
from salesnb.report.html import Html, join, plain, tag

SEVERITIES = ("bad", "warn", "good", "info")
_ICONS = {"bad": "▼", "warn": "▲", "good": "●", "info": "■"}
STATES = ("new", "still", "gone")
ACTION_LOOKS = {"done": "good", "running": "none", "planned": "none", "overdue": "bad"}


@dataclass(frozen=True)
class FindingLine:
    """A finding as the first screen shows it.

    Parameters
    ----------
    severity
        `bad`, `warn`, `good` or `info`.
    sentence
        The finding in the reader's words, with its figure.
    impact
        What it weighs, in `unit`; None where it is not measured.
    section
        Id of the section (the notebook cell) that shows it; a link leads there.
    detail
        A second, smaller sentence: evidence, or the verdict of a test.
    state
        `new`, `still` or `gone` against the report before; empty when not known.
    """

    severity: str
    sentence: str
    impact: float | None = None
    unit: str = "money"
    section: str = ""
    detail: str = ""
    state: str = ""


@dataclass(frozen=True)
class ActionLine:
    """An action: what, who, until when, measured by what, how far.

    `status` is `done`, `running`, `planned`, `overdue` or `cancelled`; `due` an ISO date.
    """

    title: str
    owner: str = ""
    due: str = ""
    kpi: str = ""
    status: str = "planned"
    detail: str = ""


@dataclass(frozen=True, repr=False)
class Findings(Block):
    """Findings one below the other: made by `findings_list`."""

    lines: tuple[FindingLine, ...]
    language: Language
    empty: str = ""

    def html(self) -> Html:
        """Give an ordered list, or a line that says nothing stands out."""
        if not self.lines:
            return tag("p", self.empty or self.language("page.no_findings"), class_="note")
        return tag("ol", *(self._item(line) for line in self.lines), class_="findings")

    def text(self) -> str:
        """Give one line a finding."""
        lines = [
            " · ".join(
                part for part in (self._severity(line), line.sentence, self._impact(line)) if part
            )
            for line in self.lines
        ]
        return plain("\n".join(lines) or self.empty or self.language("page.no_findings"))

    def _severity(self, line: FindingLine) -> str:
        return self.language(f"page.severity.{line.severity}")

    def _impact(self, line: FindingLine) -> str:
        if is_missing(line.impact):
            return ""
        return self.language(
            "page.impact", value=self.language.show(line.impact, _signed(line.unit))
        )

    def _item(self, line: FindingLine) -> Html:
        icon = tag("span", _ICONS[line.severity], aria_hidden="true")
        mark = tag("span", icon, " ", self._severity(line), class_=f"pill {line.severity}")
        state = (
            tag("span", self.language(f"page.state.{line.state}"), class_="m")
            if line.state
            else None
        )
        impact = self._impact(line)
        link = None
        if line.section:
            target = f"#{section_anchor(line.section)}"
            link = tag("a", self.language("page.see"), href=target)
        parts = [mark, state, tag("span", impact, class_="m") if impact else None, link]
        meta = tag("span", join((part for part in parts if part is not None), " "), class_="meta")
        detail = tag("span", line.detail, class_="note") if line.detail else None
        return tag("li", tag("span", line.sentence, class_="t"), detail, meta, class_=line.severity)


def _signed(unit: str) -> str:
    unit = {"rate": "percent", "share": "percent"}.get(unit, unit)
    return f"{unit}_signed" if unit in {"money", "percent", "count"} else unit


@dataclass(frozen=True, repr=False)
class Actions(Block):
    """Actions as a table that becomes a list on a phone: made by `actions_table`."""

    lines: tuple[ActionLine, ...]
    language: Language
    caption: str
    empty: str = ""

    def html(self) -> Html:
        """Give the table, with roles said since a phone shows its rows as blocks."""
        if not self.lines:
            return tag("p", self.empty or self.language("page.no_actions"), class_="note")
        names = ("action", "owner", "due", "kpi", "status")
        head = (
            tag("th", self.language(f"page.action.{name}"), scope="col", role="columnheader")
            for name in names
        )
        rows = (self._row(line) for line in self.lines)
        return tag(
            "table",
            tag("caption", self.caption),
            tag("thead", tag("tr", *head, role="row"), role="rowgroup"),
            tag("tbody", *rows, role="rowgroup"),
            class_="actions",
            role="table",
        )

    def text(self) -> str:
        """Give one line an action."""
        lines = [
            " · ".join(part for part in (line.title, line.owner, self._due(line), line.kpi) if part)
            for line in self.lines
        ]
        return plain("\n".join(lines) or self.empty or self.language("page.no_actions"))

    def _due(self, line: ActionLine) -> str:
        return self.language.date(line.due) if line.due else ""

    def _row(self, line: ActionLine) -> Html:
        detail = tag("span", line.detail, class_="note") if line.detail else None
        look = ACTION_LOOKS.get(line.status, "none")
        status = tag("span", self.language(f"figures.status.{line.status}"), class_=f"pill {look}")
        cells = (("owner", line.owner), ("due", self._due(line)), ("kpi", line.kpi))
        none = self.language("base.none")
        return tag(
            "tr",
            tag("th", line.title, detail, scope="row", role="rowheader"),
            *(
                tag(
                    "td",
                    value or none,
                    role="cell",
                    class_="due" if name == "due" else None,
                    data_label=self.language(f"page.action.{name}"),
                )
                for name, value in cells
            ),
            tag("td", status, role="cell", data_label=self.language("page.action.status")),
            role="row",
        )


def findings_list(lines: Sequence[FindingLine], language: Language, *, empty: str = "") -> Findings:
    """Show findings in the order given; `empty` is said when there are none."""
    return Findings(tuple(lines), language, empty)


def actions_table(
    lines: Sequence[ActionLine], language: Language, caption: str = "", *, empty: str = ""
) -> Actions:
    """Show actions with owner, due date, measure and status."""
    return Actions(tuple(lines), language, caption or language("page.actions"), empty)
