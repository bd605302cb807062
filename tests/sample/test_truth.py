"""The company holds the figures of 2023 for every seed, and the registry gives the same."""

from datetime import date

import pytest

from salesnb.data.scope import parse_scope
from salesnb.data.store import write_tables
from salesnb.metrics.compare import compare
from salesnb.metrics.dataset import Dataset
from salesnb.metrics.measure import measure
from salesnb.metrics.registry import METRICS
from salesnb.period import Period
from salesnb.sample.truth import figures_2023
from sample.figures import Figures

ROWS = figures_2023()
NOT_MEASURED = {"", "target"}


_KNOWN = {}


def figures_of(company):
    """Give the figures of a company, its tables prepared once."""
    key = company.truth["seed"], company.truth["size"]
    if key not in _KNOWN:
        _KNOWN[key] = Figures(company.tables)
    return _KNOWN[key]


def holds(row, found):
    scale = abs(row["value"]) if row["unit"] in ("months", "money") else 1
    if row.get("bound") == "≤":
        return found <= row["value"] + row["tolerance"]
    return abs(found - row["value"]) <= row["tolerance"] * scale + 1e-9


@pytest.mark.parametrize("row", ROWS, ids=[row["id"] for row in ROWS])
def test_the_company_holds_the_figure(row, seed, made):
    found = figures_of(made(seed=seed)).figure(row)
    assert holds(row, found), f"{row['id']} is {found}, expected {row['value']}"


def test_the_usual_size_holds_all_figures(made):
    usual = figures_of(made(size="usual"))
    wrong = {row["id"]: usual.figure(row) for row in ROWS if not holds(row, usual.figure(row))}
    assert wrong == {}


def test_every_row_says_what_it_is():
    needed = {"id", "metric", "scope", "period", "value", "unit", "tolerance", "definition"}
    assert [row["id"] for row in ROWS if not needed <= set(row)] == []
    assert len({row["id"] for row in ROWS}) == len(ROWS)
    said = {row["metric"] for row in ROWS} | {
        row["of"] for row in ROWS if row["metric"] in ("growth_yoy", "attainment", "share")
    }
    assert said - NOT_MEASURED - set(METRICS) == set()


def test_what_gave_way_is_told():
    assert [row["id"] for row in ROWS if "gave_way" in row] == [
        "growth",
        "relationship",
        "expo_conversion",
    ]


@pytest.fixture(scope="module")
def store(planted, tmp_path_factory):
    return write_tables(tmp_path_factory.mktemp("data"), planted.tables, planted.company)


@pytest.mark.parametrize("as_of", [date(2024, 6, 30), date(2023, 12, 31)], ids=str)
def test_the_registry_gives_the_same(store, as_of):
    dataset = Dataset.for_region(store, "all", as_of=as_of)
    wrong = {}
    for row in ROWS:
        if row["metric"] in NOT_MEASURED or row["unit"] == "rank":
            continue
        where = {name: tuple(v.split(",")) for name, v in parse_scope(row["scope"]).items()}
        period = Period.parse(row["period"])
        if row["metric"] == "growth_yoy":
            found = compare(dataset, row["of"], period, to="year", where=where)["growth"]
        elif row["metric"] == "attainment":
            found = compare(dataset, row["of"], period, to="target", where=where)["attainment"]
        elif row["metric"] == "share":
            part = measure(dataset, row["of"], period, where=where)["value"]
            found = part / measure(dataset, row["of"], period)["value"]
        else:
            found = measure(dataset, row["metric"], period, where=where)["value"]
        if not holds(row, found.iloc[0]):
            wrong[row["id"]] = found.iloc[0]
    assert wrong == {}
