"""Companies to measure on: the sample company with more regions, or orders by the million."""

from __future__ import annotations

from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
from nbformat.v4 import new_code_cell, new_notebook

from salesnb.data.store import Company, Store, TableWriter, write_tables
from salesnb.parameters import CELL
from salesnb.report.facts import MIME, SCHEMA
from salesnb.sample.company import make_company

_SHARED_IDS = {"product_id"}
_LINES = 1_000_000


def with_regions(folder: Path, count: int) -> Store:
    """Write the sample company, its regions copied until there are `count`."""
    made = make_company("quick")
    regions = list(made.company.regions)
    tables = {name: [table] for name, table in made.tables.items()}
    names = list(regions)
    copy = 2
    while len(names) < count:
        chosen = regions[: count - len(names)]
        for name, table in made.tables.items():
            if "region" in table.columns:
                tables[name].append(_copied(table, chosen, copy))
        names += [f"{region}{copy}" for region in chosen]
        copy += 1
    whole = {name: pd.concat(parts, ignore_index=True) for name, parts in tables.items()}
    company = Company(**{**vars(made.company), "regions": tuple(names[:count])})
    return write_tables(folder, whole, company)


def _copied(table: pd.DataFrame, regions: list[str], number: int) -> pd.DataFrame:
    """Give the rows of some regions under other names, with ids of their own."""
    rows = table[table["region"].isin(regions)].copy()
    rows["region"] = rows["region"].astype(str) + str(number)
    for column in rows.columns:
        if column.endswith("_id") and column not in _SHARED_IDS:
            ids = rows[column].astype(object)
            rows[column] = ids.where(ids.isna(), ids.astype(str) + f"~{number}")
    if "scope" in rows.columns:
        for region in regions:
            rows["scope"] = rows["scope"].str.replace(
                f"region={region}", f"region={region}{number}", regex=False
            )
        rows["scope"] = rows["scope"].str.replace(r"(rep=[^;]+)", rf"\1~{number}", regex=True)
    return rows


def with_lines(folder: Path, lines: int, own: int = 100_000, regions: int = 31) -> Store:
    """Write orders and nothing else: `own` lines for region R000, the rest for all others."""
    draw = np.random.default_rng(1)
    names = [f"R{number:03d}" for number in range(regions)]
    days = pd.date_range("2021-01-01", "2024-06-30")
    with TableWriter(folder, Company(regions=tuple(names))) as writer:
        writer.add("orders", _orders(draw, days, names[:1], own, 0))
        written = own
        while written < lines:
            count = min(_LINES, lines - written)
            writer.add("orders", _orders(draw, days, names[1:], count, written))
            written += count
        return writer.finish()


def one_year(folder: Path, lines: int, regions: int = 8) -> Store:
    """Write a year of orders up to June 2024, and nothing else."""
    draw = np.random.default_rng(1)
    names = [f"R{number:03d}" for number in range(regions)]
    days = pd.date_range("2023-07-01", "2024-06-30")
    with TableWriter(folder, Company(regions=tuple(names))) as writer:
        writer.add("orders", _orders(draw, days, names, lines, 0))
        return writer.finish()


def _orders(
    draw: np.random.Generator, days: pd.DatetimeIndex, regions: list[str], count: int, first: int
) -> pd.DataFrame:
    region = draw.integers(len(regions), size=count)
    customer = draw.integers(5000, size=count)
    quantity = draw.integers(1, 20, size=count).astype(float)
    number = np.arange(first, first + count)
    return pd.DataFrame(
        {
            "order_id": pd.Series(number).astype(str),
            "line_no": 1,
            "order_date": days[draw.integers(len(days), size=count)],
            "region": pd.Categorical.from_codes(region, regions),
            "customer_id": [f"{regions[r]}-{c}" for r, c in zip(region, customer, strict=True)],
            "product_id": pd.Series(draw.integers(50, size=count)).astype(str),
            "qty": quantity,
            "amount": np.round(quantity * draw.lognormal(6, 0.5, size=count), 2),
            "status": "counted",
        }
    )


def empty_notebook(path: Path) -> None:
    """Write a notebook that computes nothing, and publishes the facts a report must have."""
    declared = "\n".join(f'{name}: str = ""' for name in CELL)
    said = {"schema": SCHEMA, "notebook": path.stem, "status": "ok", "facts": [], "sections": []}
    publish = (
        "from IPython.display import publish_display_data\n"
        f"publish_display_data({{{MIME!r}: {said!r} | {{'region': region, 'period': period}}}})"
    )
    cells = [
        new_code_cell(declared, id="parameters", metadata={"tags": ["parameters"]}),
        new_code_cell(publish, id="publish"),
    ]
    spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": spec}), path)
