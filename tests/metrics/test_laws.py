"""What holds for every metric of the catalogue; a new metric is tested by being in it."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from salesnb.data.store import Company, write_tables
from salesnb.metrics.dataset import Dataset
from salesnb.metrics.measure import measure
from salesnb.metrics.metric import COLUMNS, MARKS, REASONS
from salesnb.metrics.registry import METRICS
from salesnb.period import Period, Window

MEASURED = [name for name, metric in METRICS.items() if metric.compute is not None]
RATIOS = [name for name in MEASURED if METRICS[name].is_ratio and "region" in METRICS[name].dims]
SUMS = [name for name in MEASURED if METRICS[name].additive and "region" in METRICS[name].dims]
REGIONS = ("East", "South")
YEAR, MONTH = Period.parse("2024"), Period.parse("2024-06")

# Each part over the whole: the part alone is its own whole.
PART_OF_WHOLE = {"share", "share_change", "growth_contribution", "loss_share", "over_assignment"}


@pytest.fixture(scope="module")
def shuffled(tables, tmp_path_factory) -> Dataset:
    mixed = {
        name: rows.sample(frac=1, random_state=place).reset_index(drop=True)
        for place, (name, rows) in enumerate(tables.items())
    }
    store = write_tables(tmp_path_factory.mktemp("mixed"), mixed, Company(regions=REGIONS))
    return Dataset.for_region(store, "all", as_of=date(2024, 6, 30))


@pytest.fixture(scope="module")
def scaled(tables, tmp_path_factory) -> Dataset:
    orders = tables["orders"].assign(amount=3 * tables["orders"]["amount"])
    more = {**tables, "orders": orders}
    store = write_tables(tmp_path_factory.mktemp("scaled"), more, Company(regions=REGIONS))
    return Dataset.for_region(store, "all", as_of=date(2024, 6, 30))


@pytest.fixture(scope="module")
def regions(store) -> list[Dataset]:
    return [Dataset.for_region(store, name, as_of=date(2024, 6, 30)) for name in REGIONS]


@pytest.fixture(scope="module")
def bare(tables, tmp_path_factory) -> Dataset:
    """Orders of one line and nothing else."""
    columns = ["order_id", "line_no", "order_date", "region", "amount"]
    line = tables["orders"].loc[[0], columns].assign(order_date=pd.Timestamp("2024-06-03"))
    store = write_tables(tmp_path_factory.mktemp("bare"), {"orders": line}, Company())
    return Dataset.for_region(store, "all", as_of=date(2024, 6, 30))


def same(left: pd.DataFrame, right: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(left, right, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", MEASURED)
@pytest.mark.parametrize("when", [YEAR, MONTH], ids=str)
def test_a_value_or_a_reason(company, name, when):
    found = measure(company, name, when)
    assert list(found.columns) == list(COLUMNS)
    assert len(found) == 1
    value, reason = found.loc[0, "value"], found.loc[0, "reason"]
    assert np.isfinite(value) if reason is None or reason in MARKS else np.isnan(value)
    assert reason is None or reason in (*MARKS, *REASONS)


@pytest.mark.parametrize("name", MEASURED)
def test_every_dimension_can_be_cut_by(company, name):
    for dimension in METRICS[name].dims:
        found = measure(company, name, YEAR, [dimension])
        assert list(found.columns) == [dimension, *COLUMNS]
        assert not found[dimension].isna().any()
        assert not found[dimension].duplicated().any()
        assert not np.isinf(found["value"]).any()


@pytest.mark.parametrize("name", RATIOS)
@pytest.mark.parametrize("when", [YEAR, MONTH], ids=str)
def test_a_ratio_of_the_whole_is_one_sum_over_another(company, name, when):
    whole = measure(company, name, when)
    parts = measure(company, name, when, ["region"])
    if np.isnan(whole.loc[0, "value"]) or not len(parts):
        return
    top, bottom = parts["numerator"].sum(), parts["denominator"].sum()
    np.testing.assert_allclose(whole.loc[0, ["numerator", "denominator"]].tolist(), [top, bottom])
    np.testing.assert_allclose(whole.loc[0, "value"], top / bottom)
    known = parts["value"].dropna()
    if len(known) == len(parts):
        assert known.min() - 1e-9 <= whole.loc[0, "value"] <= known.max() + 1e-9


@pytest.mark.parametrize("name", SUMS)
def test_regions_sum_to_the_company(company, regions, name):
    whole = measure(company, name, YEAR).loc[0, "value"]
    np.testing.assert_allclose(measure(company, name, YEAR, ["region"])["value"].sum(), whole)
    each = [measure(dataset, name, YEAR).loc[0, "value"] for dataset in regions]
    np.testing.assert_allclose(sum(each), whole)


@pytest.mark.parametrize("name", [name for name in MEASURED if name not in PART_OF_WHOLE])
def test_a_part_is_what_its_filter_leaves(company, name):
    for dimension in METRICS[name].dims:
        if dimension in ("customer", "to_tier"):
            continue
        parts = measure(company, name, YEAR, [dimension])
        for row in parts.head(2).itertuples():
            alone = measure(company, name, YEAR, (), {dimension: getattr(row, dimension)})
            np.testing.assert_allclose(alone.loc[0, "value"], row.value, err_msg=dimension)
            assert alone.loc[0, "n"] == row.n, dimension


@pytest.mark.parametrize("name", MEASURED)
def test_order_of_rows_does_not_matter(company, shuffled, name):
    by = list(METRICS[name].dims[:1])
    same(measure(shuffled, name, YEAR), measure(company, name, YEAR))
    same(measure(shuffled, name, YEAR, by), measure(company, name, YEAR, by))


@pytest.mark.parametrize("name", MEASURED)
def test_without_rows_there_is_no_crash_and_no_infinity(company, name):
    before = Window(date(2019, 1, 1), date(2019, 12, 31))
    found = measure(company, name, before)
    assert len(found) == 1
    assert found.loc[0, "reason"] is not None or found.loc[0, "value"] == 0
    for dimension in METRICS[name].dims[:1]:
        assert not measure(company, name, before, [dimension])["value"].gt(0).any()


@pytest.mark.parametrize("name", MEASURED)
def test_one_order_line_alone_gives_a_value_or_a_reason(bare, name):
    found = measure(bare, name, MONTH)
    assert found.loc[0, "reason"] is not None or np.isfinite(found.loc[0, "value"])
    if METRICS[name].lacks(bare):
        assert found.loc[0, "reason"] == "missing_table"


def test_frames_are_left_as_they_were(company):
    tables = [*company.store.tables, "sales", "credited"]
    before = {name: company.frame(name) for name in tables}
    kept = {name: rows.copy(deep=True) for name, rows in before.items()}
    for name in MEASURED:
        measure(company, name, YEAR, METRICS[name].dims[:2])
    for name in tables:
        pd.testing.assert_frame_equal(company.frame(name), kept[name])


SCALED = {
    "net_sales": 3, "average_order_value": 3, "revenue_per_customer": 3, "growth_yoy": 1,
    "premium_share": 1, "new_customer_share": 1, "gini": 1, "hhi": 1, "top10_share": 1,
    "share": 1, "orders": 1, "active_customers": 1, "roas": 3, "attainment": 3, "landing": 3,
    "repurchase_rate": 1, "cagr": 1, "market_share": 3, "average_selling_price": 3,
}  # fmt: skip


@pytest.mark.parametrize(("name", "factor"), SCALED.items())
def test_three_times_the_sales(company, scaled, name, factor):
    now = measure(scaled, name, YEAR).loc[0, "value"]
    np.testing.assert_allclose(now, factor * measure(company, name, YEAR).loc[0, "value"])
