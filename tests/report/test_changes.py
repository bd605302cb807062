"""What changed since the last period: figures, findings, actions."""

import json

import pandas as pd
import pytest

from salesnb.data.store import Company, write_tables
from salesnb.findings.finding import Finding
from salesnb.report.review import open_report
from salesnb.report.sections.changes import change_text, changes, finding_state


@pytest.fixture
def company(tmp_path, monkeypatch):
    """Give a company that sold 100 in May and 130 in June, with three actions due in June."""
    (tmp_path / "parameters").mkdir()
    monkeypatch.chdir(tmp_path)
    orders = pd.DataFrame(
        {
            "order_id": ["1", "2", "3"],
            "order_date": pd.to_datetime(["2024-05-10", "2024-06-11", "2024-06-28"]),
            "region": "华东",
            "customer_id": ["c1", "c1", "c2"],
            "amount": [100.0, 90.0, 40.0],
            "status": "counted",
        }
    )
    actions = pd.DataFrame(
        {
            "action_id": ["1", "2", "3"],
            "title": ["=催收", "走访<b>", "换掉"],
            "owner": ["张三", "李四", "李四"],
            "due": pd.to_datetime(["2024-06-03", "2024-06-12", "2024-06-20"]),
            "status": ["done", "doing", "cancelled"],
            "region": "华东",
        }
    )
    tables = {"orders": orders, "actions": actions}
    write_tables(tmp_path / "data", tables, Company(regions=("华东",)))
    return tmp_path


def opened(folder, language="zh", before=None, period="2024-06"):
    if before is not None:
        path = folder / "outputs" / "2024-05" / "monthly_review" / "华东.json"
        path.parent.mkdir(parents=True)
        content = {"schema": 1, "language": "zh", "findings": before, "facts": [], "actions": []}
        path.write_text(json.dumps(content), encoding="utf-8")
    where = {"data": str(folder / "data"), "outputs": str(folder / "outputs")}
    review = open_report("monthly_review", region="华东", period=period, language=language, **where)
    # Of the rules only what they find matters here.
    review.__dict__["findings"] = [
        Finding("price_cut", "bad", {"product_line": "A"}, values=VALUES),
        Finding("price_cut", "bad", {"product_line": "B"}, values=VALUES),
    ]
    return review


VALUES = {"name": "A", "price": -0.04, "units": 0.03, "value": -9e5, "months": 3}
BEFORE = [
    {"rule": "price_cut", "scope": {"product_line": "B"}, "severity": "bad", "text": "旧句"},
    {"rule": "overdue_up", "scope": {}, "severity": "bad", "text": "逾期曾偏高。"},
]


@pytest.fixture(autouse=True)
def _said(monkeypatch):
    monkeypatch.setattr(Finding, "text", lambda self, language: f"句{self.scope['product_line']}")


def test_figures_are_set_beside_those_of_the_month_before(company):
    said = changes(opened(company)).text()
    assert "关键指标：1项向好，1项变差。" in said
    assert "销售额 | 130 元 | 100 元 | ▲ +30.0%" in said
    assert "平均订单额 | 65 元 | 100 元 | ▼ −35.0%" in said


def test_a_change_is_said_in_what_it_is_counted_in(company):
    review = opened(company)
    assert change_text(review, 0.31, 0.30, "percent") == "+1.0 个百分点"
    assert change_text(review, 66.5, 64.0, "days") == "+2.5 天"
    # Of a few, a percentage would say more than there is; of nothing there is none.
    assert change_text(review, 4, 5, "count") == "−1"
    assert change_text(review, 130, 0, "money") == "+130 元"


def test_findings_are_new_gone_or_still_there(company):
    said = changes(opened(company, before=BEFORE)).text()
    assert "结论：新增1项，不再出现1项，延续1项。" in said
    lines = [line for line in said.splitlines() if line.startswith(("句", "逾期曾"))]
    assert lines == ["句A | 本期新增", "逾期曾偏高。 | 不再出现", "句B | 上期已有"]


def test_a_finding_written_in_another_language_is_said_by_its_name(company):
    said = changes(opened(company, "en", BEFORE)).text()
    assert "逾期曾偏高" not in said
    assert "More overdue | Gone" in said


def test_without_an_earlier_report_nothing_is_called_new(company):
    review = opened(company)
    assert "没有找到2024年5月的报告" in changes(review).text()
    assert finding_state(review, review.findings[0]) == ""


def test_actions_closed_and_overdue(company):
    review = opened(company)
    said = changes(review).text()
    assert "行动：本期到期2项，其中1项已完成；截至6月30日，逾期未完成的共1项。" in said
    assert "本期完成：=催收（张三，6月3日到期）" in said
    assert "逾期未完成：走访<b>（李四，6月12日到期）" in said
    assert "走访&lt;b&gt;" in changes(review).html()


def test_counts_are_facts(company):
    review = opened(company, before=BEFORE)
    changes(review)
    kept = {
        (fact["metric"], *fact["scope"].values()): fact["value"]
        for fact in review.lens.facts
        if fact["metric"] in ("findings", "changed_figures")
    }
    assert kept[("findings", "new")] == kept[("findings", "gone")] == 1
    assert kept[("changed_figures", "good")] >= 1
