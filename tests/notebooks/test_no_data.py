"""A region without data: its reports are made, say so, and no part of them fails."""

import pandas as pd
import pytest

import salesnb as s
from salesnb.data.store import open_store, write_tables
from salesnb.data.tables import TABLES

from .cells import NOTEBOOKS, run

NAMES = sorted(path.stem for path in NOTEBOOKS.glob("*.ipynb"))
YEARLY = ("annual_summary", "goal_decomposition")
EMPTY, ENDED = "北方", "中西部"
END = pd.Timestamp("2024-05-31")
LASTING = ("reps", "targets", "customers")


@pytest.fixture(scope="module")
def holed(company, tmp_path_factory):
    """Give a company with a region that has no row at all, and one that has none since June."""
    store = open_store(company)
    tables = {}
    for name in store.tables:
        rows = store.read(name)
        if "region" in rows:
            region, day = rows["region"].astype(str), TABLES[name].date
            kept = region != EMPTY
            if name not in LASTING and day in rows:
                kept &= (region != ENDED) | (rows[day] <= END)
            rows = rows[kept]
        tables[name] = rows
    folder = tmp_path_factory.mktemp("holed")
    write_tables(folder, tables, store.company)
    return folder


@pytest.mark.parametrize("region", [EMPTY, ENDED])
@pytest.mark.parametrize("name", NAMES)
def test_no_part_fails_where_there_is_nothing(holed, name, region):
    period = "2024" if name in YEARLY else "2024-06"
    review = s.open_report(name, region=region, period=period, data=str(holed), language="zh")
    _, content = run(review)
    failed = [part["id"] for part in content["sections"] if part["status"] == "failed"]
    assert (content["status"], failed) == ("ok", [])
    if region == EMPTY:
        sold = [fact["value"] for fact in content["facts"] if fact["metric"] == "net_sales"]
        assert not any(sold)


def test_the_month_without_an_order_is_said(holed):
    for region in (EMPTY, ENDED):
        review = s.open_report(
            "monthly_review", region=region, period="2024-06", data=str(holed), language="zh"
        )
        s.headline(review)
        said = [found["text"] for found in review.content()["findings"]]
        assert "2024年6月没有任何订单。" in said
