"""`python -m benchmarks.batch`: a month's reports, made by loops of other programs and by ours.

Ways, run in turn, several rounds, each with the same notebooks, data and count of processes:

a  `papermill` and `jupyter nbconvert --to html`, a program start each for each report
b  the same with `--to salesnb`
c  `salesnb batch --engine kernel`
d  `salesnb batch --engine fork`
floor  the cells' own computing with the figures' drawing, in forks of one warm Python

Prints medians as a Markdown table. Memory is the most that all processes held at once, pages
they share counted once (PSS). `--quick` is one round over two regions.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from benchmarks.company import with_regions
from benchmarks.measure import Cost, interleaved, measured, python
from salesnb.parameters import file_name
from salesnb.running.commands.demo import MONTH
from salesnb.running.commands.new import make_project


def main(words: Sequence[str] | None = None) -> int:
    """Run the benchmark and print its table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.batch", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--quick", action="store_true", help="two regions, one round")
    parser.add_argument("--regions", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--only", nargs="*", default=[], help="some of: a b c d floor")
    parser.add_argument("--keep", default="", metavar="DIR", help="work here and leave it")
    said = parser.parse_args(words)
    if said.quick:
        said.regions, said.rounds = 2, 1
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(said.keep or temporary).resolve() / "company"
        if not folder.is_dir():
            make_project(folder, "zh")
            shutil.rmtree(folder / "data")
            with_regions(folder / "data", said.regions)
        jobs = reports(folder, said.regions)
        ways = {
            name: way
            for name, way in every_way(folder, jobs, said.processes).items()
            if not said.only or name in said.only
        }
        costs = interleaved(ways, said.rounds, lambda line: print(line, file=sys.stderr))
    notebooks = {notebook for notebook, _, _ in jobs}
    print(
        f"{len(notebooks)} notebooks × {said.regions} regions = {len(jobs)} reports, "
        f"{said.processes} at a time, medians of {said.rounds} rounds on {os.cpu_count()} cores\n"
    )
    print("\n".join(table(costs, len(jobs))))
    return 0


def reports(folder: Path, regions: int) -> list[tuple[str, str, str]]:
    """List notebook, region and period of every report."""
    said = json.loads((folder / "data" / "company.json").read_text(encoding="utf-8"))
    return [
        (path.stem, region, MONTH)
        for path in sorted((folder / "notebooks").glob("*.ipynb"))
        for region in said["company"]["regions"][:regions]
    ]


def every_way(
    folder: Path, jobs: list[tuple[str, str, str]], processes: int
) -> dict[str, Callable[[], Cost]]:
    """Give each way to make all reports as a function that does so and gives the cost."""
    loop = partial(_loop, folder, jobs, processes)
    regions = list(dict.fromkeys(region for _, region, _ in jobs))
    ours = partial(_batch, folder, regions, processes)
    floor = python("-m", "benchmarks.floor", str(folder), str(len(regions)), str(processes))
    return {
        "a": partial(loop, "html"),
        "b": partial(loop, "salesnb"),
        "c": partial(ours, "kernel"),
        "d": partial(ours, "fork"),
        "floor": lambda: measured(floor, folder, _here()),
    }


def _loop(folder: Path, jobs: list[tuple[str, str, str]], processes: int, to: str) -> Cost:
    """Start papermill and nbconvert for each report, some reports at a time."""
    out = folder / f"loop-{to}"
    shutil.rmtree(out, ignore_errors=True)
    lines = []
    for notebook, region, period in jobs:
        place = out / period / notebook
        place.mkdir(parents=True, exist_ok=True)
        done = place / f"{file_name(region)}.ipynb"
        run = f"-m papermill --no-progress-bar notebooks/{notebook}.ipynb '{done}'"
        run += f" -p region '{region}' -r period {period}"
        export = f"-m nbconvert --log-level ERROR --no-input --to {to} '{done}'"
        lines.append(f"'{sys.executable}' {run} && '{sys.executable}' {export}")
    (folder / "loop.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    command = f"tr '\\n' '\\0' < loop.txt | xargs -0 -P{processes} -I@ sh -c @"
    return measured(["sh", "-c", command], folder)


def _batch(folder: Path, regions: Sequence[str], processes: int, engine: str) -> Cost:
    """Make them all with one `salesnb batch`."""
    out = folder / f"outputs-{engine}"
    shutil.rmtree(out, ignore_errors=True)
    words = [word for region in regions for word in ("--region", region)]
    words += ["--period", MONTH, "--engine", engine, "--jobs", str(processes), "--out", str(out)]
    return measured(python("-m", "salesnb", "batch", *words), folder)


def _here() -> dict[str, str]:
    """Give an environment in which the benchmarks' own modules are found."""
    root = str(Path(__file__).parents[1])
    return {"PYTHONPATH": os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))}


NAMES = {
    "a": "(a) `papermill` + `jupyter nbconvert --to html`",
    "b": "(b) `papermill` + `jupyter nbconvert --to salesnb`",
    "c": "(c) `salesnb batch --engine kernel`",
    "d": "(d) `salesnb batch --engine fork`",
    "floor": "the cells alone",
}


def table(costs: dict[str, Cost], reports: int) -> list[str]:
    """Give the table of medians, with ratios to the first way."""
    lines = [
        "| way | wall s | CPU s | CPU s a report | beyond the cells | memory MB "
        "| wall : (a) | CPU : (a) | memory : (a) |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    first, floor = next(iter(costs.values())), costs.get("floor")
    for name, cost in costs.items():
        beyond = f"{(cost.cpu - floor.cpu) / reports:.2f}" if floor else "–"
        lines.append(
            f"| {NAMES[name]} | {cost.wall:.0f} | {cost.cpu:.0f} | {cost.cpu / reports:.2f} "
            f"| {beyond} | {cost.memory / 1e6:.0f} | {cost.wall / first.wall:.2f} "
            f"| {cost.cpu / first.cpu:.2f} | {cost.memory / first.memory:.2f} |"
        )
    if {"c", "d"} <= costs.keys():
        c, d = costs["c"], costs["d"]
        lines.append(
            f"\n(d) : (c) is {d.wall / c.wall:.2f} of the wall, {d.cpu / c.cpu:.2f} of CPU."
        )
    return lines


if __name__ == "__main__":
    sys.exit(main())
