"""After the order: invoices and cash, contracts, feedback, tickets."""

from __future__ import annotations

from salesnb.data.contract import Column, Table
from salesnb.data.tables_funnel import OPPORTUNITY
from salesnb.data.tables_sales import CUSTOMER, PRODUCT, REGION

RECEIVABLES = Table(
    "receivables",
    "one row for each invoice",
    date="invoice_date",
    money="amount",
    region_from=(("order_id", "orders"), ("customer_id", "customers")),
    aliases=("receivable", "invoice", "应收", "应收单", "发票", "开票"),
    columns=(
        Column(
            "invoice_id", "id", key=True, required=True, aliases=("发票号", "应收单号", "单据编号")
        ),
        Column("order_id", "id", refers="orders", aliases=("订单编号", "订单号", "销售单号")),
        CUSTOMER,
        REGION,
        Column("invoice_date", "date", required=True, aliases=("开票日期", "应收日期", "单据日期")),
        Column(
            "due_date", "date", required=True, aliases=("到期日", "到期日期", "expiringDateTime")
        ),
        Column(
            "amount", "money", required=True, aliases=("应收金额", "开票金额", "发票金额", "金额")
        ),
    ),
)

RECEIPTS = Table(
    "receipts",
    "one row for each payment received and invoice it settles; no invoice: not yet applied",
    date="receipt_date",
    money="amount",
    region_from=(("invoice_id", "receivables"), ("customer_id", "customers")),
    aliases=("receipt", "payment", "收款", "回款", "收款单"),
    columns=(
        Column(
            "receipt_id",
            "id",
            key=True,
            required=True,
            aliases=("收款单号", "回款单号", "单据编号"),
        ),
        Column(
            "invoice_id", "id", refers="receivables", aliases=("发票号", "应收单号", "核销单号")
        ),
        CUSTOMER,
        REGION,
        Column("receipt_date", "date", required=True, aliases=("收款日期", "回款日期", "单据日期")),
        Column("amount", "money", required=True, aliases=("收款金额", "回款金额", "金额")),
    ),
)

CONTRACTS = Table(
    "contracts",
    "one row for each contract",
    date="start",
    money="amount",
    region_from=(("customer_id", "customers"),),
    aliases=("contract", "合同"),
    columns=(
        Column("contract_id", "id", key=True, required=True, aliases=("合同编号", "合同号")),
        CUSTOMER,
        REGION,
        Column("start", "date", required=True, aliases=("开始日期", "生效日期", "合同开始日期")),
        Column("end", "date", required=True, aliases=("结束日期", "到期日期", "合同结束日期")),
        Column("amount", "money", required=True, aliases=("合同金额", "金额", "合同总额")),
        Column("renewed_by", "id", refers="contracts", aliases=("续签合同", "续约合同编号")),
        Column("renewal_decision_date", "date", aliases=("续签日期", "续约决定日期")),
    ),
)

FEEDBACK = Table(
    "feedback",
    "one row for each answer of a customer",
    date="ts",
    region_from=(("customer_id", "customers"),),
    aliases=("survey", "nps", "csat", "反馈", "客户反馈", "满意度"),
    columns=(
        Column("id", "id", key=True, required=True, aliases=("编号", "反馈编号", "feedback_id")),
        Column("ts", "time", required=True, aliases=("时间", "反馈时间", "日期", "反馈日期")),
        CUSTOMER,
        REGION,
        PRODUCT,
        Column(
            "kind",
            "category",
            values={
                "csat": ("满意度",),
                "nps": ("净推荐值", "推荐"),
                "theme": ("主题", "意见"),
                "survey": ("调查", "问卷"),
            },
            aliases=("类型", "反馈类型"),
        ),
        Column("score", "number", aliases=("评分", "得分", "分数")),
        Column("theme", "category", aliases=("主题", "反馈主题", "问题类型")),
        Column("text", "text", aliases=("内容", "反馈内容", "原话")),
    ),
)

TICKETS = Table(
    "tickets",
    "one row for each complaint or request",
    date="opened",
    region_from=(("customer_id", "customers"), ("opp_id", "opportunities")),
    aliases=("ticket", "complaint", "工单", "投诉"),
    columns=(
        Column(
            "id", "id", key=True, required=True, aliases=("编号", "工单编号", "工单号", "ticket_id")
        ),
        Column("opened", "time", required=True, aliases=("创建时间", "提交时间", "受理时间")),
        Column("first_response", "time", aliases=("首次响应时间", "响应时间")),
        Column("closed", "time", aliases=("关闭时间", "解决时间", "完成时间")),
        Column(
            "kind",
            "category",
            values={
                "complaint": ("投诉",),
                "service": ("服务", "售后"),
                "internal": ("内部", "内部协作"),
            },
            aliases=("类型", "工单类型"),
        ),
        Column("department", "category", aliases=("部门", "责任部门")),
        CUSTOMER,
        REGION,
        OPPORTUNITY,
        Column("sla_hours", "number", low=0, aliases=("时限", "响应时限", "SLA")),
        Column("cause", "category", aliases=("原因", "投诉原因")),
    ),
)

TABLES = (RECEIVABLES, RECEIPTS, CONTRACTS, FEEDBACK, TICKETS)
