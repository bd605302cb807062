"""The mapping file: everything that is wrong with one is told at once, with its line."""

import pytest

from salesnb.data.mapping import Lookup, Rule, read_mapping
from salesnb.data.sources import Form
from salesnb.errors import ParameterError


@pytest.fixture
def read(tmp_path):
    def reading(text):
        path = tmp_path / "mapping.yaml"
        path.write_text(text, "utf-8")
        return read_mapping(path)

    return reading


def test_an_empty_file_says_nothing(read):
    said = read("# nothing\n")
    assert (said.company, said.sources, said.others) == ({}, (), True)


def test_what_is_said_of_the_company(read):
    said = read(
        "company:\n  name: 甲\n  currency: CNY\n  tax_basis: incl\n  complete_until: 2024-05-31\n"
        "  regions:\n    - {name: 华东, also: [华东区, East]}\n    - '01'\n    - 'NO'\n"
        "  head_office: 总部\n  notes: one\n"
    )
    assert said.company == {
        "name": "甲", "currency": "CNY", "tax_basis": "incl", "complete_until": "2024-05-31",
        "notes": ("one",), "regions": ("华东", "01", "NO"),
    }  # fmt: skip
    assert said.regions == {"华东区": "华东", "East": "华东"}
    assert said.head_office == {"总部"}


def test_every_way_to_make_a_column(read):
    (source,) = read(
        "lookups: {a: {values: {1: x}}, b: {file: f.csv, key: k, value: v, from: s, to: e, "
        "shift_months: -5}}\n"
        "tables:\n  orders:\n    file: '*.csv'\n    columns:\n      order_id: 3\n"
        "      channel: {constant: 网店}\n      region: {column: r, lookup: [a, b], at: d, "
        "else: {constant: 其他}}\n      amount: {column: m, scale: 10000}\n"
        "      is_gift: {constant: true}\n      contract_id: {template: '{y}-{n}'}\n"
    ).sources
    columns = source.columns
    assert columns["order_id"] == Rule(column="3")
    assert columns["channel"] == Rule(constant="网店")
    assert columns["is_gift"].constant is True
    assert columns["region"].lookup == ("a", "b")
    assert columns["region"].headers == ("r", "d")
    assert columns["region"].otherwise == Rule(constant="其他")
    assert columns["contract_id"].headers == ("y", "n")
    assert columns["amount"].scale == 10000


def test_how_a_file_is_written(read):
    (source,) = read(
        "tables:\n  reps:\n    file: a.txt\n    header: none\n    separator: tab\n"
        "    encoding: gbk\n    fill_down: [大区]\n    others: ignore\n    keep: {状态: 在职}\n"
        "    drop: {2: [x, y]}\n    date_format: '%d/%m/%Y'\n    columns: {rep_id: 0, name: 1}\n"
    ).sources
    assert source.form == Form("", 0, "\t", "gbk", ("大区",))
    assert (source.rest, source.keep, source.drop) == (
        False,
        {"状态": ("在职",)},
        {"2": ("x", "y")},
    )
    assert source.date_format == "%d/%m/%Y"


def test_lists_over_time_and_in_the_file_itself(read):
    lookups = read(
        "lookups:\n  a: {values: {1: x, 华东: y}}\n"
        "  b: {file: f.csv, header: none, separator: '|', key: 0, value: 1, from: 2}\n"
    ).lookups
    assert lookups["a"] == Lookup(values={"1": "x", "华东": "y"})
    assert (lookups["b"].start, lookups["b"].form.header) == ("2", 0)


def test_all_that_is_wrong_is_told_with_its_line(read):
    with pytest.raises(ParameterError) as error:
        read(
            "company:\n  currency: cny\n  regions: [NO]\n  tax_basis: with\n"
            "lookups:\n  held: {file: a.csv, key: k, value: v, from: s}\n  half: {file: a.csv}\n"
            "tables:\n  order: {file: a.csv}\n  orders:\n    - {file: a.csv, header: 0}\n"
            "    - columns: {amout: x}\n    - file: b.csv\n      database: DB\n"
            "      columns:\n        region: {column: a, lookup: helt}\n"
            "        channel: {column: a, constant: b}\n        rep_id: {column: a, lookup: held}\n"
            "        rep_id: x\nregionss: []\n"
        )
    half = "a lookup has `values`, or `file`, `key` and `value`: no"
    either = "a source has either a `file` or a `database` with a `query`."
    assert str(error.value).splitlines() == [
        "15 problems.",
        "  · mapping.yaml:2: a currency is three capital letters; got cny. Write CNY or USD.",
        '  · mapping.yaml:3: expected text; got NO. Write "NO" in quotes.',
        "  · mapping.yaml:4: `with` is not possible here. It can be: excl, incl.",
        f"  · mapping.yaml:7: {half} `key`.",
        f"  · mapping.yaml:7: {half} `value`.",
        "  · mapping.yaml:9: `order` is unknown. Did you mean `orders`?",
        "  · mapping.yaml:11: expected a whole number from 1 to 100; got 0.",
        f"  · mapping.yaml:12: {either}",
        "  · mapping.yaml:12: `amout` is unknown. Did you mean `amount`?",
        f"  · mapping.yaml:13: {either}",
        "  · mapping.yaml:16: `helt` is not possible here. Did you mean `held`?",
        "  · mapping.yaml:17: a column comes from one of `column`, `constant`, `template`, "
        "`scope`.",
        "  · mapping.yaml:18: lookup `held` holds over time. Say the day with `at:`.",
        "  · mapping.yaml:19: `rep_id` stands twice.",
        "  · mapping.yaml:20: `regionss` is unknown. It can be: aliases, company, lookups, others, "
        "tables, values.",
    ]


def test_a_list_over_time_needs_a_day(read):
    with pytest.raises(ParameterError) as error:
        read(
            "lookups:\n  held: {file: a.csv, key: k, value: v, from: s}\n"
            "tables:\n  orders:\n    file: a.csv\n"
            "    columns: {rep_id: {column: a, lookup: held}}\n"
        )
    assert str(error.value) == (
        "mapping.yaml:6: lookup `held` holds over time. Say the day with `at:`."
    )


def test_what_is_no_yaml_is_told(read, tmp_path):
    with pytest.raises(ParameterError, match=r"mapping\.yaml:2: not YAML"):
        read("company:\n\tname: x\n")
    with pytest.raises(ParameterError, match="cannot be read as UTF-8 text"):
        read_mapping(tmp_path / "none.yaml")
    with pytest.raises(ParameterError, match="expected names with values"):
        read("- a\n")


def test_nothing_in_it_is_run(read):
    with pytest.raises(ParameterError):
        read("company: !!python/object/apply:os.system ['true']\n")


def test_further_words_and_headers(read):
    said = read(
        "aliases: {orders.amount: 实收}\nvalues:\n  orders.status: {cancelled: [关单, 撤单]}\n"
        "others: ignore\n"
    )
    assert said.aliases == {"orders": {"amount": ("实收",)}}
    assert said.values == {"orders": {"status": {"cancelled": ("关单", "撤单")}}}
    assert said.others is False
    with pytest.raises(ParameterError, match=r"Did you mean `orders\.amount`"):
        read("aliases: {orders.amuont: x}\n")
