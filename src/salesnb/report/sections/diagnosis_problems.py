"""The problems found, gathered by what lies behind them, and how each hypothesis fared."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from salesnb.explain.causes import ORDER
from salesnb.figures.tree import draw_tree
from salesnb.findings.finding import Finding
from salesnb.findings.hypotheses import Checked, check_cases
from salesnb.findings.lens import Lens
from salesnb.findings.roots import Trouble, gather, in_order
from salesnb.report.blocks import Block, group, lead, note
from salesnb.report.charts import chart
from salesnb.report.review import Review, section
from salesnb.report.sections.hypotheses import (
    evidence,
    hypotheses_table,
    hypothesis_name,
    verdict_text,
)
from salesnb.report.sections.parts import scope_name, written_block
from salesnb.report.tables import Col, table

# The rest are ruled out, or too weak to follow up; the table lists them all.
_SHOWN = ("supported", "not_testable")


@dataclass(frozen=True)
class Look:
    """What rules and hypotheses say of one region, or of the report's own scope (region "")."""

    region: str
    checked: list[Checked]
    troubles: list[Trouble]


def looks(review: Review) -> list[Look]:
    """Look at the report's scope; the company's report looks into each region too.

    A company's mean hides what one region suffers.
    """

    def look() -> list[Look]:
        own = Look("", review.checked, gather(review.lens, review.findings, review.checked))
        regions = review.store.regions if review.whole_company else ()
        return [own, *(_of_region(review, region) for region in regions if len(regions) > 1)]

    return review.lens.dataset.kept(("looks", review.period, review.as_of), look)


def _of_region(review: Review, region: str) -> Look:
    lens = Lens(review.lens.dataset.within(region), review.period, review.as_of)
    findings = review.ask_rules(lens)
    checked = check_cases(lens, findings, review.cases)
    return Look(region, checked, gather(lens, findings, checked, region))


def troubles(review: Review) -> list[Trouble]:
    """Give everything there is to fix, largest money first.

    Where regions show a symptom, what lies behind it is told of them and not of the company.
    """
    own, *inside = looks(review)
    roots = [each for look in inside for each in look.troubles if each.is_root]
    seen = {each.case.symptom.id for look in inside for each in look.checked}
    explained = {found.rule for each in roots for found in each.findings}
    kept = [
        each
        for each in own.troubles
        if not {one.case.symptom.id for one in each.checked} <= seen
        or not (each.is_root or each.id in explained)
    ]
    return in_order([*kept, *roots])


def hypotheses_seen(review: Review) -> list[tuple[str, Checked]]:
    """Give every hypothesis looked at, with its region: where regions support it, those."""
    found = []
    entries = [(look.region, each) for look in looks(review) for each in look.checked]
    for case in review.cases:
        own = [entry for entry in entries if entry[1].case.symptom.id == case.symptom.id]
        kept = []
        for hypothesis in case.symptom.hypotheses:
            same = [entry for entry in own if entry[1].hypothesis.id == hypothesis.id]
            # What regions say of their own goes before what their mean says.
            same = [entry for entry in same if entry[0]] or same
            held = [entry for entry in same if entry[1].diagnosis.verdict == "supported"]
            same.sort(key=lambda entry: ORDER.index(entry[1].diagnosis.verdict))
            kept += held or same[:1]
        found += sorted(kept, key=lambda entry: ORDER.index(entry[1].diagnosis.verdict))
    return found


def trouble_text(review: Review, trouble: Trouble) -> str:
    """Say what is to be fixed: the finding itself, or the hypothesis with its evidence."""
    language = review.language
    if trouble.own:
        text = " ".join(found.text(language) for found in trouble.own[:2])
    elif trouble.findings and not trouble.is_root:
        text = trouble.findings[0].text(language)
    else:
        first = trouble.checked[0]
        text = language(
            "diagnosis.root_text",
            name=first.name(language.code),
            evidence=evidence(review, first),
        )
    if not trouble.region:
        return text
    return language("report.in_region", region=trouble.region, text=text)


def symptom_names(review: Review, trouble: Trouble) -> str:
    """Name the symptoms a root may lie behind."""
    language = review.language
    found: Iterable[Finding] = trouble.symptoms if trouble.is_root else trouble.findings
    names = [each.title(language) for each in found]
    if trouble.is_root and not names:
        names = [each.symptom_name(language.code) for each in trouble.checked]
    return language.list(dict.fromkeys(names))


@section("problems")
def problems(review: Review) -> Block:
    """List what is to be fixed: roots the data support first, symptoms nothing explains apart."""
    language, found = review.language, troubles(review)
    if not found:
        return note(language("diagnosis.no_problems"))
    roots = [each for each in found if each.is_root]
    rest = [each for each in found if not each.is_root]
    for each in found:
        scope = {"problem": each.id} | ({"region": each.region} if each.region else {})
        reason = None if each.size is not None else "no_price"
        review.lens.keep("problem", each.size, "money", scope, reason=reason)
    key = "problems_lead" if roots and rest else "problems_roots" if roots else "problems_open"
    sentence = language(
        f"diagnosis.{key}",
        findings=sum(len(each.findings) or 1 for each in found),
        roots=len(roots),
        rest=len(rest),
    )
    return group(lead(sentence), _register(review, found), note(language("diagnosis.size_note")))


def _register(review: Review, found: list[Trouble]) -> Block:
    language = review.language
    rows = [
        {
            "text": trouble_text(review, each),
            "symptoms": symptom_names(review, each) or language("base.none"),
            "size": each.size,
            "state": _state(review, each),
        }
        for each in found
    ]
    columns = [
        Col("text", language("diagnosis.problem")),
        Col("symptoms", language("diagnosis.symptoms"), wide_only=True),
        Col("size", language("report.size"), "money"),
        Col("state", language("diagnosis.confidence"), "status"),
    ]
    caption = language("diagnosis.problems_caption", scope=scope_name(review))
    exposed = [
        language(
            "diagnosis.exposed",
            name=each.checked[0].name(language.code),
            amount=each.exposed,
        )
        for each in found
        if each.exposed
    ]
    for each in found:
        if each.exposed:
            review.lens.keep("exposed_sales", each.exposed, "money", {"problem": each.id})
    return table(pd.DataFrame(rows), columns, language, caption, notes=exposed, max_rows=20)


def _state(review: Review, trouble: Trouble) -> str:
    if trouble.is_root:
        return f"bad:{review.language('diagnosis.is_root')}"
    return f"warn:{review.language('diagnosis.is_symptom')}"


# Root causes ------------------------------------------------------------------------------------


@section("root_causes")
def root_causes(review: Review) -> Block:
    """Draw each symptom with its hypotheses and verdicts, and list the evidence for each."""
    language, entries = review.language, hypotheses_seen(review)
    written = written_block(review, "hypotheses")
    if not entries:
        return group(note(language("report.no_hypotheses")), written)
    counts = {
        verdict: sum(each.diagnosis.verdict == verdict for _, each in entries) for verdict in ORDER
    }
    for verdict, count in counts.items():
        review.lens.keep("hypotheses", float(count), "count", {"verdict": verdict})
    sentence = language("diagnosis.verdict_counts", count=len(entries), **counts)
    return group(
        lead(sentence),
        _tree(review, entries),
        hypotheses_table(review, entries),
        note(language("diagnosis.five_whys")),
        written,
    )


def _tree(review: Review, entries: list[tuple[str, Checked]]) -> Block:
    """Draw the symptoms and the hypotheses that are not ruled out."""
    language = review.language
    by_case: dict[str, list[tuple[str, Checked]]] = {}
    for region, each in entries:
        by_case.setdefault(each.case.symptom.id, []).append((region, each))
    held = {
        name: [each for _, each in found if each.diagnosis.verdict == "supported"]
        for name, found in by_case.items()
    }
    known = sum(bool(found) for found in held.values())
    count = language("diagnosis.symptom_count", count=len(by_case))
    rows = [_node("all", "", language("diagnosis.symptoms"), count)]
    for name, found in by_case.items():
        key = "explained" if held[name] else "unexplained"
        label = language(f"diagnosis.{key}", count=len(held[name]))
        rows.append(_node(name, "all", found[0][1].symptom_name(language.code), label))
        shown = [entry for entry in found if entry[1].diagnosis.verdict in _SHOWN]
        for region, each in shown:
            verdict = each.diagnosis.verdict
            label = verdict_text(review, verdict)
            if verdict == "supported" and each.size:
                label = language("diagnosis.priced", verdict=label, size=each.size)
            node = f"{name}/{each.hypothesis.id}/{region}"
            text = hypothesis_name(review, region, each)
            rows.append(_node(node, name, text, label, verdict == "supported"))
        ruled_out = len(found) - len(shown)
        if ruled_out:
            text = language("diagnosis.ruled_out", count=ruled_out)
            rows.append(_node(f"{name}/-", name, text, language("diagnosis.not_held")))
    key = "tree_all" if known == len(by_case) else "tree_some" if known else "tree_none"
    title = language(f"diagnosis.{key}", count=len(by_case), known=known)
    drawn = draw_tree(
        pd.DataFrame(rows),
        language,
        title=title,
        subtitle=language("diagnosis.tree_subtitle", scope=scope_name(review)),
        unit="text",
    )
    return chart(drawn, language)


def _node(node: str, parent: str, label: str, value: str, lit: bool = False) -> dict[str, object]:
    return {"node": node, "parent": parent, "label": label, "value": value, "highlight": lit}
