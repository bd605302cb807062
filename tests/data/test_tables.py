"""The contract itself: every table is complete, linked to tables there are, and unambiguous."""

import pytest

from salesnb.data.contract import Column
from salesnb.data.matching import TAXES, header_key
from salesnb.data.tables import TABLES

EVERY = pytest.mark.parametrize("table", TABLES.values(), ids=list(TABLES))


def test_only_orders_and_targets_are_required():
    assert [name for name, table in TABLES.items() if table.required] == ["orders", "targets"]


def test_every_table_of_the_data_model_is_there():
    assert list(TABLES) == [
        "orders", "targets", "customers", "products", "order_credit", "leads", "opportunities",
        "opp_stage_history", "activities", "channel_spend", "receivables", "receipts", "contracts",
        "feedback", "tickets", "reps", "assessments", "training", "market", "stock", "actions",
        "risks", "events", "incentives", "fx", "calendar",
    ]  # fmt: skip


@EVERY
def test_names_are_said_once(table):
    assert len(set(table.names)) == len(table.names)


@EVERY
def test_date_and_money_are_columns_of_their_kind(table):
    assert not table.date or table.column(table.date).is_date
    assert not table.money or table.column(table.money).is_number


@EVERY
def test_links_lead_to_tables(table):
    for column in table.columns:
        assert not column.refers or column.refers in TABLES
    for column, other in table.region_from:
        assert column in table.names
        assert TABLES[other].has_region
        assert len(TABLES[other].keys) == 1 or other == "orders"


@EVERY
def test_keys_are_always_filled(table):
    for name in table.keys:
        column = table.column(name)
        assert column.required or column.default is not None, name


@EVERY
def test_a_header_is_the_name_or_alias_of_one_column_only(table):
    for words in (
        lambda column: (column.name,),
        lambda column: column.aliases,
        lambda column: column.stand_ins,
    ):
        seen: dict[str, str] = {}
        for column in table.columns:
            for header in map(header_key, words(column)):
                assert seen.setdefault(header, column.name) == column.name, header


@EVERY
def test_a_word_means_one_value_only(table):
    for column in table.columns:
        seen: dict[str, str] = {}
        for value, words in column.values.items():
            for word in (value, *words):
                assert seen.setdefault(word.casefold(), value) == value, word


def test_headers_that_tell_of_tax_are_known_amounts():
    known = {header_key(name) for name in TABLES["orders"].column("amount").aliases}
    unknown = {h for headers in TAXES.values() for h in headers if header_key(h) not in known}
    assert unknown <= {"金额(含税)", "金额(不含税)"}


def test_an_unknown_column_is_a_key_error():
    with pytest.raises(KeyError, match="amout"):
        TABLES["orders"].column("amout")


def test_kinds_tell_text_numbers_and_dates_apart():
    assert Column("a", "period").is_text
    assert Column("a", "money").is_number
    assert Column("a", "time").is_date
    assert not Column("a", "flag").is_number
