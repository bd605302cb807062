"""The 2023 table of the sample company, computed by the registry with default definitions."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from salesnb.data.store import open_store
from salesnb.metrics.compare import compare, target_value
from salesnb.metrics.dataset import Dataset
from salesnb.metrics.measure import measure
from salesnb.period import Period
from salesnb.sample.company import write_company
from salesnb.sample.truth import figures_2023


@pytest.fixture(scope="module")
def sample(tmp_path_factory) -> Dataset:
    folder = tmp_path_factory.mktemp("sample")
    write_company(folder, size="quick")
    return Dataset.for_region(open_store(folder), "all")


def where_of(scope: str) -> dict[str, Any]:
    parts = [part.split("=") for part in scope.split(";") if part]
    return {name: values.split(",") for name, values in parts}


def counted(dataset: Dataset, of: str, scope: str, period: Period) -> float:
    """Count what has no metric."""
    window = dataset.calendar.window(period)
    if of == "campaigns":
        rows = dataset.frame("channel_spend")
        own = rows["channel"].isin(where_of(scope)["channel"]) & (rows["spend"] > 0)
        inside = rows["period"].astype("str").str.startswith(str(period))
        return rows.loc[own & inside, "campaign_id"].nunique()
    if of == "valid_leads":
        return measure(dataset, "valid_lead_rate", period, (), where_of(scope)).loc[0, "numerator"]
    if of == "experienced_hires":
        reps = dataset.frame("reps")
        hired = reps["hire_date"].between(pd.Timestamp(window.start), pd.Timestamp(window.end))
        return float((hired & (reps["industry_years"] >= 5)).sum())
    raise KeyError(of)


def computed(dataset: Dataset, figure: dict[str, Any]) -> float:
    period, where = Period.parse(figure["period"]), where_of(figure["scope"])
    metric, of = figure["metric"], figure.get("of", "")
    if not metric:
        return counted(dataset, of, figure["scope"], period)
    if metric == "target":
        return target_value(dataset, of, period, (), where).loc[0, "target"]
    if metric == "growth_yoy":
        return compare(dataset, of, period, "year", (), where).loc[0, "growth"]
    if of == "best":
        cells = measure(dataset, metric, period, ["weekday", "hour"])
        best = cells.sort_values("value", ascending=False).head(2)
        found = set(zip(best["weekday"], best["hour"], strict=True))
        return float(found == {("1", "10"), ("1", "11")})
    return measure(dataset, metric, period, (), where).loc[0, "value"]


@pytest.mark.parametrize("figure", figures_2023(), ids=lambda figure: figure["id"])
def test_2023_comes_out(sample, figure):
    found, wanted = computed(sample, figure), figure["value"]
    if figure["bound"] == "≤" if "bound" in figure else False:
        assert found <= wanted
        return
    relative = figure["unit"] in ("money", "months", "multiple")
    slack = figure["tolerance"] * (wanted if relative else 1)
    assert found == pytest.approx(wanted, abs=slack + 1e-9)
