"""The portal lists every report, what failed and whether the regions add up."""

import json

import pytest

from salesnb.language import Language
from salesnb.running.cause import Cause
from salesnb.running.ledger import Ledger
from salesnb.running.outcome import Outcome
from salesnb.running.portal import portal_page, write_portal

FACTS = [
    {
        "metric": "net_sales",
        "scope": {},
        "period": "2024-06",
        "value": 1_234_000.0,
        "unit": "money",
    },
    {"metric": "attainment", "scope": {}, "period": "2024-06", "value": 0.931, "unit": "ratio"},
]


@pytest.fixture
def finish(desk):
    def write(region, status="ok", facts=FACTS):
        job = desk.ask("tiny", region, "2024-06")
        content = {
            "schema": 1,
            "notebook": "tiny",
            "region": region,
            "period": "2024-06",
            "status": status,
            "facts": facts if status != "failed" else [],
        }
        job.file(".json").parent.mkdir(parents=True, exist_ok=True)
        job.file(".json").write_text(json.dumps(content), encoding="utf-8")
        if status != "failed":
            job.file(".html").write_text("<html>", encoding="utf-8")
        job.file(".ipynb").write_text("{}", encoding="utf-8")
        return job

    return write


@pytest.mark.parametrize(("code", "words"), [("zh", "123万元"), ("en", "¥1.2M")])
def test_every_report_with_its_figures_and_links(desk, finish, code, words):
    finish("华东", "partial")
    finish("all")
    page = portal_page(desk.outputs, Language.load(code))
    assert words in page
    assert "93.1%" in page
    assert 'href="2024-06/tiny/%E5%8D%8E%E4%B8%9C.html"' in page
    assert 'href="2024-06/tiny/all.ipynb"' in page
    assert page.index("all.html") < page.index("%E5%8D%8E%E4%B8%9C.html")


def test_what_failed_is_said_with_its_cause(desk, finish):
    job = finish("华东", "failed")
    outcome = Outcome(job, "failed", "t", Cause("cell", "ZeroDivisionError: <b>", "step-1"))
    Ledger(desk.outputs).write(outcome, {}, 1)
    page = portal_page(desk.outputs, Language.load("zh"))
    assert "笔记本中有一步出错" in page
    assert "step-1: ZeroDivisionError: &lt;b&gt;" in page
    assert "华东.html" not in page


def test_it_is_one_offline_file(desk, finish):
    finish("华东")
    path = write_portal(desk.outputs, Language.load("en"))
    page = path.read_text(encoding="utf-8")
    assert path.name == "index.html"
    assert "http" not in page.replace("http-equiv", "").replace("http://www.w3.org", "")
    assert "Content-Security-Policy" in page


def test_an_empty_folder_says_so(desk, tmp_path):
    (tmp_path / "none").mkdir()
    assert "No reports yet." in portal_page(tmp_path / "none", Language.load("en"))
