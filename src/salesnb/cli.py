"""The program `salesnb`: reads the words typed, starts the command, prints what it says.

Commands live in `salesnb.running.commands` and load what they need; this module names them and
loads the one that is asked for, so that `--help` answers at once. It is the only place that loads
a module by its name on request.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from io import TextIOWrapper
from pathlib import Path

from salesnb.errors import ParameterError, SalesnbError

Words = argparse.ArgumentParser


@dataclass(frozen=True)
class Command:
    """A command: what it does in a line, where its function is, which words it takes."""

    help: str
    function: str
    words: Callable[[Words], None]


def main(words: Sequence[str] | None = None) -> int:
    """Run the program and give its exit code: 0 done, 1 failures or findings, 2 wrong usage."""
    for stream in (sys.stdout, sys.stderr):
        # Region names must come out whatever code page a console has.
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="replace")
    said = _parser(sys.argv[1:] if words is None else words)
    try:
        return _answer(said)
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return 1
    except BrokenPipeError:
        # The reader of the output, such as `head`, has seen enough.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _answer(said: argparse.Namespace) -> int:
    """Start the command, print what it says, and give the exit code."""
    module, _, function = COMMANDS[said.command].function.partition(":")
    try:
        answer = getattr(import_module(f"salesnb.running.commands.{module}"), function)(said)
    except SalesnbError as error:
        if said.json:
            print(json.dumps({"problems": [str(p) for p in error.problems]}, ensure_ascii=False))
        else:
            print(error, file=sys.stderr)
        return 2 if isinstance(error, ParameterError) else 1
    if said.json:
        print(json.dumps(answer.data, ensure_ascii=False, indent=1, default=str))
    else:
        for line in answer.lines:
            print(line)
    sys.stdout.flush()
    return answer.code


def _parser(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="salesnb",
        description="Sales reports as parameterised notebooks.",
        epilog="`salesnb <command> --help` says more. Reports lie in outputs/, data in data/.",
    )
    parser.add_argument("--version", action="version", version=_version())
    commands = parser.add_subparsers(dest="command", metavar="<command>", required=True)
    for name, command in COMMANDS.items():
        one = commands.add_parser(name, help=command.help, description=command.help)
        command.words(one)
        one.add_argument("--json", action="store_true", help="print the result for programs")
    return parser.parse_args(words)


def _version() -> str:
    return f"salesnb {import_module('salesnb').__version__}"


# --- the words of each command --------------------------------------------------------------


def _folders(parser: Words) -> None:
    parser.add_argument("--data", default="", metavar="DIR", help="the tables (default: data)")
    parser.add_argument(
        "--out",
        default="",
        metavar="DIR",
        help="the reports (default: outputs); or, of a batch, s3://…",
    )


def _parameters(parser: Words) -> None:
    parser.add_argument(
        "-p",
        dest="parameter",
        action=_Pair,
        nargs=2,
        default=[],
        metavar=("NAME", "VALUE"),
        help="a parameter of the notebook; may be given several times",
    )
    parser.add_argument(
        "-f",
        dest="file",
        action="append",
        default=[],
        metavar="FILE",
        type=Path,
        help="a YAML file of parameters; may be given several times",
    )


def _limits(parser: Words) -> None:
    parser.add_argument("--engine", default="auto", help="auto, fork, kernel or dask")
    parser.add_argument("--cluster", default="", metavar="ADDRESS", help="of dask's scheduler")
    parser.add_argument(
        "--cell-seconds", type=_seconds, default=600, metavar="N", help="longest a cell may run"
    )
    parser.add_argument(
        "--report-seconds", type=_seconds, default=1800, metavar="N", help="longest for a report"
    )
    parser.add_argument("--memory", default="", metavar="SIZE", help="most for a report: 2GB")
    parser.add_argument(
        "--retries", type=_count, default=1, metavar="N", help="tries more when a cause may pass"
    )


def _extras(parser: Words) -> None:
    parser.add_argument(
        "--pdf", action="store_true", help="a PDF beside each page; needs Chromium, Chrome or Edge"
    )
    parser.add_argument(
        "--excel", action="store_true", help="an Excel file of the tables beside each page"
    )


def _run(parser: Words) -> None:
    parser.add_argument("notebook", help="its name, such as monthly_review, or its path")
    parser.add_argument("--region", default="", help="a region's name, or all for the company")
    parser.add_argument("--period", default="", help="2024-06, 2024Q2 or 2024")
    _parameters(parser)
    _folders(parser)
    _extras(parser)
    _limits(parser)
    parser.set_defaults(engine="kernel")


def _batch(parser: Words) -> None:
    parser.add_argument("--period", default="", help="2024-06, 2024Q2 or 2024")
    parser.add_argument(
        "--notebook", action="append", default=[], help="only this one; may be given several times"
    )
    parser.add_argument(
        "--region", action="append", default=[], help="only this one; may be given several times"
    )
    _several(parser)
    _parameters(parser)
    _folders(parser)


def _several(parser: Words) -> None:
    parser.add_argument(
        "--jobs", type=_count, default=0, metavar="N", help="reports at once (default: processors)"
    )
    parser.add_argument("--force", action="store_true", help="run unchanged reports too")
    _extras(parser)
    _limits(parser)


def _demo(parser: Words) -> None:
    parser.add_argument(
        "folder", nargs="?", default="", metavar="DIR", help="where (default: this project)"
    )
    _several(parser)


def _new(parser: Words) -> None:
    parser.add_argument("folder", metavar="DIR", help="a folder that does not exist yet")
    parser.add_argument(
        "--language", default="zh", choices=("zh", "en"), help="of everything in it"
    )


def _import(parser: Words) -> None:
    parser.add_argument("file", nargs="+", metavar="FILE", help="Excel, CSV, Parquet or a database")
    parser.add_argument("--to", required=True, metavar="DIR", help="the data folder to write")
    parser.add_argument("--mapping", default="", metavar="FILE", help="which column is what")


def _check(parser: Words) -> None:
    parser.add_argument(
        "what",
        nargs="*",
        metavar="DATA|PLAN|NOTEBOOK",
        help="a data folder, a plan's YAML, a notebook (default: everything of this project)",
    )
    parser.add_argument(
        "--data", default="", metavar="DIR", help="the tables to hold a plan against"
    )
    parser.add_argument("--language", default="", choices=("", "zh", "en"), help="of the findings")


def _plan(parser: Words) -> None:
    parser.add_argument("what", choices=("revise", "versions"))
    parser.add_argument("plan", metavar="PLAN", help="the YAML file of its newest version")
    parser.add_argument(
        "--set",
        nargs=2,
        action=_Pair,
        default=[],
        metavar=("STATEMENT", "VALUE"),
        help="a statement's id and its new value, as P18.华东 +6%%; as often as needed",
    )
    parser.add_argument("--reason", default="", help="why; kept with the version")
    parser.add_argument("--approver", default="", help="who approved it")
    parser.add_argument(
        "--effective", default="", metavar="DATE", help="from when on it holds, as 2024-07-01"
    )


def _facts(parser: Words) -> None:
    parser.add_argument(
        "outputs", nargs="?", default="", metavar="OUTPUTS", help="(default: outputs)"
    )
    parser.add_argument("--metric", action="append", default=[], help="only this one")


def _alerts(parser: Words) -> None:
    parser.add_argument("--period", default="", help="2024-06 (default: the last full month)")
    parser.add_argument(
        "--region", action="append", default=[], help="only this one; may be given several times"
    )
    _folders(parser)


def _clean(parser: Words) -> None:
    parser.add_argument("notebook", nargs="+", metavar="NOTEBOOK", help="its path")


def _list(parser: Words) -> None:
    parser.add_argument(
        "what", nargs="?", default="notebooks", choices=("notebooks", "regions", "metrics")
    )
    parser.add_argument("--data", default="", metavar="DIR", help="the tables (default: data)")


class _Pair(argparse.Action):
    """Collects `-p name value` pairs."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: object,
        option_string: str | None = None,
    ) -> None:
        """Add one pair."""
        pairs = list(getattr(namespace, self.dest) or [])
        assert isinstance(values, list)
        setattr(namespace, self.dest, [*pairs, (values[0], values[1])])


def _count(text: str) -> int:
    number = int(text)
    if number < 0:
        raise ValueError(text)
    return number


def _seconds(text: str) -> float:
    number = float(text)
    if not 0 <= number < float("inf"):
        raise ValueError(text)
    return number


COMMANDS = {
    "demo": Command("the sample company with all its reports", "demo:demo", _demo),
    "new": Command("a folder of your own: notebooks, parameters, sample data", "new:new", _new),
    "import": Command("your files into tables", "data:import_data", _import),
    "check": Command("data, plans and notebooks: all problems at once", "check:check", _check),
    "run": Command("one report", "batch:run", _run),
    "batch": Command("every report; only what changed", "batch:batch", _batch),
    "plan": Command("a plan's versions: write the next one, list them", "plan:plan", _plan),
    "facts": Command("the numbers of all reports as one table", "facts:facts", _facts),
    "alerts": Command("figures that left their usual range", "alerts:alerts", _alerts),
    "list": Command("notebooks, regions, metrics there are", "list:list_names", _list),
    "clean": Command("take a notebook's results out of it", "clean:clean", _clean),
}
