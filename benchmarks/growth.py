"""What growth costs: `python -m benchmarks.growth`.

One region keeps its 100,000 order lines while the company grows; its monthly review is made for
each size. A second table grows the number of regions in a batch that has nothing to do.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.company import with_lines, with_regions
from benchmarks.measure import measured, python
from salesnb.running.commands.new import make_project

_RUN = ("-m", "salesnb", "run", "monthly_review", "--period", "2024-06")


def main(words: Sequence[str] | None = None) -> int:
    """Run the benchmark and print its tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.growth", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--lines", type=float, nargs="*", default=[1e6, 1e7, 5e7])
    parser.add_argument("--regions", type=int, nargs="*", default=[4, 31, 300])
    said = parser.parse_args(words)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "company"
        make_project(folder, "zh")
        if said.lines:
            print("| order lines | report s | processor s | kernel MB |\n|---:|---:|---:|---:|")
        for lines in said.lines:
            shutil.rmtree(folder / "data")
            with_lines(folder / "data", int(lines))
            print(_one_report(folder, int(lines)), flush=True)
        if said.regions:
            print("\n| regions | unchanged batch s | processor s |\n|---:|---:|---:|")
        for count in said.regions:
            shutil.rmtree(folder / "data")
            with_regions(folder / "data", count)
            print(_unchanged(folder, count), flush=True)
    return 0


def _one_report(folder: Path, lines: int) -> str:
    cost = measured(python(*_RUN, "--region", "R000"), folder)
    last = (folder / "outputs" / "runs.jsonl").read_text(encoding="utf-8").splitlines()[-1]
    said = json.loads(last)
    return (
        f"| {lines:,} | {cost.wall:.1f} | {said['cpu_seconds']:.2f} "
        f"| {said['peak_bytes'] / 1e6:.0f} |"
    )


def _unchanged(folder: Path, count: int) -> str:
    batch = python("-m", "salesnb", "batch", "--period", "2024-06", "--out", f"out-{count}")
    measured(batch, folder)
    cost = measured(batch, folder)
    return f"| {count} | {cost.wall:.1f} | {cost.cpu:.1f} |"


if __name__ == "__main__":
    sys.exit(main())
