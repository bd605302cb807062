"""Break one statement of a consistent plan: its rule says so, and nothing unrelated does.

"Unrelated" is meant strictly: every new error or warning names the statement that was broken
(or, where a record was taken away, the statement it belonged to).
"""

import pytest

LOUD = ("error", "warning")


def loud(report):
    return {found.key: found for found in report.findings if found.severity in LOUD}


def attainment(plan):
    plan.add("targets", id="new", metric="attainment", value="110%")


def drifted(plan):
    plan.data["versions"] = [
        {
            "version": 1,
            "approved": "2024-01-05",
            "approver": "总经理",
            "values": {"P10.sales": "+15%"},
        }
    ]


# What is broken: how → the rule that must say so, and the statement it must name.
MUTATIONS = {
    "a region grows more": (lambda p: p.set("P18.华东", value="+12%"), "K03", "P18.华东"),
    "a region grows less": (lambda p: p.set("P20.中西部", value="+10%"), "K03", "P20.中西部"),
    "the total is another amount": (lambda p: p.set("P10.amount", value="12000万元"), "K06", "P10.amount"),
    "the total is another growth": (lambda p: p.set("P10.sales", value="+15%"), "K06", "P10.sales"),
    "one of two bounds is loosened": (lambda p: p.set("P15.A", value="≤ 40%"), "K06", "P15.A"),
    "a share leaves no room for the others": (lambda p: p.set("P16.B", value="40%"), "K02", "P16.B"),
    "a share and a growth part": (lambda p: p.set("P29.B", value="+15%"), "K04", "P29.B"),
    "last year's lines do not sum": (lambda p: p.set("P07.B", value="33%"), "K02", "P07.B"),
    "last year's regions do not sum": (lambda p: p.set("P08.华东", value="38%"), "K02", "P08.华东"),
    "a baseline is typed otherwise": (lambda p: p.set("P16.B", baseline="28%"), "K07", "P16.B"),
    "a baseline is told twice": (lambda p: p.set("P18.base", value="33%"), "K07", "P18.base"),
    "the headline is looser than its parts": (lambda p: p.set("P10.premium", value="≥ 50%"), "K06", "P10.premium"),
    "a goal is below where it stands": (lambda p: p.set("P13.repurchase", value="≥ 65%"), "K08", "P13.repurchase"),
    "a cut is a rise": (lambda p: p.set("P42.approval", value="5天"), "K08", "P42.approval"),
    "a region's share is another": (lambda p: p.set("P05.share", value="25%"), "K04", "P05.share"),
    "customers do not add up": (lambda p: p.set("P12.small", value="≥ 90 家"), "K14", "P12.small"),
    "half a customer": (lambda p: p.set("P30.projects", value="≥ 10.5 个"), "K14", "P30.projects"),
    "a percentage and its count differ": (lambda p: p.set("P25.new", value="50 家"), "K14", "P25.new"),
    "quarters do not sum": (lambda p: p.set("P27.Q4", value="35%"), "K15", "P27.Q4"),
    "a phase is taken away": (lambda p: p.drop("F.new.Q4"), "K15", "P12.new"),
    "too much is left for the end": (lambda p: p.set("P26.midwest", value="20%"), "K16", "P26.midwest"),
    "progress is told twice": (lambda p: p.set("P24.clear", progress="60%"), "K17", "P24.clear"),
    "a thing has two dates": (lambda p: p.set("P33.office", due="2024Q3"), "K17", "P33.office"),
    "what follows comes first": (lambda p: p.set("P29.coverage", due="2024-05-06"), "K17", "P29.coverage"),
    "everywhere is two regions": (lambda p: p.set("P25.tour", places="region=华东|华南"), "K17", "P25.tour"),
    "a milestone falls into next year": (lambda p: p.set("P27.lessons", due="2025-02-14"), "K17", "P27.lessons"),
    "80 % of a rate": (
        lambda p: p.set("P26.repurchase", kind="share", of="P13.repurchase", value="80%"), "K18", "P26.repurchase"),
    "percent growth of a rate": (
        lambda p: p.set("P13.repurchase", kind="growth", value="+5%"), "K18", "P13.repurchase"),
    "more market share than growth gives": (
        lambda p: p.set("P11.market_share", value="+4 个百分点"), "K19", "P11.market_share"),
    "an award nobody can earn": (lambda p: p.set("P40.growth", threshold="≥ 30%"), "K20", "P40.growth"),
    "an award few can earn": (lambda p: p.set("P40.growth", threshold="≥ 20%"), "K20", "P40.growth"),
    "an award over its budget": (lambda p: p.set("P40.champion", budget="1万元"), "K20", "P40.champion"),
    "commission against the strategy": (lambda p: p.set("P40.A", rate="3%"), "K20", "P40.A"),
    "a task too small for its goal": (lambda p: p.set("P32.shop", value="≥ 5万元"), "K21", "P32.shop"),
    "nobody owns it": (lambda p: p.set("P13.repurchase", owner=None), "K22", "P13.repurchase"),
    "two own it": (lambda p: p.set("P17.C", owner=["王五", "张三"]), "K22", "P17.C"),
    "a region is left out": (lambda p: p.drop("F.small.北方"), "K23", "P12.small"),
    "three are announced, one is planned": (lambda p: p.set("P03", count=3), "K23", "P03"),
    "a result counts twice": (lambda p: p.set("P31.key", credit=None), "K24", "P31.key"),
    "it can be read two ways": (lambda p: p.set("P11.core", readings=["market_share"]), "K25", "P11.core"),
    "it means something else here": (lambda p: p.set("P18.repurchase", definition="within"), "K25", "P18.repurchase"),
    "a goal in words": (lambda p: p.set("P30.projects", value=None, metric=None), "K26", "P30.projects"),
    "no start to measure from": (lambda p: p.drop("F.value"), "K26", "P13.value"),
    "paid by a figure nobody has": (lambda p: p.drop("F.margin"), "K26", "P40.A"),
    "due after the year": (lambda p: p.set("P30.projects", deadline="2025Q2"), "K29", "P30.projects"),
    "no deadline": (lambda p: p.set("P30.projects", deadline=None), "K29", "P30.projects"),
    "no checkpoint": (lambda p: p.set("P30.projects", checkpoints=None), "K29", "P30.projects"),
    "a letter for a number": (lambda p: p.set("P36.trained", value="≥ X 家"), "K30", "P36.trained"),
    "a rate above 100 %": (lambda p: p.set("P18.repurchase", value="≥ 180%"), "K11", "P18.repurchase"),
    "a part the rest cannot make up for": (
        lambda p: p.set("P28.repurchase", value="≥ 2%"), "K11", "P28.repurchase"),
    "leads far beyond the customers": (lambda p: p.set("P22.conversion", value="≥ 15%"), "K12", "P22.conversion"),
    "too few leads": (lambda p: p.set("P43.leads", value="≥ 300 条"), "K13", "P43.leads"),
    "a part outgrows its whole": (lambda p: p.set("P34.dealer_sales", value="+25%"), "K03", "P34.dealer_sales"),
    "the industry's figure, no own start": (lambda p: p.drop("F.online"), "K37", "P10.online"),
    "classes with a gap": (
        lambda p: p.set("P23.tiers", tiers={"战略": "≥ 100万元", "重点": "≥ 50万元", "普通": "< 40万元"}),
        "K34", "P23.tiers"),
    "a report before the books close": (lambda p: p.set("P45.report", day=3), "K36", "P45.report"),
    "a meeting before its report": (lambda p: p.set("P45.meeting", day=4), "K36", "P45.meeting"),
    "a target by attainment": (attainment, "K35", "new"),
    "not the figure approved": (drifted, "K38", "P10.sales"),
}  # fmt: skip


def test_the_consistent_plan_is_in_order(consistent_report):
    report = consistent_report
    assert [str(problem) for problem in report.problems] == []
    assert loud(report) == {}
    assert report.exit_code == 0


@pytest.mark.parametrize("name", MUTATIONS)
def test_breaking_one_statement_is_told_and_nothing_else(name, consistent, consistent_report):
    change, rule, broken = MUTATIONS[name]
    before = loud(consistent_report)
    change(consistent)
    report = consistent.check()
    assert [str(problem) for problem in report.problems] == []
    new = [found for key, found in loud(report).items() if key not in before]
    assert any(found.rule == rule and broken in found.ids for found in new), [f.key for f in new]
    unrelated = [f"{found.key} {found.ids}" for found in new if broken not in found.ids]
    assert unrelated == []
    for language in ("zh", "en"):
        assert report.text(language)
