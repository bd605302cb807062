"""What is wrong with a plan's file, said in the reader's language.

Problems are made as English sentences, where they are found. Here each is recognised by the
pattern of its English and said by the pattern of the same name in another language; one that has
no pattern stays as it is.
"""

from __future__ import annotations

import re
from functools import cache

from salesnb.errors import Problem
from salesnb.language import Language, words

SAID = "plan.problem.said."
ENGLISH = "en"


def say_problem(problem: Problem, language: Language) -> str:
    """Say a problem with its line, what was got and how to mend it.

    Examples
    --------
    >>> unknown = Problem("metric `x` is unknown", "line 7", fix="Did you mean `y`?")
    >>> say_problem(unknown, Language.load("zh"))
    '第 7 行：没有指标 `x`。是不是 `y`？'
    """
    if language.code == ENGLISH:
        return str(problem)
    what = _translated(problem.what, language)
    if problem.got:
        what = language("plan.problem.got", what=what, got=_translated(problem.got, language))
    stop = "" if what.endswith(("。", "？", "！")) else "。"
    # What a field is for is said where plans are explained.
    told = problem.fix.startswith("It says ")
    fix = language("plan.problem.about") if told else _translated(problem.fix, language)
    text = what + stop + fix
    line = re.fullmatch(r"line (\d+)", problem.where)
    if line:
        return language("plan.problem.line", line=line[1], text=text)
    return f"{problem.where}: {text}" if problem.where else text


@cache
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Give the pattern of each English sentence, those with most words of their own first."""
    found = []
    for key, text in words(ENGLISH).items():
        if key.startswith(SAID):
            plain = re.escape(text).replace(r"\{\{", r"\{").replace(r"\}\}", r"\}")
            pattern = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>.+?)", plain)
            own = len(re.sub(r"\{\w+\}", "", text))
            found.append((-own, key, re.compile(pattern, re.DOTALL)))
    return tuple((key, pattern) for _, key, pattern in sorted(found, key=lambda each: each[:2]))


def _translated(text: str, language: Language) -> str:
    for key, pattern in _patterns():
        match = pattern.fullmatch(text)
        if match:
            fields = {name: _shape(value, language) for name, value in match.groupdict().items()}
            return language(key, **fields) if fields else _plain(words(language.code)[key])
    return text


def _plain(text: str) -> str:
    """Give a sentence without fields as it is read: braces once."""
    return text.replace("{{", "{").replace("}}", "}")


def _shape(text: str, language: Language) -> str:
    """Say what a part of the file was, such as a list; other words are the file's own."""
    for key, pattern in _patterns():
        if key.startswith(f"{SAID}shape_") and pattern.pattern == re.escape(text):
            return language(key)
    return text
