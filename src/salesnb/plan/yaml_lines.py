"""YAML with the line of everything, and nothing guessed: every scalar stays the text written.

YAML turns `NO` into false, `2024-03-01` into a date and `007` into 7. A plan is read by its own
schema, so here text stays text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import yaml

from salesnb.errors import Problem

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Node:
    """A piece of YAML: a text, a list or a mapping, with its line from 1.

    Exactly one of `text`, `items`, `entries` says something; an empty value has text "".
    """

    line: int
    text: str | None = None
    items: tuple[Node, ...] = ()
    entries: Mapping[str, Node] = field(default_factory=dict)
    key_lines: Mapping[str, int] = field(default_factory=dict)

    @property
    def is_text(self) -> bool:
        """Whether it is a single value."""
        return self.text is not None

    @property
    def is_empty(self) -> bool:
        """Whether nothing was written."""
        return self.text == ""

    @property
    def shape(self) -> str:
        """What it is, for messages."""
        if self.is_empty:
            return "empty"
        if self.is_text:
            return "text"
        return "a list" if self.items else "a mapping" if self.entries else "empty"

    def each(self) -> Iterator[Node]:
        """Give the members of a list; a single value is a list of one, nothing is none."""
        if self.items:
            yield from self.items
        elif self.is_text and not self.is_empty:
            yield self


def at(line: int) -> str:
    """Say a line."""
    return f"line {line}"


def read_yaml(text: str) -> tuple[Node | None, list[Problem]]:
    """Read a YAML text.

    Returns
    -------
    The tree (None when it cannot be read), and the problems: broken syntax, a key said twice.
    """
    try:
        root = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        if _has_tab(text, line):
            fix = "Indent with blanks."
            return None, [Problem("a tab stands before the first word", where=at(line), fix=fix)]
        what = "the YAML is broken: " + " ".join(filter(None, (error.context, error.problem)))
        return None, [Problem(what, where=at(line), got=_line_of(text, line), fix=_HINT)]
    except (yaml.YAMLError, ValueError) as error:
        return None, [Problem(f"the YAML is broken: {' '.join(str(error).split())}", where=at(1))]
    if root is None:
        return Node(1, text=""), []
    problems: list[Problem] = []
    return _Tree(problems).convert(root, ()), problems


_HINT = (
    "Check the indentation, the colons, and quote texts that begin with > % @ * & ! or hold `: `; "
    "write ≥ and ≤ instead of >= and <=."
)


def _has_tab(text: str, line: int) -> bool:
    lines = text.splitlines()
    start = lines[line - 1] if 0 < line <= len(lines) else ""
    return "\t" in start[: len(start) - len(start.lstrip())]


def _line_of(text: str, line: int) -> str:
    lines = text.splitlines()
    found = lines[line - 1].strip() if 0 < line <= len(lines) else ""
    return f"`{found[:60]}`" if found else ""


class _Tree:
    """Turns composed nodes into ours; an alias used many times is converted once."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        self.done: dict[int, Node] = {}

    def convert(self, node: yaml.Node, above: tuple[int, ...]) -> Node:
        line = node.start_mark.line + 1
        if id(node) in above:
            self.problems.append(Problem("an alias contains itself", where=at(line)))
            return Node(line, text="")
        if id(node) not in self.done:
            self.done[id(node)] = self._fresh(node, line, (*above, id(node)))
        return self.done[id(node)]

    def _fresh(self, node: yaml.Node, line: int, above: tuple[int, ...]) -> Node:
        if isinstance(node, yaml.ScalarNode):
            empty = node.style is None and node.value.strip() in ("", "~", "null")
            return Node(line, text="" if empty else str(node.value))
        if isinstance(node, yaml.SequenceNode):
            items = tuple(self.convert(item, above) for item in node.value)
            return Node(line, text=None if items else "", items=items)
        return self._mapping(node, line, above)

    def _mapping(self, node: yaml.Node, line: int, above: tuple[int, ...]) -> Node:
        entries: dict[str, Node] = {}
        lines: dict[str, int] = {}
        merged: dict[str, Node] = {}
        for key_node, value_node in node.value:
            key_line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                self.problems.append(Problem("a key is not a single word", where=at(key_line)))
                continue
            key, value = str(key_node.value), self.convert(value_node, above)
            if key == "<<":
                for source in value.items or (value,):
                    merged = {**source.entries, **merged}
            elif key in entries:
                what = f"`{key}` is said twice, first on line {lines[key]}"
                self.problems.append(Problem(what, where=at(key_line)))
            else:
                entries[key], lines[key] = value, key_line
        both = {**merged, **entries}
        return Node(line, text=None if both else "", entries=both, key_lines=lines)
