"""The mapping file: what a company's files say, in YAML, where names alone do not tell.

It declares; nothing in it is computed or run. `examples/adventureworks/mapping.yaml` shows and
explains every part. All that is wrong with one is told at once, with the line it stands on.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from string import Formatter
from typing import Any, TypeVar

import yaml

from salesnb.data.scope import DIMENSIONS
from salesnb.data.sources import Form
from salesnb.data.tables import TABLES
from salesnb.errors import ParameterError, Problem, suggest

T = TypeVar("T")

DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True)
class Rule:
    """How one column of the contract comes from a file.

    Attributes
    ----------
    column
        Header it is taken from, "" when it is not.
    constant
        The value of every row, None when there is none.
    template
        Text with headers in braces: `{First} {Last}`.
    scope
        Dimension → rule; parts without a value are left out.
    lookup
        Names of lookups the value goes through, one after the other.
    at
        Day a lookup over time is asked for: a header, or a day such as 2024-06-30.
    otherwise
        The rule for rows that came out empty.
    scale
        What numbers are multiplied by.
    period
        `month`, `quarter` or `year`: the one that a day lies in.
    spread
        `quarter` or `year`: the row stands for each month of the one its day lies in, and the
        table's money is divided evenly among them.
    year_starts
        Month a year begins with, for `period` and `spread`.
    """

    column: str = ""
    constant: str | float | bool | None = None
    template: str = ""
    scope: Mapping[str, Rule] = field(default_factory=dict)
    lookup: tuple[str, ...] = ()
    at: str = ""
    otherwise: Rule | None = None
    scale: float = 1.0
    period: str = ""
    spread: str = ""
    year_starts: int = 1

    @property
    def headers(self) -> tuple[str, ...]:
        """Every header of the file it needs."""
        at = "" if DAY.fullmatch(self.at) else self.at
        own = [self.column, at, *(n for _, n, _, _ in Formatter().parse(self.template) if n)]
        inner = [*self.scope.values(), *([self.otherwise] if self.otherwise else [])]
        return tuple(
            dict.fromkeys([*filter(None, own), *(h for rule in inner for h in rule.headers)])
        )


@dataclass(frozen=True)
class Lookup:
    """A list that says one value for another, in a file or in the mapping itself.

    With `start` the value holds from a day on, and with `end` until a day, both inclusive;
    `shift_months` moves those days.
    """

    values: Mapping[str, str] = field(default_factory=dict)
    file: str = ""
    form: Form = field(default_factory=Form)
    key: str = ""
    value: str = ""
    start: str = ""
    end: str = ""
    shift_months: int = 0


@dataclass(frozen=True)
class Source:
    """One kind of file, or a query, that a table comes from.

    `rest` says whether columns that are not in `columns` are matched by name. `keep` and `drop`
    choose rows by what a header holds. `unpivot` turns headers into periods: header → period.
    `add_up` makes one row of those that differ in the table's money only, with its sum.
    """

    table: str
    file: str = ""
    database: str = ""
    query: str = ""
    form: Form = field(default_factory=Form)
    columns: Mapping[str, Rule] = field(default_factory=dict)
    rest: bool = True
    keep: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    drop: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    unpivot: Mapping[str, str] = field(default_factory=dict)
    date_format: str = ""
    add_up: bool = False
    line: int = 0


@dataclass(frozen=True)
class Said:
    """What a mapping file says; the defaults are those of no mapping file.

    Attributes
    ----------
    company
        Those attributes of `Company` that are said.
    regions
        Written name → region, for regions with other names.
    head_office
        Regions that mean the company itself.
    others
        Whether files and columns that it does not name are matched by name.
    aliases
        Table → column → further headers.
    values
        Table → column → value → other words for it.
    lookups, sources
        By name, and in the order they stand.
    """

    where: str = ""
    company: Mapping[str, Any] = field(default_factory=dict)
    regions: Mapping[str, str] = field(default_factory=dict)
    head_office: frozenset[str] = frozenset()
    others: bool = True
    aliases: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, Mapping[str, tuple[str, ...]]]] = field(default_factory=dict)
    lookups: Mapping[str, Lookup] = field(default_factory=dict)
    sources: tuple[Source, ...] = ()


def read_mapping(path: str | Path) -> Said:
    """Read a mapping file.

    Raises
    ------
    ParameterError
        With everything that is wrong in it, each with its line.
    """
    file = Path(path)
    try:
        text = file.read_text(encoding="utf-8-sig")
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except (OSError, UnicodeDecodeError) as error:
        raise ParameterError(
            Problem("the mapping file cannot be read as UTF-8 text", str(file), fix=f"{error}.")
        ) from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"{file.name}:{mark.line + 1}" if mark else file.name
        raise ParameterError(
            Problem(f"not YAML, {getattr(error, 'problem', error)}", place)
        ) from error
    reader = _Reader(file.name)
    said = _said(reader, node) if node else Said(file.name)
    if reader.problems:
        raise ParameterError(reader.sorted)
    return said


# --- reading YAML with lines ----------------------------------------------------------------


class _Reader:
    """Reads nodes as what they should be, and remembers what is wrong with which line."""

    def __init__(self, where: str) -> None:
        self.where = where
        self.problems: list[Problem] = []

    def wrong(self, node: yaml.Node, what: str, fix: str = "") -> None:
        """Note what is wrong with a node, with its line, and with its text unless said already."""
        got = node.value if isinstance(node, yaml.ScalarNode) else ""
        place = f"{self.where}:{node.start_mark.line + 1}"
        self.problems.append(Problem(what, place, "" if f"`{got}`" in what else got, fix))

    @property
    def sorted(self) -> list[Problem]:
        """All problems in the order of their lines."""
        return sorted(self.problems, key=lambda problem: int(problem.where.rpartition(":")[2]))

    def names(self, node: yaml.Node, allowed: Sequence[str] = ()) -> dict[str, yaml.Node]:
        """Read `name: value` lines; only allowed names where some are given."""
        if not isinstance(node, yaml.MappingNode):
            self.wrong(node, "expected names with values")
            return {}
        found: dict[str, yaml.Node] = {}
        for key, value in node.value:
            name = key.value if isinstance(key, yaml.ScalarNode) else ""
            if not name or key.tag.endswith((":bool", ":null")):
                self.wrong(key, "a name must be text", "Write it in quotes.")
            elif name in found:
                self.wrong(key, f"`{name}` stands twice")
            elif allowed and name not in allowed:
                self.wrong(key, f"`{name}` is unknown", suggest(name, allowed))
            else:
                found[name] = value
        return found

    def text(self, node: yaml.Node) -> str:
        """Read text; a number is the text it is written as, `NO` is an error."""
        if not isinstance(node, yaml.ScalarNode) or node.tag.endswith((":bool", ":null")):
            self.wrong(node, "expected text", f'Write "{_shown(node)}" in quotes.')
            return ""
        return node.value

    def one_of(self, node: yaml.Node, allowed: Sequence[str]) -> str:
        text = self.text(node)
        if text and text not in allowed:
            self.wrong(node, f"`{text}` is not possible here", suggest(text, allowed))
            return ""
        return text

    def flag(self, node: yaml.Node) -> bool:
        if not isinstance(node, yaml.ScalarNode) or not node.tag.endswith(":bool"):
            self.wrong(node, "expected true or false")
            return False
        return node.value.lower() in ("true", "yes", "on")

    def number(self, node: yaml.Node) -> float:
        try:
            return float(self.text(node))
        except ValueError:
            self.wrong(node, "expected a number")
            return 0.0

    def whole(self, node: yaml.Node, low: int, high: int) -> int:
        number = self.number(node)
        if number != int(number) or not low <= number <= high:
            self.wrong(node, f"expected a whole number from {low} to {high}")
            return low
        return int(number)

    def texts(self, node: yaml.Node) -> tuple[str, ...]:
        """Read a list of texts, or one."""
        return self.each(node, self.text)

    def each(self, node: yaml.Node, read: Callable[[yaml.Node], T]) -> tuple[T, ...]:
        listed = node.value if isinstance(node, yaml.SequenceNode) else [node]
        return tuple(read(item) for item in listed)


def _shown(node: yaml.Node) -> str:
    if isinstance(node, yaml.ScalarNode):
        return node.value or "nothing"
    return "a list" if isinstance(node, yaml.SequenceNode) else "names with values"


# --- the parts of the file ------------------------------------------------------------------

_COMPANY = (
    "name", "currency", "tax_basis", "country", "complete_until", "regions", "head_office", "notes",
)  # fmt: skip
_FORM = ("sheet", "header", "separator", "encoding", "fill_down")
_SOURCE = (
    "file", "database", "query", *_FORM, "date_format", "columns", "others", "keep", "drop",
    "unpivot",
    "add_up",
)  # fmt: skip
_LOOKUP = ("values", "file", *_FORM, "key", "value", "from", "to", "shift_months")
_RULE = (
    "column", "constant", "template", "scope", "lookup", "at", "else", "scale", "period", "spread",
    "year_starts",
)  # fmt: skip


def _said(reader: _Reader, node: yaml.Node) -> Said:
    parts = reader.names(node, ("company", "others", "aliases", "values", "lookups", "tables"))
    company, regions, head_office = _company(reader, parts.get("company"))
    others = _others(reader, parts.get("others"), True)
    lookups = {
        name: _lookup(reader, value)
        for name, value in (reader.names(parts["lookups"]) if "lookups" in parts else {}).items()
    }
    tables = reader.names(parts["tables"], tuple(TABLES)) if "tables" in parts else {}
    return Said(
        where=reader.where,
        company=company,
        regions=regions,
        head_office=head_office,
        others=others,
        aliases=_by_column(reader, parts.get("aliases"), reader.texts),
        values=_by_column(
            reader,
            parts.get("values"),
            lambda words: {n: reader.texts(v) for n, v in reader.names(words).items()},
        ),
        lookups=lookups,
        sources=tuple(
            _source(reader, item, table, lookups, others)
            for table, listed in tables.items()
            for item in (listed.value if isinstance(listed, yaml.SequenceNode) else [listed])
        ),
    )


def _others(reader: _Reader, node: yaml.Node | None, otherwise: bool) -> bool:
    return reader.one_of(node, ("match", "ignore")) != "ignore" if node else otherwise


def _company(
    reader: _Reader, node: yaml.Node | None
) -> tuple[dict[str, Any], dict[str, str], frozenset[str]]:
    parts = reader.names(node, _COMPANY) if node else {}
    said: dict[str, Any] = {
        name: reader.text(parts[name]) for name in ("name", "currency", "country") if name in parts
    }
    if "currency" in said and not re.fullmatch("[A-Z]{3}", said["currency"]):
        reader.wrong(parts["currency"], "a currency is three capital letters", "Write CNY or USD.")
    if "tax_basis" in parts:
        said["tax_basis"] = reader.one_of(parts["tax_basis"], ("incl", "excl"))
    if "complete_until" in parts:
        said["complete_until"] = reader.text(parts["complete_until"])
        if not DAY.fullmatch(said["complete_until"]):
            reader.wrong(parts["complete_until"], "expected a day", "Write it as 2024-05-31.")
    if "notes" in parts:
        said["notes"] = reader.texts(parts["notes"])
    regions: dict[str, str] = {}
    if "regions" in parts:
        names = reader.each(parts["regions"], lambda item: _region(reader, item, regions))
        said["regions"] = tuple(filter(None, names))
    head_office = frozenset(reader.texts(parts["head_office"]) if "head_office" in parts else ())
    return said, regions, head_office


def _region(reader: _Reader, node: yaml.Node, also: dict[str, str]) -> str:
    if not isinstance(node, yaml.MappingNode):
        return reader.text(node)
    parts = reader.names(node, ("name", "also"))
    name = reader.text(parts["name"]) if "name" in parts else ""
    if not name:
        reader.wrong(node, "a region has a `name`")
    for other in reader.texts(parts["also"]) if "also" in parts else ():
        if also.get(other, name) != name:
            reader.wrong(node, f"`{other}` means both {also[other]} and {name}")
        also[other] = name
    return name


def _by_column(
    reader: _Reader, node: yaml.Node | None, read: Callable[[yaml.Node], T]
) -> dict[str, dict[str, T]]:
    """Read what is said of `table.column`."""
    found: dict[str, dict[str, T]] = {}
    columns = [f"{table.name}.{name}" for table in TABLES.values() for name in table.names]
    for name, value in (reader.names(node, columns) if node else {}).items():
        table, _, column = name.partition(".")
        found.setdefault(table, {})[column] = read(value)
    return found


def _form(reader: _Reader, parts: Mapping[str, yaml.Node]) -> Form:
    header = None
    if "header" in parts:
        node = parts["header"]
        header = 0 if _shown(node) == "none" else reader.whole(node, 1, 100)
    separator = reader.text(parts["separator"]) if "separator" in parts else ""
    if len(separator) > 1 and separator != "tab":
        reader.wrong(parts["separator"], "a separator is one sign", 'Write "|", ";" or tab.')
    return Form(
        sheet=reader.text(parts["sheet"]) if "sheet" in parts else "",
        header=header,
        separator="\t" if separator == "tab" else separator,
        encoding=reader.text(parts["encoding"]) if "encoding" in parts else "",
        fill_down=reader.texts(parts["fill_down"]) if "fill_down" in parts else (),
    )


def _lookup(reader: _Reader, node: yaml.Node) -> Lookup:
    parts = reader.names(node, _LOOKUP)
    if "values" in parts:
        values = {name: reader.text(value) for name, value in reader.names(parts["values"]).items()}
        return Lookup(values=values)
    texts = ("file", "key", "value")
    for name in texts:
        if name not in parts:
            reader.wrong(node, f"a lookup has `values`, or `file`, `key` and `value`: no `{name}`")
    said: dict[str, Any] = {name: reader.text(parts[name]) for name in texts if name in parts}
    return Lookup(
        **said,
        form=_form(reader, parts),
        start=reader.text(parts["from"]) if "from" in parts else "",
        end=reader.text(parts["to"]) if "to" in parts else "",
        shift_months=(
            reader.whole(parts["shift_months"], -1200, 1200) if "shift_months" in parts else 0
        ),
    )


def _source(
    reader: _Reader,
    node: yaml.Node,
    table: str,
    lookups: Mapping[str, Lookup],
    others: bool,
) -> Source:
    parts = reader.names(node, _SOURCE)
    if ("file" in parts) == ("database" in parts):
        reader.wrong(node, "a source has either a `file` or a `database` with a `query`")
    said = {
        name: reader.text(parts[name])
        for name in ("file", "database", "query", "date_format")
        if name in parts
    }
    columns = reader.names(parts["columns"], TABLES[table].names) if "columns" in parts else {}
    periods = reader.names(parts["unpivot"]) if "unpivot" in parts else {}
    return Source(
        table=table,
        **said,
        form=_form(reader, parts),
        columns={name: _rule(reader, rule, lookups) for name, rule in columns.items()},
        rest=_others(reader, parts.get("others"), others),
        keep=_choice(reader, parts.get("keep")),
        drop=_choice(reader, parts.get("drop")),
        unpivot={header: reader.text(period) for header, period in periods.items()},
        add_up="add_up" in parts and bool(reader.flag(parts["add_up"])),
        line=node.start_mark.line + 1,
    )


def _choice(reader: _Reader, node: yaml.Node | None) -> dict[str, tuple[str, ...]]:
    return {n: reader.texts(v) for n, v in reader.names(node).items()} if node else {}


def _rule(reader: _Reader, node: yaml.Node, lookups: Mapping[str, Lookup]) -> Rule:
    if isinstance(node, yaml.ScalarNode):
        return Rule(column=reader.text(node))
    parts = reader.names(node, _RULE)
    origins = [name for name in ("column", "constant", "template", "scope") if name in parts]
    if len(origins) != 1:
        reader.wrong(node, "a column comes from one of `column`, `constant`, `template`, `scope`")
    said: dict[str, Any] = {
        name: reader.text(parts[name]) for name in ("column", "template", "at") if name in parts
    }
    if "constant" in parts:
        said["constant"] = _constant(reader, parts["constant"])
    if "scope" in parts:
        dimensions = reader.names(parts["scope"], DIMENSIONS)
        said["scope"] = {name: _rule(reader, rule, lookups) for name, rule in dimensions.items()}
    if "lookup" in parts:
        said["lookup"] = reader.each(
            parts["lookup"], lambda item: reader.one_of(item, tuple(lookups))
        )
        timed = [name for name in said["lookup"] if name in lookups and lookups[name].start]
        if timed and "at" not in parts:
            reader.wrong(node, f"lookup `{timed[0]}` holds over time", "Say the day with `at:`.")
    if "else" in parts:
        said["otherwise"] = _rule(reader, parts["else"], lookups)
    if "scale" in parts:
        said["scale"] = reader.number(parts["scale"])
    if "period" in parts:
        said["period"] = reader.one_of(parts["period"], ("month", "quarter", "year"))
    if "spread" in parts:
        said["spread"] = reader.one_of(parts["spread"], ("quarter", "year"))
    if "year_starts" in parts:
        said["year_starts"] = reader.whole(parts["year_starts"], 1, 12)
    return Rule(**said)


def _constant(reader: _Reader, node: yaml.Node) -> str | float | bool:
    if node.tag.endswith(":bool"):
        return reader.flag(node)
    text = reader.text(node)
    return float(text) if node.tag.endswith((":int", ":float")) else text
