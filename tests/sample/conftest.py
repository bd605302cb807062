"""Sample companies, each made once."""

from functools import cache

import pytest

from salesnb.sample.company import make_company

SEEDS = (2024, 1, 7)


@cache
def company(seed=2024, causes="all", size="quick"):
    return make_company(size, seed, causes)


@pytest.fixture(scope="session")
def made():
    """Give the function that makes a company, or gives the one made before."""
    return company


@pytest.fixture(scope="session", params=SEEDS)
def seed(request):
    return request.param


@pytest.fixture(scope="session")
def planted():
    return company(causes="all")


@pytest.fixture(scope="session")
def plain():
    return company(causes="none")
