"""The sample company, written once; no test writes into it."""

import pytest

from salesnb.sample.company import write_company


@pytest.fixture(scope="session")
def company(tmp_path_factory):
    folder = tmp_path_factory.mktemp("company")
    write_company(folder)
    return folder
