"""What a report can have beside it: a PDF, an Excel file of its tables."""

import io
import subprocess
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from salesnb.errors import RunError
from salesnb.language import Language
from salesnb.report.html import Html, join, tag
from salesnb.report.page import Page
from salesnb.report.stamp import Stamp
from salesnb.report.tables import Col, table
from salesnb.running import printing
from salesnb.running.extras import Extras, add_extras, wanted
from salesnb.running.job import Bench, run_job
from salesnb.running.workbook import workbook_of

ZH = Language.load("zh")
HOSTILE = ["=cmd|' /C calc'!A0", "+1", "-2+3", "@SUM(1)", "<b>😀</b>", "a\u0007b"]


def page(*parts):
    return Page(Stamp(title="六月"), ZH, join(parts)).html()


def sheets(markup):
    book = openpyxl.load_workbook(io.BytesIO(workbook_of(markup)))
    return {sheet.title: [list(row) for row in sheet.iter_rows()] for sheet in book}


def values(rows):
    return [[cell.value for cell in row if cell.value is not None] for row in rows]


def sold(names):
    frame = pd.DataFrame({"name": names})
    frame["sold"] = 6_498_123.456
    frame["growth"], frame["margin"] = -0.0217, 0.005
    columns = [
        Col("name", "产品"),
        Col("sold", "销售额", "bar"),
        Col("growth", "同比", "delta"),
        Col("margin", "毛利率变化", "points"),
    ]
    return table(frame, columns, ZH, "各产品销售额", total={"name": "合计", "sold": 1e7}).html()


def test_numbers_are_numbers_and_not_rounded():
    rows = sheets(page(tag("h2", "产品"), sold(["甲"])))["1 产品"]
    assert values(rows) == [
        ["六月"],
        [],
        ["各产品销售额"],
        ["产品", "销售额", "同比", "毛利率变化（百分点）"],
        ["甲", 6498123.456, -0.0217, 0.5],
        ["合计", 10000000, "—", "—"],
        *([],) * 0,
    ]
    assert [cell.number_format for cell in rows[4]] == ["General", "#,##0.00", "0.0%", "0.0"]


def test_text_that_looks_like_a_formula_stays_text():
    rows = sheets(page(tag("h2", "=产品"), sold(HOSTILE)))["1 =产品"]
    names = [row[0] for row in rows[4 : 4 + len(HOSTILE)]]
    assert [cell.value for cell in names] == [*HOSTILE[:5], "ab"]
    assert {cell.data_type for cell in names} == {"s"}
    assert [cell.quotePrefix for cell in names] == [True] * 4 + [False] * 2


def test_sheets_are_named_by_parts_of_the_report():
    parts = [tag("h2", "a/b:[c]?*" + "长" * 40), sold(["甲"]), tag("h2", "a/b"), sold(["乙"])]
    names = list(sheets(page(*parts)))
    assert names == ["1 a b  c   " + "长" * 20, "2 a b"]


def test_a_heat_map_is_read_as_numbers():
    row = tag("tr", tag("th", "R1", scope="row"), tag("td", "12.5%"), tag("td", "1,204"))
    markup = tag("table", tag("caption", "RFM"), tag("tbody", row), class_="heat")
    assert values(sheets(page(tag("h2", "x"), markup))["1 x"])[-1] == ["R1", 0.125, 1204]


def test_a_figure_written_out_is_a_number_too():
    cells = [tag("th", "毛利率", tag("span", "注", class_="note"), scope="row")]
    cells.append(tag("td", tag("data", "31.1%", value="0.3109295")))
    rows = sheets(page(tag("h2", "x"), tag("table", tag("tr", *cells))))["1 x"]
    assert values(rows)[-1] == ["毛利率 · 注", 0.3109295]
    assert rows[-1][1].number_format == "0.0%"


def test_a_report_without_tables_is_a_file_too():
    assert values(next(iter(sheets(page(Html("<p>x</p>"))).values()))) == [["六月"]]


def test_no_chromium_is_said_before_anything_runs(monkeypatch):
    monkeypatch.setattr(printing.shutil, "which", lambda name: None)
    monkeypatch.setattr(printing, "_PLACES", ())
    monkeypatch.delenv("CHROMIUM", raising=False)
    with pytest.raises(RunError) as caught:
        wanted(pdf=True, excel=False)
    assert str(caught.value) == (
        "a PDF needs a Chromium, and there is none here. Install Chromium, Chrome or Edge, or "
        "name its program in the variable CHROMIUM."
    )
    assert wanted(pdf=False, excel=True) == Extras(None, True)


def test_a_browser_that_fails_costs_no_report(desk, tmp_path, monkeypatch):
    monkeypatch.setattr(subprocess, "run", lambda *words, **more: None)
    job = desk.ask("tiny", "华东", "2024-06")
    assert run_job(job, {}, Bench()).done
    troubles = add_extras([job], Extras(Path("chromium"), excel=True))
    assert troubles == ["tiny 华东 2024-06: the PDF could not be printed: the browser wrote none."]
    assert job.file(".html").is_file()


def test_extras_of_an_earlier_report_do_not_stay(desk):
    job = desk.ask("tiny", "华东", "2024-06")
    run_job(job, {}, Bench())
    assert add_extras([job], Extras(None, excel=True)) == []
    assert job.file(".xlsx").is_file()
    run_job(job, {}, Bench())
    assert not job.file(".xlsx").is_file()


@pytest.mark.browser
def test_a_pdf_is_printed(tmp_path):
    try:
        chromium = printing.find_chromium()
    except RunError:
        pytest.skip("no Chromium here: apt-get install chromium")
    assert printing.print_page(page(sold(["甲"])), chromium).startswith(b"%PDF")
