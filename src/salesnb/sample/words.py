"""Names of invented people, companies and places.

Companies are named as Chinese companies are: city, brand, trade, form. Given names hold some
signs that GB2312 lacks and GBK has (喆, 堃, 玥, 镕), which break careless exports and fonts.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

CITIES: Mapping[str, tuple[str, ...]] = {
    "上海": ("上海",),
    "江苏": ("苏州", "无锡", "南京", "常州", "南通"),
    "浙江": ("杭州", "宁波", "温州", "嘉兴", "绍兴"),
    "安徽": ("合肥", "芜湖"),
    "福建": ("厦门", "福州", "泉州"),
    "广东": ("深圳", "广州", "东莞", "佛山", "珠海", "惠州"),
    "广西": ("南宁", "柳州"),
    "海南": ("海口",),
    "湖北": ("武汉", "襄阳", "宜昌"),
    "湖南": ("长沙", "株洲"),
    "河南": ("郑州", "洛阳"),
    "四川": ("成都", "绵阳"),
    "重庆": ("重庆",),
    "陕西": ("西安", "宝鸡"),
    "北京": ("北京",),
    "天津": ("天津",),
    "河北": ("石家庄", "唐山", "保定"),
    "山东": ("济南", "青岛", "烟台", "潍坊"),
    "辽宁": ("沈阳", "大连"),
}

INDUSTRIES: Mapping[str, tuple[str, ...]] = {
    "制造": ("精密机械", "汽车零部件", "电气设备", "新材料", "智能装备"),
    "电子": ("电子科技", "半导体材料", "光电技术"),
    "医疗": ("医疗器械", "生物制药", "医疗科技"),
    "零售": ("商贸连锁", "超市管理", "供应链管理"),
    "服务": ("物流服务", "物业服务", "信息服务"),
    "能源": ("新能源", "电力工程", "环保工程"),
    "教育": ("教育科技", "职业培训"),
}
"""Industry → trades that companies of it put in their names."""

INDUSTRY_WEIGHTS = (0.34, 0.16, 0.13, 0.14, 0.11, 0.08, 0.04)

DEALER_TRADES = ("机电贸易", "自动化设备销售", "工业品经销")

_BRAND_FIRST = "恒瑞泰嘉鼎华盛远宏博凯信安正中天东方明德润丰聚汇联创启星海金科锐卓优普永隆新达"
_BRAND_SECOND = "源通达泰辉盛和诚邦晟腾业光宇驰捷尚佳力能辰"

_SURNAMES = "陈林黄何郭马罗梁宋韩唐冯于董萧程曹袁邓许傅曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田"
_GIVEN = (
    "喆", "堃", "玥", "镕", "伟", "敏", "静", "磊", "洋", "艳", "勇", "杰", "娟", "涛", "超",
    "雨桐", "子轩", "思远", "嘉怡", "浩然", "欣妍", "文博", "梓涵", "宇航", "晓彤", "俊熙",
    "志强", "丽华", "建国", "秀英", "海燕", "春梅", "国栋", "晓峰", "佳慧", "天宇", "一鸣",
    "若曦", "明轩", "书瑶", "承泽", "婉清", "景行", "怀瑾", "砚秋", "知行", "沐阳", "昊天",
    "凯", "璐",
)  # fmt: skip

COMPETITORS = ("恒越科技", "鼎峰智能", "蓝湾自控")


def people(rng: np.random.Generator, count: int) -> list[str]:
    """Give so many different names of people."""
    every = [surname + given for surname in _SURNAMES for given in _GIVEN]
    names = [every[place] for place in rng.permutation(len(every))[:count]]
    # Signs that only GBK holds must be met in every company, however small.
    for place, sign in enumerate("喆堃玥镕"[:count]):
        name = _SURNAMES[int(rng.integers(len(_SURNAMES)))] + sign
        if name not in names:
            names[place] = name
    return names


def companies(rng: np.random.Generator, provinces: list[str], trades: list[str]) -> list[str]:
    """Give a different company name for each place and trade."""
    brands = [first + second for first in _BRAND_FIRST for second in _BRAND_SECOND]
    order = rng.permutation(len(brands))
    names: list[str] = []
    for place, (province, trade) in enumerate(zip(provinces, trades, strict=True)):
        cities = CITIES.get(province, (province,))
        city = cities[int(rng.integers(len(cities)))]
        # Each brand is used once, then once more with 集团 and so on: no name comes twice.
        again, at = divmod(place, len(brands))
        suffix = ("有限公司", "股份有限公司", "集团有限公司")[again % 3]
        names.append(f"{city}{brands[order[at]]}{trade}{suffix}")
    return names
