"""A parameters cell is read as it is written, and every bad line is named."""

import pytest

from salesnb.errors import ParameterError
from salesnb.running.cell import Declared, read_cell


def test_name_type_default_and_help():
    cell = read_cell('region: str = "all"  # A region\ntop: int = 5\nbare = "a=b#c"  # x > = y\n')
    assert cell["region"] == Declared("region", str, "all", "A region")
    assert cell["top"] == Declared("top", int, 5, "")
    assert cell["bare"] == Declared("bare", str, "a=b#c", "x > = y")


def test_lists_over_several_lines():
    cell = read_cell("names: list[str] = [\n  'a',\n  'b',\n]  # Names\n")
    assert cell["names"] == Declared("names", list, ["a", "b"], "Names")


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (
            "x = f(1)",
            "cell `parameters`:1: the default of `x` is not a plain value; got x = f(1). ",
        ),
        ("import os", "cell `parameters`:1: the line declares no parameter; got import os. "),
        ("x: date = 1", "cell `parameters`:1: `x` has a type that no parameter can have; got "),
        ("x: int = 'a'", "cell `parameters`:1: the default of `x` is not of its type; got "),
        ("x = = 1", "cell `parameters`:1: not Python; got invalid syntax."),
    ],
)
def test_a_line_that_is_no_parameter(source, message):
    with pytest.raises(ParameterError) as caught:
        read_cell(source)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (str, "01", "01"),
        (str, "NO", "NO"),
        (str, "2024", "2024"),
        (int, "10", 10),
        (float, "1e3", 1000.0),
        (bool, "TRUE", True),
        (list, "[a, b]", ["a", "b"]),
        (dict, "{a: 1}", {"a": 1}),
    ],
)
def test_what_is_typed_takes_the_declared_type(kind, text, value):
    read = Declared("x", kind, None).read(text)
    assert read == value
    assert type(read) is type(value)


@pytest.mark.parametrize(
    ("kind", "text"),
    [(int, "1_000"), (int, "1.5"), (float, "nan"), (bool, "yes"), (list, "a"), (dict, "[")],
)
def test_what_is_typed_must_be_of_the_type(kind, text):
    with pytest.raises(ParameterError, match="`x` is not "):
        Declared("x", kind, None).read(text)


def test_range_and_choices_stand_in_the_help():
    top = Declared("top", int, 5, "Products listed [1 to 50]")
    kind = Declared("kind", str, "", "How [bar | line]")
    assert top.read("50") == 50
    assert kind.read("bar") == "bar"
    with pytest.raises(ParameterError) as caught:
        top.read("51")
    assert str(caught.value) == "`top` is out of range; got 51. Write 1 to 50."
    with pytest.raises(ParameterError) as caught:
        kind.read("pie")
    assert str(caught.value) == '`kind` is none of its choices; got "pie". It can be: bar, line.'
