"""The team, its market and what it plans to do; the three tables that configure."""

from __future__ import annotations

from salesnb.data.contract import Column, Table
from salesnb.data.tables_sales import PRODUCT, REGION, REP

REPS = Table(
    "reps",
    "one row for each person who sells",
    date="hire_date",
    aliases=("rep", "salesperson", "employee", "staff", "销售员", "人员", "员工", "花名册"),
    columns=(
        Column(
            "rep_id",
            "id",
            key=True,
            required=True,
            aliases=(*REP.aliases, "人员编码", "员工编号"),
            stand_ins=("销售员", "业务员"),
        ),
        Column("name", "text", required=True, aliases=("姓名", "员工姓名", "rep_name", "人员名称")),
        Column("team", "category", aliases=("团队", "小组", "部门", "所属团队")),
        REGION,
        Column("role", "category", aliases=("角色", "岗位", "职位", "职务", "title")),
        Column("hire_date", "date", aliases=("入职日期", "入职时间")),
        Column("leave_date", "date", aliases=("离职日期", "离职时间")),
        Column("industry_years", "number", low=0, aliases=("行业年限", "从业年限", "行业经验")),
        Column("mentor_id", "id", refers="reps", aliases=("导师", "师傅", "带教人")),
        Column("manager_id", "id", refers="reps", aliases=("上级", "直属上级", "主管")),
        Column("fte", "number", default=1, low=0, high=1, aliases=("工时系数", "全职当量")),
    ),
)

ASSESSMENTS = Table(
    "assessments",
    "one row for each rep, period, dimension and kind of rater",
    region_from=(("rep_id", "reps"),),
    aliases=("assessment", "评估", "考评", "能力评估", "360"),
    columns=(
        Column(
            "rep_id",
            "id",
            key=True,
            required=True,
            refers="reps",
            aliases=REP.aliases,
            stand_ins=(*REP.stand_ins, "姓名"),
        ),
        Column(
            "period", "period", key=True, required=True, aliases=("期间", "月份", "季度", "年度")
        ),
        Column(
            "dimension", "category", key=True, required=True, aliases=("维度", "能力项", "评估维度")
        ),
        Column(
            "rater_role",
            "category",
            key=True,
            required=True,
            aliases=("评估人角色", "评价人", "评分人"),
        ),
        Column("score", "number", required=True, aliases=("得分", "评分", "分数")),
        REGION,
    ),
)

TRAINING = Table(
    "training",
    "one row for each session and person",
    date="date",
    region_from=(("rep_id", "reps"),),
    aliases=("training", "培训"),
    columns=(
        Column(
            "session_id", "id", key=True, required=True, aliases=("培训编号", "场次", "课程编号")
        ),
        Column(
            "rep_id",
            "id",
            key=True,
            required=True,
            refers="reps",
            aliases=REP.aliases,
            stand_ins=(*REP.stand_ins, "姓名"),
        ),
        Column("date", "date", required=True, aliases=("日期", "培训日期")),
        Column("topic", "category", aliases=("主题", "课程", "培训内容")),
        Column("hours", "number", low=0, aliases=("课时", "时长")),
        Column("exam_score", "number", aliases=("考试成绩", "成绩", "得分")),
        Column("passed", "flag", aliases=("是否通过", "通过", "是否合格")),
        REGION,
    ),
)

MARKET = Table(
    "market",
    "one row for each period, scope and competitor",
    money="",
    aliases=("market", "市场", "行业数据"),
    columns=(
        Column(
            "period", "period", key=True, required=True, aliases=("期间", "年度", "月份", "季度")
        ),
        Column("scope", "category", key=True, default="", aliases=("范围",)),
        Column("competitor", "category", key=True, default="", aliases=("竞争对手", "竞品")),
        REGION,
        Column("market_size", "money", low=0, aliases=("市场规模", "市场容量")),
        Column("own_scope_note", "text", aliases=("口径说明", "备注")),
        Column(
            "competitor_share", "number", low=0, high=1, aliases=("竞品份额", "市场份额", "份额")
        ),
        Column("price_index", "number", low=0, aliases=("价格指数",)),
        Column(
            "channel_penetration", "number", low=0, high=1, aliases=("渠道渗透率", "线上渗透率")
        ),
        Column("addressable_customers", "integer", low=0, aliases=("目标客户数", "可触达客户数")),
    ),
)

STOCK = Table(
    "stock",
    "one row for each day, product and region counted",
    date="date",
    aliases=("stock", "inventory", "库存"),
    columns=(
        Column("date", "date", key=True, required=True, aliases=("日期", "盘点日期", "库存日期")),
        Column(
            "product_id",
            "id",
            key=True,
            required=True,
            refers="products",
            aliases=PRODUCT.aliases,
            stand_ins=PRODUCT.stand_ins,
        ),
        Column("region", "category", key=True, default="", aliases=REGION.aliases),
        Column("qty", "number", required=True, aliases=("数量", "库存数量", "结存数量")),
        Column("value", "money", aliases=("库存金额", "结存金额", "金额")),
    ),
)

ACTIONS = Table(
    "actions",
    "one row for each action agreed",
    date="due",
    region_from=(("owner", "reps"),),
    aliases=("action", "行动", "行动计划", "措施"),
    columns=(
        Column(
            "action_id", "id", key=True, required=True, aliases=("编号", "行动编号", "任务编号")
        ),
        Column(
            "title", "text", required=True, aliases=("行动", "标题", "措施", "任务", "行动内容")
        ),
        Column("strategy", "category", aliases=("策略", "对应策略")),
        Column("owner", "id", required=True, refers="reps", aliases=("责任人", "负责人")),
        Column("start", "date", aliases=("开始日期",)),
        Column("due", "date", required=True, aliases=("截止日期", "完成日期", "到期日期")),
        Column(
            "status",
            "category",
            default="open",
            values={
                "open": ("未开始", "待办", "todo", "planned"),
                "doing": ("进行中", "执行中", "in progress"),
                "done": ("已完成", "完成", "completed", "closed"),
                "cancelled": ("取消", "已取消", "canceled"),
            },
            aliases=("状态", "进度"),
        ),
        Column("done_date", "date", aliases=("实际完成日期", "完成时间")),
        Column("phase", "integer", aliases=("阶段",)),
        Column("kpi", "text", aliases=("衡量指标", "考核指标", "KPI")),
        Column("baseline", "number", aliases=("基线", "现状值")),
        Column("target", "number", aliases=("目标", "目标值")),
        Column("actual", "number", aliases=("实际", "实际值")),
        Column("budget", "money", low=0, aliases=("预算", "费用预算")),
        Column("evidence", "text", aliases=("依据", "佐证")),
        Column(
            "kind",
            "category",
            default="action",
            values={
                "action": ("行动",),
                "milestone": ("里程碑",),
                "practice": ("经验", "最佳实践"),
                "initiative": ("专项", "举措"),
            },
            aliases=("类型",),
        ),
        Column("depends_on", "text", aliases=("前置任务", "依赖")),
        REGION,
    ),
)

RISKS = Table(
    "risks",
    "one row for each risk kept an eye on",
    region_from=(("owner", "reps"),),
    aliases=("risk", "风险"),
    columns=(
        Column("risk_id", "id", key=True, required=True, aliases=("编号", "风险编号")),
        Column("type", "category", aliases=("类型", "风险类型")),
        Column("description", "text", required=True, aliases=("描述", "风险描述", "内容")),
        Column("probability", "integer", low=1, high=5, aliases=("可能性", "概率")),
        Column("impact", "integer", low=1, high=5, aliases=("影响", "影响程度")),
        Column("trigger_metric", "text", aliases=("触发指标",)),
        Column("trigger_rule", "text", aliases=("触发条件",)),
        Column("response", "text", aliases=("应对", "应对措施")),
        Column("owner", "id", refers="reps", aliases=("责任人", "负责人")),
        Column("status", "category", aliases=("状态",)),
        REGION,
    ),
)

EVENTS = Table(
    "events",
    "one row for each thing that happened, inside or outside",
    date="date",
    aliases=("event", "事件", "大事记"),
    columns=(
        Column("date", "date", required=True, aliases=("日期", "发生日期")),
        Column("scope", "category", default="", aliases=("范围",)),
        REGION,
        Column(
            "kind",
            "category",
            values={"external": ("外部",), "internal": ("内部",)},
            aliases=("类型",),
        ),
        Column("description", "text", required=True, aliases=("描述", "事件", "内容", "说明")),
    ),
)

INCENTIVES = Table(
    "incentives",
    "one row for each rate of commission or bonus",
    aliases=("incentive", "commission", "提成", "奖金", "激励"),
    columns=(
        Column("scope", "category", key=True, default="", aliases=("范围", "适用范围")),
        Column("tier", "category", key=True, default="", aliases=("档次", "等级")),
        Column("threshold", "number", key=True, default=0, aliases=("门槛", "起提点")),
        Column("rate", "number", low=0, aliases=("提成率", "比例", "提成比例")),
        Column("bonus", "money", low=0, aliases=("奖金", "奖金额")),
        Column("valid_from", "date", aliases=("生效日期",)),
        Column("valid_to", "date", aliases=("失效日期",)),
    ),
)

FX = Table(
    "fx",
    "one row for each day from which a currency's rate holds: money of the company for one unit",
    date="date",
    aliases=("fx", "exchange", "汇率"),
    columns=(
        Column("date", "date", key=True, required=True, aliases=("日期", "生效日期")),
        Column("currency", "category", key=True, required=True, aliases=("币种", "币别", "外币")),
        Column("rate", "number", required=True, low=0, aliases=("汇率", "折算率")),
        Column(
            "kind",
            "category",
            key=True,
            default="actual",
            values={"actual": ("实际", "即期"), "plan": ("计划", "预算")},
            aliases=("类型", "汇率类型"),
        ),
    ),
)

CALENDAR = Table(
    "calendar",
    "one row for each day the company's calendar differs or is weighted",
    date="date",
    aliases=("calendar", "日历", "工作日历"),
    columns=(
        Column("date", "date", key=True, required=True, aliases=("日期",)),
        Column("is_workday", "flag", required=True, aliases=("是否工作日", "工作日")),
        Column("fiscal_period", "period", aliases=("财务期间", "会计期间")),
        Column("season_weight", "number", low=0, aliases=("季节权重", "权重")),
    ),
)

TABLES = (
    REPS,
    ASSESSMENTS,
    TRAINING,
    MARKET,
    STOCK,
    ACTIONS,
    RISKS,
    EVENTS,
    INCENTIVES,
    FX,
    CALENDAR,
)
