"""What is asked is merged in order, and every mistake is named at once."""

from dataclasses import asdict
from datetime import date
from decimal import Decimal

import pytest

from salesnb.errors import ParameterError
from salesnb.metrics.settings import Settings
from salesnb.parameters import (
    BRAND,
    CALENDAR,
    check_region,
    file_name,
    last_full_period,
    project_folder,
    read_entries,
    resolve,
)
from salesnb.period import Calendar, Period

SETTINGS = asdict(Settings())


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.delenv("SALESNB_PROJECT", raising=False)
    (tmp_path / "parameters" / "regions").mkdir(parents=True)
    return tmp_path


def write(project, name, text):
    path = project / "parameters" / name
    path.write_text(text, encoding="utf-8")
    return path


def problems_of(call):
    with pytest.raises(ParameterError) as caught:
        call()
    return [str(problem) for problem in caught.value.problems]


def test_later_files_win_and_the_cell_wins_over_all(project):
    write(project, "common.yaml", 'language: zh\nas_of: "2024-01-31"\ndata: one\n')
    write(project, "monthly_review.yaml", 'as_of: "2024-02-29"\n')
    write(project, "regions/华东.yaml", 'region: 华东\nas_of: "2024-03-31"\ndata: two\n')
    cell = {"region": "华东", "period": "2024-06", "language": "", "data": "", "settings": ""}

    asked = resolve("monthly_review", {**cell, "as_of": "2024-06-30"}, SETTINGS, project)

    assert (asked.region, asked.language) == ("华东", "zh")
    assert asked.period == Period.parse("2024-06")
    assert asked.as_of == date(2024, 6, 30)
    assert asked.data == project / "two"
    assert resolve("monthly_review", {**cell, "as_of": ""}, SETTINGS, project).as_of == date(
        2024, 3, 31
    )
    assert resolve("diagnosis", {"region": "华南"}, SETTINGS, project).as_of == date(2024, 1, 31)


def test_nothing_said_is_the_whole_company_and_the_last_period(project):
    asked = resolve("monthly_review", {"region": "", "period": None}, SETTINGS, project)
    assert (asked.region, asked.period, asked.as_of) == ("all", None, None)
    assert asked.data == project / "data"
    assert dict(asked.settings) == CALENDAR | BRAND | SETTINGS


def test_every_problem_of_every_file_is_named_at_once(project):
    write(project, "common.yaml", "langauge: zh\nperiod: 2024\n")
    write(project, "regions/NO.yaml", "region: NO\nas_of: 2024-06-30\n")
    assert problems_of(lambda: resolve("monthly_review", {"region": "NO"}, SETTINGS, project)) == [
        "parameters/common.yaml:1: `langauge` is unknown. Did you mean `language`?",
        'parameters/common.yaml:2: `period` is not text; got 2024. Write `period: "2024"`.',
        "parameters/regions/NO.yaml:1: `region` is not text; got NO, read as false. "
        'Write `region: "NO"`.',
        "parameters/regions/NO.yaml:2: `as_of` is not text; got 2024-06-30 (date). "
        'Write `as_of: "2024-06-30"`.',
    ]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (False, 'got False, read as false. Write `region: "False"`.'),
        (1, 'got 1. Write `region: "1"`.'),
        (Decimal("1.5"), 'got 1.5 (Decimal). Write `region: "1.5"`.'),
        (date(2024, 6, 1), 'got 2024-06-01 (date). Write `region: "2024-06-01"`.'),
        (["a"], "got a list."),
    ],
)
def test_a_region_is_text(project, value, message):
    assert problems_of(lambda: resolve("x", {"region": value}, SETTINGS, project)) == [
        f"cell `parameters`: `region` is not text; {message}"
    ]


def test_number_with_zeros_shows_what_was_written(project):
    write(project, "regions/01.yaml", "region: 01\n")
    assert problems_of(lambda: resolve("x", {"region": "01"}, SETTINGS, project)) == [
        "parameters/regions/01.yaml:1: `region` is not text; got 01, read as 1. "
        'Write `region: "01"`.'
    ]


def test_period_date_and_language_are_read(project):
    cell = {"period": "2024-13", "as_of": "30.6.2024", "language": "de"}
    assert problems_of(lambda: resolve("x", cell, SETTINGS, project)) == [
        'cell `parameters`: `period` is no period; got "2024-13". '
        "Write a month 2024-06, a quarter 2024Q2 or a year 2024.",
        'cell `parameters`: `as_of` is no date; got "30.6.2024". '
        'Write year-month-day, as_of: "2024-06-30".',
        "cell `parameters`: `language` is unknown; got de. Did you mean `en`?",
    ]


def test_a_file_of_another_region_is_refused(project):
    write(project, "regions/华东.yaml", "region: 华南\n")
    assert problems_of(lambda: resolve("x", {"region": "华东"}, SETTINGS, project)) == [
        'parameters/regions/华东.yaml:1: the file of 华东 is for another region; got "华南". '
        'Write `region: "华东"`.'
    ]


def test_a_notebook_may_have_parameters_of_its_own(project):
    write(project, "ranking.yaml", "top: 20\n")
    assert resolve("ranking", {"top": ""}, SETTINGS, project).own == {"top": 20}
    assert resolve("ranking", {"top": 5}, SETTINGS, project).own == {"top": 5}


def test_the_stamp_holds_what_differs_and_no_path_of_this_machine(project, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    write(project, "common.yaml", "n_trials: 20\nn_events: 5\n")
    inner = {"region": "华东", "data": str(project / "my" / "data"), "top": 3}
    inside = resolve("x", inner, SETTINGS, project)
    outside = resolve("x", {"data": str(elsewhere), "outputs": str(elsewhere)}, SETTINGS, project)
    changed = {"settings": {"n_trials": 20}}
    assert inside.stamp() == {
        "region": "华东",
        "language": "zh",
        "data": "my/data",
        **changed,
        "top": 3,
    }
    assert outside.stamp() == {
        "region": "all",
        "language": "zh",
        "data": elsewhere.name,
        **changed,
    }


@pytest.mark.parametrize(
    ("text", "messages"),
    [
        ("a: 1\na: 2\n", ["x.yaml:2: `a` stands twice, first on line 1."]),
        ("NO: 1\n", ['x.yaml:1: a name must be text; got NO. Write "NO" in quotes.']),
        (
            "- a\n",
            ["x.yaml: expected names with values; got a list. Write one `name: value` a line."],
        ),
        (
            "a:\n\t- b\n",
            [
                "x.yaml:2: not YAML, found character that cannot start any token. "
                "Write one `name: value` a line; indent with spaces."
            ],
        ),
    ],
)
def test_a_file_that_is_not_names_and_values(tmp_path, text, messages):
    path = tmp_path / "x.yaml"
    path.write_text(text, encoding="utf-8")
    assert problems_of(lambda: read_entries(path)) == messages


def test_a_file_from_a_chinese_windows_editor(tmp_path):
    path = tmp_path / "x.yaml"
    path.write_text("region: 华东\n", encoding="utf-8-sig")
    assert read_entries(path)["region"].value == "华东"
    path.write_text("region: 华东\n", encoding="gbk")
    assert problems_of(lambda: read_entries(path)) == [
        "x.yaml: the file is not UTF-8. Save it as UTF-8."
    ]


def test_a_region_that_is_not_in_the_data():
    check_region("all", ["华东"])
    assert problems_of(lambda: check_region("华 东", ["华东", "华南"])) == [
        '`region` is not in the data; got "华 东". Did you mean `华东`?'
    ]


def test_project_is_the_nearest_folder_with_parameters(project):
    inner = project / "notebooks" / "deep"
    inner.mkdir(parents=True)
    assert project_folder(inner) == project


@pytest.mark.parametrize(
    "hostile",
    ["../x", "a:b", "CON", "nul", "x.", ".x", " x ", "a\u202eb", "é" * 300, "", "*", "a\nb"],
)
def test_file_names_are_safe_and_never_shared(hostile):
    name = file_name(hostile)
    assert not set(name) & set('<>:"/\\|?*.\n\u202e')
    assert 0 < len(name.encode()) <= 200
    assert name == name.strip()
    assert name.casefold() not in {"con", "nul"}
    assert name != file_name(hostile + "x")


def test_last_full_period_counts_working_days():
    calendar = Calendar()
    # 29 and 30 June 2024 are a weekend.
    assert str(last_full_period(date(2024, 6, 28), "month", calendar)) == "2024-06"
    assert str(last_full_period(date(2024, 6, 27), "month", calendar)) == "2024-05"
    assert str(last_full_period(date(2024, 6, 28), "year", calendar)) == "2023"


def test_common_yaml_documents_every_setting_with_its_default(root):
    path = root / "parameters" / "common.yaml"
    written = {name: entry.value for name, entry in read_entries(path).items()}
    settings = {name: value for name, value in written.items() if name in SETTINGS}
    assert written.keys() - SETTINGS.keys() - CALENDAR.keys() - BRAND.keys() == {
        "language",
        "data",
        "period",
        "as_of",
    }
    assert settings.keys() == SETTINGS.keys()
    assert asdict(Settings.from_mapping(settings)) == SETTINGS
    assert {name: written[name] for name in CALENDAR} == CALENDAR
    assert {name: written[name] or BRAND[name] for name in BRAND} == BRAND
    assert resolve("x", {}, SETTINGS, root).changed == ()


def test_a_comment_says_what_each_setting_is(root):
    lines = (root / "parameters" / "common.yaml").read_text(encoding="utf-8").splitlines()
    bare = [
        line.partition(":")[0]
        for before, line in zip(["", *lines], lines, strict=False)
        if line and not line.startswith("#") and not before
    ]
    assert bare == []
