"""A smaller company: some regions, the last months, every link still holding."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from salesnb.data.scope import parse_scope, scope_text

_LINKS = (
    ("orders", "lead_id", "leads"),
    ("opportunities", "lead_id", "leads"),
    ("leads", "opp_id", "opportunities"),
    ("activities", "opp_id", "opportunities"),
    ("tickets", "opp_id", "opportunities"),
    ("orders", "contract_id", "contracts"),
    ("reps", "manager_id", "reps"),
)
"""Table, column, and the table it points to: emptied where that row is gone."""

_OF_ROWS = (
    ("opp_stage_history", "opp_id", "opportunities"),
    ("order_credit", "order_id", "orders"),
    ("receivables", "order_id", "orders"),
    ("receipts", "invoice_id", "receivables"),
)
"""Rows that go with the row they belong to."""


def cut(
    tables: Mapping[str, pd.DataFrame], regions: Sequence[str], first: pd.Timestamp
) -> dict[str, pd.DataFrame]:
    """Keep some regions, and what happened from a day on; targets of the company add up again.

    Parameters
    ----------
    tables
        Of the whole company; not changed.
    regions
        Those that stay. Rows of the company as a whole stay, too.
    first
        First day kept; customers, people and contracts that still run are kept whatever their age.
    """
    small = {name: _in_regions(frame, regions) for name, frame in tables.items()}
    for name, column in (
        ("orders", "order_date"),
        ("leads", "created"),
        ("opportunities", "created"),
        ("activities", "ts"),
        ("feedback", "ts"),
        ("tickets", "opened"),
        ("training", "date"),
        ("stock", "date"),
        ("events", "date"),
        ("contracts", "end"),
        ("actions", "due"),
        ("calendar", "date"),
    ):
        small[name] = small[name][small[name][column] >= first]
    for name in ("channel_spend", "market", "assessments"):
        small[name] = small[name][_ends(small[name]["period"]) >= first]
    small["targets"] = _targets(small["targets"], first)
    for name, column, other in _OF_ROWS:
        known = small[other][_key(other)]
        small[name] = small[name][small[name][column].isin(known)]
    known = small["customers"]["customer_id"]
    contacts = small["activities"]
    # The company's own people saw customers everywhere.
    seen = contacts["customer_id"].isin(known) | contacts["customer_id"].isna()
    small["activities"] = contacts[seen]
    for name, column, other in _LINKS:
        known = small[name][column].isin(small[other][_key(other)])
        small[name] = small[name].assign(**{column: small[name][column].where(known, None)})
    return {name: frame.reset_index(drop=True) for name, frame in small.items()}


def _key(table: str) -> str:
    return {
        "leads": "lead_id",
        "opportunities": "opp_id",
        "orders": "order_id",
        "receivables": "invoice_id",
        "contracts": "contract_id",
        "reps": "rep_id",
    }[table]


def _in_regions(frame: pd.DataFrame, regions: Sequence[str]) -> pd.DataFrame:
    if "region" not in frame.columns:
        return frame
    return frame[frame["region"].isin([*regions, ""])]


def _ends(periods: pd.Series) -> pd.Series:
    """Give the last day of each period."""
    ends = {
        text: pd.Period(text, freq="Q" if "Q" in text else "M" if "-" in text else "Y").end_time
        for text in periods.unique()
    }
    return periods.map(ends)


def _targets(targets: pd.DataFrame, first: pd.Timestamp) -> pd.DataFrame:
    """Let the company's sales targets be what its regions have; cut years have no target."""
    starts = targets["period"].map(
        {
            text: pd.Period(
                text, freq="Q" if "Q" in text else "M" if "-" in text else "Y"
            ).start_time
            for text in targets["period"].unique()
        }
    )
    kept = targets[starts >= first]
    scopes = kept["scope"].map({text: parse_scope(text) for text in kept["scope"].unique()})
    sales = kept["metric"].isin(["net_sales", "new_customers"])
    of_region = sales & scopes.map(lambda scope: "region" in scope and "rep" not in scope)
    above = scopes[of_region].map(
        lambda scope: scope_text({name: at for name, at in scope.items() if name != "region"})
    )
    parts = kept.loc[of_region].assign(scope=above)
    keys = ["version", "metric", "scope", "period"]
    sums = parts.groupby(keys)["value"].sum()
    company = sales & scopes.map(lambda scope: "region" not in scope)
    wanted = pd.MultiIndex.from_frame(kept.loc[company, keys])
    return kept.assign(
        value=kept["value"].mask(
            company, pd.Series(sums.reindex(wanted).to_numpy(), index=kept.index[company])
        )
    )
