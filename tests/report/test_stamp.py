import pytest

from salesnb.errors import ParameterError
from salesnb.language import Language
from salesnb.report.stamp import Brand, Stamp

ZH, EN = Language.load("zh"), Language.load("en")
FACTS = {
    "title": "月度业绩总结",
    "region": "all",
    "period": "2024-06",
    "as_of": "2024-06-30",
    "language": "zh",
    "currency": "CNY",
    "status": "partial",
    "tax_basis": "excl",
    "target_version": "v2",
    "fingerprint": {"data": "0123456789abcdef", "code": "c0de"},
    "brand": {"name": "示例公司", "palettes": ["cn"]},
}


def test_a_stamp_says_where_the_numbers_come_from():
    stamp = Stamp.read(FACTS)
    assert stamp.head(ZH) == [
        "全公司",
        "2024年6月",
        "数据截至 2024年6月30日",
        "CNY · 不含税",
        "部分内容缺失",
    ]
    assert stamp.foot(EN) == [
        ("Region", "Whole company"),
        ("Period", "Jun 2024"),
        ("Data as of", "30 Jun 2024"),
        ("Currency", "CNY"),
        ("Basis", "excl. tax"),
        ("Target version", "v2"),
        ("Code fingerprint", "c0de"),
        ("Data fingerprint", "0123456789ab"),
    ]


def test_a_notebook_that_says_nothing_has_an_empty_stamp():
    assert Stamp.read({}).head(ZH) == []
    assert Stamp.read({}).foot(ZH) == []


def test_what_cannot_be_read_is_shown_as_it_is():
    stamp = Stamp.read({"period": "H1", "as_of": "soon", "region": "<b>", "language": "fr"})
    assert stamp.head(EN) == ["<b>", "H1", "Data as of soon"]
    assert stamp.language == ""


def test_a_brand_carries_its_picture_and_no_address():
    with pytest.raises(ParameterError) as caught:
        Brand(logo="https://example.com/logo.png", accent="blue", palettes=("red",))
    assert str(caught.value) == (
        "brand: 3 problems.\n"
        "  · `logo` is not a picture in base64; got https://example.com/logo.png. "
        "Give the picture itself: data:image/png;base64,…\n"
        "  · `accent` is not a colour; got blue. Write it as #1f5fa8.\n"
        "  · a palette is unknown; got red. It can be: blue_orange, cn, rag."
    )
