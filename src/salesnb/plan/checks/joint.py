"""What holds statement by statement but not together: minimal conflicts, bounds that never bind."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from salesnb.plan.book import Book
from salesnb.plan.checks.rule import Rule, finding, rounding
from salesnb.plan.conflicts import Row, System
from salesnb.plan.findings import Conflict, PlanFinding, Size
from salesnb.plan.known import Known, merged
from salesnb.plan.repairs import proportional
from salesnb.plan.scopes import COMPANY, Scope
from salesnb.plan.statements import Statement
from salesnb.plan.wording import Names, Phrase, cite, cite_each, pct

EXPLAINERS = ("K01", "K02", "K03", "K04", "K06", "K09", "K14", "K32")
"""Rules whose errors say the same as a conflict of the same statements, more plainly."""


READABLE = 8
"""Statements of a conflict worth telling when other errors are to be mended first anyway."""
MENDED = 3
"""Statements to be changed up to which it is tried whether that ends the other conflicts too."""
MOST = 12
"""Conflicts told as findings; the report's list holds them all."""


@dataclass
class Model:
    """The amounts of one metric in the plan's year, as unknowns of a linear programme."""

    book: Book
    metric: str
    unit: float
    cells: dict[Scope, int] = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)
    identities: list[Row] = field(default_factory=list)
    statements: list[Statement] = field(default_factory=list)
    given: tuple[Statement, ...] = ()

    def cell(self, scope: Scope) -> int:
        """Give the unknown of a scope with one member a dimension; it brings its identities."""
        if scope in self.cells:
            return self.cells[scope]
        place = self.cells[scope] = len(self.cells)
        for name in scope.dimensions:
            self._add_up(scope.without(name), name)
        return place

    def _add_up(self, parent: Scope, dimension: str) -> None:
        mark = (parent, dimension)
        if mark in self._done:
            return
        self._done.add(mark)
        form = {
            self.cell(child): 1.0 for child in self.book.plan.scopes.children(parent, dimension)
        }
        form[self.cell(parent)] = -1.0
        hedge = self.book.plan.header.hedge.get(dimension, 0.0)
        exact = self.book.is_exhaustive(dimension)
        self.identities.append(Row(form, 0.0 if exact else -math.inf, 0.0))
        if hedge > 0:  # declared: the members may be assigned more than their whole
            self.identities[-1] = Row(form, 0.0 if exact else -math.inf, math.inf)
            relaxed = dict(form)
            relaxed[self.cell(parent)] = -(1.0 + hedge)
            self.identities.append(Row(relaxed, -math.inf, 0.0))

    def __post_init__(self) -> None:
        self._done: set[tuple[Scope, str]] = set()

    def form(self, scope: Scope) -> dict[int, float]:
        """Give a scope as the sum of its cells."""
        return {self.cell(single): 1.0 for single in scope.singles()}

    def add(self, stated: Statement) -> None:
        """Make a statement a soft row; what cannot be one is left out."""
        row = self._row(stated)
        if row is not None:
            self.rows.append(row)
            self.statements.append(stated)

    def _row(self, stated: Statement) -> Row | None:
        book, metric = self.book, self.metric
        if stated.kind in ("amount", "count") and not book.symbol(metric):
            amount = book.in_year(stated)
            slack = book.tolerance * abs(stated.point) / 2
            return self._between(stated.scope, amount.low - slack, amount.high + slack)
        if stated.kind == "growth":
            base = book.base(metric, stated.scope)
            if base is None:
                return None
            slack = (rounding(stated) + book.tolerance) * base.low
            low, high = (1 + stated.low) * base.low, (1 + stated.high) * base.low
            return self._between(stated.scope, low - slack, high + slack)
        share = book.share_target(stated)
        if share is None or stated.whole == stated.scope:
            return None
        slack = rounding(stated) + book.tolerance
        return self._share(stated, share, slack)

    def _between(self, scope: Scope, low: float, high: float) -> Row:
        return Row(self.form(scope), low / self.unit, high / self.unit)

    def _share(self, stated: Statement, share: Known, slack: float) -> Row | None:
        # x(scope) − share·x(whole): one row when the bound is one-sided or exact.
        low, high = share.low - slack, share.high + slack
        if math.isfinite(low) and math.isfinite(high):
            whole = self.book.by_growth(self.metric, stated.whole)
            if whole is None or not whole.exact:
                middle = (share.low + share.high) / 2
                form = self._minus(stated, middle)
                room = (high - low) / 2 * (whole.point / self.unit if whole else 1.0)
                return Row(form, -room, room)
            return self._between(stated.scope, low * whole.low, high * whole.low)
        if math.isfinite(low):
            return Row(self._minus(stated, low), 0.0, math.inf)
        return Row(self._minus(stated, high), -math.inf, 0.0)

    def _minus(self, stated: Statement, share: float) -> dict[int, float]:
        form = self.form(stated.scope)
        for place, factor in self.form(stated.whole).items():
            form[place] = form.get(place, 0.0) - share * factor
        return form

    def system(self) -> System:
        """Give the programme."""
        return System(len(self.cells), self.identities, self.rows)


def build(book: Book, metric: str) -> Model | None:
    """Make the model of a metric; None when fewer than two statements are about its parts."""
    total = book.by_growth(metric, COMPANY)
    model = Model(book, metric, unit=_unit(book, metric, total))
    top = model.cell(COMPANY)
    if total is not None:
        low, high = total.low / model.unit, total.high / model.unit
        model.identities.append(Row({top: 1.0}, low, high))
        model.given = total.by
    for scope in book.scopes_of(metric):
        if scope.is_company or any(
            not _sound(book, metric, scope, name) for name in scope.dimensions
        ):
            continue
        for stated in book.stated("target", metric, scope):
            if not stated.is_phase and not stated.of:
                model.add(stated)
    return model if len(model.rows) > 1 else None


def _sound(book: Book, metric: str, scope: Scope, dimension: str) -> bool:
    return book.base_is_sound(metric, scope.without(dimension), dimension)


def _unit(book: Book, metric: str, total: Known | None) -> float:
    """Scale so that amounts are about 1."""
    if total is not None and total.point > 0 and math.isfinite(total.point):
        return total.point
    amounts = [abs(found.point) for found in book.plan.targets if found.metric == metric]
    return max([1e-9, *amounts])


def find_conflicts(book: Book) -> list[tuple[Model, tuple[Statement, ...]]]:
    """Find the minimal sets of statements that cannot all hold, metric by metric."""
    return book.kept("conflicts", lambda: _conflicts(book))


def _conflicts(book: Book) -> list[tuple[Model, tuple[Statement, ...]]]:
    found: list[tuple[Model, tuple[Statement, ...]]] = []
    for metric in book.metrics():
        if not book.metric(metric).additive:
            continue
        model = build(book, metric)
        if model is None:
            continue
        for rows in model.system().conflicts():
            found.append((model, tuple(model.statements[row] for row in sorted(rows))))
    return found


def explained(conflict: Sequence[Statement], found: Sequence[PlanFinding]) -> str:
    """Give the rule of an error that already tells a conflict; "" when none does."""
    wanted = {statement.id for statement in conflict}
    for told in found:
        if told.rule in EXPLAINERS and told.severity == "error" and wanted <= set(told.ids):
            return told.rule
    return ""


def list_conflicts(book: Book, found: Sequence[PlanFinding]) -> tuple[Conflict, ...]:
    """Give every minimal conflict, with the rule that explains it."""
    return tuple(
        Conflict(statements, explained(statements, found) or "K10")
        for _, statements in find_conflicts(book)
    )


def check_together(book: Book, found: Sequence[PlanFinding]) -> Iterator[PlanFinding]:
    """K10: statements that no amounts can meet together, in smallest sets."""
    conflicts = find_conflicts(book)
    told = any(other.rule in EXPLAINERS and other.severity == "error" for other in found)
    open_ = [
        (model, statements)
        for model, statements in conflicts
        if not explained(statements, found) and (len(statements) <= READABLE or not told)
    ]
    if not _follow(
        [statements for _, statements in conflicts if explained(statements, found)],
        [statements for _, statements in open_],
    ):
        for model, statements in open_[:MOST]:
            yield _told(book, model, statements)
    if not conflicts and not told:
        for metric in book.metrics():
            model = build(book, metric) if book.metric(metric).additive else None
            if model is not None:
                yield finding(
                    "K10",
                    "passed",
                    "passed",
                    merged(model.given, model.statements),
                    subject=metric,
                    metric=book.metric_name(metric),
                    count=len(model.statements),
                )


def _follow(told: Sequence[tuple[Statement, ...]], others: Sequence[tuple[Statement, ...]]) -> bool:
    """Whether mending the conflicts already told, at as few statements as can be, ends all."""
    wrong = [{stated.id for stated in statements} for statements in told]
    rest = [{stated.id for stated in statements} for statements in others]
    names = sorted(set().union(*wrong))
    for size in range(1, MENDED + 1):
        mends = [
            set(chosen)
            for chosen in itertools.combinations(names, size)
            if all(set(chosen) & conflict for conflict in wrong)
        ]
        if mends:
            return any(all(chosen & conflict for conflict in rest) for chosen in mends)
    return False


def _told(book: Book, model: Model, statements: tuple[Statement, ...]) -> PlanFinding:
    metric = model.metric
    total = book.by_growth(metric, COMPANY)
    whole = total.point if total else 0.0
    shares = [_share_of(book, model, stated, whole) for stated in statements]
    formula, gap = _formula(book, statements, shares)
    repairs = _alternatives(book, model, statements)
    scaled = _proportional(book, statements, shares)
    return finding(
        "K10",
        "conflict",
        "error",
        merged(statements, model.given),
        subject=f"{metric}|{'|'.join(stated.id for stated in statements)}",
        formula=formula,
        size=book.size(metric, gap * whole, whole) if total else Size(gap, "points"),
        metric=book.metric_name(metric),
        count=len(statements),
        stated=Names(cite_each(statements)),
        given=cite(model.given),
        repairs=Names(repairs),
        scaled=Phrase("K10.scaled", {"shares": Names(scaled)}) if scaled else "",
    )


def _share_of(book: Book, model: Model, stated: Statement, whole: float) -> float:
    """Give what a statement asks for as a share of the company's total."""
    if stated.kind in ("share", "points"):
        share = book.share_target(stated)
        part = book.target(model.metric, stated.whole)
        ratio = part.point / whole if part and whole and not stated.whole.is_company else 1.0
        return (share.point if share else 0.0) * ratio
    base = book.base(model.metric, stated.scope)
    amount = (1 + stated.point) * base.low if stated.kind == "growth" and base else stated.point
    return amount / whole if whole else amount / model.unit


def _sign(stated: Statement) -> str:
    return {"≥": "≥", "≤": "≤"}.get(stated.value.sign, "")


def _formula(
    book: Book, statements: Sequence[Statement], shares: Sequence[float]
) -> tuple[str, float]:
    """Write the sum that fails, where the scopes are parts of one whole; else list them."""
    terms = [
        f"{book.label(stated.scope)} {_sign(stated)}{pct(share)}"
        for stated, share in zip(statements, shares, strict=True)
    ]
    singles = [set(stated.scope.singles()) for stated in statements]
    dimensions = {stated.scope.dimensions for stated in statements}
    if len(dimensions) != 1 or len(next(iter(dimensions))) != 1:
        return "; ".join(terms), max(shares) - min(shares)
    dimension = next(iter(dimensions))[0]
    for place, inside in enumerate(singles):  # one of them is the sum of the others
        rest = [cells for other, cells in enumerate(singles) if other != place]
        if rest and _disjoint(rest) and set().union(*rest) == inside:
            others = [share for other, share in enumerate(shares) if other != place]
            left = " + ".join(term for other, term in enumerate(terms) if other != place)
            gap = sum(others) - shares[place]
            return f"{left} = {pct(sum(others))} ≠ {terms[place]}", gap
    if _disjoint(singles):
        everyone = set(book.plan.scopes.children(COMPANY, dimension))
        covers = set().union(*singles) == everyone
        gap = sum(shares) - 1
        return (
            f"{' + '.join(terms)} = {pct(sum(shares))} {'≠' if covers else '>'} 100%",
            gap,
        )
    return "; ".join(terms), max(shares) - min(shares)


def _disjoint(groups: Sequence[set[Scope]]) -> bool:
    return sum(len(group) for group in groups) == len(set().union(*groups))


def _alternatives(book: Book, model: Model, statements: tuple[Statement, ...]) -> list[Phrase]:
    """For each statement, the nearest figure it could have with the others kept."""
    system, told = model.system(), []
    places = [model.statements.index(stated) for stated in statements]
    cites = cite_each(statements)
    for place, stated, cited in zip(places, statements, cites, strict=True):
        others = [other for other in places if other != place]
        form = model.form(stated.scope)
        low, high = system.least(form, others), system.most(form, others)
        if low is None or high is None:
            continue
        low, high = low * model.unit, high * model.unit
        base = book.base(model.metric, stated.scope)
        whole = book.target(model.metric, stated.whole)
        if stated.kind == "growth" and base and base.low > 0:
            figure, ends = stated.point, (low / base.low - 1, high / base.low - 1)
        elif stated.kind == "share" and whole and whole.exact and whole.low > 0:
            figure, ends = stated.point, (low / whole.low, high / whole.low)
        elif stated.kind in ("amount", "count"):
            figure, ends = stated.point, (low, high)
        else:
            continue
        new = min(max(figure, ends[0]), ends[1])
        figures = stated.kind in ("amount", "count")
        shown = (
            book.amount(model.metric, new) if figures else pct(new, sign=stated.kind == "growth")
        )
        told.append(Phrase("words.set", {"what": cited, "to": shown}))
    return told


def _proportional(
    book: Book, statements: Sequence[Statement], shares: Sequence[float]
) -> list[Phrase]:
    """All of them changed by one factor, where they are all parts of the company."""
    singles = [set(stated.scope.singles()) for stated in statements]
    if not _disjoint(singles) or len({stated.scope.dimensions for stated in statements}) != 1:
        return []
    return [
        Phrase("words.set", {"what": book.scope_name(stated.scope), "to": pct(share)})
        for stated, share in zip(statements, proportional(1.0, shares), strict=True)
    ]


# K05: bounds that never bind -----------------------------------------------------------------


_TOLD = (("K02", "unreachable"), ("K06", "nested"))


def check_bounds(book: Book, found: Sequence[PlanFinding]) -> Iterator[PlanFinding]:
    """K05: every bound on a share can become the one that counts."""
    told = {
        record.id
        for other in found
        if (other.rule, other.case) in _TOLD
        for record in other.statements
    }
    for metric in book.metrics():
        for whole, dimension in book.trees(metric):
            if not book.is_exhaustive(dimension):
                continue
            stated = [
                share
                for scope in book.scopes_of(metric)
                if scope.dimensions[-1:] == (dimension,) or dimension in scope.dimensions
                for share in book.share_targets(metric, scope)
                if share.whole == whole and scope.without(dimension) == whole and share.value.known
            ]
            bounds = [share for share in stated if share.value.sign in ("≥", "≤")]
            if bounds and len(stated) > 1:
                yield from _never(book, metric, whole, stated, bounds, told)


def _never(
    book: Book,
    metric: str,
    whole: Scope,
    stated: list[Statement],
    bounds: list[Statement],
    told: set[str],
) -> Iterator[PlanFinding]:
    model = Model(book, metric, unit=1.0)
    model.identities.append(Row({model.cell(whole): 1.0}, 1.0, 1.0))
    for share in stated:
        known = book.share_target(share)
        if known is not None:
            model.statements.append(share)
            model.rows.append(Row(model.form(share.scope), known.low, known.high))
    system = model.system()
    if system.least({model.cell(whole): 1.0}, range(len(model.rows))) is None:
        return  # they cannot all hold: told by K02, K06 or K10
    seen = set()
    for bound in bounds:
        if (bound.scope, bound.value.sign, bound.point) in seen:
            continue
        seen.add((bound.scope, bound.value.sign, bound.point))
        others = [
            place
            for place, share in enumerate(model.statements)
            if share.scope != bound.scope or share.value.sign != bound.value.sign
        ]
        if bound.id in told:
            continue
        above = bound.value.sign == "≤"
        reach = system.most if above else system.least
        limit = reach(model.form(bound.scope), others)
        if limit is None:
            continue
        idle = (
            bound.point > limit + book.tolerance if above else bound.point < limit - book.tolerance
        )
        if idle and len(others):
            by = [model.statements[place] for place in others]
            yield finding(
                "K05",
                "never",
                "warning",
                merged([b for b in bounds if _alike(b, bound)], by),
                subject=f"{metric}|{bound.scope}|{bound.id}",
                formula=(
                    f"{book.label(bound.scope)} {'≤' if above else '≥'} {pct(limit)} "
                    f"{'<' if above else '>'} {pct(bound.point)}"
                ),
                size=Size(bound.point - limit, "points"),
                what=book.scope_name(bound.scope),
                metric=book.metric_name(metric),
                stated=pct(bound.point),
                limit=pct(limit),
                sign="≤" if above else "≥",
                by=cite(by),
            )


def _alike(one: Statement, other: Statement) -> bool:
    return (one.scope, one.value.sign, one.point) == (other.scope, other.value.sign, other.point)


RULES = (Rule("K05", check_bounds), Rule("K10", check_together))
