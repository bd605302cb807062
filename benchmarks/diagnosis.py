"""The diagnosis beside a script written by hand: `python -m benchmarks.diagnosis`.

A year of 1,000,000 order lines. The notebook's cells run in a bare Python, the drawing of their
figures taken out of the count; the script reads the same files and computes the same tables with
pandas. Both are forked from a Python that has imported everything, in turn, several times; what
counts is processor time. `--lines` sets the number of order lines.
"""

from __future__ import annotations

import argparse
import gc
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.company import one_year
from benchmarks.floor import run_cells
from salesnb.parameters import ALL, PROJECT
from salesnb.report.charts import ChartBlock
from salesnb.running.commands.new import make_project
from salesnb.running.engines.zygote import warm_up

_MONTH = "2024-06"


def main(words: Sequence[str] | None = None) -> int:
    """Run the benchmark and print its table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.diagnosis", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--lines", type=float, default=1e6)
    parser.add_argument("--rounds", type=int, default=3)
    said = parser.parse_args(words)
    warm_up()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "company"
        make_project(folder, "zh")
        one_year(folder / "data", int(said.lines))
        os.environ[PROJECT] = str(folder)
        gc.collect()
        gc.freeze()
        spent = {"notebook": [], "script": []}
        for _ in range(said.rounds):
            spent["notebook"].append(in_fork(lambda: notebook(folder)))
            spent["script"].append(in_fork(lambda: script(folder / "data" / "orders")))
    found = {name: statistics.median(seconds) for name, seconds in spent.items()}
    print(f"{int(said.lines):,} order lines of a year, medians of {said.rounds} rounds\n")
    print("| | CPU s | : script |\n|---|---:|---:|")
    for name, seconds in found.items():
        print(f"| {name} | {seconds:.2f} | {seconds / found['script']:.2f} |")
    return 0


def in_fork(work: Callable[[], float]) -> float:
    """Do something in a process of its own; give the processor time it says to have taken."""
    reads, writes = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.write(writes, str(work()).encode())
        os._exit(0)
    os.close(writes)
    _, status = os.waitpid(pid, 0)
    with os.fdopen(reads) as said:
        text = said.read()
    if status or not text:
        raise RuntimeError("a round of the benchmark failed")
    return float(text)


def notebook(folder: Path) -> float:
    """Run the diagnosis of the company; give its processor time without that of figures."""
    drawing = [0.0]
    draw = ChartBlock.html

    def timed(block: ChartBlock) -> object:
        start = time.process_time()
        try:
            return draw(block)
        finally:
            drawing[0] += time.process_time() - start

    ChartBlock.html = timed  # type: ignore[method-assign, assignment]
    start = time.process_time()
    run_cells(folder / "notebooks" / "diagnosis.ipynb", ALL, _MONTH)
    return time.process_time() - start - drawing[0]


def script(orders: Path) -> float:
    """Compute the diagnosis's tables as an analyst would by hand; give the processor time."""
    start = time.process_time()
    lines = pd.read_parquet(orders)
    lines = lines[lines["status"] == "counted"]
    lines = lines.assign(month=lines["order_date"].dt.to_period("M"))
    history = _history(lines)
    for dimension in ("product_id", "region"):
        for_month = lines[lines["month"] == _MONTH].groupby(dimension, observed=True)["amount"]
        before = lines[lines["month"] == "2023-07"].groupby(dimension, observed=True)["amount"]
        table = pd.DataFrame({"now": for_month.sum(), "before": before.sum()})
        table["growth"] = table["now"] / table["before"] - 1
        table["share"] = table["now"] / table["now"].sum()
        table.sort_values("now", ascending=False)
        monthly = lines.groupby([dimension, "month"], observed=True)["amount"].sum().unstack()
        (monthly.std(axis=1) / monthly.mean(axis=1)).sort_values()
    np.polyfit(np.arange(len(history)), history["net_sales"].to_numpy(dtype=float), 1)
    # What is wrong is looked for in the company and in each region.
    for _, own in lines.groupby("region", observed=True):
        _history(own, windows=2)
        quarter = own["order_date"].dt.to_period("Q")
        customers = own.groupby(["customer_id", quarter])["amount"].sum().unstack()
        customers[customers.iloc[:, -1].isna()].sum(axis=1).nlargest(10)
    return time.process_time() - start


def _history(lines: pd.DataFrame, windows: int = 12) -> pd.DataFrame:
    """Give the months of some lines, the last of them with rates of a year's customers."""
    bought = lines[lines["amount"] > 0]
    by_month = lines.groupby("month")
    history = pd.DataFrame(
        {
            "net_sales": by_month["amount"].sum(),
            "units": by_month["qty"].sum(),
            "orders": bought.groupby("month")["order_id"].nunique(),
            "customers": bought.groupby("month")["customer_id"].nunique(),
        }
    )
    history["order_value"] = history["net_sales"] / history["orders"]
    history["customer_value"] = history["net_sales"] / history["customers"]
    history["growth"] = history["net_sales"].pct_change()
    history["mean"] = history["net_sales"].rolling(3).mean()
    first = bought.groupby("customer_id")["order_date"].min()
    history["new"] = first.dt.to_period("M").value_counts()
    last = bought.groupby("customer_id")["order_date"].max()
    for name, count in (("repurchase", windows), ("churn", min(windows, 7))):
        history[name] = pd.Series(
            {each: _share_of(name, bought, last, each.end_time) for each in history.index[-count:]}
        )
    spread = history["net_sales"].diff().abs().mean() * 2.66
    history["outside"] = (history["net_sales"] - history["net_sales"].mean()).abs() > spread
    return history


def _share_of(name: str, bought: pd.DataFrame, last: pd.Series, end: pd.Timestamp) -> float:
    """Give the share of a year's buyers who bought twice, or not in the last three months."""
    day = bought["order_date"]
    year = bought[(day <= end) & (day > end - pd.Timedelta("365D"))]
    if name == "repurchase":
        return float((year.groupby("customer_id")["order_id"].nunique() >= 2).mean())
    silent = last.reindex(year["customer_id"].unique()) < end - pd.Timedelta("90D")
    return float(silent.mean())


if __name__ == "__main__":
    sys.exit(main())
