"""Which part of the company a statement is about, when the plan declares its own dimensions.

A scope is `dimension=member;dimension=member`; `region=East|South` is several members together,
the empty scope the whole company. Dimensions and members are those of the plan's file, so any
company's names do.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from salesnb.errors import Problem, suggest


@dataclass(frozen=True)
class Dimension:
    """One way the company is cut.

    Parameters
    ----------
    name
        As written in scopes: `region`.
    members
        In the order of the plan.
    exhaustive
        Whether the members are all there is, so that they add up to the whole.
    labels
        What a reader is shown for a member or for the dimension (`""`), where not its own name.
    line
        Where the plan declares it.
    """

    name: str
    members: tuple[str, ...]
    exhaustive: bool = True
    labels: Mapping[str, str] = field(default_factory=dict)
    line: int = 0


@dataclass(frozen=True)
class Scope:
    """A part of the company: for each dimension it is cut by, the members that belong to it.

    Equal scopes are equal values, however they were written; use `Scopes` to make one.
    """

    parts: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @property
    def text(self) -> str:
        """The scope as it is written: `region=East|South;product_line=B`."""
        return ";".join(f"{name}={'|'.join(members)}" for name, members in self.parts)

    def __str__(self) -> str:
        return self.text

    @property
    def dimensions(self) -> tuple[str, ...]:
        """The dimensions it is cut by."""
        return tuple(name for name, _ in self.parts)

    @property
    def is_company(self) -> bool:
        """Whether nothing is left out."""
        return not self.parts

    @property
    def is_single(self) -> bool:
        """Whether each dimension has one member."""
        return all(len(members) == 1 for _, members in self.parts)

    def members(self, dimension: str) -> tuple[str, ...]:
        """Give the members of a dimension that belong to it; none when it is not cut by it."""
        return dict(self.parts).get(dimension, ())

    def without(self, dimension: str) -> Scope:
        """Give the scope with one cut taken back."""
        return Scope(tuple(part for part in self.parts if part[0] != dimension))

    def within(self, other: Scope) -> bool:
        """Whether all of it lies in the other scope (or is the same)."""
        mine = dict(self.parts)
        return all(
            name in mine and set(mine[name]) <= set(members) for name, members in other.parts
        )

    def meets(self, other: Scope) -> bool:
        """Whether something can belong to both."""
        mine = dict(self.parts)
        return all(
            name not in mine or bool(set(mine[name]) & set(members))
            for name, members in other.parts
        )

    def singles(self) -> Iterator[Scope]:
        """Give its parts of one member in each dimension."""
        names = self.dimensions
        for members in itertools.product(*(members for _, members in self.parts)):
            yield Scope(tuple((name, (one,)) for name, one in zip(names, members, strict=True)))


COMPANY = Scope()


@dataclass(frozen=True)
class Scopes:
    """Makes scopes from text, by the dimensions and named groups of one plan."""

    dimensions: Mapping[str, Dimension]
    groups: Mapping[str, Scope] = field(default_factory=dict)
    _children: dict[tuple[Scope, str], tuple[Scope, ...]] = field(
        default_factory=dict, repr=False, compare=False
    )

    def make(self, cuts: Mapping[str, Iterable[str]]) -> Scope:
        """Give the scope of some cuts; a cut that leaves nothing out is no cut."""
        parts = []
        for name in sorted(cuts, key=list(self.dimensions).index):
            dimension = self.dimensions[name]
            wanted = set(cuts[name])
            members = tuple(member for member in dimension.members if member in wanted)
            if not dimension.exhaustive or len(members) < len(dimension.members):
                parts.append((name, members))
        return Scope(tuple(parts))

    def cut(self, scope: Scope, dimension: str, member: str) -> Scope:
        """Give the part of a scope that one member of a dimension has."""
        if self.dimensions[dimension].exhaustive and len(self.dimensions[dimension].members) == 1:
            return scope
        order = list(self.dimensions)
        parts = [*scope.without(dimension).parts, (dimension, (member,))]
        return Scope(tuple(sorted(parts, key=lambda part: order.index(part[0]))))

    def children(self, scope: Scope, dimension: str) -> tuple[Scope, ...]:
        """Give the parts of a scope by a dimension it is not cut by."""
        key = (scope, dimension)
        if key not in self._children:
            members = self.dimensions[dimension].members
            self._children[key] = tuple(self.cut(scope, dimension, member) for member in members)
        return self._children[key]

    def read(self, text: str) -> tuple[Scope, tuple[str, ...], list[Problem]]:
        """Read a scope.

        Parameters
        ----------
        text
            `region=East|South;channel=online`, the name of a group, or the name of a member that
            only one dimension has. Empty is the company.

        Returns
        -------
        The scope, the dimensions in the order written, and what is wrong with the text.
        """
        text = text.strip()
        if text in self.groups:
            return self.groups[text], self.groups[text].dimensions, []
        cuts: dict[str, tuple[str, ...]] = {}
        problems: list[Problem] = []
        for part in filter(None, (part.strip() for part in text.replace("；", ";").split(";"))):
            name, equals, value = (piece.strip() for piece in part.partition("="))
            if not equals:
                name, value, problem = self._bare(part, text)
                if problem:
                    problems.append(problem)
                    continue
            if name not in self.dimensions:
                problems.append(
                    Problem(
                        f"`{name}` is not a dimension of the plan",
                        fix=suggest(name, list(self.dimensions)) or "Declare it in `dimensions`.",
                    )
                )
                continue
            if name in cuts:
                problems.append(Problem(f"`{name}` is said twice", got=f"`{text}`"))
                continue
            members, wrong = self._members(name, value)
            problems += wrong
            cuts[name] = members
        if problems:
            return COMPANY, (), problems
        return self.make(cuts), tuple(cuts), []

    def _bare(self, word: str, text: str) -> tuple[str, str, Problem | None]:
        """Find the one dimension that has a member of this name, or a group to cut further."""
        if word in self.groups and len(self.groups[word].parts) == 1:
            name, members = self.groups[word].parts[0]
            return name, "|".join(members), None
        homes = [name for name, found in self.dimensions.items() if word in found.members]
        if len(homes) == 1:
            return homes[0], word, None
        if homes:
            fix = f"Write {' or '.join(f'`{home}={word}`' for home in homes)}."
            return "", "", Problem(f"`{word}` is in several dimensions", fix=fix)
        known = [member for found in self.dimensions.values() for member in found.members]
        fix = suggest(word, [*self.groups, *known])
        return "", "", Problem(f"scope `{text}` does not exist in the plan", fix=fix)

    def _members(self, name: str, value: str) -> tuple[tuple[str, ...], list[Problem]]:
        known = self.dimensions[name].members
        wanted = [member.strip() for member in value.replace("｜", "|").split("|")]
        problems = [
            Problem(
                f"`{member}` is not a member of `{name}`",
                fix=suggest(member, known) or f"Declare it in `dimensions: {name}:`.",
            )
            for member in wanted
            if member not in known
        ]
        return tuple(wanted), problems
