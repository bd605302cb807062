import pytest

from salesnb.errors import ParameterError
from salesnb.language import Language
from salesnb.parameters import resolve
from salesnb.report.stamp import Brand, Stamp, brand_of

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


def asked(folder, **said):
    """Give parameters whose common.yaml says so much of the brand."""
    (folder / "parameters").mkdir()
    lines = [f"{name}: {value}" for name, value in said.items()]
    (folder / "parameters" / "common.yaml").write_text("\n".join(lines), encoding="utf-8")
    return resolve("", {}, {}, folder)


def test_a_brand_comes_from_the_parameters(tmp_path):
    parameters = asked(
        tmp_path,
        brand_name="示例公司",
        brand_logo="logo.png",
        brand_accent='"#aa0000"',
        palettes="[cn]",
    )
    (tmp_path / "parameters" / "logo.png").write_bytes(b"picture")
    brand = brand_of(parameters)
    assert (brand.name, brand.accent, brand.palettes) == ("示例公司", "#aa0000", ("cn",))
    assert brand.logo == "data:image/png;base64,cGljdHVyZQ=="


def test_a_brand_may_be_left_out(tmp_path):
    assert brand_of(asked(tmp_path)) == Brand()


@pytest.mark.parametrize(
    ("logo", "content", "said"),
    [
        ("../secret.png", b"x", "`brand_logo` is no file of the parameters folder"),
        ("none.png", None, "`brand_logo` is no file of the parameters folder"),
        ("logo.exe", b"x", "`brand_logo` is no picture"),
        ("logo.png", b"x" * 50_001, "`brand_logo` is too large; got 50,001 bytes"),
    ],
)
def test_a_logo_is_a_small_picture_of_the_folder(tmp_path, logo, content, said):
    parameters = asked(tmp_path, brand_logo=logo)
    if content is not None:
        (tmp_path / "parameters" / logo).write_bytes(content)
    with pytest.raises(ParameterError, match=said):
        brand_of(parameters)
