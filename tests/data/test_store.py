"""The store: rows of a region and nothing else, and tables that change all at once or not."""

import json
from pathlib import Path

import pandas as pd
import pytest

from salesnb.data.store import MANIFEST, Company, TableWriter, open_store, write_tables
from salesnb.errors import ContractError, ParameterError, SourceError

COMPANY = Company(name="甲", currency="CNY", tax_basis="incl", regions=("华南", "华东"))


def orders(**columns):
    rows = {
        "order_id": ["1", "2", "3", "4"],
        "order_date": pd.to_datetime(["2024-01-31", "2024-01-05", "2024-02-01", "2024-03-01"]),
        "region": ["华东", "华东", "华南", "北方"],
        "channel": ["expo", None, "expo", "shop"],
        "amount": [1.0, 2.0, 4.0, 8.0],
    }
    return pd.DataFrame({**rows, **columns})


TARGETS = pd.DataFrame(
    {
        "period": ["2024-01"] * 3,
        "scope": ["", "region=华东", "region=华南;product_line=C"],
        "value": [10.0, 6.0, 4.0],
    }
)


@pytest.fixture
def store(tmp_path):
    return write_tables(tmp_path / "data", {"orders": orders(), "targets": TARGETS}, COMPANY)


def test_what_was_written_is_read(store):
    again = open_store(store.folder)
    assert again == store
    assert again.company == Company("甲", "CNY", "incl", "CN", ("华南", "华东", "北方"))
    assert again.tables == ("orders", "targets")
    assert again.rows("orders") == 4
    assert again.dates("orders") == ("2024-01-05", "2024-03-01")
    assert again.dates("orders", "华东") == ("2024-01-05", "2024-01-31")
    assert again.dates("targets") == ("", "")


def test_a_region_reads_its_own_rows_only_sorted_by_date(store):
    rows = store.read("orders", "华东")
    assert rows["order_id"].tolist() == ["2", "1"]
    assert rows["region"].unique().tolist() == ["华东"]
    # The company's own target is nobody's region.
    assert store.read("targets", "华东")["value"].tolist() == [6.0]
    assert store.read("targets", "")["value"].tolist() == [10.0]


def test_regions_together_are_all(store):
    parts = [store.read("orders", region, ["amount"]) for region in store.regions]
    everything = store.read("orders", columns=["amount"])
    assert sorted(pd.concat(parts)["amount"]) == sorted(everything["amount"])


def test_a_region_the_company_has_and_a_table_has_not_is_empty(store):
    rows = store.read("targets", "北方")
    assert rows.empty
    assert list(rows.columns) == list(store.columns("targets"))


def test_types_are_those_of_the_contract(store):
    rows = store.read("orders")
    assert str(rows["order_id"].dtype) == "str"
    assert str(rows["channel"].dtype) == "category"
    assert str(rows["order_date"].dtype) == "datetime64[us]"
    assert str(rows["amount"].dtype) == "float64"
    assert str(rows["is_gift"].dtype) == "bool"
    assert str(rows["line_no"].dtype) == "int64"


def test_days_are_cut_inclusively(store):
    rows = store.read("orders", columns=["amount"], start="2024-01-31", end="2024-02-01")
    assert rows["amount"].tolist() == [1.0, 4.0]


def test_a_column_without_any_value_is_not_there(tmp_path):
    rows = orders(cost=[None] * 4, qty=[1.0, None, None, None])
    store = write_tables(tmp_path, {"orders": rows}, COMPANY)
    assert not store.has("orders", "cost")
    assert store.has("orders", "qty", "amount")
    assert not store.has("targets")
    # A part without the column still reads it, as missing.
    assert store.read("orders", "华南", ["qty"])["qty"].isna().all()
    with pytest.raises(ContractError) as error:
        store.read("orders", columns=["amount", "cost"])
    assert str(error.value).startswith("table `orders`: column `cost` holds no value.")


def test_absent_columns_take_their_defaults(store):
    rows = store.read("targets", "华东")
    assert rows[["plan", "version", "metric", "bound", "unit"]].iloc[0].tolist() == [
        "plan", 1, "net_sales", "=", "money"
    ]  # fmt: skip


def test_the_region_of_a_row_is_found_by_what_it_points_to(tmp_path):
    tables = {
        "reps": pd.DataFrame({"rep_id": ["r1"], "name": ["张三"], "region": ["华东"]}),
        "opportunities": pd.DataFrame(
            {
                "opp_id": ["o1", "o2"], "created": pd.to_datetime(["2024-01-01"] * 2),
                "rep_id": ["r1", "r9"], "amount": [1.0, 2.0], "stage": "a", "outcome": "open",
            }
        ),
        "opp_stage_history": pd.DataFrame(
            {"opp_id": ["o1", "o2"], "entered": pd.to_datetime(["2024-01-01"] * 2), "stage": "a"}
        ),
    }  # fmt: skip
    store = write_tables(tmp_path, tables, COMPANY)
    assert store.read("opp_stage_history", "华东")["opp_id"].tolist() == ["o1"]
    # What nobody knows stays visible (E19), and is no region of the company.
    assert store.read("opportunities", "unmapped")["opp_id"].tolist() == ["o2"]
    assert "unmapped" not in store.regions


def test_the_same_rows_have_the_same_fingerprint_in_any_order(tmp_path):
    one = write_tables(tmp_path / "a", {"orders": orders()}, COMPANY)
    mixed = orders().sample(frac=1, random_state=3)
    other = write_tables(tmp_path / "b", {"orders": mixed.astype({"region": "category"})}, COMPANY)
    assert one.fingerprint() == other.fingerprint()
    assert {part.file for part in one.parts["orders"]} == {
        part.file for part in other.parts["orders"]
    }


def test_a_change_of_one_region_changes_its_fingerprint_and_that_of_all_only(store):
    before = {region: store.fingerprint(region) for region in (*store.regions, "all")}
    changed = orders(amount=[1.5, 2.0, 4.0, 8.0])
    after = write_tables(store.folder, {"orders": changed}, COMPANY)
    differ = [region for region, mark in before.items() if after.fingerprint(region) != mark]
    assert differ == ["华东", "all"]


def test_tables_that_are_not_given_stay(store):
    more = write_tables(
        store.folder, {"products": pd.DataFrame({"product_id": ["p"], "name": ["x"]})}, COMPANY
    )
    assert more.tables == ("orders", "targets", "products")
    assert more.read("products", "华东")["product_id"].tolist() == ["p"]


def test_replaced_parts_are_removed(store):
    write_tables(store.folder, {"orders": orders().head(1)}, COMPANY)
    files = [path.name for path in (store.folder / "orders").rglob("*.parquet")]
    assert len(files) == 1


def test_an_interrupted_write_leaves_the_tables_as_they_were(store):
    before = store.read("orders")
    with TableWriter(store.folder, Company()) as writer:
        writer.add("orders", orders(amount=[9.0] * 4))
        # Leaving without `finish` is what an error or Ctrl-C does.
    again = open_store(store.folder)
    assert again == store
    pd.testing.assert_frame_equal(again.read("orders"), before)
    kept = {path.relative_to(store.folder).as_posix() for path in store.folder.rglob("*.parquet")}
    assert kept == {part.file for parts in store.parts.values() for part in parts}


def test_two_writers_at_once_spoil_nothing(store):
    with TableWriter(store.folder, COMPANY) as one, TableWriter(store.folder, COMPANY) as other:
        one.add("orders", orders(amount=[9.0] * 4))
        other.add("targets", TARGETS.assign(value=1.0, region="华东"))
        one.finish()
        other.finish()
    after = open_store(store.folder)
    assert after.read("orders")["amount"].tolist() == [9.0] * 4
    assert after.read("targets")["value"].tolist() == [1.0] * 3
    files = {path.relative_to(store.folder).as_posix() for path in store.folder.rglob("*.parquet")}
    assert files == {part.file for parts in after.parts.values() for part in parts}


def test_batches_give_what_one_write_gives(tmp_path):
    whole = write_tables(tmp_path / "a", {"orders": orders()}, COMPANY)
    with TableWriter(tmp_path / "b", COMPANY) as writer:
        for start in (0, 2):
            writer.add("orders", orders().iloc[start : start + 2])
        parts = writer.finish()
    for region in ("all", "华东"):
        left = whole.read("orders", region).sort_values("order_id", ignore_index=True)
        right = parts.read("orders", region).sort_values("order_id", ignore_index=True)
        pd.testing.assert_frame_equal(left, right, check_categorical=False)


def test_region_names_of_any_kind_are_folders(tmp_path):
    names = ["NA", "01", "a/b", "a b=c", "..", "华东"]
    rows = pd.DataFrame(
        {"order_id": names, "order_date": pd.Timestamp("2024-01-01"), "region": names,
         "amount": 1.0}
    )  # fmt: skip
    store = write_tables(tmp_path / "data", {"orders": rows}, Company())
    for name in names:
        assert store.read("orders", name)["order_id"].tolist() == [name]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["data"]


def test_unknown_things_are_told_with_the_nearest(store):
    with pytest.raises(ParameterError) as error:
        store.read("order")
    assert str(error.value) == "table `order` is unknown. Did you mean `orders`?"
    with pytest.raises(ParameterError) as error:
        store.read("orders", "华东区")
    assert str(error.value) == "region `华东区` is unknown. Did you mean `华东`?"
    with pytest.raises(ParameterError) as error:
        store.has("orders", "amout")
    assert str(error.value) == "table `orders`: column `amout` is unknown. Did you mean `amount`?"
    with pytest.raises(ParameterError, match="has no date to cut by"):
        store.read("targets", start="2024-01-01")


def test_columns_that_break_the_contract_are_told_all_at_once(tmp_path):
    rows = orders(amount=["1", "x", "2", "3"], amont=1.0).drop(columns="order_date")
    with pytest.raises(ContractError) as error:
        write_tables(tmp_path, {"orders": rows}, COMPANY)
    message = str(error.value)
    assert message.startswith("table `orders`: 3 problems.")
    assert "column `amont` is unknown. Did you mean `amount`?" in message
    assert "column `order_date` is missing" in message
    assert "column `amount` cannot be stored as money" in message
    assert not (tmp_path / MANIFEST).exists()


def test_a_folder_without_tables_is_told(tmp_path):
    with pytest.raises(SourceError) as error:
        open_store(tmp_path)
    assert str(error.value) == (
        f"{tmp_path}: `company.json` is missing, so this is no data folder. "
        "Make one with `salesnb import FILE… --to DIR`."
    )


def test_another_version_and_damage_are_told(store):
    manifest = store.folder / MANIFEST
    said = json.loads(manifest.read_text("utf-8"))
    manifest.write_text(json.dumps({**said, "schema": 99}), "utf-8")
    with pytest.raises(SourceError, match="schema 99, expected 1"):
        open_store(store.folder)
    manifest.write_text("{", "utf-8")
    with pytest.raises(SourceError, match="cannot be read"):
        open_store(store.folder)


@pytest.mark.parametrize("harm", [Path.unlink, lambda path: path.write_bytes(b"")])
def test_a_damaged_part_is_told(store, harm):
    for part in store.parts["orders"]:
        if part.region == "华南":
            harm(store.folder / part.file)
    with pytest.raises(SourceError) as error:
        store.read("orders", "华南")
    assert "table `orders` cannot be read" in str(error.value)
    assert "Write it again with `salesnb import`." in str(error.value)
    assert len(store.read("orders", "华东")) == 2


def test_inputs_are_not_changed(tmp_path):
    rows = orders()
    before = rows.copy(deep=True)
    write_tables(tmp_path, {"orders": rows}, COMPANY)
    pd.testing.assert_frame_equal(rows, before)


def test_a_batch_without_region_is_refused(tmp_path):
    with TableWriter(tmp_path, COMPANY) as writer:
        with pytest.raises(ContractError, match="`region` is missing or empty; got 4 rows"):
            writer.add("orders", orders().drop(columns="region"))
        with pytest.raises(ContractError, match="`region` is missing or empty; got 1 rows"):
            writer.add("orders", orders(region=["华东", None, "华东", "华东"]))


def test_a_column_new_to_one_region_is_new_to_all(store):
    before = store.fingerprint("华南")
    after = write_tables(store.folder, {"orders": orders(qty=[1.0, None, None, None])}, COMPANY)
    assert after.columns("orders") != store.columns("orders")
    assert after.fingerprint("华南") != before


def test_ids_as_categories_are_the_same_ids(tmp_path):
    store = write_tables(
        tmp_path, {"orders": orders(customer_id=["c2", None, "c1", "c2"])}, COMPANY
    )
    plain = store.read("orders", columns=["customer_id", "order_id"])["customer_id"]
    coded = store.read("orders", columns=["customer_id", "order_id"], coded=["customer_id"])
    assert coded["customer_id"].dtype == "category"
    assert coded["customer_id"].astype("str").equals(plain)
    assert coded["order_id"].dtype == "str"
