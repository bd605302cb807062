"""Tables from a database, by an address that only the environment knows."""

from __future__ import annotations

import os
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pandas as pd

from salesnb.data.sources import Sheet
from salesnb.errors import Problem, SourceError

CHUNK = 50_000


def read_database(name: str, query: str) -> Sheet:
    """Run a query and give its rows as a sheet.

    Parameters
    ----------
    name
        The environment variable that holds the SQLAlchemy address, password included; the
        address itself never stands in a file.
    query
        A SELECT statement, or the name of a table.

    Raises
    ------
    SourceError
        If SQLAlchemy is not installed, the variable is not set, or the database refuses.
    """
    address = os.environ.get(name, "")
    if not address:
        raise SourceError(
            Problem(
                f"the environment variable `{name}` is not set",
                fix="Set it to the database's address, as in postgresql+psycopg://user@host/db.",
            )
        )
    if find_spec("sqlalchemy") is None:
        raise SourceError(
            Problem(
                "reading a database needs SQLAlchemy and the database's driver",
                fix="Install them: pip install sqlalchemy and, for PostgreSQL, psycopg.",
            )
        )
    # Not imported above: most companies bring files, and the package is not a dependency.
    alchemy = import_module("sqlalchemy")
    engine = alchemy.create_engine(address)
    try:
        with engine.connect().execution_options(stream_results=True) as connection:
            text = alchemy.text(query if " " in query.strip() else f"SELECT * FROM {query}")
            chunks = list(pd.read_sql(text, connection, chunksize=CHUNK))
    except alchemy.exc.SQLAlchemyError as error:
        # The first line only: what follows may repeat the address.
        said = str(getattr(error, "orig", None) or type(error).__name__).splitlines()[0]
        raise SourceError(Problem("the database refused the query", name, said)) from error
    finally:
        engine.dispose()
    rows = pd.concat(chunks, ignore_index=True) if chunks else pd.DataFrame()
    rows = rows.assign(
        **{c: rows[c].astype("str") for c in rows.columns if rows[c].dtype == object}
    )
    rows.index = pd.RangeIndex(1, 1 + len(rows))
    return Sheet(Path(name), "", tuple(rows.columns), 0, "", False, lambda c: rows[list(c)])
