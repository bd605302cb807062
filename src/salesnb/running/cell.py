"""The parameters cell of a notebook, read as what it declares: names, types, defaults, help."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from dataclasses import dataclass

import yaml

from salesnb.errors import ParameterError, Problem
from salesnb.parameters import value_problem

KINDS: dict[str, type] = {
    "str": str,
    "int": int,
    "float": float,
    "bool": bool,
    "list": list,
    "dict": dict,
}
_RANGE = re.compile(r"\[(-?[\d.]+) to (-?[\d.]+)\]$")
_CHOICES = re.compile(r"\[([^\]|]*(?:\|[^\]|]*)+)\]$")


@dataclass(frozen=True)
class Declared:
    """One line of the parameters cell: `name: kind = default  # help`.

    Help that ends in `[1 to 50]` limits a number, in `[a | b]` a text to these choices.
    """

    name: str
    kind: type
    default: object
    help: str = ""

    def read(self, text: str) -> object:
        """Give the value that a text typed at the command line stands for.

        Raises
        ------
        ParameterError
            If it stands for no value of this kind, or for one out of range.

        Examples
        --------
        >>> Declared("region", str, "all").read("01"), Declared("top", int, 5).read("10")
        ('01', 10)
        """
        value: object = text
        if self.kind is int and re.fullmatch(r"[+-]?\d+", text):
            value = int(text)
        elif self.kind is float and re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", text, re.I):
            value = float(text)
        elif self.kind is bool and text.casefold() in ("true", "false"):
            value = text.casefold() == "true"
        elif self.kind in (list, dict):
            try:
                value = yaml.safe_load(text)
            except yaml.YAMLError:
                value = text
        self.check(value)
        return value

    def check(self, value: object, where: str = "", written: str = "") -> None:
        """Check kind and range of a value.

        Raises
        ------
        ParameterError
            With what is wrong.
        """
        problem = value_problem(self.name, value, self.kind, where, written)
        if problem is None:
            problem = self._out_of_range(value, where)
        if problem:
            raise ParameterError(problem)

    def _out_of_range(self, value: object, where: str) -> Problem | None:
        limits, choices = _RANGE.search(self.help), _CHOICES.search(self.help)
        if limits and isinstance(value, int | float):
            low, high = float(limits[1]), float(limits[2])
            if not low <= value <= high:
                fix = f"Write {limits[1]} to {limits[2]}."
                return Problem(f"`{self.name}` is out of range", where, f"{value}", fix)
        if choices and isinstance(value, str) and value:
            known = [choice.strip() for choice in choices[1].split("|")]
            if value not in known:
                fix = f"It can be: {', '.join(choice for choice in known if choice)}."
                return Problem(f"`{self.name}` is none of its choices", where, f'"{value}"', fix)
        return None


def read_cell(source: str) -> dict[str, Declared]:
    """Read what a parameters cell declares.

    Raises
    ------
    ParameterError
        With every line that is not `name: type = value  # help` with a plain value.

    Examples
    --------
    >>> read_cell('top: int = 5  # Products listed [1 to 50]')["top"].help
    'Products listed [1 to 50]'
    """
    where = "cell `parameters`"
    try:
        lines = ast.parse(source).body
    except SyntaxError as error:
        raise ParameterError(Problem("not Python", f"{where}:{error.lineno}", error.msg)) from error
    comments = _comments(source)
    found: dict[str, Declared] = {}
    problems = []
    for line in lines:
        declared = _declared(line, comments.get(line.end_lineno or line.lineno, ""))
        if isinstance(declared, str):
            fix = "Write `name: type = value  # help`."
            problems.append(
                Problem(declared, f"{where}:{line.lineno}", ast.unparse(line)[:60], fix)
            )
        else:
            found[declared.name] = declared
    if problems:
        raise ParameterError(problems)
    return found


def _declared(line: ast.stmt, comment: str) -> Declared | str:
    """Give what a line declares, or what is wrong with it."""
    if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name) and line.value:
        name, value, said = line.target.id, line.value, line.annotation
        base = said.value if isinstance(said, ast.Subscript) else said
        kind = KINDS.get(base.id) if isinstance(base, ast.Name) else None
        if kind is None:
            return f"`{name}` has a type that no parameter can have"
    elif isinstance(line, ast.Assign) and isinstance(line.targets[0], ast.Name):
        name, value, kind = line.targets[0].id, line.value, None
    else:
        return "the line declares no parameter"
    try:
        default = ast.literal_eval(value)
    except ValueError:
        return f"the default of `{name}` is not a plain value"
    if default is not None and value_problem(name, default, kind or type(default)):
        return f"the default of `{name}` is not of its type"
    return Declared(name, kind or type(default), default, comment)


def _comments(source: str) -> dict[int, str]:
    """Give the comment at the end of each line that has one."""
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return {
        token.start[0]: token.string.lstrip("#").strip()
        for token in tokens
        if token.type == tokenize.COMMENT
    }
