"""From first contact to a signed order: leads, opportunities, activities, channel spend."""

from __future__ import annotations

from salesnb.data.contract import Column, Table
from salesnb.data.tables_sales import CUSTOMER, PRODUCT, REGION, REP

CAMPAIGN = Column("campaign_id", "id", aliases=("活动编号", "市场活动", "CampaignId"))
OPPORTUNITY = Column(
    "opp_id",
    "id",
    refers="opportunities",
    aliases=("商机编号", "机会编号", "商机编码", "OpportunityId"),
    stand_ins=("商机名称", "机会名称", "商机", "销售机会"),
)

LEADS = Table(
    "leads",
    "one row for each lead",
    date="created",
    region_from=(("rep_id", "reps"), ("customer_id", "customers")),
    aliases=("lead", "线索", "销售线索"),
    columns=(
        Column(
            "lead_id", "id", key=True, required=True, aliases=("线索编号", "线索编码", "线索ID")
        ),
        Column(
            "created",
            "time",
            required=True,
            aliases=("创建时间", "创建日期", "线索日期", "录入时间", "CreatedDate"),
        ),
        REGION,
        Column(
            "channel",
            "category",
            aliases=("线索来源", "渠道", "来源", "来源渠道", "LeadSource", "hs_analytics_source"),
        ),
        CAMPAIGN,
        CUSTOMER,
        REP,
        Column(
            "verdict",
            "category",
            default="undecided",
            values={
                "valid": ("有效", "合格", "已转化", "已转换", "qualified", "converted"),
                "invalid": ("无效", "不合格", "已关闭", "disqualified", "unqualified"),
                "undecided": (
                    "未判定",
                    "待跟进",
                    "跟进中",
                    "未处理",
                    "新线索",
                    "new",
                    "open",
                    "working",
                ),
            },
            aliases=("线索状态", "是否有效", "有效性", "跟进状态", "Status"),
        ),
        Column("score", "number", aliases=("评分", "线索评分", "得分")),
        Column("first_response", "time", aliases=("首次响应时间", "首次跟进时间")),
        Column("converted_date", "date", aliases=("转化日期", "成交日期", "ConvertedDate")),
        OPPORTUNITY,
        Column("lost_reason", "category", aliases=("流失原因", "无效原因", "丢失原因")),
    ),
)

OPPORTUNITIES = Table(
    "opportunities",
    "one row for each opportunity",
    date="created",
    money="amount",
    region_from=(("rep_id", "reps"), ("customer_id", "customers")),
    aliases=("opportunity", "deal", "pipeline", "商机", "销售机会"),
    columns=(
        Column(
            "opp_id",
            "id",
            key=True,
            required=True,
            aliases=OPPORTUNITY.aliases,
            stand_ins=OPPORTUNITY.stand_ins,
        ),
        Column(
            "created",
            "date",
            required=True,
            aliases=("创建日期", "创建时间", "CreatedDate"),
        ),
        REGION,
        CUSTOMER,
        REP,
        PRODUCT,
        Column(
            "amount",
            "money",
            required=True,
            aliases=("商机金额", "预计金额", "预计销售金额", "金额", "ExpectedRevenue", "Amount"),
        ),
        Column(
            "stage",
            "category",
            required=True,
            aliases=("销售阶段", "机会阶段", "商机阶段", "阶段", "StageName", "dealstage"),
        ),
        Column("stage_order", "integer", aliases=("阶段序号", "阶段顺序")),
        Column(
            "close_date",
            "date",
            aliases=(
                "实际关闭日期",
                "结单日期",
                "关闭日期",
                "成交日期",
                "实际成交日期",
            ),
        ),
        Column(
            "expected_close",
            "date",
            aliases=(
                "预计成交日期",
                "预计结单日期",
                "预计关闭日期",
                "CloseDate",
            ),
        ),
        Column(
            "outcome",
            "category",
            required=True,
            values={
                "open": ("进行中", "跟进中", "打开"),
                "won": ("赢单", "成交", "已成交", "closed won", "closedwon"),
                "lost": ("输单", "丢单", "失单", "已关闭", "无效", "closed lost", "closedlost"),
            },
            aliases=("结果", "商机状态", "赢输", "输赢状态"),
        ),
        Column("loss_reason", "category", aliases=("输单原因", "丢单原因", "失单原因")),
        Column("competitor", "category", aliases=("竞争对手", "竞品", "主要竞争对手")),
        Column("probability", "number", low=0, high=1, aliases=("赢率", "成功率", "Probability")),
        Column("lead_id", "id", refers="leads", aliases=("线索编号", "LeadId")),
    ),
)

OPP_STAGE_HISTORY = Table(
    "opp_stage_history",
    "one row for each time an opportunity entered a stage",
    date="entered",
    region_from=(("opp_id", "opportunities"),),
    aliases=("stage_history", "stages", "商机阶段", "阶段历史", "阶段变更"),
    columns=(
        Column(
            "opp_id",
            "id",
            key=True,
            required=True,
            refers="opportunities",
            aliases=OPPORTUNITY.aliases,
            stand_ins=OPPORTUNITY.stand_ins,
        ),
        Column(
            "entered",
            "time",
            key=True,
            required=True,
            aliases=("进入时间", "进入日期", "变更时间", "开始时间"),
        ),
        Column(
            "stage",
            "category",
            required=True,
            aliases=(
                "阶段",
                "销售阶段",
                "商机阶段",
                "StageName",
            ),
        ),
        Column("stage_order", "integer", aliases=("阶段序号", "阶段顺序")),
        Column("left", "time", aliases=("离开时间", "离开日期", "结束时间")),
        REGION,
    ),
)

ACTIVITIES = Table(
    "activities",
    "one row for each contact with a customer",
    date="ts",
    region_from=(("rep_id", "reps"), ("customer_id", "customers")),
    aliases=("activity", "visits", "拜访", "跟进", "活动记录", "跟进记录"),
    columns=(
        Column(
            "activity_id",
            "id",
            key=True,
            required=True,
            aliases=("活动编号", "记录编号", "拜访编号"),
        ),
        Column(
            "ts",
            "time",
            required=True,
            aliases=(
                "时间",
                "跟进时间",
                "拜访时间",
                "活动时间",
                "日期",
                "拜访日期",
                "跟进日期",
            ),
        ),
        REGION,
        Column(
            "rep_id",
            "id",
            required=True,
            refers="reps",
            aliases=REP.aliases,
            stand_ins=REP.stand_ins,
        ),
        CUSTOMER,
        OPPORTUNITY,
        Column(
            "type",
            "category",
            values={
                "visit": ("拜访", "上门", "客户拜访", "meeting"),
                "call": ("电话", "通话", "phone"),
                "mail": ("邮件", "email"),
                "demo": ("演示", "方案演示"),
                "contact-back": ("回访", "客户回访"),
            },
            aliases=("类型", "跟进方式", "拜访方式", "活动类型"),
        ),
        Column("replied", "flag", aliases=("是否回复", "回复")),
        Column("duration", "number", low=0, aliases=("时长", "时长分钟")),
    ),
)

CHANNEL_SPEND = Table(
    "channel_spend",
    "one row for each month, channel, region and campaign",
    money="spend",
    aliases=("spend", "marketing", "渠道费用", "市场费用", "推广费用", "投放"),
    columns=(
        Column(
            "period", "period", key=True, required=True, aliases=("期间", "月份", "年月", "month")
        ),
        Column(
            "channel", "category", key=True, required=True, aliases=("渠道", "投放渠道", "推广渠道")
        ),
        Column("region", "category", key=True, default="", aliases=REGION.aliases),
        Column("campaign_id", "id", key=True, default="", aliases=CAMPAIGN.aliases),
        Column(
            "spend",
            "money",
            required=True,
            low=0,
            aliases=("费用", "花费", "投入", "投放费用", "cost"),
        ),
        Column("leads_reported", "integer", low=0, aliases=("线索数", "线索量", "上报线索数")),
    ),
)

TABLES = (LEADS, OPPORTUNITIES, OPP_STAGE_HISTORY, ACTIVITIES, CHANNEL_SPEND)
