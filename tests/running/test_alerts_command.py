"""`salesnb alerts`: a line for each figure that left its usual range, and a code for schedulers."""

import json

import pandas as pd
import pytest

from salesnb.cli import main
from salesnb.data.store import Company, write_tables


@pytest.fixture
def two_years(project):
    """Write two years of months: one order of 100 or 102 each, 华东's last one of 10."""
    months = pd.date_range("2022-07-15", periods=24, freq="MS") + pd.Timedelta(days=9)
    usual = [100.0, 102.0] * 12
    orders = pd.concat(
        pd.DataFrame(
            {
                "order_id": [f"{region}{number}" for number in range(24)],
                "order_date": months,
                "region": region,
                "customer_id": "c1",
                "amount": [*usual[:-1], last],
                "status": "counted",
            }
        )
        for region, last in (("华东", 10.0), ("华南", 102.0))
    )
    company = Company(regions=("华东", "华南"), complete_until=str(months[-1].date()))
    write_tables(project / "data", {"orders": orders}, company)
    return str(months[-1].to_period("M"))


def test_a_figure_that_fell_is_told_and_ends_with_1(two_years, capsys):
    assert main(["alerts", "--period", two_years, "--region", "华东", "--region", "华南"]) == 1
    assert capsys.readouterr().out == "华东：平均订单额10 元，低于平常的101 元（超出控制限）\n"


def test_for_programs(two_years, capsys):
    assert main(["alerts", "--period", two_years, "--json"]) == 1
    said = json.loads(capsys.readouterr().out)
    first = said["alerts"][0]
    assert (first["region"], first["metric"], first["rule"]) == (
        "华东", "average_order_value", "outside",
    )  # fmt: skip
    assert (first["value"], first["centre"], first["bad"]) == (
        10.0,
        pytest.approx(101, abs=0.5),
        True,
    )
    assert {each["region"] for each in said["alerts"]} == {"华东", "all"}
    assert (said["charts"], said["problems"]) == (6, [])


def test_quiet_regions_end_with_0(two_years, capsys):
    assert main(["alerts", "--period", two_years, "--region", "华南"]) == 0
    assert capsys.readouterr().out == "没有指标触发预警：检查了1个范围、2条指标曲线。\n"


def test_a_region_typed_wrong_is_wrong_usage(two_years, capsys):
    assert main(["alerts", "--region", "华东区"]) == 2
    assert "Did you mean `华东`?" in capsys.readouterr().err


def test_damaged_rows_of_one_region_hide_no_other(two_years, project, capsys):
    for part in (project / "data" / "orders").glob("region=%E5%8D%8E%E5%8D%97/*.parquet"):
        part.write_bytes(b"")
    assert main(["alerts", "--period", two_years, "--region", "华南", "--region", "华东"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("华东：平均订单额")
    assert lines[1].startswith("华南: ")
    assert "table `orders` cannot be read" in lines[1]
