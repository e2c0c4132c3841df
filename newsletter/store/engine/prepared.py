"""One statement for many rows, put into SQL once: SQLAlchemy would look at each value of each row again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.engine.interfaces import Dialect


def run_many(connection: Connection, statement: sa.Update, rows: Sequence[Mapping[str, Any]]) -> int:
    """Run an UPDATE for each of `rows` (the values of its bound parameters) and return how many rows it changed.

    The values are given to the driver as they are: numbers, texts and None.
    """
    sql, names, fixed = _compiled(statement, connection.dialect)
    if names is None:
        done = connection.exec_driver_sql(sql, [{**fixed, **row} for row in rows])
    else:
        done = connection.exec_driver_sql(sql, [tuple([row.get(n, fixed[n]) for n in names]) for row in rows])
    return done.rowcount


@lru_cache(maxsize=16)
def _compiled(statement: sa.Update, dialect: Dialect) -> tuple[str, Sequence[str] | None, Mapping[str, Any]]:
    """Return a statement as SQL, the order of its parameters (None: by name), and the values that it has itself."""
    made = statement.compile(dialect=dialect)
    return str(made), made.positiontup, dict(made.params)
