"""A plan's file is read whole, and everything wrong with it is told at once, line by line."""

from datetime import date

import pytest

from salesnb.errors import PlanError
from salesnb.period import Calendar
from salesnb.plan.reading import read_plan
from salesnb.plan.scopes import Scope
from salesnb.plan.yaml_lines import read_yaml

HEAD = """plan: {year: 2024, money_unit: 万元, rates: {USD: 7}}
dimensions:
  region: [East, West]
"""


def problems(text):
    with pytest.raises(PlanError) as error:
        read_plan(text, "plan.yaml")
    return [str(problem) for problem in error.value.problems]


def only(text):
    [found] = problems(text)
    return found


def target(fields, head=HEAD):
    return f"{head}targets:\n- {{id: t, metric: net_sales, {fields}}}\n"


def statement(fields, head=HEAD):
    [found] = read_plan(target(fields, head)).targets
    return found


# What is read ----------------------------------------------------------------------------------


def test_a_record_keeps_its_line_and_those_of_its_fields():
    plan = read_plan(f"{HEAD}targets:\n- id: t\n  metric: net_sales\n  value: 5\n")
    [found] = plan.targets
    assert found.line == 5
    assert found.lines == {"id": 5, "metric": 6, "value": 7}


def test_what_is_not_said_has_a_default():
    found = statement("value: 500")
    assert (found.kind, str(found.period), found.role, found.scope) == (
        "amount",
        "2024",
        "target",
        Scope(),
    )
    [past] = read_plan(f"{HEAD}history:\n- {{metric: net_sales, value: 5}}\n").history
    assert (past.id, str(past.period)) == ("history.1", "2023")


def test_bare_money_is_in_the_unit_of_the_plan_and_other_currencies_are_converted():
    assert statement("value: 500").point == 5_000_000
    assert statement("value: 500元").point == 500
    assert statement("value: USD 1M").point == 7_000_000
    assert statement("value: 3, unit: 亿").point == 300_000_000


@pytest.mark.parametrize(
    ("fields", "whole", "year", "of"),
    [
        ("kind: share, scope: East, value: 5%", "", None, ""),
        ("kind: share, period: Q1, value: 5%", "", "2024", ""),
        ("kind: share, scope: East, of: year, period: Q1, value: 5%", "region=East", "2024", ""),
        ("kind: share, scope: East, of: total, value: 5%", "", None, ""),
        ("kind: share, scope: East, of: t, value: 5%", "", None, "t"),
    ],
)
def test_a_share_is_of_a_scope_a_year_or_a_statement(fields, whole, year, of):
    text = target(fields).replace("of: t,", "of: u,") + "- {id: u, metric: net_sales, value: 1}\n"
    found = read_plan(text).targets[0]
    assert found.whole.text == whole
    assert (str(found.whole_period) if found.whole_period else None) == year
    assert found.of == ("u" if of else "")


def test_a_period_may_be_written_short():
    assert str(statement("period: Q3, value: 5").period) == "2024Q3"
    assert str(statement("period: FY2024, value: 5").period) == "2024"


def test_a_deadline_is_a_day_or_the_last_of_a_period():
    assert statement("value: 5, deadline: 2024-05-15").deadline == date(2024, 5, 15)
    assert statement("value: 5, deadline: Q2").deadline == date(2024, 6, 30)
    april = HEAD.replace("year: 2024", "year: 2024, fiscal_start: 4")
    assert statement("value: 5, deadline: 2024Q4", april).deadline == date(2025, 3, 31)


def test_a_range_may_be_a_list():
    assert (statement("value: [5, 7]").low, statement("value: [5, 7]").high) == (50_000, 70_000)


def test_scopes_may_be_mappings_and_groups():
    assert statement("value: 5, scope: {region: [East]}").scope.text == "region=East"
    plan = read_plan(target("value: 5, scope: Core", f"{HEAD}groups: {{Core: region=West}}\n"))
    assert plan.targets[0].scope.text == "region=West"


def test_a_metric_may_be_a_name_for_a_share():
    head = f"{HEAD}metrics: {{east_share: {{share_of: net_sales, scope: region=East}}}}\n"
    [found] = read_plan(f"{head}targets:\n- {{metric: east_share, value: 60%}}\n").targets
    assert (found.metric, found.kind, found.scope.text) == ("net_sales", "share", "region=East")


def test_words_that_yaml_would_turn_into_something_else_stay_words():
    head = "plan: {year: 2024}\ndimensions:\n  land: [NO, ON, '007', 2024-03-01]\n"
    plan = read_plan(target("value: 5, scope: land=NO|007", head))
    assert plan.dimensions["land"].members == ("NO", "ON", "007", "2024-03-01")
    assert plan.targets[0].scope.text == "land=NO|007"


def test_a_goal_in_words_is_kept():
    plan = read_plan(f"{HEAD}targets:\n- {{text: Customers are to love us}}\n")
    assert [record.text for record in plan.qualitative] == ["Customers are to love us"]


def test_anchors_and_merges_work():
    text = f"{HEAD}targets:\n- &a {{id: t, metric: net_sales, value: 5}}\n- {{<<: *a, id: u, value: 6}}\n"
    assert [(found.id, found.point) for found in read_plan(text).targets] == [
        ("t", 50_000),
        ("u", 60_000),
    ]


# What is refused -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ("value: lots", "line 5: the value cannot be read as a number; got `lots`. Write for example 35%, "
         "≥ 2,500, +2 points, 1,200万元, $4.2M, 30%..40%, or a letter such as X."),
        ("vlaue: 5", "line 5: `vlaue` is no field of `targets`. Did you mean `value`?"),
        ("value: 5, kind: growht", "line 5: `kind` cannot be `growht`. Did you mean `growth`?"),
        ("value: 5%", "line 5: `net_sales` in % is growth or a share. Say `kind: growth` or `kind: share`."),
        ("value: 12, kind: growth", "line 5: kind `growth` is written in percent; got `12`. Write `12%`."),
        ("value: 2 points, kind: growth", "line 5: kind `growth` is written in percent, not percentage points; "
         "got `2 points`. Write `2%`, or `kind: points`."),
        ("value: 2%, kind: points, scope: East", "line 5: kind `points` is written in percentage points, not "
         "percent; got `2%`. Write `+2 points` (个百分点), or `kind: growth` or `lift` for a percentage."),
        ("value: 500万元, unit: 元", "line 5: the value and its `unit` disagree; got `500万元` and `元`."),
        ("value: 5家", "line 5: an amount of money has another unit; got `5家`. Write it in CNY, or choose "
         "another metric."),
        ("value: EUR 5", "line 5: there is no rate for EUR; got `EUR 5`. Say under `plan`: "
         "`rates: {EUR: …}` or write CNY."),
        ("value: 5, scope: region=Wset", "line 5: `Wset` is not a member of `region`. Did you mean `West`?"),
        ("value: 5, scope: colour=red", "line 5: `colour` is not a dimension of the plan. It can be: region."),
        ("value: 5, period: 2024Q5", "line 5: the period cannot be read; got `2024Q5`. Write 2024, 2024Q2 or "
         "2024-06."),
        ("value: 5, deadline: 2024-02-30", "line 5: the day cannot be read; got `2024-02-30`. Write "
         "2024-05-15, 2024-05, 2024Q2 or 2024."),
        ("value: 5, cumulative: maybe", "line 5: `cumulative` is yes or no; got `maybe`."),
        ("value: 5, parent: u", "line 5: `parent` names `u`, which no record has as its id."),
        ("value: 5, parent: t", "line 5: records lie above themselves: t → t (lines 5). Take one of these "
         "links away."),
        ("value: 5, kind: rate", "line 5: kind `rate` does not suit `net_sales` (money). It can be: amount, "
         "growth, share, points."),
        ("scope: East", "line 5: `value` is missing in `targets`. It says the figure with its sign and unit."),
    ],
)  # fmt: skip
def test_each_mistake_is_told_with_its_line(fields, message):
    found = problems(target(fields))
    assert message in found


def test_an_unknown_metric_is_told_with_the_nearest():
    text = f"{HEAD}targets:\n- {{metric: net_sale, value: 5}}\n"
    assert only(text) == "line 5: metric `net_sale` is unknown. Did you mean `net_sales`?"


def test_ten_thousands_beside_ones_in_a_table():
    text = (
        f"{HEAD}targets:\n- {{metric: net_sales, scope: East, value: 300万元}}\n"
        "- {metric: net_sales, scope: West, value: 400万元}\n"
        "- {metric: net_sales, value: 7000000元}\n"
    )
    assert only(text) == (
        "line 7: `value` is in another unit than `targets.1` on line 5; got `7000000元` beside `300万元`. "
        "Write one unit within a table."
    )  # fmt: skip


def test_a_thousand_marks_beside_millions_is_no_mistake_in_english():
    head = "plan: {year: 2024, currency: USD}\ndimensions: {region: [East, West]}\n"
    text = f"{head}targets:\n- {{metric: net_sales, scope: East, value: $800K}}\n- {{metric: net_sales, scope: West, value: '$1,200,000'}}\n"
    assert len(read_plan(text).targets) == 2


def test_a_circle_of_parents_names_everyone_in_it():
    text = HEAD + "targets:\n" + "".join(
        f"- {{id: {one}, metric: net_sales, value: 5, parent: {other}}}\n"
        for one, other in (("a", "b"), ("b", "c"), ("c", "a"))
    )  # fmt: skip
    assert only(text) == (
        "line 5: records lie above themselves: a → b → c → a (lines 5, 6, 7). Take one of these links away."
    )  # fmt: skip


def test_an_id_used_twice_names_both_lines():
    text = target("value: 5") + "- {id: t, metric: orders, value: 5}\n"
    assert only(text) == "line 6: id `t` is used twice, first on line 5."


def test_a_key_said_twice_names_both_lines():
    text = "plan:\n  year: 2024\n  year: 2025\n"
    assert only(text) == "line 3: `year` is said twice, first on line 2."


def test_an_owner_must_be_known_where_people_are_listed():
    head = f"{HEAD}people: [{{name: Anna}}]\n"
    assert only(target("value: 5, owner: Ana", head)) == (
        "line 6: owner `Ana` is not in `people` or `teams`. Did you mean `Anna`?"
    )
    assert statement("value: 5, owner: Ana").owner == ("Ana",)


def test_a_mistake_in_a_parent_is_told_once_not_for_every_child():
    text = (
        target("value: lots") + "- {id: u, metric: net_sales, scope: East, value: 5, parent: t}\n"
    )
    assert len(problems(text)) == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "line 1: a plan is empty, expected sections. Begin with `plan:` and `year: …` under it."),
        ("- a\n- b\n", "line 1: a plan is a list, expected sections. Begin with `plan:` and `year: …` under it."),
        ("plan: {name: x}\n", "line 1: `year` is missing in `plan`. It says the fiscal year planned."),
        ("plan: {year: 2024Q1}\n", "line 1: `year` is not a year; got `2024Q1`."),
        ("plan: {year: 2024, fiscal_start: 13}\n",
         "line 1: `fiscal_start` is out of range; got 13. Write 1 to 12."),
        ("plan: {year: 2024, base: 2025}\n", "line 1: `base` is not a year before the plan's; got `2025`."),
        ("plan: {year: 2024, money_unit: bananas}\n",
         "line 1: `money_unit` is no unit of the currency; got `bananas`. Write for example 万元, $K, M or EUR."),
        ("plan: {year: 2024}\ntarget: []\n", "line 2: `target` is no section of a plan. Did you mean `targets`?"),
        ("plan: {year: 2024}\ntargets: {id: t}\n",
         "line 2: `targets` is a mapping, expected a list. Begin each record with `- `."),
        ("plan: {year: 2024}\ntargets:\n- words\n",
         "line 3: a record of `targets` is text, expected fields. Write `- id: …` and its fields."),
        ("plan: {year: 2024}\ndimensions: {region: []}\n",
         "line 2: dimension `region` has no members. Write `region: [first, second]`."),
        ("plan: {year: 2024}\ndimensions: {region: [A, A]}\n", "line 2: `A` is twice in `region`."),
        ("plan: {year: 2024, hedge: {region: 3%}}\n", "line 1: `region` is not a dimension of the plan."),
        ("plan: {year: 2024}\nidentities:\n- net_sales\n",
         "line 3: an identity is `outcome = factor * factor`; got `net_sales`. Write for example "
         "`net_sales = leads * lead_conversion * average_order_value`."),
        ("plan: {year: 2024}\nmarket:\n- {metric: market_size, kind: growth, value: 5%}\n",
         "line 3: `period` is missing in `market`. Say the year the figure is of."),
        ("plan: {year: 2024}\nrisks:\n- {text: rain, probability: 9}\n",
         "line 3: `probability` is not between 1 and 5; got `9`."),
    ],
)  # fmt: skip
def test_each_mistake_of_the_whole_file(text, message):
    assert only(text) == message


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("plan: {year: 2024}\ntargets:\n- id: t\n   metric: net_sales\n", 4),
        ("plan: {year: 2024}\ntargets:\n- value: >= 5\n", 3),
        ("plan: {year: 2024\ntargets: []\n", 2),
    ],
)
def test_broken_yaml_is_told_with_its_line(text, line):
    found = only(text)
    assert found.startswith(f"line {line}: the YAML is broken:")
    assert "write ≥ and ≤ instead of >= and <=" in found


def test_everything_is_told_at_once_in_order_of_line():
    text = f"""plan: {{year: 2024, curency: CNY}}
dimensions:
  region: [East, West]
people: [{{name: Ann}}]
history:
- {{id: h, metric: net_sale, value: 100}}
targets:
- {{id: a, metric: net_sales, kind: growth, value: 2 points}}
- {{id: b, metric: market_share, kind: points, value: 2%}}
- {{id: c, metric: net_sales, scope: region=North, value: 5}}
- {{id: d, metric: net_sales, value: 5, parent: e}}
- {{id: e, metric: net_sales, value: 5, parent: d, owner: Bob}}
{"foo: 1"}
"""
    found = problems(text)
    assert [problem.partition(":")[0] for problem in found] == [
        "line 1", "line 6", "line 8", "line 9", "line 10", "line 11", "line 12", "line 13",
    ]  # fmt: skip


def test_an_alias_of_itself_is_no_endless_loop():
    found = read_yaml("a: &x [*x]\n")[1]
    assert [str(problem) for problem in found] == ["line 1: an alias contains itself."]


def test_a_header_that_is_silent_leaves_the_year_to_the_company():
    company = Calendar(fiscal_start=4, country="")
    text = "plan: {year: 2024}\nmilestones:\n- {milestone: end, due: 2024Q4}\n"
    [end] = read_plan(text, calendar=company).milestones
    assert end.due == date(2025, 3, 31)
    own = text.replace("2024}", "2024, fiscal_start: 7}", 1)
    [end] = read_plan(own, calendar=company).milestones
    assert end.due == date(2025, 6, 30)
    [end] = read_plan(text).milestones
    assert end.due == date(2024, 12, 31)


def test_a_plan_is_read_from_its_file(tmp_path):
    path = tmp_path / "plan.yaml"
    path.write_text("plan: {year: 2024}\n", encoding="utf-8")
    assert read_plan(path).where == "plan.yaml"
    with pytest.raises(PlanError, match=r'For a file write Path\("plan.yaml"\)'):
        read_plan("plan.yaml")


def test_a_tab_and_a_half_year_are_named():
    with pytest.raises(PlanError, match="line 3: a tab stands before the first word"):
        read_plan("plan: {year: 2024}\ntargets:\n\t- {metric: net_sales, value: 3}\n")
    with pytest.raises(PlanError, match=r"line 3: .*cumulative: yes"):
        read_plan("plan: {year: 2024}\ntargets:\n- {metric: net_sales, value: 3, period: 2024H1}\n")
