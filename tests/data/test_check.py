"""The check: every broken rule of every table at once, with counts and rows, in two languages."""

import json

import pandas as pd
import pytest

from salesnb.data.check import check_data, check_tables
from salesnb.data.store import Company, write_tables
from salesnb.language import Language

EN, ZH = Language.load("en"), Language.load("zh")
COMPANY = Company(regions=("华东",))

ORDERS = pd.DataFrame(
    {
        "order_id": ["1", "1", "2"],
        "order_date": ["2024-01-05", "03/04/2024", "2024-01-07"],
        "amount": ["5", "x", "6"],
        "status": ["counted", "counted", "partly"],
    },
    index=[2, 3, 4],
)


def test_every_broken_rule_of_every_table_at_once():
    report = check_tables(
        {"orders": ORDERS, "targets": pd.DataFrame({"period": ["2024"]}), "ordes": ORDERS}, COMPANY
    )
    assert [(flaw.table, flaw.rule, flaw.count) for flaw in report.errors] == [
        ("orders", "unreadable", 1),
        ("orders", "unreadable_day", 1),
        ("orders", "duplicate", 1),
        ("orders", "word", 1),
        ("ordes", "unknown_table", 0),
        ("targets", "missing_column", 0),
    ]
    assert not report.ok


def test_what_it_says():
    report = check_tables({"orders": ORDERS}, COMPANY)
    assert report.text(EN).splitlines() == [
        "ERROR: orders: 1 cells of `amount` cannot be read as money (row 3: x). "
        "Correct them in the file.",
        "ERROR: orders: 1 cells of `order_date` cannot be read as a day (row 3: 03/04/2024). "
        "Correct them in the file; days like 03/04/2024 need `date_format` in a mapping file.",
        "ERROR: orders: 1 rows repeat order_id of a row before, with other values (row 3: 1). "
        "Keep one of them; the first is used.",
        "ERROR: orders: 1 words in `status` are none of counted, draft, cancelled, return "
        "(row 4: partly). Say what they mean under `values` in a mapping file.",
        "look: targets: there are no targets, so reports show no attainment. Import a table of "
        "targets when there is one.",
        "Looked at: orders 3",
        "4 errors, 1 things to look at.",
    ]
    assert report.text(ZH).splitlines()[0] == (
        "错误：orders: `amount` 有 1 个单元格无法识别为金额（第 3 行：x）。 请在原文件里改正。"
    )


def test_plain_values_hold_the_same():
    report = check_tables({"orders": ORDERS}, COMPANY)
    said = json.loads(json.dumps(report.to_json()))
    assert said["ok"] is False
    assert said["tables"] == {"orders": 3}
    assert said["problems"][0] == {
        "rule": "unreadable", "level": "error", "table": "orders", "column": "amount", "where": "",
        "count": 1, "examples": [{"row": 3, "value": "x"}], "details": {"other": "money"},
    }  # fmt: skip


def test_good_tables_are_good(tmp_path):
    orders = pd.DataFrame(
        {"order_id": ["1"], "order_date": pd.to_datetime(["2024-01-05"]), "amount": [1.0],
         "region": ["华东"]}
    )  # fmt: skip
    targets = pd.DataFrame({"period": ["2024-01"], "scope": ["region=华东"], "value": [1.0]})
    write_tables(tmp_path, {"orders": orders, "targets": targets}, COMPANY)
    report = check_data(tmp_path, metrics=["net_sales"])
    assert report.ok
    assert report.problems == ()
    assert report.text(EN) == "Looked at: orders 1, targets 1\nNothing is wrong."
    assert report.text(ZH) == "已检查：orders 1, targets 1\n没有发现问题。"
    assert [flaw.rule for flaw in check_data(tmp_path, metrics=["units"]).errors] == [
        "unknown_metric"
    ]


def test_orders_only_is_no_error(tmp_path):
    (tmp_path / "orders.csv").write_text(
        "order_id,order_date,amount,tax,region\n1,2024-01-05,2,0,华东\n", "utf-8"
    )
    report = check_data(tmp_path)
    assert report.ok
    assert [flaw.rule for flaw in report.warnings] == ["undeclared_tax", "no_targets"]


def test_a_folder_of_files_is_checked_and_nothing_is_written(tmp_path):
    (tmp_path / "orders.csv").write_text("订单编号,日期,金额\n1,2024-01-05,x\n", "utf-8")
    (tmp_path / "targets.csv").write_text(
        "metric,period,value,scope\nsales,2024,1,region=华西\n", "utf-8"
    )
    before = sorted(path.name for path in tmp_path.iterdir())
    report = check_data(tmp_path, metrics=["net_sales"])
    assert [(flaw.table, flaw.rule, flaw.where) for flaw in report.errors] == [
        ("orders", "unreadable", "orders.csv"),
        ("targets", "unknown_metric", ""),
    ]
    assert sorted(path.name for path in tmp_path.iterdir()) == before


def test_files_that_cannot_be_tables_are_told(tmp_path):
    (tmp_path / "orders.csv").write_text("订单编号,日期,价格\n1,2024-01-05,x\n", "utf-8")
    report = check_data(tmp_path)
    assert [(flaw.rule, flaw.column) for flaw in report.errors] == [("missing_column", "amount")]


@pytest.mark.parametrize("language", [EN, ZH], ids=["en", "zh"])
def test_without_orders_there_is_no_report(language):
    reps = pd.DataFrame({"rep_id": ["1"], "name": ["a"]})
    report = check_tables({"reps": reps}, COMPANY)
    assert [flaw.rule for flaw in report.errors] == ["missing_table"]
    assert "`orders`" in report.text(language)
