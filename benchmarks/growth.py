"""What growth costs: `python -m benchmarks.growth`.

One region keeps its 100,000 order lines while the company grows; its monthly review is made for
each size. A second table grows the number of regions of a batch whose only notebook computes
nothing, so that what is left is the batch itself: made, and again when nothing changed.
`--quick` is 1 and 2 million lines, 4 and 31 regions.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.company import empty_notebook, with_lines, with_regions
from benchmarks.measure import measured, python
from salesnb.running.commands.new import make_project

_RUN = ("-m", "salesnb", "run", "monthly_review", "--period", "2024-06")


def main(words: Sequence[str] | None = None) -> int:
    """Run the benchmark and print its tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.growth", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--lines", type=float, nargs="*", default=[1e6, 1e7, 5e7])
    parser.add_argument("--regions", type=int, nargs="*", default=[4, 31, 300])
    parser.add_argument("--quick", action="store_true")
    said = parser.parse_args(words)
    if said.quick:
        said.lines, said.regions = [1e6, 2e6], [4, 31]
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "company"
        make_project(folder, "zh")
        if said.lines:
            print("| order lines of the company | report, wall s | kernel CPU s | kernel MB |")
            print("|---:|---:|---:|---:|")
        for lines in said.lines:
            shutil.rmtree(folder / "data")
            with_lines(folder / "data", int(lines))
            print(_one_report(folder, int(lines)), flush=True)
        shutil.rmtree(folder / "notebooks")
        empty_notebook(folder / "notebooks" / "empty.ipynb")
        if said.regions:
            print("\n| regions | batch, wall s | CPU s a report | unchanged, wall s | CPU s |")
            print("|---:|---:|---:|---:|---:|")
        for count in said.regions:
            shutil.rmtree(folder / "data")
            with_regions(folder / "data", count)
            print(_batches(folder, count), flush=True)
    return 0


def _one_report(folder: Path, lines: int) -> str:
    """Make one report twice: the first reads files the system has not at hand."""
    run = python(*_RUN, "--region", "R000")
    measured(run, folder)
    cost = measured(run, folder)
    last = (folder / "outputs" / "runs.jsonl").read_text(encoding="utf-8").splitlines()[-1]
    said = json.loads(last)
    return (
        f"| {lines:,} | {cost.wall:.1f} | {said['cpu_seconds']:.2f} "
        f"| {said['peak_bytes'] / 1e6:.0f} |"
    )


def _batches(folder: Path, count: int) -> str:
    batch = python("-m", "salesnb", "batch", "--period", "2024-06", "--out", f"out-{count}")
    made = measured(batch, folder)
    again = measured(batch, folder)
    return (
        f"| {count} | {made.wall:.1f} | {made.cpu / (count + 1):.2f} "
        f"| {again.wall:.1f} | {again.cpu:.1f} |"
    )


if __name__ == "__main__":
    sys.exit(main())
