"""The languages say the same things: equal keys, equal fields, known formats, no unknown key."""

import ast
import re
import string
from pathlib import Path

import pytest

from salesnb.errors import ParameterError
from salesnb.language import CODES, Language, words

HOUSE = Path(__file__).parents[2] / "src" / "salesnb"
HAN = re.compile(r"[\u3400-\u9fff\uff00-\uffef]")
AREAS = sorted({key.partition(".")[0] for key in words("en")})


def fields_of(text):
    """Give the named fields of a template with the format of each."""
    return {(name, spec) for _, name, spec, _ in string.Formatter().parse(text) if name is not None}


def keys_used():
    """Give the literal keys that the code asks a language for, with where."""
    for path in HOUSE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            asked = ast.unparse(node.func).rpartition(".")[2]
            first = node.args[0]
            if asked not in ("language", "label", "words") or not isinstance(first, ast.Constant):
                continue
            key = str(first.value)
            if key.partition(".")[0] in AREAS and "." in key:
                yield key, f"{path.relative_to(HOUSE)}:{node.lineno}"


def test_every_language_has_the_same_areas():
    areas = {
        code: sorted(
            path.relative_to(HOUSE / "languages" / code).as_posix()
            for path in (HOUSE / "languages" / code).rglob("*.toml")
        )
        for code in CODES
    }
    assert areas["zh"] == areas["en"]


@pytest.mark.parametrize("area", AREAS)
def test_every_language_has_the_same_keys(area):
    keys = {code: {key for key in words(code) if key.startswith(f"{area}.")} for code in CODES}
    assert keys["zh"] ^ keys["en"] == set()


@pytest.mark.parametrize("area", AREAS)
def test_a_sentence_has_the_same_fields_in_every_language(area):
    unlike = {
        key: [sorted(name for name, _ in fields_of(words(code)[key])) for code in CODES]
        for key in words("en")
        if key.startswith(f"{area}.")
        and not area.startswith("notebooks")
        and len({frozenset(n for n, _ in fields_of(words(c).get(key, ""))) for c in CODES}) > 1
    }
    # How a number is put together is a language's own affair.
    assert {key: found for key, found in unlike.items() if area != "base"} == {}


@pytest.mark.parametrize("code", CODES)
def test_every_format_exists(code):
    language = Language.load(code)
    formats = {
        spec
        for key, text in words(code).items()
        if not key.startswith("notebooks.")
        for _, spec in fields_of(text)
        if spec
    }
    unknown = set()
    for spec in formats:
        try:
            language.show(None, spec)
        except KeyError:
            unknown.add(spec)
        except (TypeError, ParameterError):
            # It exists; there is just no period or size of nothing.
            continue
    assert unknown == set()


def test_the_code_asks_for_no_unknown_key():
    unknown = [f"{where} {key}" for key, where in keys_used() if key not in words("en")]
    assert unknown == []


def test_english_words_hold_no_chinese_character():
    assert {key: text for key, text in words("en").items() if HAN.search(text)} == {}
