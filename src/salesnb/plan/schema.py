"""How a plan is written by hand: every section of the file, every field of a record.

The tables below are the documentation and the contract at once: `reading` accepts exactly these
fields, and `parameters/plan_blank.yaml` is held against them by a test.

Kinds of field
--------------
text        any words
name        a short word without blanks, unique where it is an `id`
flag        yes or no
integer     a whole number
number      a plain number
percent     `2%`
quantity    `≥ 50%`, `+12%`, `1,200万元`, `$4.2M`, `30%..40%`, `+2 points`, or a letter such as `Y1`
unit        `万元`, `$K`, `%`, `points`, a noun
metric      an id of the metric list, or one declared under `metrics`
scope       `region=East|South;channel=online`, a group's name, a member's name; empty: the company
period      `2024`, `2024Q2`, `2024-06`, or `Q2` of the plan's year
day         `2024-05-15`, or a period: its last day
ref         the id of another record
of          `total`, `year`, a scope, or the id of a statement
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Field:
    """One field: its kind, what it says, and what it can be."""

    name: str
    kind: str
    about: str
    required: bool = False
    options: tuple[str, ...] = ()
    many: bool = False


@dataclass(frozen=True)
class Section:
    """One part of the file: a list of records, or (`is_list=False`) one mapping."""

    name: str
    about: str
    fields: tuple[Field, ...]
    is_list: bool = True

    @property
    def names(self) -> tuple[str, ...]:
        """What its records may say."""
        return tuple(field.name for field in self.fields)


_COMMON = (
    Field("id", "name", "unique in the file; by default the section and a number"),
    Field("source", "text", "line of the source document, such as P16"),
    Field("text", "text", "the sentence as the document has it"),
    Field("note", "text", "anything else; never read"),
    Field("owner", "person", "who is accountable: one person", many=True),
    Field("parent", "ref", "the statement it helps to reach"),
    Field("strategy", "ref", "the strategy record it serves"),
    Field("item", "text", "which of the things that strategy names"),
    Field("assumption", "text", "what it takes for granted"),
    Field("scope", "scope", "which part of the company; empty: all of it"),
)

_FIGURE = (
    *_COMMON,
    Field("metric", "metric", "what is measured; only a target in words alone has none"),
    Field(
        "kind",
        "choice",
        "amount and count: the figure itself; growth: against the year before, in %; share: of the "
        "whole; rate: a rate itself; lift: a rate grows by a part of itself; points: a rate or "
        "share moves by percentage points. Default: what the metric is",
        options=("amount", "count", "growth", "share", "rate", "lift", "points"),
    ),
    Field("period", "period", "default: the plan's year, for history the year before"),
    Field("value", "quantity", "the figure with its sign and unit"),
    Field("bound", "choice", "=, ≥ or ≤, where the value does not say", options=("=", "≥", "≤")),
    Field("unit", "unit", "unit of a bare value"),
    Field(
        "baseline", "quantity", "where it starts: for shares and rates in %, for growth the amount"
    ),
    Field(
        "of",
        "of",
        "what a share is of: `total`, `year`, a scope, or the id of a statement. Default: the "
        "scope without its last cut; for a part of the year without a scope, the year",
    ),
    Field("cumulative", "flag", "yes: reached by the end of the period, not within it"),
    Field("per", "choice", "the value is for each of these", options=("month", "quarter", "year")),
    Field("deadline", "day", "last day; default: none stated"),
    Field(
        "direction",
        "choice",
        "what the plan means to do with it",
        options=("raise", "reduce", "keep"),
    ),
    Field("definition", "text", "which meaning of a metric that has two"),
    Field("readings", "text", "other metrics the sentence could be about", many=True),
    Field(
        "credit",
        "choice",
        "how several owners count one result: split it, one inside the other, or all in full",
        options=("split", "nested", "overlay"),
    ),
    Field("potential", "quantity", "what the scope could bear, in the unit of the value"),
    Field("checkpoints", "day", "days or periods it is looked at before the deadline", many=True),
    Field("provider", "text", "who supplies it"),
)

SECTIONS: Mapping[str, Section] = {
    section.name: section
    for section in (
        Section(
            "plan",
            "What holds for the whole file",
            (
                Field("name", "text", "title of the plan"),
                Field("year", "period", "the fiscal year planned", required=True),
                Field("base", "period", "the year growth is against; default: the year before"),
                Field("fiscal_start", "integer", "first month of the fiscal year; default 1"),
                Field(
                    "fiscal_named",
                    "choice",
                    "whether a fiscal year is named after the year it starts or ends in",
                    options=("start", "end"),
                ),
                Field("country", "text", "whose public holidays count, such as CN; none: weekends"),
                Field("currency", "text", "three letters; default CNY"),
                Field(
                    "money_unit", "unit", "what a bare amount of money is in, such as 万元 or $K"
                ),
                Field("rates", "rates", "other currencies: units of the plan's currency for one"),
                Field("tolerance", "percent", "differences up to here are rounding; default 0.1%"),
                Field("materiality", "percent", "smaller parts do not move a whole; default 5%"),
                Field("hedge", "hedges", "dimension: over-assignment on purpose, such as 3%"),
            ),
            is_list=False,
        ),
        Section("dimensions", "Dimension → members", (), is_list=False),
        Section("groups", "Name → scope, for sets the plan speaks of", (), is_list=False),
        Section(
            "metrics",
            "The plan's own figures",
            (
                Field("label", "text", "name shown to readers"),
                Field(
                    "unit",
                    "choice",
                    "default count",
                    options=("money", "count", "rate", "days", "months", "score", "number"),
                ),
                Field("better", "choice", "default up", options=("up", "down", "none")),
                Field("additive", "flag", "whether parts add up; default: money and counts do"),
                Field("share_of", "metric", "it is only a name for the share of `scope` in this"),
                Field("scope", "scope", "with `share_of`"),
            ),
            is_list=False,
        ),
        Section("identities", "`outcome = factor * factor / factor`, one text a line", ()),
        Section(
            "people",
            "Who can be accountable",
            (
                Field("name", "text", "the name owners are written with", required=True),
                Field("role", "text", "post"),
                Field("scope", "scope", "the part of the company the person answers for"),
            ),
        ),
        Section(
            "teams",
            "Groups of people; not accountable unless one person leads",
            (
                Field("name", "text", "the name owners are written with", required=True),
                Field("new", "flag", "yes: set up by this plan"),
                Field("head", "person", "the one person who answers for it"),
                Field("scope", "scope", "what it works on"),
                Field("source", "text", "line of the source document"),
                Field("text", "text", "the sentence as the document has it"),
            ),
        ),
        Section("history", "What was, as the plan tells it", _FIGURE),
        Section("market", "Figures of the industry, not of the company", _FIGURE),
        Section("targets", "What is to be reached", _FIGURE),
        Section("supply", "What others provide: leads, stock, budget", _FIGURE),
        Section(
            "milestones",
            "Things to be done by a day",
            (
                *_COMMON,
                Field("milestone", "text", "what is done; same words, same thing", required=True),
                Field("start", "day", "first day"),
                Field("due", "day", "last day"),
                Field("progress", "percent", "how much is done by then; default 100%"),
                Field("after", "ref", "what comes before", many=True),
                Field("places", "scope", "the members it reaches"),
                Field("coverage", "dimension", "the dimension it claims to reach all members of"),
                Field("lifts", "metric", "the metric it is to raise in its period"),
            ),
        ),
        Section(
            "incentives",
            "What is paid or given for what",
            (
                *_COMMON,
                Field(
                    "type",
                    "choice",
                    "a rate of sales, a sum, or a post",
                    required=True,
                    options=("commission", "award", "promotion"),
                ),
                Field("metric", "metric", "what is measured; default net_sales"),
                Field(
                    "kind",
                    "choice",
                    "growth, or the figure itself",
                    options=("amount", "count", "growth", "share", "rate", "lift", "points"),
                ),
                Field("threshold", "quantity", "what has to be reached"),
                Field("rate", "quantity", "commission, such as 1.5%"),
                Field("award", "quantity", "a sum of money"),
                Field("each", "dimension", "the dimension whose members compete or qualify"),
                Field(
                    "per",
                    "choice",
                    "how often",
                    options=("month", "quarter", "half", "year", "once"),
                ),
                Field("running", "integer", "periods in a row; default 1"),
                Field("winners", "integer", "how many can have it each time; default 1"),
                Field("budget", "quantity", "the most to be paid in the year"),
                Field("linked_to", "metric", "a metric the payment is said to depend on"),
            ),
        ),
        Section(
            "tiers",
            "Classes that hold everyone once",
            (
                *_COMMON,
                Field("name", "text", "what is classed", required=True),
                Field("metric", "metric", "by what"),
                Field("tiers", "tiers", "name → bounds (`≥ 500,000`, `100..200`) or cells [HHH]"),
                Field("grid", "grid", "for combinations: axis → levels"),
                Field(
                    "order",
                    "choice",
                    "first_match: the first class met counts; disjoint: bounds may not overlap",
                    options=("first_match", "disjoint"),
                ),
            ),
        ),
        Section(
            "capacity",
            "Who is there to do the work",
            (
                *_COMMON,
                Field("role", "text", "post"),
                Field("metric", "metric", "what a head brings; default net_sales"),
                Field("heads", "number", "people there at the start of the year"),
                Field("hires", "number", "people to be hired"),
                Field("hire_by", "day", "by when"),
                Field("ramp_months", "number", "months until a new head brings what others do"),
                Field("productivity", "quantity", "what one head brings in a year"),
                Field("load", "number", "accounts one head can look after"),
            ),
        ),
        Section(
            "strategy",
            "Strategic sentences",
            (
                *_COMMON,
                Field("count", "integer", "how many things the sentence announces"),
                Field("items", "text", "the things by name", many=True),
                Field("metric", "metric", "the metric it is about"),
            ),
        ),
        Section(
            "risks",
            "What may go wrong",
            (
                *_COMMON,
                Field("trigger", "text", "what would show it"),
                Field("metric", "metric", "the metric that would show it"),
                Field("response", "text", "what would be done"),
                Field("probability", "integer", "1 to 5"),
                Field("impact", "integer", "1 to 5"),
            ),
        ),
        Section(
            "monitoring",
            "What is done again and again",
            (
                *_COMMON,
                Field(
                    "type",
                    "choice",
                    "what it is; closing: the books of the period close",
                    required=True,
                    options=(
                        "report",
                        "meeting",
                        "review",
                        "training",
                        "service",
                        "approval",
                        "closing",
                    ),
                ),
                Field("every", "choice", "how often", options=("month", "quarter", "half", "year")),
                Field("day", "integer", "day of the month after the period"),
                Field("date", "day", "where it happens once"),
                Field(
                    "covers",
                    "choice",
                    "the period it reports on",
                    options=("month", "quarter", "year"),
                ),
                Field("needs", "ref", "what must have happened before", many=True),
                Field("threshold", "quantity", "below which something is done"),
                Field("metric", "metric", "of what"),
                Field("dimensions", "dimension", "what it looks at", many=True),
                Field("action", "text", "what is done then"),
                Field("approver", "text", "who decides"),
            ),
        ),
        Section(
            "trees",
            "Parts of a whole that no dimension says",
            (
                *_COMMON,
                Field("whole", "ref", "the statement that is the whole", required=True),
                Field(
                    "parts", "ref", "the statements that are its parts", required=True, many=True
                ),
                Field("exhaustive", "flag", "whether these are all parts; default yes"),
                Field("hedge", "percent", "over-assignment on purpose"),
            ),
        ),
        Section(
            "versions",
            "What was approved, by whom, when and why",
            (
                Field("id", "name", "by default `versions` and a number"),
                Field("source", "text", "line of the source document"),
                Field("text", "text", "the sentence as the document has it"),
                Field("note", "text", "anything else"),
                Field("version", "integer", "1, 2, 3 …", required=True),
                Field("approved", "day", "when"),
                Field("effective", "day", "from when on it holds"),
                Field("approver", "text", "by whom"),
                Field("reason", "text", "why it was changed"),
                Field("values", "values", "statement id → the value approved"),
            ),
        ),
    )
}
"""Every part of a plan's file, in the order it is usually written."""
