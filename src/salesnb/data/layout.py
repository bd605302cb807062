"""How rows lie in a sheet: which are totals, which are wanted, which stand side by side."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from salesnb.data.cleaning import to_text
from salesnb.data.mapping import Source

TOTALS = frozenset(
    (
        "合计",
        "总计",
        "小计",
        "汇总",
        "本页合计",
        "本页小计",
        "累计",
        "total",
        "grandtotal",
        "subtotal",
        "sum",
    )
)
"""Words that begin a row of sums and no row of data."""

SUBTOTALS = frozenset(("小计", "本页合计", "本页小计", "subtotal"))
"""Those of them that do not sum the whole sheet."""

PERIOD, VALUE = "(period)", "(value)"
"""Headers of what was spread over several columns, one for each period."""


def total_rows(cells: pd.DataFrame) -> pd.Index:
    """Find rows whose first filled cell says that they are a total."""
    return cells.index[first_words(cells).isin(TOTALS)]


def first_words(cells: pd.DataFrame) -> pd.Series:
    """Give the first filled cell of each row, as words of totals are written."""
    first = cells.iloc[:, 0].astype("str")
    for name in cells.columns[1:]:
        if not first.isna().any():
            break
        first = first.fillna(cells[name].astype("str"))
    return first.str.replace(r"[\s:：]", "", regex=True).str.casefold()


def chosen_rows(cells: pd.DataFrame, source: Source) -> np.ndarray:
    """Say of each row whether the mapping file keeps it."""
    chosen = np.ones(len(cells), dtype=bool)
    for wanted, choice in ((True, source.keep), (False, source.drop)):
        for header, values in choice.items():
            held = to_text(cells[header]).values.isin(values).to_numpy()
            chosen &= held if wanted else ~held
    return chosen


def unpivoted(cells: pd.DataFrame, unpivot: Mapping[str, str]) -> pd.DataFrame:
    """Give one row for each period in the headers; empty cells are no target."""
    if not unpivot:
        return cells
    others = [name for name in cells.columns if name not in unpivot]
    pieces = [
        cells[others].assign(**{PERIOD: period, VALUE: cells[header].astype("str")})
        for header, period in unpivot.items()
    ]
    tall = pd.concat(pieces).sort_index(kind="stable")
    return tall[tall[VALUE].notna() & tall[VALUE].str.strip().ne("")]
