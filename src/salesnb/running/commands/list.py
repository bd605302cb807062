"""`salesnb list`: what there is to ask for."""

from __future__ import annotations

from argparse import Namespace

from salesnb.language import Language
from salesnb.metrics.registry import METRICS
from salesnb.parameters import ALL
from salesnb.running.asked import Desk
from salesnb.running.commands.answer import Answer
from salesnb.running.commands.project import named_data, project_language, project_parameters
from salesnb.running.notebooks import find_notebook, notebook_names


def list_names(words: Namespace) -> Answer:
    """List notebooks with their parameters, the regions of the data, or metrics."""
    return {"notebooks": _notebooks, "regions": _regions, "metrics": _metrics}[words.what](words)


def _notebooks(words: Namespace) -> Answer:
    project = project_parameters().project
    lines, data = [], {}
    for name in notebook_names(project):
        declared = find_notebook(name, project).declared.values()
        data[name] = {
            each.name: {"type": each.kind.__name__, "default": each.default, "help": each.help}
            for each in declared
        }
        lines += [name, *(f"  {each.name}: {each.help}" for each in declared)]
    return Answer(lines, data)


def _regions(words: Namespace) -> Answer:
    parameters = project_parameters()
    desk = Desk(parameters.project, parameters.outputs)
    folder = parameters.project / named_data(words.data, parameters.project)
    regions = desk.store(folder if words.data else parameters.data).regions
    return Answer([*regions, ALL], [*regions, ALL])


def _metrics(words: Namespace) -> Answer:
    language = Language.load(project_language())
    names = {name: language.label(f"metrics.{name}.label", name) for name in METRICS}
    return Answer([f"{name}  {label}" for name, label in names.items()], names)
