"""What sections share: reasons in words, and the cohort a rate is shown of."""

import numpy as np
import pandas as pd
import pytest

from salesnb.data.store import Company, write_tables
from salesnb.language import Language
from salesnb.metrics.metric import MARKS, REASONS
from salesnb.report.review import open_report
from salesnb.report.sections.parts import mature_period


@pytest.mark.parametrize("code", ["zh", "en"])
def test_every_reason_has_words(code):
    language = Language(code)
    for reason in (*REASONS, *MARKS):
        assert language(f"report.reason.{reason}")


@pytest.mark.parametrize(("many", "shown"), [(40, "2024-03"), (4, "2024-04")])
def test_a_cohort_with_cases_enough_is_shown(tmp_path, monkeypatch, many, shown):
    # On 30 June leads have had their 90 days up to the first of April.
    days = [*["2024-03-15"] * many, *["2024-04-01"] * 2, *["2024-06-03"] * many]
    leads = pd.DataFrame(
        {
            "lead_id": np.arange(len(days)).astype(str),
            "created": pd.to_datetime(days),
            "converted_date": pd.to_datetime(["2024-03-20", *[None] * (len(days) - 1)]),
            "region": "East",
        }
    )
    orders = pd.DataFrame(
        {
            "order_id": ["1", "2"],
            "order_date": pd.to_datetime(["2024-01-02", "2024-06-30"]),
            "amount": 1.0,
            "customer_id": "c",
            "region": "East",
        }
    )
    (tmp_path / "parameters").mkdir()
    monkeypatch.chdir(tmp_path)
    company = Company(regions=("East",), country="")
    write_tables(tmp_path / "data", {"orders": orders, "leads": leads}, company)
    review = open_report("monthly_review", region="all", period="2024-06", data="data")
    assert str(mature_period(review, "lead_conversion")) == shown
