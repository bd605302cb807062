"""Changes values in a plan's text and leaves every other character where it was."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import yaml

from salesnb.errors import PlanError, Problem, suggest

# Positions must count characters, which the pure Python loader does.
_Loader = yaml.SafeLoader
_Reader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)

Value = str | Sequence[str]


@dataclass(frozen=True)
class Record:
    """A record of the file that has an id, where each of its fields stands."""

    id: str
    node: yaml.MappingNode

    @property
    def fields(self) -> dict[str, tuple[yaml.Node, yaml.Node]]:
        """The key and value of each field."""
        return {str(key.value): (key, value) for key, value in self.node.value}


def compose(text: str) -> yaml.MappingNode:
    """Read the text as YAML whose parts know their place.

    Raises
    ------
    PlanError
        If it is broken, or no mapping.
    """
    try:
        root = yaml.compose(text, Loader=_Loader)
    except yaml.YAMLError as error:
        raise _broken(error) from error
    if not isinstance(root, yaml.MappingNode):
        raise PlanError(Problem("the plan is no mapping of sections"))
    return root


def records(root: yaml.MappingNode) -> dict[str, Record]:
    """Give every record with an id, by id."""
    found: dict[str, Record] = {}
    for _, section in root.value:
        if not isinstance(section, yaml.SequenceNode):
            continue
        for node in section.value:
            if isinstance(node, yaml.MappingNode):
                for key, value in node.value:
                    if key.value == "id" and isinstance(value, yaml.ScalarNode):
                        found[str(value.value)] = Record(str(value.value), node)
    return found


def change_fields(text: str, changes: Mapping[str, Mapping[str, Value]]) -> str:
    r"""Set fields of records, by id.

    Parameters
    ----------
    text
        The plan as written.
    changes
        Record id → field → new text (or texts). A field the record does not have is added
        behind its id, or at the end of a record on one line.

    Returns
    -------
    The text with only those values changed; comments, order and layout stay.

    Raises
    ------
    PlanError
        If an id is not in the plan, or a field's value is no text or list of texts.

    Examples
    --------
    >>> plan = "targets:  # what we want\n  - {id: T1, value: +12%}  # agreed\n"
    >>> print(change_fields(plan, {"T1": {"value": "+10%", "owner": "An"}}), end="")
    targets:  # what we want
      - {id: T1, value: +10%, owner: An}  # agreed
    """
    found = records(compose(text))
    problems = [
        Problem(f"the plan has no statement `{name}`", fix=suggest(name, list(found)))
        for name in changes
        if name not in found
    ]
    if problems:
        raise PlanError(problems)
    edits: list[tuple[int, int, str]] = []
    for name, fields in changes.items():
        for field, value in fields.items():
            edits.append(_edit(text, found[name], field, value))
    return _apply(text, edits)


def append_record(text: str, section: str, fields: Mapping[str, Value | Mapping[str, str]]) -> str:
    r"""Put a record at the end of a section, which is made where the plan has none.

    Examples
    --------
    >>> print(append_record("plan:\n  year: 2024\n", "versions", {"version": "2"}), end="")
    plan:
      year: 2024
    <BLANKLINE>
    versions:
      - version: 2
    """
    newline = "\r\n" if "\r\n" in text else "\n"
    root = compose(text)
    node = next((value for key, value in root.value if key.value == section), None)
    indent = 2
    if isinstance(node, yaml.SequenceNode) and node.value and not node.flow_style:
        # The column of the text behind the dash of the first record, less "- ".
        indent = node.start_mark.column
    lines = [f"{name}: {_written(value, in_flow=False)}" for name, value in fields.items()]
    pad = " " * indent
    block = newline.join([f"{pad}- {lines[0]}", *(f"{pad}  {line}" for line in lines[1:])])
    if node is None:
        gap = "" if text.endswith(newline) or not text else newline
        return f"{text}{gap}{newline}{section}:{newline}{block}{newline}"
    if isinstance(node, yaml.SequenceNode) and node.value and not node.flow_style:
        end = _line_end(text, max(mark for mark in _ends(node)))
        return f"{text[:end]}{newline}{block}{text[end:]}"
    if _is_empty(node):
        start, end = node.start_mark.index, node.end_mark.index
        head = text[:start].rstrip(" ")
        return f"{head}{newline}{block}{text[end:]}"
    raise PlanError(
        Problem(
            f"`{section}` cannot be added to as it is written",
            where=f"line {node.start_mark.line + 1}",
            fix="Write it as a list, one record a line.",
        )
    )


def as_data(text: str) -> object:
    """Read the text as plain lists, mappings and texts, nothing converted."""
    try:
        return yaml.load(text, Loader=_Reader)
    except yaml.YAMLError as error:
        raise _broken(error) from error


def _broken(error: yaml.YAMLError) -> PlanError:
    return PlanError(Problem(f"the YAML is broken: {' '.join(str(error).split())}"))


def _edit(text: str, record: Record, field: str, value: Value) -> tuple[int, int, str]:
    """Give the place and the new text of one field."""
    in_flow = bool(record.node.flow_style)
    if field in record.fields:
        key, node = record.fields[field]
        written = _written(value, in_flow)
        if _is_empty(node) and node.start_mark.index == node.end_mark.index:
            return key.end_mark.index + 1, key.end_mark.index + 1, f" {written}"
        if isinstance(node, yaml.MappingNode) or (
            isinstance(node, yaml.SequenceNode) and not node.flow_style
        ):
            raise PlanError(
                Problem(
                    f"`{field}` of `{record.id}` is written over several lines",
                    where=f"line {node.start_mark.line + 1}",
                    fix="Write it on one line to have it revised.",
                )
            )
        return node.start_mark.index, _scalar_end(text, node), written
    written = f"{field}: {_written(value, in_flow)}"
    if in_flow:
        last = record.node.value[-1][1]
        return last.end_mark.index, last.end_mark.index, f", {written}"
    key, node = record.fields["id"]
    newline = "\r\n" if "\r\n" in text else "\n"
    end = _line_end(text, node.end_mark.index)
    return end, end, f"{newline}{' ' * key.start_mark.column}{written}"


def _scalar_end(text: str, node: yaml.Node) -> int:
    """Give where a value ends; that of a block text includes its line break, which stays."""
    end = node.end_mark.index
    while end > node.start_mark.index and text[end - 1] in "\r\n":
        end -= 1
    return end


def _apply(text: str, edits: list[tuple[int, int, str]]) -> str:
    for start, end, new in sorted(edits, reverse=True):
        text = text[:start] + new + text[end:]
    return text


def _written(value: Value | Mapping[str, str], in_flow: bool) -> str:
    if isinstance(value, str):
        return _scalar(value, in_flow)
    if isinstance(value, Mapping):
        inner = (f"{_scalar(name, True)}: {_scalar(text, True)}" for name, text in value.items())
        return "{" + ", ".join(inner) + "}"
    return "[" + ", ".join(_scalar(text, True) for text in value) + "]"


def _scalar(text: str, in_flow: bool) -> str:
    """Write a text plainly where YAML reads it back as it is, else in quotes."""
    frame = "{{k: {}}}" if in_flow else "k: {}"
    try:
        node = yaml.compose(frame.format(text), Loader=_Loader)
    except yaml.YAMLError:
        node = None
    plain = (
        isinstance(node, yaml.MappingNode)
        and len(node.value) == 1
        and isinstance(node.value[0][1], yaml.ScalarNode)
        and node.value[0][1].style is None
        and node.value[0][1].value == text
        and text != ""
        and not re.search(r"[\r\n]", text)
    )
    return text if plain else json.dumps(text, ensure_ascii=False)


def _line_end(text: str, start: int) -> int:
    """Give the end of the line, before its break."""
    end = text.find("\n", start)
    end = len(text) if end < 0 else end
    return end - 1 if end > start and text[end - 1] == "\r" else end


def _ends(node: yaml.Node) -> Iterator[int]:
    """Give where each value inside ends; a block's own end is that of what follows it."""
    if not isinstance(node, yaml.CollectionNode) or node.flow_style:
        yield node.end_mark.index
        return
    for child in node.value:
        for part in child if isinstance(child, tuple) else (child,):
            yield from _ends(part)


def _is_empty(node: yaml.Node) -> bool:
    if isinstance(node, yaml.ScalarNode):
        return node.value in ("", "~", "null") and node.style is None
    return not node.value
