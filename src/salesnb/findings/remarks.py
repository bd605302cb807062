"""What people write beside the parameters: `parameters/remarks/<region>/<period>.yaml`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from salesnb.errors import ParameterError, Problem, suggest

KINDS = (
    "external_factors",
    "internal_factors",
    "customer_voices",
    "remarks",
    "hypotheses",
    "qualitative_goals",
    "practices",
    "strengths",
    "weaknesses",
    "opportunities",
    "threats",
)


def read_remarks(folder: Path, region: str, period: str) -> dict[str, tuple[str, ...]]:
    """Read what was written for a region and a period.

    Returns
    -------
    Kind → its sentences, empty where nothing was written.

    Raises
    ------
    ParameterError
        If the file is not YAML, or has a kind salesnb does not show.
    """
    path = folder / "remarks" / region / f"{period}.yaml"
    if not path.is_file():
        return dict.fromkeys(KINDS, ())
    where = f"{folder.name}/remarks/{region}/{period}.yaml"
    try:
        written: Any = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except yaml.YAMLError as error:
        raise ParameterError(Problem("the file is not YAML", got=str(error)), where) from error
    if not isinstance(written, Mapping):
        raise ParameterError(Problem("the file holds no kinds of remark", fix="See KINDS."), where)
    unknown = [
        Problem(f"`{kind}` is no kind of remark", fix=suggest(str(kind), KINDS))
        for kind in written
        if kind not in KINDS
    ]
    if unknown:
        raise ParameterError(unknown, where)
    return {kind: _sentences(written.get(kind)) for kind in KINDS}


def _sentences(value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    if isinstance(value, list):
        return tuple(str(item).strip() for item in value if str(item).strip())
    return tuple(line.strip() for line in str(value).splitlines() if line.strip())
