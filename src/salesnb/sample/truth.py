"""What the company was built to: the figures of 2023, kept as data in `truth_2023.toml`.

Where the two documents behind the table cannot both hold, the file says in a row's `gave_way`
which gave way and by how much:

- Regions: with 华东 at 120 % and 中西部 at 85 % of their targets, 115 % for the company leaves
  131 % for each of 华南 and 北方. All four regions of the table hold; that much follows.
- Growth: the annual report says +18 %, the plan (P06) +7 %. The company grew 18 %; the plan's
  figure is left to the plan checker to find.
- Lifetime value: +25 % with relationships going from 18 to 24 months means that the margin a
  month and customer falls by 6.25 %; it is costs that rise, so the gross margin falls from 35.0
  to 32.6 %.
- Renewals and relationships: renewing 75 % a year would make an expected relationship of 48
  months. The table's 24 months are observed so far, by customers most of whom came in 2020 and
  2021, and both hold.
- Units and sales: main products sell 22 % more units and bring 12 % more money, so their mean
  price falls by 8 %: a cheaper sensor is sold, and prices give a little.
"""

from __future__ import annotations

import tomllib
from functools import lru_cache
from importlib.resources import files
from typing import Any


@lru_cache(maxsize=1)
def _read() -> tuple[dict[str, Any], ...]:
    text = files("salesnb.sample").joinpath("truth_2023.toml").read_text(encoding="utf-8")
    return tuple(tomllib.loads(text)["figure"])


def figures_2023() -> list[dict[str, Any]]:
    """List the figures the company is built to.

    Returns
    -------
    One entry for each row of the table: `id`, `metric` (its id in the registry, "" where it has
    none), `scope`, `period`, `value`, `unit`, `bound` (`=` or `≤`), `tolerance` (absolute for
    ratios, relative for money and months, 0 for counts), `definition`, and `gave_way` where it
    holds only in part.
    """
    return [dict(figure) for figure in _read()]
