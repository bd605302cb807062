"""The catalogue of rules: each looks at one report's data and says what deserves a sentence."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from salesnb.findings.finding import Finding
from salesnb.findings.lens import Lens

Look = Callable[[Lens], Iterable[Finding]]


@dataclass(frozen=True)
class Rule:
    """One rule: its id, what it needs to be asked at all, and how it looks."""

    id: str
    needs: tuple[str, ...]
    look: Look

    def applies(self, lens: Lens) -> bool:
        """Whether the data hold what the rule needs."""
        return all(lens.has(*need.split(".")) for need in self.needs)

    def ask(self, lens: Lens) -> list[Finding]:
        """Give what the rule finds; nothing where the data lack what it needs."""
        return list(self.look(lens)) if self.applies(lens) else []


RULES: dict[str, Rule] = {}


def rule(name: str, *needs: str) -> Callable[[Look], Look]:
    """Put a function into the catalogue.

    Parameters
    ----------
    name
        Its id, unique; findings may carry it or one of its kin.
    needs
        Tables, as `leads`, and columns, as `orders.cost`, without which it is not asked.
    """

    def enter(look: Look) -> Look:
        RULES[name] = Rule(name, needs, look)
        return look

    return enter
