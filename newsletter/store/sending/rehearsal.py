"""A copy of the audience in another database, for rehearsals."""

from __future__ import annotations

import sqlalchemy as sa

from newsletter.store.engine.database import Database
from newsletter.store.tables.core import memberships, organisations, subscribers, subscriptions

_ROWS = 1000


def copy_audience(source: Database, target: Database) -> None:
    """Copy organisations, memberships, subscribers and their current subscriptions from `source` to an empty `target`.

    One snapshot of `source`, read in pieces: memory does not grow with the audience.
    """
    current = sa.select(subscriptions).where(subscriptions.c.to_at.is_(None))
    queries = {
        organisations: sa.select(organisations),
        memberships: sa.select(memberships),
        subscribers: sa.select(subscribers),
        subscriptions: current,
    }
    with source.read() as reading, target.write() as writing:
        for table, query in queries.items():
            result = reading.execution_options(yield_per=_ROWS).execute(query)
            for rows in result.mappings().partitions():
                writing.execute(table.insert(), [dict(row) for row in rows])
