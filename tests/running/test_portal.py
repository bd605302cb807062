"""The portal lists every report, what changed, what failed and whether the regions add up."""

import re
from urllib.parse import unquote

import pytest

from left import fact, facts, report
from salesnb.language import Language
from salesnb.running.cause import Cause
from salesnb.running.ledger import Ledger
from salesnb.running.outcome import Outcome
from salesnb.running.portal.last_run import group_run
from salesnb.running.portal.page import portal_page, write_portal

ZH, EN = Language.load("zh"), Language.load("en")


@pytest.fixture
def outputs(tmp_path):
    return tmp_path


def words(page):
    body = page[page.index("<main") : page.index("</main>")]
    return " ".join(re.sub(r"<[^>]*>", " ", body).split())


@pytest.mark.parametrize(("language", "sold"), [(ZH, "123.4"), (EN, "1,234")])
def test_every_report_with_its_figures_and_links(outputs, language, sold):
    report(outputs, "华东", status="partial")
    report(outputs, "all")
    page = portal_page(outputs, language)
    assert f">{sold}</td>" in page
    assert "93.1%" in page
    assert 'href="2024-06/tiny/%E5%8D%8E%E4%B8%9C.html"' in page
    assert 'href="2024-06/tiny/all.ipynb"' in page
    assert page.index("all.html") < page.index("%E5%8D%8E%E4%B8%9C.html")
    assert language("page.status.partial") in page


def test_change_since_the_last_period_comes_from_its_report(outputs):
    report(outputs, "all", facts=facts(1_100_000.0))
    report(outputs, "all", "2024-05", facts=facts(1_000_000.0, period="2024-05"))
    assert "较上期 ▲ +10.0%" in words(portal_page(outputs, ZH))


def test_change_since_the_last_period_where_only_this_report_knows_it(outputs):
    report(outputs, "all", facts=[*facts(900_000.0), fact("net_sales", 1e6, "2024-05")])
    assert "较上期 ▼ −10.0%" in words(portal_page(outputs, ZH))


def test_a_yearly_report_asked_for_a_month_shows_its_year(outputs):
    known = [*facts(7_700_000.0, 0.5, "2024"), fact("net_sales", 14e6, "2023")]
    report(outputs, "all", about="2024", facts=known)
    page = words(portal_page(outputs, ZH))
    assert "770" in page
    # Half a year is not held against a whole one.
    assert "−45.0%" not in page


def test_regions_are_ranked_and_the_largest_gap_named(outputs):
    for region, sales, attained in (("华东", 2e6, 1.02), ("华南", 3e6, 0.9)):
        gap = fact("target_gap", sales - sales / attained)
        report(outputs, region, facts=[*facts(sales, attained), gap])
    page = words(portal_page(outputs, ZH))
    assert "2个区域中1个完成目标，华南缺口最大（−33.3万元）。" in page
    assert page.index("1 华南") < page.index("2 华东")


def test_small_multiples_share_one_scale(outputs):
    months = [f"2023-{month:02d}" for month in range(6, 13)]
    months += [f"2024-{month:02d}" for month in range(1, 6)]
    for region, last in (("华东", 2e6), ("华南", 1e6)):
        past = [fact("net_sales", 1e6, month) for month in months]
        report(outputs, region, facts=[*facts(last), *past])
    page = portal_page(outputs, ZH)
    assert "华东最强（+100.0%），华南最弱（0.0%）" in page
    drawn = re.findall(r'<path d="([^"]*)"', page[page.index('class="multi"') :])
    # Flat at the bottom for twelve months; the last point is the top for one, the bottom for one.
    assert [re.findall(r"[\d.]+", path)[-1] for path in drawn] == ["2", "40"]


def test_problems_of_several_regions_are_listed_together(outputs):
    late = {"rule": "overdue_up", "severity": "bad", "scope": {}, "impact": -1e6, "text": "x"}
    one = {"rule": "price_cut", "severity": "bad", "scope": {}, "impact": -1e6, "text": "y"}
    report(outputs, "华东", findings=[late, one])
    report(outputs, "华南", findings=[late])
    page = words(portal_page(outputs, EN))
    assert "More overdue 2 −2,000 华东, 华南" in page
    assert "Prices cut" not in page


def test_what_failed_is_said_by_cause_with_its_notebook(desk):
    ledger = Ledger(desk.outputs)
    for region in ("华东", "华南"):
        report(desk.outputs, region, status="failed", facts=[])
        job = desk.ask("tiny", region, "2024-06")
        cause = Cause("cell", "ZeroDivisionError: <b>", "step-1")
        ledger.write(Outcome(job, "failed", "t", cause), {}, 1)
    page = portal_page(desk.outputs, ZH)
    assert "2份报告未生成，原因1种。" in page
    assert "笔记本中有一步出错" in page
    assert page.count("step-1: ZeroDivisionError: &lt;b&gt;") == 1
    assert page.count(".ipynb") == 4
    assert "华东.html" not in page


def test_a_failed_try_does_not_hide_the_report_that_is_still_there(desk):
    report(desk.outputs, "华东")
    job = desk.ask("tiny", "华东", "2024-06")
    Ledger(desk.outputs).write(Outcome(job, "failed", "t", Cause("died", "x")), {}, 1)
    page = portal_page(desk.outputs, ZH)
    assert "本次未生成，保留上次" in page
    assert "%E5%8D%8E%E4%B8%9C.html" in page


def line(region, run, status="ok", **made_of):
    return {
        "notebook": "tiny",
        "region": region,
        "period": "2024-06",
        "run": run,
        "status": status,
        "fingerprint": {"data": "1", "code": "1", **made_of},
    }


def test_the_last_run_is_told_by_what_it_changed():
    lines = [
        line("a", "1"),
        line("b", "1", "failed"),
        line("c", "1"),
        line("d", "1"),
        line("e", "1"),
        line("a", "2", data="2", code="2"),
        line("b", "2"),
        line("c", "2", "failed"),
        line("d", "2", code="2"),
        line("f", "2"),
    ]
    told = {what: [key[1] for key in keys] for what, keys in group_run(lines).items()}
    assert told == {"failed": ["c"], "mended": ["b"], "new": ["f"], "data": ["a"], "code": ["d"]}
    assert group_run([]) == {}


def test_regions_that_do_not_add_up_are_named(outputs):
    report(outputs, "all", facts=facts(5e6))
    for region in ("华东", "华南"):
        report(outputs, region, facts=facts(2e6))
    page = words(portal_page(outputs, ZH))
    assert "1 项指标中有 1 项的区域合计与公司不一致。" in page
    assert "5,000,000.00 4,000,000.00 −1,000,000.00" in page


def test_it_is_one_offline_file(outputs):
    report(outputs, "华东")
    path = write_portal(outputs, EN)
    page = path.read_text(encoding="utf-8")
    assert path.name == "index.html"
    assert "http" not in page.replace("http-equiv", "").replace("http://www.w3.org", "")
    assert "Content-Security-Policy" in page


def test_an_empty_folder_says_so(outputs):
    assert "No reports yet." in portal_page(outputs, EN)


def test_portal_of_31_regions_and_four_notebooks_is_small(outputs):
    months = [f"{year}-{month:02d}" for year in (2023, 2024) for month in range(1, 13)]
    found = [
        {"rule": rule, "severity": "bad", "scope": {}, "impact": -1e5, "text": "长" * 80}
        for rule in ("overdue_up", "price_cut", "lead_quality")
    ]
    for period in ("2024-05", "2024-06"):
        for notebook in ("monthly_review", "diagnosis", "goal_decomposition", "annual_summary"):
            for number in range(31):
                past = [fact("net_sales", 1e6 + number * 1e4, month) for month in months]
                more = [fact("growth_yoy", 0.1, period), fact("target_gap", -1e5, period)]
                known = [*facts(1e6 + number, period=period), *past, *more]
                region = f"广西壮族自治区{number}"
                report(outputs, region, period, notebook, facts=known, findings=found)
    assert len(portal_page(outputs, ZH).encode()) <= 500_000


def test_names_of_every_kind_stay_text_and_links_stay_in_the_folder(outputs):
    hostile = ['"><script>alert(1)</script>', "=cmd|'../..'!A0", "\u202egnp.exe", "😀" * 40]
    for region in hostile:
        report(outputs, region)
    page = portal_page(outputs, ZH)
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert all(not link.startswith(("/", "..", "javascript")) for link in hrefs(page))


def hrefs(page):
    return [link for link in re.findall(r'href="([^"]*)"', page) if not link.startswith("#")]


def test_links_lead_to_files(outputs):
    report(outputs, "华 东%")
    page = portal_page(outputs, ZH)
    assert hrefs(page)
    assert all((outputs / unquote(link)).is_file() for link in hrefs(page))
