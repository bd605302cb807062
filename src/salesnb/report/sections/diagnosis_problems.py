"""The problems found, gathered by what lies behind them, and how each hypothesis fared."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from salesnb.explain.causes import evidence_text
from salesnb.figures.tree import draw_tree
from salesnb.findings.catalogue import RULES
from salesnb.findings.finding import Finding
from salesnb.findings.hypotheses import Checked, check_cases
from salesnb.findings.lens import Lens
from salesnb.findings.roots import Trouble, gather, in_order
from salesnb.metrics.dataset import Dataset
from salesnb.report.blocks import Block, group, lead, note
from salesnb.report.charts import chart
from salesnb.report.review import Review, section
from salesnb.report.sections.hypotheses import hypotheses_table, verdict_text
from salesnb.report.sections.parts import scope_name, written_block
from salesnb.report.tables import Col, table

_SHOWN = ("supported", "directional", "not_testable")


def troubles(review: Review) -> list[Trouble]:
    """Give everything there is to fix, largest money first; the company looks into each region.

    A company's mean hides what one region suffers, so the company's report asks every rule and
    hypothesis of each region too, and names what only one of them shows.
    """

    def look() -> list[Trouble]:
        found = gather(review.lens, review.findings, review.checked)
        if not review.whole_company or len(review.store.regions) < 2:
            return found
        inside = [each for region in review.store.regions for each in _of_region(review, region)]
        roots = [each for each in inside if each.is_root]
        # What a region shows more closely is not told a second time for the whole.
        known = {each.id for each in roots}
        return in_order([*(each for each in found if each.id not in known), *roots])

    return review.lens.dataset.kept(("troubles", review.period, review.as_of), look)


def _of_region(review: Review, region: str) -> list[Trouble]:
    dataset = Dataset(review.store, region, review.calendar, review.settings, review.as_of)
    lens = Lens(dataset, review.period, review.as_of)
    findings = [found for rule in RULES.values() for found in rule.ask(lens)]
    return gather(lens, findings, check_cases(lens, findings, review.cases), region)


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
            evidence=evidence_text(first.diagnosis, language),
        )
    if not trouble.region:
        return text
    return language("diagnosis.in_region", region=trouble.region, text=text)


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
    key = "problems_lead" if roots else "problems_unexplained"
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
        Col("symptoms", language("diagnosis.symptoms")),
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
    language = review.language
    written = written_block(review, "hypotheses")
    if not review.checked:
        return group(note(language("report.no_hypotheses")), written)
    counts = {
        verdict: sum(each.diagnosis.verdict == verdict for each in review.checked)
        for verdict in ("supported", "directional", "not_supported", "not_testable")
    }
    for verdict, count in counts.items():
        review.lens.keep("hypotheses", float(count), "count", {"verdict": verdict})
    sentence = language("diagnosis.verdict_counts", count=len(review.checked), **counts)
    return group(
        lead(sentence),
        _tree(review),
        hypotheses_table(review),
        note(language("explain.evidence.no_proof"), language("diagnosis.five_whys")),
        written,
    )


def _tree(review: Review) -> Block:
    """Draw scope, symptoms and the hypotheses that are not ruled out."""
    language = review.language
    by_case: dict[str, list[Checked]] = {}
    for each in review.checked:
        by_case.setdefault(each.case.symptom.id, []).append(each)
    rows = [_node("all", "", language("diagnosis.symptoms"), language.count(len(by_case)))]
    for name, checked in by_case.items():
        held = [each for each in checked if each.diagnosis.verdict == "supported"]
        key = "explained" if held else "unexplained"
        rows.append(
            _node(
                name,
                "all",
                checked[0].symptom_name(language.code),
                language(f"diagnosis.{key}", count=len(held)),
            )
        )
        shown = [each for each in checked if each.diagnosis.verdict in _SHOWN]
        for each in shown:
            verdict = each.diagnosis.verdict
            label = verdict_text(review, verdict)
            if verdict == "supported" and each.size:
                label = language("diagnosis.priced", verdict=label, size=each.size)
            node = f"{name}/{each.hypothesis.id}"
            rows.append(_node(node, name, each.name(language.code), label, verdict == "supported"))
        ruled_out = len(checked) - len(shown)
        if ruled_out:
            node = f"{name}/others"
            label = language("diagnosis.ruled_out", count=ruled_out)
            rows.append(_node(node, name, label, verdict_text(review, "not_supported")))
    title = language("diagnosis.tree_title", count=len(by_case))
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
