"""Faults of a plan's file are told in the reader's language."""

import ast
from pathlib import Path

import pytest

import salesnb.plan
from salesnb.errors import Problem
from salesnb.language import Language
from salesnb.plan.problems import say_problem

ZH = Language.load("zh")
HOUSE = Path(salesnb.plan.__file__).parent
ROOMS = (
    "yaml_lines",
    "fields",
    "reading",
    "records",
    "figures",
    "quantities",
    "scopes",
    "vocabulary",
)
# Sentences that are put together from others, which have patterns of their own.
NAMES = ("what", "fix", "clash", "_HINT", "_HOW")


def sentence(node):
    """Give a text of the code with a word for each field; "" where it is no text."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    if isinstance(node, ast.JoinedStr):
        return "".join(p.value if isinstance(p, ast.Constant) else "word" for p in node.values)
    if isinstance(node, ast.BinOp):
        return sentence(node.left) + sentence(node.right)
    return ""


def sentences():
    found = set()
    for room in ROOMS:
        for node in ast.walk(ast.parse((HOUSE / f"{room}.py").read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Problem":
                parts = [*node.args[:1], *(k.value for k in node.keywords if k.arg == "fix")]
                found |= {sentence(part) for part in parts}
            elif isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") in NAMES:
                found.add(sentence(node.value))
    return sorted(
        found - {"", "the YAML is broken: ", "It says word."} - {"`word` is not a wordnumber"}
    )


@pytest.mark.parametrize("text", sentences())
def test_every_sentence_has_a_translation(text):
    said = say_problem(Problem(text), ZH)
    assert said.rstrip("。") != text.rstrip(".")


def test_a_sentence_of_a_stranger_stays_as_it_is():
    assert say_problem(Problem("it rains", "line 3", fix="Wait."), ZH) == "第 3 行：it rains。Wait."
    assert say_problem(Problem("it rains"), Language.load("en")) == "it rains."


def test_what_the_file_holds_is_not_translated():
    problem = Problem(
        "`value` is in another unit than `d` on line 10", "line 9", "`5元` beside `6万元`"
    )
    assert say_problem(problem, ZH) == (
        "第 9 行：`value` 的单位与第 10 行的 `d` 不同：`5元`，而另一处是 `6万元`。"
    )
    assert "另一处" not in say_problem(Problem("`text` is no field of `plan`"), ZH)
