"""Columns of a frame as plain lists, as drawing needs them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pandas import DataFrame


def rows(frame: DataFrame) -> list[dict[str, Any]]:
    """Give each row as a mapping of its columns."""
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]


def numbers(frame: DataFrame, name: str) -> list[float]:
    """Give a column as floats, missing ones as NaN; empty where there is no such column."""
    return frame[name].astype(float).tolist() if name in frame else []


def words(frame: DataFrame, name: str) -> list[str]:
    """Give a column as text."""
    return frame[name].astype(str).tolist()


def flags(frame: DataFrame, name: str) -> list[bool]:
    """Give a column of yes and no; all no where there is no such column."""
    return frame[name].astype(bool).tolist() if name in frame else [False] * len(frame)


def pick(frame: DataFrame, names: Sequence[str]) -> DataFrame:
    """Give some columns of a frame, its rows counted anew."""
    return DataFrame({name: frame[name].to_numpy() for name in names})
