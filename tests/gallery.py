"""Every block and every kind of figure, in both languages, with usual, long, extreme and hostile
content: what the tests of figures, pages and exporter are run over."""

from datetime import date
from functools import cache

import numpy as np
import pandas as pd
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from salesnb.figures.bars import draw_bars
from salesnb.figures.bridge import draw_bridge
from salesnb.figures.control import draw_control
from salesnb.figures.funnel import draw_funnel
from salesnb.figures.gantt import draw_gantt
from salesnb.figures.multiples import draw_multiples
from salesnb.figures.pareto import draw_pareto
from salesnb.figures.quadrant import draw_quadrant
from salesnb.figures.strips import draw_strips
from salesnb.figures.tornado import draw_tornado
from salesnb.figures.tree import draw_tree
from salesnb.figures.trend import draw_trend
from salesnb.language import Language
from salesnb.report.blocks import (
    definitions,
    failed,
    group,
    lead,
    missing,
    note,
    paragraphs,
    written,
)
from salesnb.report.bullets import bullet_rows
from salesnb.report.cards import Card, Versus, cards
from salesnb.report.charts import chart
from salesnb.report.facts import MIME
from salesnb.report.heat import heat_table
from salesnb.report.lists import ActionLine, FindingLine, actions_table, findings_list
from salesnb.report.style import Style
from salesnb.report.tables import Col, table

VARIANTS = ("usual", "long", "extreme", "hostile")
CODES = ("zh", "en")

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(2)>',
    "</svg><iframe src=javascript:alert(3)>",
    "a\u202egnp.exe\u202c \u200f\u0000\u0007",
    "=cmd|' /C calc'!A0 ../../etc",
    "😀🚀 & <b>' {{7*7}} {% raw %} $1 $2",
    "长" * 200,
    "javascript:alert(4) --> <!-- ]]>",
]
_LONG = {
    "zh": "江苏省南京市高新技术产业开发区智能装备制造股份有限公司华东第二事业部",
    "en": "International Consolidated Manufacturing & Distribution Holdings (Eastern Territories)",
}
_NAMES = {
    "zh": ["江苏", "浙江", "上海", "安徽", "福建", "山东", "江西", "喆堃玥頔翀燚"],
    "en": ["Northwest", "Central", "Bay Area", "Texas", "Ohio", "Quebec", "Bavaria", "Wales"],
}


def names(code, variant, count):
    """Names of things, as many as asked for, never twice the same."""
    base = HOSTILE if variant == "hostile" else _NAMES[code]
    given = [base[place % len(base)] for place in range(count)]
    if variant == "long":
        given = [f"{_LONG[code]} {name}" for name in given]
    return [
        name if place < len(base) else f"{name} {place // len(base) + 1}"
        for place, name in enumerate(given)
    ]


def values(variant, numbers):
    """Money as it is, or stretched over many orders of size."""
    money = np.array(numbers, dtype=float)
    if variant == "extreme":
        money = money * np.geomspace(1e-4, 1e6, len(money))
    return money


def months(start, count):
    """Month labels from a first one."""
    return [str(month) for month in pd.period_range(start, periods=count, freq="M")]


def say(code, zh, en):
    """The text of one of the languages."""
    return zh if code == "zh" else en


@cache
def charts(code, variant="usual"):
    """One chart of each kind."""
    language = Language.load(code)
    title = say(code, "安徽缺口 42 万元，占全区缺口的六成", "Anhui is ¥420K short, most of the gap")
    if variant == "long":
        title = (title + say(code, "，", ", ")) * 3
    if variant == "hostile":
        title = HOSTILE[0] + HOSTILE[1]
    words = {
        "title": title,
        "subtitle": say(
            code, "销售额（万元） · 华东 · 2024年6月", "Net sales (¥K) · East · Jun 2024"
        ),
        "so_what": say(
            code, "王芳 7月12日前完成渠道复盘。", "Fang Wang reviews the channels by 12 July."
        ),
    }

    def named(count):
        return names(code, variant, count)

    drawn = {}
    twelve = months("2023-07", 12)
    sold = values(variant, [310, 325, 340, 333, 360, 372, 330, 210, 350, 362, 371, 355]) * 1e4
    trend = pd.concat(
        [
            pd.DataFrame({"period": twelve, "value": sold, "scenario": "actual"}),
            pd.DataFrame({"period": twelve, "value": sold * 0.92, "scenario": "last_year"}),
            pd.DataFrame({"period": twelve, "value": sold * 1.05, "scenario": "target"}),
        ]
    )
    ahead = pd.DataFrame(
        {
            "period": ["2024-06", *months("2024-07", 3)],
            "value": sold[-1] * np.array([1, 1.02, 1.04, 1.1]),
            "low": sold[-1] * np.array([1, 0.95, 0.93, 0.9]),
            "high": sold[-1] * np.array([1, 1.1, 1.16, 1.3]),
            "scenario": "forecast",
        }
    )
    spring = (
        names(code, variant, 1)[0] if variant != "usual" else say(code, "春节", "Spring Festival")
    )
    drawn["trend"] = draw_trend(
        pd.concat([trend, ahead]),
        language,
        events=[("2024-02", spring), ("2024-04", spring)],
        **words,
    )
    lines = pd.concat(
        pd.DataFrame({"period": twelve, "series": name, "value": sold * (0.6 + 0.09 * place)})
        for place, name in enumerate(named(6))
    )
    drawn["trend_series"] = draw_trend(lines, language, highlight=named(6)[2:3], **words)
    control = pd.DataFrame({"period": months("2022-07", 24)})
    control["value"] = values(variant, [320 + 25 * np.sin(n * 2.1) for n in range(24)]) * 1e4
    control.loc[20:, "value"] *= 0.7
    control["mean"] = control["value"].iloc[:20].mean()
    spread = control["value"].iloc[:20].diff().abs().mean() * 2.66
    control["low"], control["high"] = control["mean"] - spread, control["mean"] + spread
    control["outside"] = (control["value"] < control["low"]) | (control["value"] > control["high"])
    drawn["control"] = draw_control(control, language, **words)
    steps = values(variant, [210, -90, -45, 130, -67]) * 1e4
    bridge = pd.DataFrame(
        {
            "label": named(7),
            "value": [3482e4, *steps, 3482e4 + steps.sum()],
            "kind": ["total", *["change"] * 5, "total"],
        }
    )
    drawn["bridge"] = draw_bridge(bridge, language, **words)
    money = np.sort(values(variant, [820, 720, 650, 560, 420, 300, 120, 60]) * 1e4)[::-1]
    bars = pd.DataFrame({"label": named(8), "value": money})
    drawn["bars_plain"] = draw_bars(bars, language, **words)
    bars["last_year"], bars["target"] = money * 0.9, money * 1.1
    bars["delta"] = [0.17, -0.01, 0.07, -0.125, np.nan, 0.0, 12.5, -1.0]
    bars["highlight"] = [place == 3 for place in range(8)]
    bars.loc[7, "value"] = -bars.loc[6, "value"]
    drawn["bars"] = draw_bars(bars, language, **words)
    shares = bars["value"].abs().cumsum() / bars["value"].abs().sum()
    pareto = pd.DataFrame({"label": named(8), "value": money, "cumulative": shares})
    drawn["pareto"] = draw_pareto(pareto, language, **words)
    many = pd.DataFrame({"label": named(16), "value": 1e6 / np.arange(1, 17)})
    drawn["pareto_many"] = draw_pareto(many, language, **words)
    funnel = pd.DataFrame({"label": named(5), "value": [4200, 2610, 1105, 420, 188]})
    if variant == "extreme":
        funnel["value"] = [12_345_678, 1_234_567, 12_345, 3, 0]
    drawn["funnel_plain"] = draw_funnel(funnel, language, **words)
    funnel["base_rate"] = [np.nan, 0.6, 0.5, 0.4, 0.44]
    funnel["highlight"] = [False, False, True, False, False]
    drawn["funnel"] = draw_funnel(funnel, language, **words)
    panels = pd.concat(
        pd.DataFrame({"panel": name, "period": twelve, "value": sold * (0.5 + 0.1 * place)})
        for place, name in enumerate(named(8))
    )
    drawn["multiples"] = draw_multiples(panels, language, highlight=named(8)[1:2], **words)
    gantt = pd.DataFrame(
        {
            "label": named(6),
            "owner": named(6)[::-1]
            if variant != "usual"
            else ["王芳", "Li", "张伟", "陈杰", "Zoe", "刘洋"],
            "start": [
                "2024-06-03",
                "2024-06-10",
                "2024-06-20",
                "2024-07-01",
                "2024-07-05",
                "2024-06-01",
            ],
            "end": [
                "2024-06-14",
                "2024-06-28",
                "2024-07-12",
                "2024-07-19",
                "2024-08-02",
                "2024-06-20",
            ],
            "status": ["done", "overdue", "running", "planned", "planned", "cancelled"],
            "progress": [1, 0.4, 0.5, 0, 0, np.nan],
        }
    )
    if variant == "extreme":
        gantt["end"] = [
            "2024-06-03",
            "2024-06-28",
            "2027-07-12",
            "2024-07-19",
            "2024-08-02",
            "2024-06-20",
        ]
    drawn["gantt"] = draw_gantt(gantt, language, as_of=date(2024, 6, 30), **words)
    base = 3600e4
    moved = values(variant, [300, 210, 150, 90, 30])[::-1] * 1e4
    tornado = pd.DataFrame({"label": named(5), "low": base - moved, "high": base + moved * 0.8})
    drawn["tornado"] = draw_tornado(tornado, language, base=base, **words)
    tree = pd.DataFrame(
        {
            "node": list("abcdefg"),
            "parent": ["", "a", "a", "b", "b", "c", "c"],
            "label": named(7),
            "value": [3620e4, 212, 17.1e4, 42, 170, 0.31, 5.2],
            "unit": ["money", "count", "money", "count", "count", "percent", "number"],
            "change": [-0.05, 0.02, -0.07, 0.1, -0.01, np.nan, -0.2],
            "highlight": [False, False, True, False, False, False, False],
        }
    )
    if variant == "extreme":
        tree["value"] = [9.9999e15, 1e9, 1e12, 123456789, 1e9, 123.456, 1e7]
        tree["change"] = [9999.0, -1, 0, 1e5, -0.01, np.nan, -0.2]
    drawn["tree"] = draw_tree(tree, language, **words)
    points = pd.DataFrame(
        {
            "label": named(20),
            "x": values(variant, 100 + 90 * np.sin(np.arange(20) * 1.7)) * 1e4,
            "y": 0.3 + 0.2 * np.cos(np.arange(20) * 2.3),
            "size": np.arange(20, 0, -1),
            "highlight": [place in (2, 5) for place in range(20)],
        }
    )
    drawn["quadrant"] = draw_quadrant(
        points,
        language,
        x_label=say(code, "销售额", "Net sales") if variant != "long" else _LONG[code],
        y_label=say(code, "毛利率", "Gross margin") if variant != "long" else _LONG[code],
        x_split=float(points["x"].median()),
        y_split=0.3,
        **words,
    )
    skills = pd.DataFrame(
        [
            {
                "label": skill,
                "value": 50 + 45 * np.sin(place * 3 + person * 1.9),
                "highlight": person == 3,
            }
            for place, skill in enumerate(named(6))
            for person in range(9)
        ]
    )
    if variant == "extreme":
        skills["value"] **= 4
    drawn["strips"] = draw_strips(skills, language, **words)
    return drawn


def blocks(code, variant="usual"):
    """One block of each kind that is not a chart."""
    language = Language.load(code)
    some = names(code, variant, 8)
    money = values(variant, [820, 720, 650, 560, 420, 300, 120, -60]) * 1e4
    big = 9.99996e15 if variant == "extreme" else 3.62e7
    year, month = say(code, "同比", "YoY"), say(code, "环比", "MoM")
    long = (lambda text: text * 8) if variant == "long" else (lambda text: text)
    headline = cards(
        [
            Card(
                say(code, "销售额", "Net sales"),
                big,
                "money",
                (Versus(year, 0.123), Versus(month, -0.04)),
                attainment=0.872,
                pace=0.93,
                history=tuple(money),
            ),
            Card(
                say(code, "新增客户", "New customers"),
                42,
                "count",
                (Versus(year, -0.1), Versus(month, 3, "count")),
                attainment=1.31,
            ),
            Card(
                say(code, "毛利率", "Gross margin"),
                0.312,
                "percent",
                (Versus(year, 0.012, "points"),),
                history=(0.3, None, 0.31, 0.312),
            ),
            Card(
                say(code, "回款周期", "DSO"), 43, "days", (Versus(year, 2, "days"),), better="down"
            ),
            Card(
                long(some[0]),
                None,
                "percent",
                (Versus(year, None, reason=say(code, "去年无数据", "no data last year")),),
                note=long(some[1]),
            ),
        ],
        language,
    )
    found = findings_list(
        [
            FindingLine(
                "bad",
                long(
                    say(
                        code,
                        "安徽缺口 42 万元，占全区缺口的 61%。",
                        "Anhui is ¥420K short, 61% of the gap. ",
                    )
                ),
                -42e4,
                section="channels",
                state="new",
            ),
            FindingLine(
                "warn",
                say(code, "中小客户流失率升至 8.2%。", "Churn of small customers is up to 8.2%."),
                0.021,
                "points",
                section="lost",
                state="still",
                detail=some[3],
            ),
            FindingLine("good", some[2], 130e4, state="gone"),
            FindingLine("info", some[0]),
        ],
        language,
    )
    todo = actions_table(
        [
            ActionLine(
                long(say(code, "复盘安徽渠道", "Review the Anhui channels ")),
                some[1],
                "2024-07-12",
                say(code, "渠道转化率", "Channel conversion"),
                "overdue",
                some[4],
            ),
            ActionLine(some[2], some[3], "2024-07-20", some[5], "running"),
            ActionLine(some[6], status="done"),
        ],
        language,
    )
    frame = pd.DataFrame(
        {
            "label": some,
            "sold": money,
            "target": np.abs(money) * 1.1,
            "attainment": money / (np.abs(money) * 1.1),
            "growth": [0.17, -0.01, 0.07, -0.125, np.nan, 0.0, 12.5, -1.0],
            "orders": [120, 110, 90, 80, 64, 40, 0, 1],
            "margin": [0.02, -0.013, 0, 0.001, np.nan, 0.3, -0.2, 0],
            "months": [list(money * place) for place in range(1, 9)],
            "state": [
                "good:" + some[0],
                "warn:ok",
                "bad:x",
                "none:-",
                "",
                "odd:" + some[1],
                None,
                "plain",
            ],
            "highlight": [False, True] + [False] * 6,
        }
    )
    shown = table(
        frame,
        [
            Col("label", say(code, "省份", "Province")),
            Col("sold", say(code, "销售额", "Net sales"), "bar"),
            Col("target", say(code, "目标", "Target"), "money", wide_only=True),
            Col("attainment", say(code, "完成率", "Attainment"), "percent"),
            Col("growth", year, "delta", better="up"),
            Col("orders", say(code, "订单", "Orders"), "count", wide_only=True),
            Col("margin", say(code, "毛利率变化", "Margin change"), "points", wide_only=True),
            Col("months", say(code, "近八月", "Eight months"), "spark", wide_only=True),
            Col("state", say(code, "状态", "State"), "status", wide_only=True),
        ],
        language,
        say(code, "各省销售额，2024年6月", "Net sales by province, June 2024"),
        total={
            "label": say(code, "合计", "Total"),
            "sold": 3530e4,
            "target": 4010e4,
            "attainment": 0.88,
            "growth": 0.021,
        },
        others={"label": say(code, "其他 12 省", "12 others"), "sold": 1e6, "orders": 40},
        notes=[
            say(code, "销售额：已计入订单的金额合计。", "Net sales: amounts of counted orders.")
        ],
    )
    bullets = bullet_rows(
        frame.assign(actual=frame["sold"], last_year=frame["target"] * 0.8)[
            ["label", "actual", "target", "attainment", "last_year"]
        ],
        language,
        title=say(code, "安徽离目标最远", "Anhui is farthest from target"),
        subtitle=say(code, "销售额", "Net sales"),
    )
    hours = [f"{hour}:00" for hour in range(9, 19)]
    days = say(code, "一二三四五", "MTWTF")
    golden = pd.DataFrame(
        [[0.05 + 0.3 * abs(np.sin(day * 2 + hour)) for hour in range(10)] for day in range(5)],
        index=[f"{day}" for day in days] if code == "zh" else ["Mon", "Tue", "Wed", "Thu", "Fri"],
        columns=hours,
    )
    golden.iloc[2, 3] = np.nan
    heat = heat_table(
        golden,
        language,
        title=say(code, "周三上午十点回复率最高", "Wednesday at ten is answered most"),
        unit="percent",
        corner=say(code, "星期", "Day"),
        subtitle=say(code, "回复率", "Reply rate"),
        weak=golden < 0.07,
        so_what=say(code, "外呼排班向周三上午倾斜。", "Shift calls to Wednesday morning."),
    )
    cohort = pd.DataFrame(
        [
            [1 - 0.09 * month - 0.02 * row if month + row < 8 else np.nan for month in range(8)]
            for row in range(8)
        ],
        index=some,
        columns=[f"M{month}" for month in range(8)],
    )
    cohorts = heat_table(
        cohort,
        language,
        title=say(code, "新一批客户留存更低", "Newer cohorts stay less"),
        unit="percent",
        corner=say(code, "首购月", "First order"),
        subtitle=say(code, "留存率", "Retention"),
        totals={say(code, "人数", "Size"): list(range(8, 0, -1))},
    )
    rfm = pd.DataFrame(
        [[120, 80, 30], [60, 90, 44], [9, 17, 210]],
        index=["R3", "R2", "R1"],
        columns=["F1", "F2", "F3"],
    )
    values_ = heat_table(
        rfm - 60,
        language,
        title=say(code, "高频客户多了", "More frequent buyers"),
        unit="count",
        middle=0.0,
        subtitle="RFM",
        small=(rfm / 660).map(language.percent),
    )
    return {
        "cards": headline,
        "findings": found,
        "actions": todo,
        "no_findings": findings_list([], language),
        "table": shown,
        "short_table": table(
            frame, [Col("label"), Col("sold", kind="money")], language, some[0], max_rows=3
        ),
        "bullets": bullets,
        "heat": heat,
        "cohorts": cohorts,
        "rfm": values_,
        "words": group(
            lead(some[0]),
            paragraphs(*some[1:3]),
            note(some[3]),
            definitions(language, [(some[4], some[5])]),
        ),
        "written": written(some[0], f"{some[1]}\n{some[2]}\n\n{some[3]}", some[4]),
        "missing": missing(language, ["channel_spend", "orders.cost"], some[5]),
        "missing_short": missing(language, ["channel_spend"]),
        "failed": failed(language, some[6]),
        "failed_short": failed(language),
    }


def facts(code, variant="usual"):
    """The hidden output of a report."""
    hostile = HOSTILE[0] if variant == "hostile" else ""
    return {
        "schema": 1,
        "notebook": "gallery",
        "title": say(code, "2024年6月月度业绩总结", "Monthly review, June 2024") + hostile,
        "region": say(code, "华东", "East") + hostile,
        "period": "2024-06",
        "as_of": "2024-06-30",
        "language": code,
        "currency": "CNY",
        "status": "partial",
        "tax_basis": "excl",
        "target_version": f"v2 {hostile}",
        "fingerprint": {
            "data": "0f1e2d3c4b5a69788796",
            "notebook": "aabbccddeeff",
            "code": hostile or "c0de",
        },
        "brand": {"name": say(code, "示例公司", "Sample Company") + hostile, "accent": "#1f5fa8"},
    }


def block_cell(name, block):
    """A code cell that shows a block."""
    data = {"text/html": block._repr_html_(), "text/plain": repr(block)}
    return new_code_cell("s.show()", id=name, outputs=[new_output("display_data", data=data)])


def notebook(code, variant="usual", accent="", palettes=()):
    """An executed notebook of everything."""
    language = Language.load(code)
    shown = blocks(code, variant)
    some = names(code, variant, 1)[0]
    cells = [
        new_markdown_cell(
            say(code, "# 月度业绩总结\n\n一页看懂。", "# Monthly review\n\nOne page."), id="title"
        ),
        new_code_cell(
            "import salesnb as s",
            id="setup",
            outputs=[
                new_output("stream", name="stderr", text="SECRET-STDERR"),
                new_output(
                    "display_data", data={"text/html": Style()._repr_html_(), "text/plain": ""}
                ),
                new_output("execute_result", data={"text/plain": "SECRET-STRAY"}),
                new_output("error", ename="E", evalue="SECRET-ERROR", traceback=["SECRET-TRACE"]),
            ],
        ),
        block_cell("headline", shown.pop("cards")),
        block_cell("top", shown.pop("findings")),
        block_cell("todo", shown.pop("actions")),
        new_markdown_cell(
            say(code, "## 图表", "## Figures") + (f"\n\n{some}" if variant == "hostile" else ""),
            id="figures",
        ),
    ]
    for name, drawn in charts(code, variant).items():
        cells.append(
            block_cell(name.replace("_", "-"), chart(drawn, language, with_data=name == "bars"))
        )
    cells.append(
        new_markdown_cell(
            say(
                code,
                "## 表格与文字\n\n### 明细\n\n- 甲\n- 乙",
                "## Tables and words\n\n### Detail\n\n- one\n- two",
            ),
            id="tables",
        )
    )
    for name, block in shown.items():
        cells.append(block_cell("channels" if name == "table" else name.replace("_", "-"), block))
    data = facts(code, variant)
    data["brand"] |= {"accent": accent or "#1f5fa8", "palettes": list(palettes)}
    cells.append(
        new_code_cell(
            "s.publish()", id="publish", outputs=[new_output("display_data", data={MIME: data})]
        )
    )
    return new_notebook(cells=cells, metadata={})
