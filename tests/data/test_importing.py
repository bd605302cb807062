"""Imports: what each file gave, where every row and every yuan went, and what is refused."""

import json

import pandas as pd
import pytest
from openpyxl import Workbook

from salesnb.data.importing import import_files
from salesnb.data.store import open_store
from salesnb.errors import ContractError, ParameterError, SourceError
from salesnb.language import Language

EN, ZH = Language.load("en"), Language.load("zh")
TAX = "company: {tax_basis: incl}\n"


@pytest.fixture
def files(tmp_path):
    """Write files by name, import them, and give report and store."""

    def importing(mapping=None, language=None, to="data", **texts):
        paths = []
        for name, text in texts.items():
            path = tmp_path / f"{name}.csv"
            path.write_text(text, "utf-8")
            paths.append(path)
        said = None
        if mapping is not None:
            said = tmp_path / "mapping.yaml"
            said.write_text(mapping, "utf-8")
        report = import_files(paths, tmp_path / to, said, language)
        return report, open_store(tmp_path / to)

    return importing


def rules(report, level=None):
    return [flaw.rule for flaw in report.flaws if level in (None, flaw.level)]


ORDERS = (
    "订单编号,日期,客户编码,大区,价税合计\n"
    "000000000001,2024-01-05,C1,华东,100.5\n"
    "000000000002,2024/1/6,C2,华南,20\n"
)


def test_files_become_tables_and_everything_reconciles(files):
    report, store = files(orders=ORDERS, targets="期间,大区,目标\n2024-01,华东,100\n")
    assert report.ok
    assert report.tables == {"orders": 2, "targets": 1}
    assert store.read("orders")["order_id"].tolist() == ["000000000001", "000000000002"]
    assert store.company.tax_basis == "incl"
    assert store.company.regions == ("华东", "华南")
    (orders, _) = report.files
    assert next((m.column, m.source, m.why) for m in orders.matches) == (
        "order_id", "订单编号", "alias"
    )  # fmt: skip
    assert (orders.rows.read, orders.rows.written) == (2, 2)
    assert (orders.money.read, orders.money.written) == (120.5, 120.5)
    assert store.read("targets", "华东")["scope"].tolist() == ["region=华东"]


def test_the_report_is_told_and_kept_in_plain_values(files):
    report, _ = files(orders=ORDERS + "000000000003,坏,C1,华东,7\n")
    text = report.text(EN)
    assert "order_id ← 订单编号 (known name)" in text
    assert "Rows: 3 read = 2 written + 1 rejected" in text
    assert "Money: 127.50 read = 120.50 written + 7.00 rejected" in text
    assert "Rejected rows are in rejected/orders--orders.csv" in text
    assert "Rows and money reconcile" in text
    assert "行数：读入 3 ＝ 写入 2 + 拒收 1" in report.text(ZH)
    said = json.loads(json.dumps(report.to_json(), ensure_ascii=False))
    assert said["files"][0]["rows"]["rejected"] == 1
    assert said["flaws"][0]["examples"] == [{"row": 4, "value": "坏"}]


def test_rejected_rows_are_kept_with_reason_and_row_number(files, tmp_path):
    text = (
        "订单编号,日期,客户编码,价税合计\n1,2024-01-05,C1,x\n,2024-01-05,=cmd|' /C calc'!A0,5\n"
        "3,2024-01-05,C1,1\n3,2024-02-05,C1,1\n4,2024-01-05,C1,1,2\n"
    )
    report, store = files(orders=text, language=EN)
    assert store.read("orders")["order_id"].tolist() == ["3", "3"]
    rejects = pd.read_csv(
        tmp_path / "data" / report.files[0].rejects, dtype="str", keep_default_na=False
    )
    assert rejects["row in file"].tolist() == ["2", "3", "6"]
    assert rejects["reason"].tolist() == [
        "amount cannot be read", "order_id is empty", "more cells than headers"
    ]  # fmt: skip
    # A spreadsheet must not run what stands in a cell.
    assert rejects["客户编码"].tolist()[1] == "'=cmd|' /C calc'!A0"
    # A later import without rejected rows leaves none behind.
    files(orders="订单编号,日期,价税合计\n1,2024-01-05,1\n")
    assert not (tmp_path / "data" / report.files[0].rejects).exists()


def test_an_error_writes_nothing(files, tmp_path):
    files(orders=ORDERS)
    before = open_store(tmp_path / "data")
    with pytest.raises(ContractError):
        files(orders="订单编号,日期\n1,2024-01-05\n", reps="工号,姓名\n1,张三\n")
    assert open_store(tmp_path / "data") == before


def test_a_table_can_be_added_later(files):
    files(orders=ORDERS, mapping="company: {name: 甲, regions: [华南, 华东]}\n")
    report, store = files(
        reps="工号,姓名,大区\nR1,张三,华东\n",
        targets="期间,大区,目标\n2024-01,华西,1\n2024-01,华东,2\n",
    )
    assert store.tables == ("orders", "targets", "reps")
    assert store.company.name == "甲"
    assert store.company.regions == ("华南", "华东")
    # Targets are held against the orders that were there.
    assert rules(report, "error") == ["unknown_scope"]
    assert store.read("targets")["region"].tolist() == ["华东"]


# --- the edge cases of the domain -------------------------------------------------------------


def test_e07_returns_are_below_zero(files):
    report, store = files(
        orders="order_id,order_date,含税金额,qty,status\nA,2024-01-05,100,2,正常\n"
        "B,2024-01-06,30,1,退货\n"
    )
    rows = store.read("orders").set_index("order_id")
    assert rows.loc["B", ["amount", "qty", "status"]].tolist() == [-30.0, -1.0, "return"]
    money = report.files[0].money
    assert (money.read, money.added, money.written) == (130.0, -60.0, 70.0)
    assert report.reconciles


def test_e08_two_currencies_without_rates_are_refused(files):
    orders = "order_id,order_date,含税金额,currency\nA,2024-01-05,100,USD\nB,2024-01-06,30,CNY\n"
    with pytest.raises(ContractError) as error:
        files(orders=orders)
    assert str(error.value) == (
        "orders.csv → orders: 1 orders are not in CNY, and there is no exchange rate for their day "
        "(row 2: USD). Import table `fx` with date, currency and rate, or a column `fx_rate`."
    )
    report, store = files(orders=orders, fx="date,currency,rate\n2024-01-01,USD,7.1\n")
    rows = store.read("orders").set_index("order_id")
    assert rows["amount"].to_dict() == {"A": 710.0, "B": 30.0}
    assert rows["fx_rate"].to_dict() == {"A": 7.1, "B": 1.0}
    # Money reconciles in the currency it came in.
    assert report.files[0].money.written == pytest.approx(130.0)


def test_e08_rates_that_are_there_already_serve(files):
    files(fx="date,currency,rate\n2024-01-01,USD,7\n", orders=ORDERS)
    _, store = files(orders="order_id,order_date,含税金额,币种\nA,2024-01-05,100,USD\n")
    assert store.read("orders")["amount"].tolist() == [700.0]


def test_e09_amounts_with_and_without_tax_do_not_mix(files):
    with pytest.raises(ContractError) as error:
        files(
            a="订单编号,日期,价税合计\n1,2024-01-05,113\n",
            b="订单编号,日期,不含税金额\n2,2024-01-05,100\n",
        )
    assert str(error.value).startswith(
        "orders: amounts with and without tax come together: a.csv: incl, b.csv: excl."
    )
    with pytest.raises(ContractError, match="the amount is not of the declared tax basis `excl`"):
        files(orders=ORDERS, mapping="company: {tax_basis: excl}\n")
    report, store = files(orders="订单编号,日期,金额\n1,2024-01-05,100\n")
    assert rules(report, "warning") == ["undeclared_tax", "no_region"]
    _, store = files(
        orders="订单编号,日期,价税合计,不含税金额\n1,2024-01-05,113,100\n",
        mapping="company: {tax_basis: excl}\n", to="other",
    )  # fmt: skip
    assert store.read("orders")["amount"].tolist() == [100.0]


def test_e09_tables_that_say_nothing_of_tax_declare_nothing(files):
    files(reps="工号,姓名\nR1,张三\n")
    _, store = files(orders=ORDERS, receivables="发票号,开票日期,到期日,应收金额\n")
    assert store.company.tax_basis == "incl"


def test_e20_counts_are_not_money(files):
    _, store = files(
        targets="指标名称,期间,单位,目标(万元)\nnet_sales,2024,元,5\nnew_customers,2024,家,300\n"
    )
    values = store.read("targets").set_index("metric")["value"]
    assert values.to_dict() == {"net_sales": 50_000.0, "new_customers": 300.0}


def test_e11_a_region_without_target_has_none(files):
    _, store = files(
        orders=ORDERS, targets="period,region,value\n2024-01,华东,100\n2024-01,华南,\n"
    )
    assert store.read("targets")["region"].tolist() == ["华东"]
    assert store.rows("targets", "华南") == 0


def test_e15_the_region_of_an_order_is_that_of_its_day(files):
    _, store = files(
        mapping=TAX
        + "lookups:\n  held: {file: history.csv, key: rep, value: region, from: since}\n"
        "tables:\n  orders:\n    file: orders.csv\n    columns:\n"
        "      region: {column: rep_id, lookup: held, at: order_date}\n",
        orders="order_id,order_date,amount,rep_id\n1,2024-01-05,1,r\n2,2024-06-05,2,r\n",
        reps="rep_id,name,region\nr,张三,华南\n",
        history="rep,region,since\nr,华东,2024-01-01\nr,华南,2024-06-01\n",
    )
    # As of its date for results, current for the person.
    assert store.read("orders", "华东")["order_id"].tolist() == ["1"]
    assert store.read("orders", "华南")["order_id"].tolist() == ["2"]
    assert store.read("reps", "华南")["rep_id"].tolist() == ["r"]


def test_e15_credit_that_is_not_given_out_once_is_rejected(files):
    report, store = files(
        orders=ORDERS, order_credit="order_id,rep_id,share\n000000000001,a,50%\n"
        "000000000001,b,0.5\n000000000002,a,0.7\n",
    )  # fmt: skip
    assert store.read("order_credit")["share"].tolist() == [0.5, 0.5]
    assert rules(report, "error") == ["shares"]


def test_e16_the_same_line_in_two_exports_counts_once(files):
    report, store = files(a=ORDERS, b=ORDERS + "000000000003,2024-01-07,C1,华东,9\n")
    assert store.rows("orders") == 3
    assert [file.rows.merged for file in report.files] == [0, 2]
    assert report.files[1].money.merged == 120.5
    assert report.reconciles


def test_e16_lines_of_one_order_are_not_duplicates(files):
    _, store = files(
        orders="order_id,order_date,含税金额,product_id\nA,2024-01-05,1,p\nA,2024-01-05,1,q\n"
    )
    assert store.read("orders")["line_no"].tolist() == [1, 2]


def test_e16_the_same_key_with_other_values_is_rejected(files):
    report, store = files(
        orders="order_id,line_no,order_date,含税金额\nA,1,2024-01-05,1\nA,1,2024-01-05,2\n"
    )
    assert store.read("orders")["amount"].tolist() == [1.0]
    assert rules(report, "error") == ["duplicate"]


def test_e19_what_nobody_knows_stays_visible(files):
    report, store = files(
        orders="order_id,order_date,含税金额,customer_id,channel\nA,2024-01-05,1,C9,\n",
        customers="customer_id,name,region\nC1,甲,华东\n",
        feedback="id,ts,customer_id,kind\nF,2024-01-05,C1,gossip\n",
    )
    assert store.read("orders", "unmapped")["order_id"].tolist() == ["A"]
    assert store.read("feedback")["kind"].tolist() == ["unmapped"]
    assert set(rules(report, "warning")) >= {"no_region", "reference", "word"}
    assert "unmapped" not in store.regions


@pytest.mark.parametrize(
    ("header", "title"),
    [("价税合计(万元)", ""), ("价税合计（万元）", ""), ("价税合计", "单位：万元\n")],
)
def test_e20_amounts_in_ten_thousands_become_plain(files, header, title):
    report, store = files(
        orders=f"{title}订单编号,日期,{header}\n1,2024-01-05,1.23\n2,2024-01-05,5万\n"
    )
    assert store.read("orders")["amount"].tolist() == [12_300.0, 50_000.0]
    assert "unit" in rules(report, "note")
    assert report.reconciles


def test_e20_percent_in_a_header(files):
    _, store = files(
        opportunities="商机编号,创建日期,商机金额,销售阶段,结果,赢率(%)\n"
        "1,2024-01-05,1,a,进行中,80\n2,2024-01-05,1,a,赢单,15%\n"
    )
    assert store.read("opportunities")["probability"].tolist() == [0.8, 0.15]


def test_e22_gifts_and_internal_orders_are_flagged(files):
    report, store = files(
        mapping=TAX + "values: {orders.is_internal: {是: [关联]}}\n",
        orders="order_id,order_date,amount,qty,赠品,内部订单\n1,2024-01-05,0,1,,\n"
        "2,2024-01-05,3,1,是,否\n3,2024-01-05,5,1,否,关联\n",
    )
    rows = store.read("orders").set_index("order_id")
    assert rows["is_gift"].tolist() == [True, True, False]
    assert rows["is_internal"].tolist() == [False, False, True]
    assert {"gifts", "internal"} <= set(rules(report, "note"))


# --- ways of writing ----------------------------------------------------------------------------


def test_regions_have_one_name_by_declaration_only(files):
    orders = (
        "order_id,order_date,含税金额,region\n1,2024-01-05,1,华东\n2,2024-01-05,2,华东区\n"
        "3,2024-01-05,3,East\n4,2024-01-05,4,总部\n"
    )
    report, store = files(orders=orders)
    assert store.regions == ("East", "华东", "华东区", "总部")
    assert "alike_regions" in rules(report, "warning")
    _, store = files(
        orders=orders,
        mapping="company:\n  regions: [{name: 华东, also: [华东区, East]}]\n  head_office: 总部\n",
        to="other",
    )
    assert store.regions == ("华东",)
    assert store.read("orders", "华东")["amount"].sum() == 6.0
    assert store.read("orders", "")["amount"].tolist() == [4.0]


def test_rows_of_totals_are_left_out_and_held_against_the_sum(files):
    text = "订单编号,日期,价税合计\n1,2024-01-05,1\n小计,,1\n2,2024-01-06,2\n合 计：,,{}\n"
    report, store = files(orders=text.format(3))
    assert store.read("orders")["amount"].sum() == 3.0
    assert report.files[0].rows.totals == 2
    assert "total_differs" not in rules(report)
    report, _ = files(orders=text.format(4))
    assert "total_differs" in rules(report, "warning")


def test_targets_spread_over_columns_of_months(files):
    report, store = files(
        orders=ORDERS,
        targets="大区,2024年1月(万元),2024年2月(万元)\n华东,1,2\n华南,,3\n合计,1,5\n",
    )
    rows = store.read("targets").sort_values(["region", "period"])
    assert rows[["region", "period", "value"]].to_numpy().tolist() == [
        ["华东", "2024-01", 10_000.0], ["华东", "2024-02", 20_000.0], ["华南", "2024-02", 30_000.0]
    ]  # fmt: skip
    tally = report.files[1].rows
    assert (tally.read, tally.added, tally.written, tally.totals) == (3, 1, 3, 1)


def test_a_targets_scope_is_made_of_its_columns(files):
    _, store = files(
        orders=ORDERS.replace("客户编码", "销售员"),
        products="产品编码,产品名称,产品线\nP,x,A\n",
        targets="月份,大区,销售员,产品线,目标\n2024-01,华东,C1,A,5\n2024-01,华东,,,9\n",
    )
    assert sorted(store.read("targets")["scope"]) == [
        "region=华东", "region=华东;rep=C1;product_line=A"
    ]  # fmt: skip


def test_a_row_for_a_quarter_is_spread_to_the_cent(files):
    report, store = files(
        mapping="others: ignore\ntables:\n  targets:\n    file: quota.csv\n    columns:\n"
        "      value: Quota\n      period: {column: Date, spread: quarter, year_starts: 12}\n",
        quota="Date,Quota\n2013-12-28,100\n2014-03-30,0.05\n",
    )
    rows = store.read("targets").set_index("period")["value"]
    assert rows.loc["2013-12":"2014-02"].tolist() == [33.33, 33.33, 33.34]
    assert rows.loc["2014-03":"2014-05"].sum() == pytest.approx(0.05)
    assert report.files[0].rows.added == 4
    assert report.reconciles


def test_bad_rows_are_rejected_before_rows_are_spread_or_added_up(files):
    report, store = files(
        mapping="others: ignore\ntables:\n  targets:\n    file: q.csv\n    add_up: true\n"
        "    columns:\n      value: v\n      period: {column: d, spread: quarter}\n",
        q="d,v\n2024-01-05,30\n2024-02-05,x\n坏,60\n2024-03-05,60\n",
    )
    assert store.read("targets").set_index("period")["value"].to_dict() == {
        "2024-01": 30.0, "2024-02": 30.0, "2024-03": 30.0
    }  # fmt: skip
    assert report.reconciles
    assert report.files[0].money.rejected == 60.0
    assert sorted(rules(report, "error")) == ["unreadable", "unreadable_day"]


def test_days_become_periods_by_rule(files):
    _, store = files(
        mapping="others: ignore\ntables:\n  targets:\n    file: t.csv\n    columns:\n"
        "      value: v\n      metric: m\n      period: {column: d, period: quarter, "
        "year_starts: 4}\n",
        t="d,v,m\n2024-04-30,1,a\n2024-03-31,2,b\n2023-12-31,3,c\n",
    )
    assert store.read("targets")["period"].tolist() == ["2024Q1", "2023Q4", "2023Q3"]


def test_rows_that_differ_in_money_only_can_be_added_up(files):
    report, store = files(
        mapping="others: ignore\ntables:\n  targets:\n    file: t.csv\n    add_up: true\n"
        "    drop: {who: x}\n    columns:\n      value: v\n      period: p\n",
        t="p,v,who\n2024,1,a\n2024,2,b\n2023,5,a\n2024,9,x\n",
    )
    assert store.read("targets").set_index("period")["value"].to_dict() == {"2024": 3, "2023": 5}
    money = report.files[0].money
    assert (money.read, money.written, money.left_out) == (17.0, 8.0, 9.0)
    assert report.reconciles


def test_excel_with_several_tables(files, tmp_path):
    book = Workbook()
    book.remove(book.active)
    for name, rows in {
        "订单": [["标题"], ["订单编号", "日期", "价税合计"], ["0001", "2024-01-05", 3]],
        "人员": [["工号", "姓名"], ["R1", "张三"]],
        "说明": [["请勿修改"]],
    }.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(tmp_path / "全部.xlsx")
    report = import_files([tmp_path / "全部.xlsx"], tmp_path / "data")
    assert report.tables == {"orders": 1, "reps": 1}
    assert report.ignored == ("全部.xlsx [说明]",)
    assert open_store(tmp_path / "data").read("orders")["order_id"].tolist() == ["0001"]


# --- what is refused ----------------------------------------------------------------------------


def test_all_that_is_wrong_is_told_at_once(files):
    with pytest.raises(ContractError) as error:
        files(
            orders="订单编号,单据编号,日期,金额\n1,2,2024-01-05,1\n",
            reps="工号,年龄\n1,2\n",
            thing="a,b\n1,2\n",
        )
    text = str(error.value)
    assert text.startswith("3 problems.")
    assert "`order_id` can be 订单编号, 单据编号" in text
    assert "reps.csv → reps: required column `name` is missing; the columns are 工号, 年龄" in text
    assert "thing.csv: no table fits the columns a, b" in text


def test_a_table_of_which_no_row_is_left_is_refused(files, tmp_path):
    with pytest.raises(ContractError) as error:
        files(orders="订单编号,日期,金额\n1,05/01/2024,1\n2,06/01/2024,2\n")
    assert "2 cells of `order_date` cannot be read as a day (row 2: 05/01/2024, row 3" in str(
        error.value
    )
    assert not (tmp_path / "data").exists()


def test_a_folder_is_imported_without_the_tables_in_it(files, tmp_path):
    files(orders=ORDERS)
    report = import_files([tmp_path], tmp_path / "data")
    assert [file.where for file in report.files] == ["orders.csv"]


def test_errors_speak_the_readers_language(files):
    with pytest.raises(ContractError) as error:
        files(orders="订单编号,日期\n1,2024-01-05\n", language=ZH)
    assert str(error.value).startswith(
        "orders.csv → orders: 缺少必需的列 `amount`；文件里的列有：订单编号, 日期。"
    )


def test_a_mapping_that_does_not_fit_its_files_is_told(files):
    with pytest.raises(ContractError) as error:
        files(
            mapping="tables:\n  orders:\n    - {file: a.csv}\n"
            "    - file: b.csv\n      columns: {order_id: 单号码}\n",
            b="单号,日期,金额\n1,2024-01-05,1\n",
        )
    text = str(error.value)
    assert "mapping.yaml:3 → orders: the mapping file asks for `a.csv`" in text
    assert "the mapping file names column `单号码`, and the columns are 单号, 日期, 金额" in text
    assert "The nearest is 单号." in text


def test_what_is_not_there_is_told(tmp_path):
    with pytest.raises(SourceError, match="no such file"):
        import_files([tmp_path / "no.csv"], tmp_path / "data")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ContractError, match="no file gave a table"):
        import_files([tmp_path / "empty"], tmp_path / "data")
    assert not (tmp_path / "data").exists()
    with pytest.raises(ParameterError, match="cannot be read as UTF-8 text"):
        import_files([tmp_path], tmp_path / "data", tmp_path / "no.yaml")


def test_a_database_needs_its_address_in_the_environment(files, monkeypatch):
    mapping = "tables:\n  orders: {database: SALES_DB, query: orders}\n"
    monkeypatch.delenv("SALES_DB", raising=False)
    with pytest.raises(SourceError) as error:
        files(mapping=mapping)
    assert "the environment variable `SALES_DB` is not set" in str(error.value)


def test_names_are_kept_as_text(files):
    nasty = "<script>alert(1)</script>"
    _, store = files(
        customers=f"客户编码,客户名称,大区\n=1+1,{nasty},../../x\n",
        orders="订单编号,日期,价税合计,客户编码\n1,2024-01-05,1,=1+1\n",
    )
    assert store.read("customers", "../../x")["name"].tolist() == [nasty]
    assert store.read("orders", "../../x")["customer_id"].tolist() == ["=1+1"]


def test_importing_twice_gives_the_same_bytes(files, tmp_path):
    files(orders=ORDERS)
    before = {p.name: p.read_bytes() for p in (tmp_path / "data").rglob("*.*")}
    files(orders=ORDERS)
    assert {p.name: p.read_bytes() for p in (tmp_path / "data").rglob("*.*")} == before
