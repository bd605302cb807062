"""Reads a plan's file; every problem is named with its line, all at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from salesnb.errors import ParameterError, PlanError, Problem, suggest
from salesnb.period import Calendar, Period
from salesnb.plan.fields import Converter, Row, blank_header
from salesnb.plan.figures import unlike_units
from salesnb.plan.quantities import read_unit
from salesnb.plan.records import MAKERS
from salesnb.plan.schema import SECTIONS
from salesnb.plan.scopes import Dimension, Scope, Scopes
from salesnb.plan.statements import (
    Header,
    Milestone,
    Monitor,
    Person,
    Plan,
    Record,
    Statement,
    Tree,
    Version,
)
from salesnb.plan.vocabulary import (
    IDENTITIES,
    METRICS,
    UNITS,
    Identity,
    PlanMetric,
    read_identity,
    unknown_metric,
)
from salesnb.plan.yaml_lines import Node, at, read_yaml

FIGURES = ("history", "market", "targets", "supply")


def read_plan(text: str | Path, where: str = "", calendar: Calendar | None = None) -> Plan:
    """Read a plan.

    Parameters
    ----------
    text
        The YAML of `schema`, or the path of its file.
    where
        The file's name, for messages.
    calendar
        The company's, for what the plan's header does not say of its year and its holidays.

    Raises
    ------
    PlanError
        With every problem of the file, each with its line: broken YAML, unknown sections, fields,
        metrics, dimensions, members, owners and references; values that are no numbers or have
        another unit than they should (percent beside points, 万元 beside 元); repeated ids;
        circles of parents.
    """
    if isinstance(text, Path):
        text, where = text.read_text(encoding="utf-8-sig"), where or text.name
    root, problems = read_yaml(text)
    if root is None:
        raise PlanError(problems, where)
    plan, found = _Reader(root, calendar).read(where)
    problems = sorted([*problems, *found], key=_line)
    if problems or plan is None:
        raise PlanError(problems, where)
    return plan


def _line(problem: Problem) -> int:
    digits = problem.where.removeprefix("line ")
    return int(digits) if digits.isdigit() else 0


class _Reader:
    """Reads the sections in the order they need each other."""

    def __init__(self, root: Node, calendar: Calendar | None) -> None:
        self.root = root
        self.company = calendar
        self.convert = Converter(blank_header(Calendar(country=""), Period.parse("2000")))
        self.ids: dict[str, int] = {}

    def read(self, where: str) -> tuple[Plan | None, list[Problem]]:
        problems = self.convert.problems
        sections = self.root.entries
        if not sections:
            what = f"a plan is {self.root.shape}, expected sections"
            fix = "Begin with `plan:` and `year: …` under it."
            if self.root.text and self.root.text.endswith((".yaml", ".yml")):
                fix = f'For a file write Path("{self.root.text}").'
            return None, [Problem(what, where=at(self.root.line), fix=fix)]
        for name in sections:
            if name not in SECTIONS:
                line = self.root.key_lines.get(name, 1)
                what = f"`{name}` is no section of a plan"
                self.convert.complain(Problem(what, fix=suggest(name, list(SECTIONS))), line)
        self.convert.header = self._header(sections.get("plan"))
        self.convert.scopes = self._scopes(sections.get("dimensions"), sections.get("groups"))
        self._hedges(sections.get("plan"))
        self.convert.metrics = self._metrics(sections.get("metrics"))
        identities = self._identities(sections.get("identities"))
        people = self._people(sections)
        records = {name: list(self._records(name, sections)) for name in MAKERS}
        figures = [record for name in FIGURES for record in records[name]]
        plan = Plan(
            header=self.convert.header,
            scopes=self.convert.scopes,
            metrics=self.convert.metrics,
            identities=identities,
            people=people,
            statements=tuple(found for found in figures if isinstance(found, Statement)),
            qualitative=tuple(found for found in figures if not isinstance(found, Statement)),
            where=where,
            **{name: tuple(found) for name, found in records.items() if name not in FIGURES},
        )
        problems += check_links(plan, self.ids)
        problems += unlike_units(plan.statements, plan.metrics)
        return plan, problems

    # Header ------------------------------------------------------------------------------

    def _header(self, node: Node | None) -> Header:
        blank = self.convert.header
        if node is None:
            self.convert.complain(Problem("`plan` is missing", fix="Say `plan: {year: 2024}`."), 1)
            return blank
        row = self.convert.row(SECTIONS["plan"], node)
        currency = (row.get("currency") or "CNY").upper()
        usual = self.company or Calendar(country="CN" if currency == "CNY" else "")
        named = ("fiscal_start", "fiscal_named", "country")
        try:
            said = {name: row.get(name, getattr(usual, name)) for name in named}
            calendar = replace(usual, **said)
        except ParameterError as error:
            for problem in error.problems:
                self.convert.complain(problem, row.line_of(problem.what.split("`")[1]))
            calendar = blank.calendar
        year = row.get("year")
        if isinstance(year, Period) and year.kind != "year":
            self.convert.complain(
                Problem("`year` is not a year", got=f"`{year}`"), row.line_of("year")
            )
            year = None
        year = year or blank.year
        base = row.get("base", year.previous)
        if base.kind != "year" or base >= year:
            what = "`base` is not a year before the plan's"
            self.convert.complain(Problem(what, got=f"`{base}`"), row.line_of("base"))
            base = year.previous
        factor, unit = 1.0, row.get("money_unit", "")
        if unit:
            found = read_unit(unit)
            if found is None or (found[1] and found[1] != currency):
                fix = "Write for example 万元, $K, M or EUR."
                problem = Problem(
                    "`money_unit` is no unit of the currency", got=f"`{unit}`", fix=fix
                )
                self.convert.complain(problem, row.line_of("money_unit"))
            else:
                factor = found[0]
        return Header(
            name=row.get("name", ""),
            year=year,
            base=base,
            calendar=calendar,
            currency=currency,
            factor=factor,
            unit=unit,
            tolerance=row.get("tolerance", 0.001),
            materiality=row.get("materiality", 0.05),
            rates=self._numbers(row, "rates"),
        )

    def _hedges(self, node: Node | None) -> None:
        """Read the declared over-assignments, which name dimensions."""
        if node is None or not node.entries:
            return
        given = node.entries.get("hedge")
        hedges = {}
        for name, value in given.entries.items() if given else ():
            for problem, line in self._hedge(name, value, hedges):
                self.convert.complain(problem, line)
        self.convert.header = replace(self.convert.header, hedge=hedges)

    def _hedge(
        self, name: str, value: Node, hedges: dict[str, float]
    ) -> Iterator[tuple[Problem, int]]:
        wanted = next(field for field in SECTIONS["trees"].fields if field.name == "hedge")
        found = self.convert._read_percent(value.text or "", wanted)
        if name not in self.convert.scopes.dimensions:
            fix = suggest(name, list(self.convert.scopes.dimensions))
            yield Problem(f"`{name}` is not a dimension of the plan", fix=fix), value.line
        elif isinstance(found, Problem):
            yield found, value.line
        else:
            hedges[name] = found

    def _numbers(self, row: Row, name: str) -> Mapping[str, float]:
        node = row.get(name)
        found = {}
        for key, value in node.entries.items() if isinstance(node, Node) else ():
            number = self.convert._read_number(value.text or "", SECTIONS["plan"].fields[0])
            if isinstance(number, Problem) or number <= 0:
                what = f"`{key}` is not a number above 0"
                self.convert.complain(Problem(what, got=f"`{value.text}`"), value.line)
            else:
                found[key.upper()] = number
        return found

    # Dimensions, groups, metrics ---------------------------------------------------------

    def _scopes(self, dimensions: Node | None, groups: Node | None) -> Scopes:
        found = {}
        for name, node in dimensions.entries.items() if dimensions else ():
            found[name] = self._dimension(name, node)
        scopes = Scopes(found)
        named: dict[str, Scope] = {}
        for name, node in groups.entries.items() if groups else ():
            scope, _, problems = replace(scopes, groups=named).read(node.text or "")
            for problem in problems:
                self.convert.complain(problem, node.line)
            if not problems:
                named[name] = scope
        return replace(scopes, groups=named)

    def _dimension(self, name: str, node: Node) -> Dimension:
        exhaustive, labels, members = True, {}, node
        if "members" in node.entries:
            members = node.entries["members"]
            for key, value in node.entries.items():
                if key == "exhaustive":
                    exhaustive = (value.text or "").casefold() not in ("no", "false", "否")
                elif key == "label":
                    labels[""] = value.text or ""
                elif key != "members":
                    fix = suggest(key, ["members", "exhaustive", "label"])
                    line = node.key_lines.get(key, node.line)
                    self.convert.complain(
                        Problem(f"`{key}` is no field of a dimension", fix=fix), line
                    )
        if members.entries:
            labels |= {key: value.text or key for key, value in members.entries.items()}
            names = list(members.entries)
        else:
            names = [item.text or "" for item in members.each()]
        names = [part.strip() for part in names]
        twice = [member for member, times in Counter(names).items() if times > 1]
        for member in twice:
            self.convert.complain(Problem(f"`{member}` is twice in `{name}`"), members.line)
        odd = [member for member in names if any(sign in member for sign in "|;=")]
        for member in odd:
            self.convert.complain(
                Problem("a member holds one of | ; =", got=f"`{member}`"), node.line
            )
        if not names:
            what = f"dimension `{name}` has no members"
            fix = f"Write `{name}: [first, second]`."
            self.convert.complain(Problem(what, fix=fix), node.line)
        return Dimension(name, tuple(dict.fromkeys(names)), exhaustive, labels, node.line)

    def _metrics(self, node: Node | None) -> Mapping[str, PlanMetric]:
        known = dict(METRICS)
        for side in ("existing", "new"):  # two metrics that are only names for a share
            scope, _, problems = self.convert.scopes.read(f"customer_type={side}")
            if not problems:
                share = f"{side}_customer_share"
                known[share] = replace(known[share], share_of="net_sales", scope=scope.text)
        for name, given in node.entries.items() if node else ():
            if given.is_empty:
                given = Node(given.line, entries={"unit": Node(given.line, text="count")})
            row = self.convert.row(SECTIONS["metrics"], given)
            unit = row.get("unit", known[name].unit if name in known else "count")
            if unit not in UNITS:
                continue
            base = known.get(name, PlanMetric(name, unit, additive=unit in ("money", "count")))
            label = row.get("label", "")
            scope = row.get("scope")
            known[name] = replace(
                base,
                unit="rate" if row.get("share_of") else unit,
                better=row.get("better", base.better),
                additive=row.get("additive", base.additive),
                share_of=row.get("share_of", ""),
                scope=scope[0].text if scope else "",
                labels={"": label} if label else {},
                line=given.line,
            )
            self.convert.metrics = known
        return known

    def _identities(self, node: Node | None) -> tuple[Identity, ...]:
        own = []
        for item in node.each() if node else ():
            found = read_identity(item.text or "")
            if isinstance(found, Problem):
                self.convert.complain(found, item.line)
                continue
            for name in found.metrics:
                if name not in self.convert.metrics:
                    self.convert.complain(unknown_metric(name, self.convert.metrics), item.line)
            own.append(replace(found, line=item.line))
        return (*IDENTITIES, *own)

    # People and records ------------------------------------------------------------------

    def _people(self, sections: Mapping[str, Node]) -> Mapping[str, Person]:
        people: dict[str, Person] = {}
        for name in ("people", "teams"):
            for row in self.convert.rows(SECTIONS[name], sections.get(name)):
                who = row.get("name", "")
                if who in people:
                    what = f"`{who}` is named twice, first on line {people[who].line}"
                    self.convert.complain(Problem(what), row.line_of("name"))
                scope = row.get("scope")
                people[who] = Person(
                    who,
                    row.line,
                    role=row.get("role", ""),
                    scope=scope[0] if scope else Scope(),
                    is_team=name == "teams",
                    is_new=bool(row.get("new", False)),
                    head=row.get("head", ""),
                    source=row.get("source", ""),
                    text=row.get("text", ""),
                )
        return people

    def _records(self, name: str, sections: Mapping[str, Node]) -> Iterator[Any]:
        maker: Callable[[Converter, Row], Record | None] = MAKERS[name]
        for row in self.convert.rows(SECTIONS[name], sections.get(name)):
            made = maker(self.convert, row) if row.values else None
            self._keep_id(row)
            if made is not None:
                yield made

    def _keep_id(self, row: Row) -> None:
        """Remember an id, also of a record that could not be made, and see that it is new."""
        name = row.get("id") or f"{row.section.name}.{row.number}"
        if name in self.ids:
            what = f"id `{name}` is used twice, first on line {self.ids[name]}"
            self.convert.complain(Problem(what), row.line_of("id"))
        self.ids.setdefault(name, row.line)


# Links between records -----------------------------------------------------------------------


def check_links(plan: Plan, ids: Iterable[str]) -> Iterator[Problem]:
    """Find references to nothing, unknown owners and circles; `ids` are those of all records."""
    records, known = list(plan.records), set(ids)
    strategies = {item.id for item in plan.strategy}
    for record in records:
        for name, wanted, among in _references(record, strategies):
            if wanted not in among and wanted not in known:
                near = suggest(wanted, list(among or known))
                yield Problem(
                    f"`{name}` names `{wanted}`, which no record has as its id",
                    where=at(record.lines.get(name, record.line)),
                    fix=near if near.startswith("Did") else "",
                )
            elif name == "strategy" and wanted not in strategies and plan.find(wanted):
                yield Problem(
                    f"`strategy` names `{wanted}`, which is not in `strategy`",
                    where=at(record.lines.get(name, record.line)),
                )
        yield from _unknown_owners(plan, record)
    yield from _circles(records)


def _references(
    record: Record, strategies: Iterable[str]
) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Give the references of a record: field, id, and the ids that are meant."""
    if record.parent:
        yield "parent", record.parent, ()
    if record.strategy:
        yield "strategy", record.strategy, tuple(strategies)
    if isinstance(record, Statement) and record.of:
        yield "of", record.of, ()
    if isinstance(record, Milestone):
        yield from (("after", wanted, ()) for wanted in record.after)
    if isinstance(record, Monitor):
        yield from (("needs", wanted, ()) for wanted in record.needs)
    if isinstance(record, Tree):
        yield "whole", record.whole, ()
        yield from (("parts", wanted, ()) for wanted in record.parts)
    if isinstance(record, Version):
        yield from (("values", wanted, ()) for wanted in record.values)


def _unknown_owners(plan: Plan, record: Record) -> Iterator[Problem]:
    """An owner is one of `people` or `teams`, when the plan lists them."""
    if not plan.people:
        return
    for owner in record.owner:
        if owner not in plan.people:
            fix = suggest(owner, list(plan.people))
            fix = fix if fix.startswith("Did") else "Add it to `people` or `teams`."
            where = at(record.lines.get("owner", record.line))
            yield Problem(f"owner `{owner}` is not in `people` or `teams`", where=where, fix=fix)


def _circles(records: Iterable[Record]) -> Iterator[Problem]:
    """Find records that lie above (or before) themselves."""
    above: dict[str, list[str]] = {}
    below: dict[str, Record] = {}
    for record in records:
        below.setdefault(record.id, record)
        links = [record.parent] if record.parent else []
        if isinstance(record, Milestone):
            links += record.after
        if isinstance(record, Statement) and record.of:
            links.append(record.of)
        above[record.id] = links
    done: set[str] = set()
    for start in above:
        path: list[str] = []
        yield from _walk(start, above, below, path, done)


def _walk(
    start: str,
    above: Mapping[str, list[str]],
    below: Mapping[str, Record],
    path: list[str],
    done: set[str],
) -> Iterator[Problem]:
    stack: list[tuple[str, Iterator[str]]] = [(start, iter(above.get(start, [])))]
    if start in done:
        return
    path = [start]
    while stack:
        name, links = stack[-1]
        step = next(links, None)
        if step is None:
            done.add(name)
            stack.pop()
            path.pop()
        elif step in path:
            circle = [*path[path.index(step) :], step]
            lines = ", ".join(str(below[one].line) for one in circle[:-1])
            yield Problem(
                f"records lie above themselves: {' → '.join(circle)} (lines {lines})",
                where=at(below[circle[0]].line),
                fix="Take one of these links away.",
            )
        elif step in above and step not in done:
            path.append(step)
            stack.append((step, iter(above[step])))
