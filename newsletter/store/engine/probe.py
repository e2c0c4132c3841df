"""A harmless test of the database, for `newsletter doctor`."""

from __future__ import annotations

from newsletter.store import journal
from newsletter.store.engine.database import Database
from newsletter.store.tables.core import paces


def try_write(database: Database) -> None:
    """Write a row and roll it back; raises StoreError when the database cannot be written."""
    with database.write() as connection:
        attempt = connection.begin_nested()
        connection.execute(paces.insert().values(name="doctor", next_at=0))
        attempt.rollback()


def clocks(database: Database) -> tuple[float, float]:
    """Return the database's time and that of its newest event (0 without any), in POSIX seconds."""
    with database.read() as connection:
        newest = journal.latest_events(connection, 1)
        return database.now(connection), newest[0].at if newest else 0.0
