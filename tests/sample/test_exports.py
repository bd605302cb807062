"""The dirty edition: every kind of dirt is there and counted, and an import takes it away."""

import json
from functools import cache

import pandas as pd
import pytest

from salesnb.data.importing import import_files
from salesnb.data.matching import match_columns
from salesnb.data.store import write_tables
from salesnb.data.tables import TABLES
from salesnb.errors import ParameterError
from salesnb.sample import exports
from salesnb.sample.company import make_company
from salesnb.sample.dirt import KINDS, STRANGE_CHANNEL, kinds_of
from salesnb.sample.exports import FILES, headers, write_exports

IN_THE_DATA = ("blank_customers", "unmapped_channel")


@pytest.fixture(scope="module")
def dirty(tmp_path_factory):
    folder = tmp_path_factory.mktemp("raw")
    return folder, write_exports(folder)


@pytest.fixture(scope="module")
def tidy(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tidy")
    return folder, write_exports(folder, size="small", dirt="none")


def plain(frame, keys):
    """Give a table in an order and in types that do not depend on how it was written."""
    frame = frame.sort_values(keys).reset_index(drop=True)
    for name in frame.columns:
        if isinstance(frame[name].dtype, pd.CategoricalDtype):
            frame[name] = frame[name].astype("str")
    return frame


@pytest.mark.parametrize("edition", ["dirty", "tidy"])
def test_imported_files_are_the_company_again(edition, request, tmp_path):
    folder, made = request.getfixturevalue(edition)
    report = import_files([folder], tmp_path / "data", folder / "mapping.yaml")
    store = write_tables(tmp_path / "clean", made.tables, made.company)
    assert report.company == store.company
    assert report.tables == {name: store.rows(name) for name in store.tables}
    imported = write_tables(tmp_path / "data", {}, made.company)
    for name in store.tables:
        keys = list(TABLES[name].keys) or ["date", "description"]
        pd.testing.assert_frame_equal(
            plain(imported.read(name), keys),
            plain(store.read(name), keys),
            rtol=0,
            atol=1e-6,
            obj=name,
        )


def test_every_row_that_is_left_out_is_a_duplicate(dirty, tmp_path):
    folder, made = dirty
    report = import_files([folder], tmp_path / "data", folder / "mapping.yaml")
    merged = [flaw for flaw in report.flaws if flaw.rule == "merged"]
    assert sum(flaw.count for flaw in merged) == made.truth["dirt"]["duplicate_lines"]["rows"]
    assert {flaw.rule for flaw in report.flaws if flaw.level != "note"} == {"merged"}


def test_every_kind_is_counted(dirty, tidy):
    folder, made = dirty
    assert set(made.truth["dirt"]) == set(KINDS)
    assert all(count > 0 for said in made.truth["dirt"].values() for count in _counts(said))
    assert tidy[1].truth["dirt"] == {}
    written = json.loads((folder / "truth.json").read_text("utf-8"))
    assert written == made.truth


def _counts(said):
    return [value for name, value in said.items() if name != "amount"]


@cache
def small(in_the_data):
    return make_company("small", dirt=in_the_data)


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_can_be_switched_on_alone(kind, tmp_path, monkeypatch):
    # One company will do for all kinds that lie in the files only.
    monkeypatch.setattr(
        exports, "make_company", lambda *asked: small(tuple(asked[3] & {*IN_THE_DATA}))
    )
    monkeypatch.setattr(exports, "FILES", {})
    assert set(write_exports(tmp_path, size="small", dirt=[kind]).truth["dirt"]) == {kind}


def test_the_files_look_like_what_analysts_are_handed(dirty):
    folder, _ = dirty
    names = headers(TABLES["orders"])
    year = pd.read_csv(folder / "销售订单_2023.csv", encoding="gbk", dtype=str)
    assert year.columns[0] == "订单编号"
    assert year.duplicated().sum() == 10
    regions = set(year[names["region"]].str.strip())
    assert {"华东", "华东区", "East"} <= regions
    assert year[names["order_id"]].str.contains("０").any()
    assert year[names["customer_id"]].str.endswith("\u3000").any()
    returned = year[names["status"]] == "退货"
    assert (pd.to_numeric(year.loc[returned, "价税合计"].map(_half_width)) > 0).all()
    last = pd.read_excel(folder / "销售订单_2024.xlsx", header=2, dtype=str, engine="calamine")
    assert "价税合计(万元)" in last.columns
    assert last.iloc[-1, 0] == "合计"
    every = pd.concat([year, last])
    assert (every[names["channel"]] == STRANGE_CHANNEL).any()
    assert every[names["customer_id"]].isna().any()


def _half_width(text):
    return text.translate(dict(zip(map(ord, "０１２３４５６７８９"), "0123456789", strict=True)))


def test_the_tidy_edition_has_no_dirt(tidy):
    folder, _ = tidy
    year = pd.read_csv(folder / "销售订单_2023.csv", encoding="utf-8-sig", dtype=str)
    assert not year.duplicated().any()
    assert set(year["大区"]) == {"华东", "华南", "北方"}
    last = pd.read_excel(folder / "销售订单_2024.xlsx", dtype=str, engine="calamine")
    assert list(last.columns) == list(year.columns)
    assert last.iloc[-1, 0] != "合计"


def test_dirt_moves_no_figure(dirty, planted):
    def sales(made):
        orders = made.tables["orders"]
        kept = orders["status"].isin(["counted", "return"])
        return orders[kept].groupby("region")["amount"].sum()

    pd.testing.assert_series_equal(sales(dirty[1]), sales(planted))


@pytest.mark.parametrize("table", FILES)
def test_headers_are_understood_without_a_mapping(table):
    names = headers(TABLES[table])
    matching = match_columns(TABLES[table], list(names.values()))
    assert {match.column: match.source for match in matching.matches} == names


def test_the_same_seed_writes_the_same_files(dirty, tmp_path, monkeypatch):
    monkeypatch.setattr(exports, "FILES", {"targets": "目标", "leads": "销售线索"})
    write_exports(tmp_path)
    for path in sorted(tmp_path.glob("*.csv")):
        assert path.read_bytes() == (dirty[0] / path.name).read_bytes(), path.name


def test_unknown_kinds_are_said_all_at_once():
    with pytest.raises(ParameterError) as error:
        kinds_of(["gkb", "retuns"])
    assert str(error.value) == (
        "2 problems.\n"
        "  · `gkb` is none of the kinds of dirt. Did you mean `gbk`?\n"
        "  · `retuns` is none of the kinds of dirt. Did you mean `returns`?"
    )
