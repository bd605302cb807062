"""What is asked is checked before anything runs, and every mistake is named."""

from pathlib import Path

import pytest

from salesnb.errors import ParameterError, SalesnbError


def problems_of(call):
    with pytest.raises(ParameterError) as caught:
        call()
    return [str(problem) for problem in caught.value.problems]


def test_a_job_knows_its_report(desk):
    job = desk.ask("tiny", "华东", "2024-06")
    assert (job.name, job.region, str(job.period)) == ("tiny 华东 2024-06", "华东", "2024-06")
    assert job.said == {"region": "华东", "period": "2024-06"}
    assert job.file(".html") == desk.outputs / "2024-06" / "tiny" / "华东.html"


def test_nothing_said_is_the_company_in_the_last_full_period(desk):
    job = desk.ask("tiny")
    assert job.said == {"region": "all", "period": "2024-06"}


def test_later_words_win(desk, project):
    one, two = project / "one.yaml", project / "two.yaml"
    one.write_text('region: 华东\nas_of: "2024-06-10"\n', encoding="utf-8")
    two.write_text("region: 华南\n", encoding="utf-8")
    typed = [("as_of", "2024-06-20")]
    job = desk.ask("tiny", typed=typed, files=[one, two])
    assert job.said == {"region": "华南", "period": "2024-06", "as_of": "2024-06-20"}
    assert desk.ask("tiny", "all", typed=typed, files=[one, two]).region == "all"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"notebook": "tniy"}, "there is no notebook `tniy`. Did you mean `tiny`?"),
        ({"region": "华东区"}, '`region` is not in the data; got "华东区". Did you mean `华东`?'),
        ({"period": "2019-01"}, "`period` has no data; got 2019-01. "),
        ({"period": "06-2024"}, "cell `parameters`: `period` is no period; got "),
        ({"typed": [("regoin", "x")]}, "-p: `regoin` is unknown to tiny. Did you mean `region`?"),
        (
            {"typed": [("n_trials", "5")]},
            "-p: `n_trials` is no parameter of tiny. It is a setting: write it in "
            "parameters/common.yaml, in parameters/tiny.yaml or in the region's file.",
        ),
    ],
)
def test_a_mistake_is_named(desk, words, message):
    words = {"notebook": "tiny"} | words
    assert problems_of(lambda: desk.ask(**words))[0].startswith(message)


def test_all_mistakes_are_named_at_once(desk, project):
    path = project / "mine.yaml"
    path.write_text("region: NO\nperiod: 2024\nregoin: x\n", encoding="utf-8")
    typed = [("as_off", "x")]
    assert problems_of(lambda: desk.ask("tiny", typed=typed, files=[path])) == [
        'mine.yaml:1: `region` is not text; got NO, read as false. Write `region: "NO"`.',
        'mine.yaml:2: `period` is not text; got 2024. Write `period: "2024"`.',
        "mine.yaml:3: `regoin` is unknown to tiny. Did you mean `region`?",
        "-p: `as_off` is unknown to tiny. Did you mean `as_of`?",
    ]


def test_a_setting_out_of_range_is_stopped_here(desk, project):
    (project / "parameters" / "common.yaml").write_text("cagr_years: 99\n")
    assert problems_of(lambda: desk.ask("tiny")) == [
        "`cagr_years` is out of range; got 99. Write 1 to 20."
    ]


def test_a_region_file_may_hold_settings_and_be_given_with_f(desk, project):
    path = project / "parameters" / "regions" / "华东.yaml"
    path.write_text("region: 华东\nn_trials: 10\n", encoding="utf-8")
    job = desk.ask("tiny", files=[path])
    assert job.said == {"region": "华东", "period": "2024-06"}
    assert job.parameters.settings["n_trials"] == 10


def test_data_that_cannot_be_read_is_said(desk, project):
    (project / "data" / "company.json").write_text("{")
    with pytest.raises(SalesnbError, match="cannot be read"):
        desk.ask("tiny")


def test_a_notebook_is_found_by_its_path(desk, project):
    assert desk.ask(str(Path("notebooks") / "tiny.ipynb")).notebook.name == "tiny"
