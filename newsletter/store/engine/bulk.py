"""Many rows at once: plain tuples through the driver, several times faster than one dictionary per row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

_ROOM_KB = 64_000


def insert(connection: Connection, table: sa.Table, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert `rows` (values in the order of `columns`): `executemany` on SQLite, COPY on PostgreSQL.

    Column names come from the code, never from outside.
    """
    if not rows:
        return
    names = ", ".join(f'"{table.c[name].name}"' for name in columns)
    if connection.dialect.name == "sqlite":
        marks = ", ".join("?" * len(columns))
        statement = f"INSERT INTO {table.name} ({names}) VALUES ({marks})"  # noqa: S608 - names of our own tables
        connection.exec_driver_sql(statement, list(rows))
        return
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(f"COPY {table.name} ({names}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


@contextmanager
def room(connection: Connection) -> Iterator[None]:
    """Give a connection on SQLite a larger page cache within the block.

    A million people make two indexes in random order, of some 80 MB: what does not fit is written again and again.
    """
    if connection.dialect.name != "sqlite":
        yield
        return
    usual = connection.exec_driver_sql("PRAGMA cache_size").scalar()
    connection.exec_driver_sql(f"PRAGMA cache_size=-{_ROOM_KB}")
    try:
        yield
    finally:
        connection.exec_driver_sql(f"PRAGMA cache_size={usual}")


def subscriber_ids(connection: Connection, n: int) -> range:
    """Return `n` ids that no other process will use: the write lock guards SQLite, the sequence PostgreSQL.

    An id that appears in the journal is never reused: the history of an erased person must not become another's.
    """
    if connection.dialect.name == "postgresql":
        sequence = "subscribers_id_seq"
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(7267268)"))
        last = connection.scalar(sa.text("SELECT setval(:s, nextval(:s) + :n - 1)"), {"s": sequence, "n": n})
        return range(int(last or 0) - n + 1, int(last or 0) + 1)
    newest = connection.exec_driver_sql(
        "SELECT max(coalesce((SELECT max(id) FROM subscribers), 0), "
        "coalesce((SELECT max(subscriber_id) FROM events), 0))"
    ).scalar()
    return range(int(newest or 0) + 1, int(newest or 0) + 1 + n)
