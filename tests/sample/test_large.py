"""A company of any size: as many regions as asked, every link holding, targets adding up."""

import pandas as pd
import pytest

from salesnb.data.check import check_data
from salesnb.errors import ParameterError
from salesnb.sample import large
from salesnb.sample.large import write_large


@pytest.fixture(scope="module")
def provinces(tmp_path_factory):
    folder = tmp_path_factory.mktemp("provinces")
    return folder, write_large(folder, regions=6, lines=50_000, seed=1)


def test_regions_and_lines_are_as_asked(provinces):
    _, store = provinces
    assert store.regions == ("北京", "天津", "河北", "山西", "内蒙古", "辽宁")
    assert 40_000 < store.rows("orders") < 60_000
    assert min(store.rows("orders", region) for region in store.regions) > 4_000


def test_nothing_breaks_the_contract(provinces):
    folder, _ = provinces
    found = check_data(folder).problems
    assert [(flaw.rule, flaw.table, flaw.column, flaw.count) for flaw in found] == []


def test_targets_of_the_company_are_those_of_its_regions(provinces):
    targets = provinces[1].read("targets").astype({"scope": "str", "period": "str"})
    sales = targets[(targets["metric"] == "net_sales") & (targets["period"] == "2024")]
    sales = sales[sales["version"] == 2].set_index("scope")["value"]
    regions = sales[sales.index.str.fullmatch("region=[^;]*")]
    assert len(regions) == 6
    assert sales[""] == pytest.approx(regions.sum())


def test_a_region_can_be_made_of_several_parts(tmp_path, monkeypatch):
    monkeypatch.setattr(large, "PART_LINES", 24_000)
    monkeypatch.setattr(large, "SHARED_BELOW", 10_000)
    store = write_large(tmp_path, regions=1, lines=48_000, seed=1)
    assert store.regions == ("华东",)
    assert 40_000 < store.rows("orders") < 56_000
    assert check_data(tmp_path).problems == ()
    targets = store.read("targets").astype({"scope": "str", "period": "str"})
    assert not targets.duplicated(["version", "metric", "scope", "period"]).any()
    orders = store.read("orders", columns=["order_id", "customer_id"])
    assert orders["order_id"].str[:3].unique().tolist() == ["001", "002"]
    assert isinstance(orders["customer_id"], pd.Series)


def test_the_same_seed_writes_the_same_parts(tmp_path):
    stores = [write_large(tmp_path / name, 2, 20_000, seed=5) for name in ("one", "two")]
    assert stores[0].parts == stores[1].parts


def test_nothing_to_write_is_refused(tmp_path):
    with pytest.raises(ParameterError) as error:
        write_large(tmp_path, regions=0, lines=0)
    assert str(error.value) == (
        "2 problems.\n  · `regions` is below 1; got 0.\n  · `lines` is below 1; got 0."
    )
