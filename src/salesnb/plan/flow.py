"""Whether a table can have given margins: the largest flow from rows to columns."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Flow:
    """The largest flow found: its cells, its size, and the cut that stops more.

    `rows_cut` and `columns_cut` mark the rows and columns still reachable when nothing more can
    flow: those rows want more than those columns and the full cells beside them let through.
    """

    cells: np.ndarray
    size: float
    rows_cut: np.ndarray
    columns_cut: np.ndarray


def largest_flow(
    rows: np.ndarray, columns: np.ndarray, room: np.ndarray, slack: float = 0.0
) -> Flow:
    """Send as much as possible from row totals to column totals through cells with room.

    Parameters
    ----------
    rows, columns
        What each row has and each column takes, 0 or more.
    room
        The most each cell lets through, 0 or more, infinite for no limit.
    slack
        Amounts up to it count as nothing.

    Notes
    -----
    Shortest augmenting paths; Edmonds and Karp, 1972. Whole numbers in, whole numbers out.

    Examples
    --------
    >>> flow = largest_flow(np.array([3.0, 2.0]), np.array([4.0, 1.0]), np.full((2, 2), 2.0))
    >>> flow.size, flow.cells.tolist()
    (5.0, [[2.0, 1.0], [2.0, 0.0]])
    """
    cells = np.zeros_like(room, dtype=float)
    rows_left, columns_left = rows.astype(float), columns.astype(float)
    # A greedy start leaves few paths to search for.
    for row in range(len(rows)):
        for column in np.flatnonzero(room[row] > 0):
            sent = min(rows_left[row], columns_left[column], room[row, column])
            if sent > slack:
                cells[row, column] = sent
                rows_left[row] -= sent
                columns_left[column] -= sent
    while True:
        path, rows_seen, columns_seen = _path(rows_left, columns_left, room, cells, slack)
        if not path:
            return Flow(cells, float(cells.sum()), rows_seen, columns_seen)
        forward, back = path[0::2], path[1::2]
        sent = min(
            rows_left[path[0][0]],
            columns_left[path[-1][1]],
            *(room[cell] - cells[cell] for cell in forward),
            *(cells[cell] for cell in back),
        )
        for cell in forward:
            cells[cell] += sent
        for cell in back:
            cells[cell] -= sent
        rows_left[path[0][0]] -= sent
        columns_left[path[-1][1]] -= sent


def _path(
    rows_left: np.ndarray,
    columns_left: np.ndarray,
    room: np.ndarray,
    cells: np.ndarray,
    slack: float,
) -> tuple[list[tuple[int, int]], np.ndarray, np.ndarray]:
    """Find the shortest way from a row with something left to a column that wants it.

    Gives its cells, forward and back in turn, or nothing with what was reached.
    """
    row_from: dict[int, int | None] = {int(row): None for row in np.flatnonzero(rows_left > slack)}
    column_from: dict[int, int] = {}
    waiting = deque(row_from)
    while waiting:
        row = waiting.popleft()
        for column in np.flatnonzero(room[row] - cells[row] > slack).tolist():
            if column in column_from:
                continue
            column_from[column] = row
            if columns_left[column] > slack:
                return _trace(column, row_from, column_from), np.array([]), np.array([])
            for back in np.flatnonzero(cells[:, column] > slack).tolist():
                if back not in row_from:
                    row_from[back] = column
                    waiting.append(back)
    rows_seen, columns_seen = np.zeros(len(rows_left), bool), np.zeros(len(columns_left), bool)
    rows_seen[list(row_from)] = True
    columns_seen[list(column_from)] = True
    return [], rows_seen, columns_seen


def _trace(
    column: int, row_from: dict[int, int | None], column_from: dict[int, int]
) -> list[tuple[int, int]]:
    path: list[tuple[int, int]] = []
    step: int | None = column
    while step is not None:
        row = column_from[step]
        path.append((row, step))
        step = row_from[row]
        if step is not None:
            path.append((row, step))
    return path[::-1]


def never_used(flow: Flow, room: np.ndarray, slack: float = 0.0) -> np.ndarray:
    """Mark cells with room that are 0 in every flow of this size.

    Notes
    -----
    An unused cell can be used only where its amount can travel back from its column to its row
    through the cells of the flow; what can reach what is the closure of those steps.
    """
    count = len(room)
    size = count + room.shape[1]
    reach = np.eye(size, dtype=bool)
    reach[:count, count:] |= room - flow.cells > slack
    reach[count:, :count] |= (flow.cells > slack).T
    for middle in range(size):
        reach |= np.outer(reach[:, middle], reach[middle])
    return (room > 0) & (flow.cells <= slack) & ~reach[count:, :count].T
