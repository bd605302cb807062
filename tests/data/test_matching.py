"""Which column is which: by name, alias or mapping, never by guess."""

import pytest

from salesnb.data.matching import (
    header_key,
    header_unit,
    match_columns,
    match_table,
    missing_column,
    period_headers,
)
from salesnb.data.tables import TABLES
from salesnb.language import Language

ORDERS = TABLES["orders"]


def found(*headers, **options):
    matching = match_columns(ORDERS, headers, **options)
    return {match.column: (match.source, match.why) for match in matching.matches}


@pytest.mark.parametrize(
    ("header", "key"),
    [
        ("訂單編號", "订单编号"), (" 订单 编号 ", "订单编号"), ("ＡＭＯＵＮＴ", "amount"),
        ("Order_Date", "orderdate"), ("order-date", "orderdate"), ("*日期：", "日期"),
        ("金额（万元）", "金额"), ("金额/万元", "金额"), ("金额#2", "金额"), ("赢率(%)", "赢率"),
        ("數量(件)", "数量"), ("金额(含税)", "金额(含税)"),
    ],
)  # fmt: skip
def test_headers_that_say_the_same_have_one_key(header, key):
    assert header_key(header) == key


@pytest.mark.parametrize(
    ("header", "unit", "scale"),
    [
        ("金额（万元）", "万元", 1e4), ("金额(千元)", "千元", 1e3), ("金额[亿元]", "亿元", 1e8),
        ("金额(元)", "元", 1.0), ("金额（单位：百万元）", "百万元", 1e6), ("金额(万)", "万", 1e4),
        ("赢率(%)", "%", 0.01), ("金额(USD)", "USD", 1.0), ("金额", "", 1.0),
    ],
)  # fmt: skip
def test_units_in_headers(header, unit, scale):
    assert header_unit(header)[1:] == (unit, scale)


@pytest.mark.parametrize(
    "headers",
    [
        ["单据编号", "日期", "购货单位", "物料编码", "数量", "价税合计", "业务员", "渠道"],
        ["FBillNo", "FDate", "FCustId", "FMaterialId", "FQty", "FAllAmount", "FSalerId", "渠道"],
        ["code", "vouchdate", "agentId", "productId", "qty", "natSum", "corpContactUserName",
         "店铺"],
        ["OrderNumber", "CloseDate", "AccountId", "Product2Id", "quantity", "Amount", "OwnerId",
         "hs_analytics_source"],
    ],
    ids=["chinese", "kingdee", "yonyou", "salesforce"],
)  # fmt: skip
def test_exports_of_usual_programs_match_by_themselves(headers):
    matching = match_columns(ORDERS, headers)
    assert matching.unclear == ()
    assert matching.ignored == ()
    assert {match.column for match in matching.matches} == {
        "order_id", "order_date", "customer_id", "product_id", "qty", "amount", "rep_id", "channel"
    }  # fmt: skip


def test_a_name_goes_before_an_alias_and_an_alias_before_a_stand_in():
    assert found("order_id", "订单号")["order_id"] == ("order_id", "name")
    matching = match_columns(ORDERS, ["客户名称", "客户编码"])
    assert [(m.source, m.why) for m in matching.matches] == [("客户编码", "alias")]
    assert matching.ignored == ("客户名称",)
    assert found("客户名称")["customer_id"] == ("客户名称", "stand_in")


def test_two_candidates_are_refused_with_how_to_settle_it():
    matching = match_columns(ORDERS, ["订单编号", "单据编号", "日期", "金额"])
    assert "order_id" not in {match.column for match in matching.matches}
    # It is unclear and not missing.
    assert matching.missing == ()
    (flaw,) = matching.unclear
    assert str(flaw.problem(Language.load("en"))) == (
        "orders: `order_id` can be 订单编号, 单据编号. "
        "Settle it in a mapping file: `order_id: 订单编号` under the columns of this table."
    )
    assert str(flaw.problem(Language.load("zh"))) == (
        "orders: `order_id` 有多个候选：订单编号, 单据编号。 "
        "请在映射文件里定下来：在该表的 columns 下写 `order_id: 订单编号`。"
    )


def test_the_same_header_twice_is_two_candidates():
    assert match_columns(ORDERS, ["金额", "金额#2"]).unclear[0].details["found"] == "金额, 金额#2"


def test_a_mapping_settles():
    assert found("订单编号", "单据编号", settled={"order_id": "单据编号"})["order_id"] == (
        "单据编号", "mapping"
    )  # fmt: skip
    assert found("实收", more={"amount": ("实收",)})["amount"] == ("实收", "mapping")
    assert found("订单编号", "日期", settled={"order_id": "日期"}, rest=False) == {
        "order_id": ("日期", "mapping")
    }


def test_the_declared_tax_basis_settles_between_amounts():
    both = ["价税合计", "不含税金额"]
    assert match_columns(ORDERS, both).unclear[0].column == "amount"
    assert found(*both, tax="incl")["amount"][0] == "价税合计"
    assert found(*both, tax="excl")["amount"][0] == "不含税金额"
    assert match_columns(ORDERS, ["不含税金额"]).matches[0].tax == "excl"
    assert match_columns(ORDERS, ["金额"]).matches[0].tax == ""


def test_a_missing_column_tells_what_was_found_instead():
    problem = missing_column(ORDERS, "amount", ["单据编号", "amout"]).problem(Language.load("en"))
    assert str(problem) == (
        "orders: required column `amount` is missing; the columns are 单据编号, amout. "
        "It is known as amount, 价税合计, 含税金额, 本币含税金额, 不含税金额, 无税金额. "
        "Or name it in a mapping file, such as `amount: amout`."
    )


@pytest.mark.parametrize(
    ("names", "headers", "tables"),
    [
        (["Sheet1", "2024订单"], ["单据编号", "日期", "金额"], ("orders",)),
        (["x"], ["单据编号", "日期", "价税合计"], ("orders",)),
        (["order_credit"], ["order_id", "rep_id", "share"], ("order_credit",)),
        (["客户订单"], ["订单号", "日期", "金额", "客户编码"], ("orders",)),
        (["目标"], ["大区", "2024年1月", "2024年2月"], ("targets",)),
        (["x"], ["大区", "2024-01", "2024-02"], ("targets",)),
        (["x"], ["a", "b"], ()),
        (["说明"], ["请勿修改"], ()),
        (["reps"], ["rep_id"], ("reps",)),
    ],
)
def test_which_table_a_sheet_is(names, headers, tables):
    assert match_table(names, headers, {}) == tables


def test_a_sheet_that_fits_two_tables_is_unclear():
    # 日期 and 描述 say no more than that something happened.
    assert len(match_table(["x"], ["编号", "名称"], {})) != 1


def test_period_headers_need_a_year():
    assert period_headers(["1月", "2月", "合计"]) == {}
    assert period_headers(["2024年第一季度", "2024Q2"]) == {
        "2024年第一季度": "2024Q1", "2024Q2": "2024Q2"
    }  # fmt: skip
