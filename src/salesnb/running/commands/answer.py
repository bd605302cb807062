"""What a command has to say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Answer:
    """The result of a command, for people and for programs.

    Attributes
    ----------
    lines
        What is printed.
    data
        What `--json` prints instead.
    code
        0 done, 1 the work has failures or error-level findings.
    """

    lines: Sequence[str] = ()
    data: Any = field(default_factory=dict)
    code: int = 0
