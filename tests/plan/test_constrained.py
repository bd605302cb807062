import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from salesnb.errors import ParameterError
from salesnb.plan.constrained import Rule, solve_rules
from salesnb.plan.projection import project

LINES = pd.DataFrame({"product_line": ["A", "B", "C"], "reference": [45.0, 30.0, 25.0]})
REGIONS = pd.DataFrame(
    {"region": ["East", "South", "Midwest", "North"], "reference": [0.378, 0.295, 0.25, 0.22]}
)
TOTAL = Rule("total", {}, "=", 112)


def line(name, sense, share):
    return Rule(f"{name} {sense} {share:g}", {"product_line": name}, sense, share, share_of={})


def message(*args, **options):
    with pytest.raises(ParameterError) as caught:
        solve_rules(*args, **options)
    return str(caught.value)


def test_one_sum_is_the_proportional_repair():
    # domain.md 7.7: +5.83/+15.63/+22.48/+7.79 %, and +5.24/… for the relative change.
    rules = [Rule("P10", {}, "=", 1.12)]
    base = np.array([0.35, 0.25, 0.2, 0.2])
    first = solve_rules(REGIONS, rules).cells["target"]
    assert ((first / base - 1) * 100).round(2).tolist() == [5.83, 15.63, 22.48, 7.79]
    second = solve_rules(REGIONS, rules, method="relative").cells["target"]
    assert ((second / base - 1) * 100).round(2).tolist() == [5.24, 15.65, 22.89, 8.37]


def test_the_product_bounds_of_the_plan_leave_line_a_35_per_cent():
    # A2: 40 + 35 + 30 = 105 %, feasible only with A at most 35 %, 12.9 % below last year.
    result = solve_rules(
        LINES, [TOTAL, line("A", "<=", 0.4), line("B", "=", 0.35), line("C", ">=", 0.3)]
    )
    assert result.cells["target"].tolist() == pytest.approx([39.2, 39.2, 33.6])
    assert result.cells["growth"].iloc[0] == pytest.approx(-0.1289, abs=1e-4)
    assert result.rules["is_binding"].tolist() == [True, False, True, True]
    assert result.rules["reached"].tolist() == pytest.approx([112, 0.35, 0.35, 0.3])


def test_rules_that_clash_are_named_and_no_others():
    # A9: Midwest 15 % and East with South 55 % leave North 30 %, which +10 % does not reach.
    def share(name, regions, value):
        return Rule(name, {"region": regions}, "=", value, share_of={})

    rules = [
        Rule("total +12 %", {}, "=", 1.12),
        Rule("South at most +60 %", {"region": "South"}, "<=", 0.4),
        share("Midwest 15 %", ["Midwest"], 0.15),
        share("East and South 55 %", ["East", "South"], 0.55),
        Rule("North +10 %", {"region": "North"}, "=", 0.22),
    ]
    assert message(REGIONS, rules) == (
        "these cannot hold together; got total +12 %; Midwest 15 %; East and South 55 %; "
        "North +10 %. Change or drop one of them."
    )


def test_bounds_are_named_with_rules():
    cells = LINES.assign(upper=[40.0, 30.0, 30.0], lower=[1.0, np.nan, np.nan])
    assert message(cells, [TOTAL]) == (
        "these cannot hold together; got total; product_line=A at most 40; product_line=B at most "
        "30; product_line=C at most 30. Change or drop one of them."
    )


def test_the_largest_change_can_be_kept_small():
    rules = [Rule("total", {}, "=", 100), Rule("A and B", {"product_line": ["A", "B"]}, "=", 66)]
    result = solve_rules(LINES, rules, least="largest")
    # A and B fall by 12 % together; C rises by 36 %, which no other split could lower.
    assert result.cells["target"].tolist() == pytest.approx([39.6, 26.4, 34], abs=1e-5)


def test_a_cell_without_a_reference_stays():
    cells = pd.concat([LINES, pd.DataFrame({"product_line": ["D"], "reference": [0.0]})])
    result = solve_rules(cells, [TOTAL])
    assert result.cells["target"].tolist() == pytest.approx([50.4, 33.6, 28, 0])
    assert np.isnan(result.cells["growth"].iloc[3])
    assert "target" not in cells


def test_what_is_wrong_with_the_rules_is_said_at_once():
    rules = [
        Rule("one", {"lines": "A"}, "=", 1),
        Rule("two", {"product_line": "Z"}, ">=", 1),
        Rule("three", {}, "~", 1),  # type: ignore[arg-type]
    ]
    assert message(LINES, rules, method="equal") == (
        "4 problems.\n"
        "  · `method` is `equal`. It can be: proportional, relative.\n"
        "  · rule `one` names column `lines`. It can be: product_line, reference.\n"
        "  · rule `two` names no cell; got {'product_line': 'Z'}.\n"
        "  · rule `three` has no sense; got '~'."
    )
    assert message(LINES[["product_line"]], []) == "`cells` lacks `reference`."


@st.composite
def cases(draw):
    """Cells in a grid, and rules that one known table keeps."""
    rows, columns = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    size = rows * columns
    reference = draw(st.lists(st.integers(1, 50), min_size=size, max_size=size))
    known = draw(st.lists(st.integers(1, 50), min_size=size, max_size=size))
    cells = pd.DataFrame(
        {
            "region": [f"r{place // columns}" for place in range(size)],
            "line": [f"l{place % columns}" for place in range(size)],
            "reference": np.array(reference, dtype=float),
        }
    )
    rules = [Rule("total", {}, "=", float(sum(known)))]
    for name in ("region", "line"):
        for value in sorted(set(cells[name])):
            reached = float(np.array(known)[cells[name] == value].sum())
            sense = draw(st.sampled_from(["=", ">=", "<=", ""]))
            if sense:
                gap = {"=": 0, ">=": -1, "<=": 1}[sense] * draw(st.integers(0, 10))
                rules.append(Rule(value, {name: value}, sense, reached + gap))
    return cells, rules


@given(cases(), st.sampled_from(["proportional", "relative"]))
@settings(deadline=None, max_examples=60)
def test_all_rules_are_kept_and_no_nearer_answer_exists(case, method):
    cells, rules = case
    result = solve_rules(cells, rules, method=method)
    target = result.cells["target"].to_numpy()
    assert (target >= 0).all()
    for row in result.rules.itertuples():
        short = row.reached - row.wanted
        assert short == pytest.approx(0, abs=1e-6) or (short > 0) == (row.sense == ">=")
        assert row.sense != "=" or short == pytest.approx(0, abs=1e-6)
    reference = cells["reference"].to_numpy()
    weight = reference if method == "proportional" else reference**2

    def cost(x):
        return float(((x - reference) ** 2 / weight).sum())

    constraints = []
    for rule in rules:
        mask = np.ones(len(cells))
        for name, value in rule.where.items():
            mask = (cells[name] == value).to_numpy(dtype=float)
        sign = -1 if rule.sense == "<=" else 1
        kind = "eq" if rule.sense == "=" else "ineq"
        constraints.append(
            {"type": kind, "fun": lambda x, m=mask, s=sign, r=rule: s * (m @ x - r.value)}
        )
    other = minimize(
        cost, target, bounds=[(0, None)] * len(cells), constraints=constraints, method="SLSQP"
    )
    assert cost(target) <= other.fun + 1e-5 * max(1, other.fun) or not other.success


@given(
    st.lists(st.integers(1, 100), min_size=1, max_size=6),
    st.floats(0.1, 1),
    st.floats(1, 3),
)
@settings(deadline=None, max_examples=60)
def test_one_sum_with_bounds_is_the_exact_projection(reference, floor, total):
    cells = pd.DataFrame({"item": [f"i{n}" for n in range(len(reference))], "reference": reference})
    cells["reference"] = cells["reference"].astype(float)
    cells["lower"] = cells["reference"] * floor
    cells["upper"] = cells["reference"] * 3
    aim = float(sum(reference)) * total
    one = solve_rules(cells, [Rule("total", {}, "=", aim)]).cells["target"].to_numpy()
    two = project(aim, *(cells[name].to_numpy() for name in ("reference", "lower", "upper")))
    assert one == pytest.approx(two, rel=1e-6)
