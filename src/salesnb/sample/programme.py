"""What was agreed, feared and noted: actions, risks, events, incentives."""

from __future__ import annotations

from datetime import date

import pandas as pd

from salesnb.sample.people import People

_ACTIONS = (
    # title, strategy, owner, start, due, done, phase, kpi, baseline, target, actual, budget, kind
    ("中西部客户需求调研12场", "补强薄弱区域", "吴八", "2023-02-06", "2023-06-30", "2023-06-26",
     1, "attainment", 0.70, 0.90, 0.85, 180_000, "action"),
    ("向中西部派驻2名资深客户经理", "补强薄弱区域", "吴八", "2023-03-01", "2023-04-28", "2023-04-24",
     1, "net_sales", None, None, None, 260_000, "action"),
    ("大客户专属服务方案上线", "守住大客户", "赵六", "2023-01-16", "2023-03-31", "2023-03-30",
     1, "key_account_revenue_share", 0.45, 0.50, 0.55, 90_000, "initiative"),
    ("C系列定制方案样板客户5家", "发展新业务", "王五", "2023-02-20", "2023-09-28", "2023-09-20",
     2, "net_sales", None, None, None, 320_000, "initiative"),
    ("沉睡客户挽回计划：60家逐一回访", "挽回流失客户", "周七", "2023-02-01", "2023-10-31", "2023-10-27",
     2, "win_back_rate", None, 0.20, 0.20, 50_000, "initiative"),
    ("师带徒：10对结对", "提升团队能力", "沈总监", "2023-01-09", "2023-02-28", "2023-02-24",
     1, "ramp_months", 6.0, 4.5, 4.0, 60_000, "action"),
    ("CRM全员使用并纳入周会", "规范流程", "沈总监", "2023-01-03", "2023-03-31", "2023-03-28",
     1, "crm_adoption", 0.9, 1.0, 1.0, 40_000, "action"),
    ("全年参展8场，现场筛选有效线索", "优化获客渠道", "李四", "2023-03-01", "2023-11-30", "2023-11-24",
     2, "lead_conversion", 0.16, 0.18, 0.18, 720_000, "action"),
    ("投诉24小时响应、72小时回访", "改善服务", "郑九", "2023-04-03", "2023-06-30", "2023-06-29",
     1, "csat", 0.81, 0.85, 0.89, 30_000, "practice"),
    ("线索评分规则上线", "提高线索质量", "李四", "2023-07-03", "2023-09-28", "2023-10-18",
     2, "lead_conversion", 0.11, 0.15, 0.12, 20_000, "action"),
    ("清理A系列库存30%", "优化产品结构", "张三", "2024-01-02", "2024-03-29", "2024-03-28",
     1, "clearance_rate", 0.0, 0.30, 0.31, 80_000, "milestone"),
    ("中西部办事处设立", "补强薄弱区域", "吴八", "2024-01-08", "2024-03-29", "2024-03-27",
     1, "net_sales", None, None, None, 400_000, "milestone"),
    ("客户分层：战略、重点、普通名单定稿", "客户经营", "赵六", "2024-02-19", "2024-03-29", "2024-03-29",
     1, "repurchase_rate", 0.70, 0.75, None, 0, "milestone"),
    ("华南直播间每周3场", "发展线上渠道", "周七", "2024-03-04", "2024-06-28", None,
     2, "share", 0.22, 0.28, None, 240_000, "action"),
    ("B+上市巡展（华东、华南）", "新品上市", "李四", "2024-04-08", "2024-05-31", "2024-05-30",
     2, "net_sales", None, None, None, 350_000, "milestone"),
    ("B+备货1000台，另备200台", "新品上市", "李四", "2024-04-01", "2024-05-15", "2024-05-14",
     2, "units", None, 1200.0, 1200.0, 0, "milestone"),
    ("北方经销商评级，列出后20%名单", "优化渠道", "郑九", "2024-04-15", "2024-05-31", "2024-06-07",
     2, "dealer_growth", 0.0, 0.12, None, 20_000, "action"),
    ("下单审批由3天缩短到1天", "规范流程", "沈总监", "2024-03-18", "2024-04-30", "2024-04-28",
     2, "approval_days", 3.0, 1.0, 1.6, 0, "action"),
    ("中西部推广会5场", "补强薄弱区域", "吴八", "2024-04-15", "2024-09-27", None,
     3, "new_customers", None, 12.0, None, 150_000, "action"),
    ("五月：各区域回访前20名客户", "客户经营", "赵六", "2024-05-06", "2024-05-31", "2024-05-31",
     2, "repurchase_rate", 0.70, 0.75, None, 0, "action"),
    ("五月：C系列在谈商机逐单复盘", "提高转化", "王五", "2024-05-06", "2024-05-31", "2024-05-29",
     2, "win_rate", 0.45, 0.48, None, 0, "action"),
    ("六月：华东线上线索复核与投放调整", "提高线索质量", "赵六", "2024-06-03", "2024-06-14", None,
     2, "valid_lead_rate", 0.63, 0.68, None, 0, "action"),
    ("六月：逾期60天以上款项逐户催收", "加快回款", "赵六", "2024-06-03", "2024-06-28", "2024-06-27",
     2, "overdue_ratio", 0.12, 0.10, None, 0, "action"),
    ("六月：华南停单客户上门拜访", "守住大客户", "周七", "2024-06-03", "2024-06-21", "2024-06-20",
     2, "win_back_rate", None, None, None, 0, "action"),
    ("六月：中西部价格审批收紧", "稳住价格", "吴八", "2024-06-10", "2024-06-28", None,
     2, "gross_margin", None, None, None, 0, "action"),
    ("六月：北方空缺岗位招聘", "补齐人员", "郑九", "2024-06-03", "2024-06-28", None,
     2, "net_sales", None, None, None, 30_000, "action"),
    ("七月：老客户增购方案推送", "客户经营", "沈总监", "2024-07-01", "2024-07-26", None,
     3, "repurchase_rate", 0.70, 0.75, None, 60_000, "action"),
    ("七月：清完剩余A系列库存", "优化产品结构", "张三", "2024-07-01", "2024-07-31", None,
     3, "clearance_rate", 0.88, 1.0, None, 20_000, "milestone"),
)  # fmt: skip

_RISKS = (
    ("市场", "客户压缩预算，订单推迟", 3, 4, "net_sales", "连续两月同比低于-10%", "分期付款，转向医疗等刚需行业", "沈总监", ""),
    ("市场", "竞品低价同款上市", 3, 4, "win_rate", "对主要竞品胜率低于35%", "差异化方案，转介绍礼遇", "李四", ""),
    ("供应", "B+到货延迟", 2, 4, "units", "B+库存低于200台", "签订优先供货协议，预留200台", "李四", ""),
    ("团队", "团队难以承接高端需求", 3, 3, "ramp_months", "新人成单超过6个月", "专项培训，资深同事协助", "王五", ""),
    ("客户", "大客户集中度上升，流失影响大", 2, 5, "top10_share", "前十大客户占比超过15%", "高层互访，签订年框合同", "周七", "华南"),
    ("渠道", "线上线索质量下滑", 3, 3, "valid_lead_rate", "有效率低于55%", "更换投放素材，收紧来源", "赵六", "华东"),
    ("财务", "回款变慢，资金占用上升", 3, 4, "overdue_ratio", "逾期率高于20%", "逐户催收，超期停止赊销", "赵六", "华东"),
    ("渠道", "经销商调整引发窜货", 2, 3, "dealer_growth", "经销商销售连续两月下滑", "保护区域，统一价格", "郑九", "北方"),
)  # fmt: skip

_EVENTS = (
    ("2022-03-28", "华东", "external", "华东部分城市物流中断，持续到五月"),
    ("2022-10-10", "", "internal", "经济型传感器A105上市"),
    ("2022-12-12", "", "external", "年末订单推迟到次年一季度"),
    ("2023-01-09", "", "external", "芯片与铜材涨价，成本上升约5%"),
    ("2023-03-08", "华东", "external", "智能制造展（上海）"),
    ("2023-04-24", "中西部", "internal", "两名资深客户经理派驻中西部"),
    ("2023-06-18", "", "external", "618大促"),
    ("2023-09-13", "华南", "external", "电子信息展（深圳）"),
    ("2023-11-11", "", "external", "双11大促"),
    ("2024-02-10", "", "external", "春节，比上年晚19天"),
    ("2024-03-27", "中西部", "internal", "中西部办事处设立"),
    ("2024-04-01", "", "internal", "目标修订为第2版；下单审批简化"),
    ("2024-05-15", "", "internal", "B+智能一体机上市"),
    ("2024-05-20", "华南", "external", "竞品鼎峰智能在华南降价"),
    ("2024-06-18", "", "external", "618大促"),
)


def actions_table(people: People) -> pd.DataFrame:
    """Give the table `actions`: of 2023, of 2024, those of last month and of the next."""
    owners = _owners(people)
    rows = [
        {
            "action_id": f"XD{place:03d}",
            "title": title,
            "strategy": strategy,
            "owner": owners[owner],
            "start": start,
            "due": due,
            "status": _status(start, done),
            "done_date": done,
            "phase": phase,
            "kpi": kpi,
            "baseline": baseline,
            "target": target,
            "actual": actual,
            "budget": float(budget),
            "evidence": None,
            "kind": kind,
            "depends_on": None,
            "region": _home(people, owners[owner]),
        }
        for place, (
            title, strategy, owner, start, due, done, phase, kpi, baseline, target, actual, budget, kind,
        ) in enumerate(_ACTIONS, start=1)
    ]  # fmt: skip
    table = pd.DataFrame(rows)
    for column in ("start", "due", "done_date"):
        table[column] = pd.to_datetime(table[column]).astype("datetime64[us]")
    for column in ("baseline", "target", "actual"):
        table[column] = table[column].astype(float)
    # The tour needs the goods, the second clearance the first.
    table.loc[table["title"].str.startswith("B+上市"), "depends_on"] = "XD016"
    table.loc[table["title"].str.startswith("七月：清完"), "depends_on"] = "XD011"
    return table


def _owners(people: People) -> dict[str, str]:
    known = dict(zip(people.names, people.ids, strict=True))
    return known | {"沈总监": people.ids[0]}


def _home(people: People, rep: str) -> str:
    leaders = {"赵六": "华东", "周七": "华南", "吴八": "中西部", "郑九": "北方"}
    return leaders.get(people.names[people.ids.index(rep)], "")


def _status(start: str, done: str | None) -> str:
    if done:
        return "done"
    return "open" if date.fromisoformat(start) > date(2024, 6, 30) else "doing"


def risks_table(people: People) -> pd.DataFrame:
    """Give the table `risks`."""
    owners = _owners(people)
    return pd.DataFrame(
        {
            "risk_id": f"FX{place:02d}",
            "type": kind,
            "description": description,
            "probability": probability,
            "impact": impact,
            "trigger_metric": metric,
            "trigger_rule": rule,
            "response": response,
            "owner": owners[owner],
            "status": "watched",
            "region": region,
        }
        for place, (
            kind, description, probability, impact, metric, rule, response, owner, region,
        ) in enumerate(_RISKS, start=1)
    )  # fmt: skip


def events_table() -> pd.DataFrame:
    """Give the table `events`; an event without a region is everybody's."""
    table = pd.DataFrame(_EVENTS, columns=["date", "region", "kind", "description"])
    scope = ["" if not region else f"region={region}" for region in table["region"]]
    return table.assign(date=pd.to_datetime(table["date"]).astype("datetime64[us]"), scope=scope)


def incentives_table() -> pd.DataFrame:
    """Give the table `incentives`: commission by line and the yearly prizes, as in P40."""
    rows = [
        ("product_line=A", "", 0.0, 0.010, 0.0),
        ("product_line=B", "", 0.0, 0.015, 0.0),
        ("product_line=C", "", 0.0, 0.020, 0.0),
        ("", "季度销售冠军", 0.0, 0.0, 5_000.0),
        ("", "年度客户成功奖", 0.0, 0.0, 8_000.0),
        ("", "区域增长奖", 0.20, 0.0, 10_000.0),
    ]
    table = pd.DataFrame(rows, columns=["scope", "tier", "threshold", "rate", "bonus"])
    return table.assign(valid_from=pd.Timestamp(2024, 1, 1).as_unit("us"))
