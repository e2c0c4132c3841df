"""One span of a subscription: read the open one, close it, open the next.

The statements are made once: an expression of SQLAlchemy costs more to build than SQLite needs to run it, and a person
who unsubscribes by one click waits behind hundreds who do the same.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from newsletter.store.tables.core import subscribers, subscriptions

# Bound under names of their own: an update takes the names of columns for the values it sets.
_OPEN = sa.and_(
    subscriptions.c.subscriber_id == sa.bindparam("whose"),
    subscriptions.c.publication == sa.bindparam("of"),
    subscriptions.c.to_at.is_(None),
)
_READ = sa.select(subscriptions.c.id, subscriptions.c.state, subscriptions.c.basis).where(_OPEN)
_THIS = sa.and_(subscriptions.c.id == sa.bindparam("number"), subscriptions.c.to_at.is_(None))
_CLOSE = subscriptions.update().where(_THIS).values(to_at=sa.bindparam("at"))
_INSERT = subscriptions.insert().inline()
_HOLD = sa.select(subscribers.c.id).where(subscribers.c.id == sa.bindparam("number")).with_for_update()


def running_span(connection: Connection, subscriber_id: int, publication: str) -> sa.Row[Any, Any, Any] | None:
    """Return (id, state, basis) of the open span, or None when there never was a subscription."""
    return connection.execute(_READ, {"whose": subscriber_id, "of": publication}).first()


def end_span(connection: Connection, number: int, now: float) -> bool:
    """End the span with this id at `now`; tells whether it was still open."""
    return connection.execute(_CLOSE, {"number": number, "at": now}).rowcount == 1


def begin_span(connection: Connection, **values: Any) -> None:
    """Store a new span; the database refuses a second open one of the same subscription."""
    connection.execute(_INSERT, values)


def hold_person(connection: Connection, number: int) -> None:
    """Hold a subscriber until the end of the transaction; on PostgreSQL, first wait for another one that does."""
    connection.execute(_HOLD, {"number": number})
