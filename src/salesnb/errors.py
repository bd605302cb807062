"""The errors salesnb raises, and how each says what, where, got and fix.

SalesnbError
├── ParameterError      what was asked cannot be done
├── SourceError         the data cannot be reached or read
├── ContractError       the data is not what was agreed
├── MetricError         the question has no answer on this data
├── PlanError           the plan's text cannot be read as a plan
└── RunError            a notebook could not be run to its end
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong: what, where, what was got, how to fix it.

    Examples
    --------
    >>> str(Problem("`regoin` is unknown", got="华东", fix="Did you mean `region`?"))
    '`regoin` is unknown; got 华东. Did you mean `region`?'
    """

    what: str
    where: str = ""
    got: str = ""
    fix: str = ""

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        got = f"; got {self.got}" if self.got else ""
        fix = f" {self.fix}" if self.fix else ""
        stop = "" if (self.what + got).endswith((".", "?", "!", "。")) else "."
        return f"{place}{self.what}{got}{stop}{fix}"


class SalesnbError(Exception):
    """Base of all salesnb errors; carries every problem found, not only the first.

    Parameters
    ----------
    problems
        One problem, a sentence, or several of either.
    where
        The file or thing they are in, said once in front of all.
    """

    def __init__(self, problems: Problem | str | Iterable[Problem | str], where: str = "") -> None:
        listed = [problems] if isinstance(problems, Problem | str) else list(problems)
        self.problems: tuple[Problem, ...] = tuple(
            problem if isinstance(problem, Problem) else Problem(problem) for problem in listed
        )
        self.where = where
        super().__init__(self._message())

    def __reduce__(self) -> tuple[type[SalesnbError], tuple[tuple[Problem, ...], str]]:
        # Errors travel between the processes of a batch.
        return type(self), (self.problems, self.where)

    def _message(self) -> str:
        place = f"{self.where}: " if self.where else ""
        if len(self.problems) == 1:
            return f"{place}{self.problems[0]}"
        lines = "\n".join(f"  · {problem}" for problem in self.problems)
        return f"{place}{len(self.problems)} problems.\n{lines}"


class ParameterError(SalesnbError):
    """What was asked cannot be done: unknown name, wrong type, value out of range."""


class SourceError(SalesnbError):
    """The data cannot be reached or read."""


class ContractError(SalesnbError):
    """The data is not what was agreed: a column, a type, a key, a unit."""


class MetricError(SalesnbError):
    """The question has no answer on this data."""


class PlanError(SalesnbError):
    """The text of a plan cannot be read as a plan."""


class RunError(SalesnbError):
    """A notebook could not be run to its end."""


def suggest(word: str, options: Sequence[str]) -> str:
    """Give the sentence that names the nearest option, or lists them when none is near.

    Examples
    --------
    >>> suggest("regoin", ["region", "period"])
    'Did you mean `region`?'
    >>> suggest("x", ["region", "period"])
    'It can be: period, region.'
    """
    # Of a word of two characters one wrong is half.
    cutoff = 0.5 if len(word) <= 3 else 0.6
    known = [option.casefold() for option in options]
    near = get_close_matches(word.casefold(), known, n=1, cutoff=cutoff)
    for option in options:
        if near and option.casefold() == near[0]:
            return f"Did you mean `{option}`?"
    shown = sorted(options)[:20]
    more = "" if len(options) <= len(shown) else f" … ({len(options)} in all)"
    return f"It can be: {', '.join(shown)}{more}." if shown else ""
