"""Where the database takes the next id from: PostgreSQL's sequences, set after every id ever given out."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from newsletter.store.tables.schema import metadata


def numbered() -> list[sa.Table]:
    """Return the tables whose `id` the database assigns."""
    return [table for table in metadata.sorted_tables if "id" in table.c and table.c.id.primary_key]


def newest(connection: Connection, table: sa.Table) -> int:
    """Return the highest id of `table` that any row still names: an erased person's must not become another's."""
    columns = [table.c.id, *_mentions(table)]
    return max(int(connection.scalar(sa.select(sa.func.max(column))) or 0) for column in columns)


def settle_sequences(connection: Connection) -> None:
    """Set every sequence of a PostgreSQL database to go on after the newest id; SQLite has none."""
    if connection.dialect.name != "postgresql":
        return
    for table in numbered():
        last = newest(connection, table)
        query = "SELECT setval(pg_get_serial_sequence(:t, 'id'), :n, :called)"
        connection.execute(sa.text(query), {"t": table.name, "n": max(last, 1), "called": last > 0})


def behind(connection: Connection) -> list[str]:
    """Return the tables whose sequence would give out an id that is taken."""
    if connection.dialect.name != "postgresql":
        return []
    found = []
    for table in numbered():
        sequence = connection.scalar(sa.text("SELECT pg_get_serial_sequence(:t, 'id')"), {"t": table.name})
        last, called = connection.exec_driver_sql(f"SELECT last_value, is_called FROM {sequence}").one()  # noqa: S608 - PostgreSQL's own name for it
        if last + called <= newest(connection, table):
            found.append(table.name)
    return found


def _mentions(table: sa.Table) -> Iterator[sa.Column[int]]:
    name = f"{table.name.removesuffix('s')}_id"
    yield from (other.c[name] for other in metadata.sorted_tables if name in other.c)
