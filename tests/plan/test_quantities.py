"""Numbers as planners write them."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from salesnb.errors import Problem
from salesnb.plan.quantities import read_quantity, read_unit

INF = math.inf
WRITTEN = {
    "35%": (0.35, 0.35, "=", "percent"),
    "+12%": (0.12, 0.12, "=", "percent"),
    "-20%": (-0.2, -0.2, "=", "percent"),
    "−5%": (-0.05, -0.05, "=", "percent"),
    "≥ 50%": (0.5, INF, "≥", "percent"),
    ">= 50 %": (0.5, INF, "≥", "percent"),
    "≤40％": (-INF, 0.4, "≤", "percent"),
    "at least 25": (25, INF, "≥", "plain"),
    "不超过 3 天": (-INF, 3, "≤", "plain"),
    "+1 point": (0.01, 0.01, "=", "points"),
    "50 万元以上": (500_000, INF, "≥", "plain"),
    "30%..40%": (0.3, 0.4, "range", "percent"),
    "30–40%": (0.3, 0.4, "range", "percent"),
    "+2 points": (0.02, 0.02, "=", "points"),
    "2 个百分点": (0.02, 0.02, "=", "points"),
    "2pp": (0.02, 0.02, "=", "points"),
    "2,500": (2500, 2500, "=", "plain"),
    "120家": (120, 120, "=", "plain"),
    "1万": (10_000, 10_000, "=", "plain"),
    "1,200万元": (12e6, 12e6, "=", "plain"),
    "1.2亿": (1.2e8, 1.2e8, "=", "plain"),
    "$4.2M": (4.2e6, 4.2e6, "=", "plain"),
    "€420K": (420e3, 420e3, "=", "plain"),
    "USD 4.2M": (4.2e6, 4.2e6, "=", "plain"),
    "1.2 billion USD": (1.2e9, 1.2e9, "=", "plain"),
    "$1.0M to $1.2M": (1e6, 1.2e6, "range", "plain"),
    "$1.0..1.2M": (1e6, 1.2e6, "range", "plain"),
    "3 days": (3, 3, "=", "plain"),
}  # fmt: skip


@pytest.mark.parametrize("text", WRITTEN)
def test_a_number_is_read_as_it_is_meant(text):
    found = read_quantity(text)
    assert not isinstance(found, Problem)
    assert (found.low, found.high, found.sign, found.family) == WRITTEN[text]


@pytest.mark.parametrize("text", ["lots", "12%%", "12,00", "B+", "2%pp", "5万/月", "40%..30%", ""])
def test_what_is_no_number_is_a_problem(text):
    assert isinstance(read_quantity(text), Problem)


@pytest.mark.parametrize(
    ("text", "name"), [("X", "X"), ("Y1", "Y1"), ("Z%", "Z"), ("≥ X 万元", "X"), ("待定", "待定")]
)
def test_a_letter_stands_for_a_number_to_come(text, name):
    found = read_quantity(text)
    assert found.placeholder == name
    assert (found.low, found.high, found.known) == (-INF, INF, False)


def test_a_sign_may_stand_apart_but_not_disagree():
    assert read_quantity("50%", ">=").low == 0.5
    assert isinstance(read_quantity("≤ 50%", "≥"), Problem)
    assert isinstance(read_quantity("50%", "about"), Problem)


@pytest.mark.parametrize(
    ("text", "step"), [("35%", 0.01), ("35.5%", 0.001), ("1.2万", 1000), ("2,500", 1), ("$4M", 1e6)]
)
def test_the_last_digit_says_how_exact_a_number_is(text, step):
    assert read_quantity(text).step == pytest.approx(step)


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("万元", (1e4, "CNY")),
        ("亿", (1e8, "")),
        ("$K", (1e3, "USD")),
        ("k€", (1e3, "EUR")),
        ("EUR", (1.0, "EUR")),
        ("bananas", None),
        ("", None),
    ],
)
def test_a_unit_of_money_has_a_factor_and_a_currency(text, unit):
    assert read_unit(text) == unit


@given(st.integers(-(10**6), 10**6), st.integers(0, 3))
@settings(deadline=None)
def test_what_is_written_is_read_back(whole, places):
    value = whole / 10**places
    assert read_quantity(f"{value:,.{places}f}").low == pytest.approx(value)
    assert read_quantity(f"{value:+.{places}f}%").low == pytest.approx(value / 100)


@given(st.text(max_size=20))
@settings(deadline=None, max_examples=200)
def test_any_text_is_a_number_or_a_problem(text):
    read_quantity(text)
