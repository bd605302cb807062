"""The market around the sample company adds up."""

import pytest

from salesnb.sample.surroundings import market_table


@pytest.fixture(scope="module")
def market():
    table = market_table(1)
    return table[table["competitor"] == ""].set_index(["scope", "period"])


def test_quarters_sum_to_the_year(market):
    quarters = [market.loc[("", f"2023Q{n}"), "market_size"] for n in range(1, 5)]
    assert sum(quarters) == pytest.approx(market.loc[("", "2023"), "market_size"], rel=1e-3)


def test_a_quarter_has_all_the_customers_of_the_year(market):
    for scope in ("", "region=华东"):
        many = market.loc[(scope, "2023Q4"), "addressable_customers"]
        assert many == market.loc[(scope, "2023"), "addressable_customers"]
