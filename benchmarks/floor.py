"""The floor: what the cells themselves compute and draw, without kernels, papermill or pages.

`python -m benchmarks.floor FOLDER REGIONS PROCESSES`: a Python that has imported everything forks
once for each report, runs the cells, and makes the markup of each cell's last value. No other
program can make these reports with less, but by making the cells themselves cheaper.
"""

from __future__ import annotations

import ast
import gc
import io
import os
import sys
from pathlib import Path

import nbformat
from matplotlib.figure import Figure

import salesnb
from benchmarks.batch import reports


def main(folder: Path, regions: int, processes: int) -> int:
    """Make the cells' values of every report, some reports at a time."""
    os.environ["SALESNB_PROJECT"] = str(folder)
    for name in salesnb.__all__:
        getattr(salesnb, name)
    Figure().savefig(io.BytesIO(), format="svg")
    gc.collect()
    gc.freeze()
    running = failed = 0
    for notebook, region, period in reports(folder, regions):
        if running == processes:
            failed += os.waitstatus_to_exitcode(os.wait()[1]) != 0
            running -= 1
        if os.fork() == 0:
            run_cells(folder / "notebooks" / f"{notebook}.ipynb", region, period)
            os._exit(0)
        running += 1
    for _ in range(running):
        failed += os.waitstatus_to_exitcode(os.wait()[1]) != 0
    return 1 if failed else 0


def run_cells(path: Path, region: str, period: str) -> None:
    """Run a notebook's cells in this process, and make the markup of their last values."""
    names: dict[str, object] = {}
    for cell in nbformat.read(path, 4).cells:
        if cell.cell_type != "code":
            continue
        tree = ast.parse(cell.source)
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, str(path), "exec"), names)
        if "parameters" in cell.metadata.get("tags", ()):
            names |= {"region": region, "period": period}
        if isinstance(last, ast.Expr):
            value = eval(compile(ast.Expression(last.value), str(path), "eval"), names)
            for shown in ("_repr_html_", "_repr_mimebundle_"):
                if hasattr(value, shown):
                    getattr(value, shown)()


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
