"""One span of a subscription: read the open one, close it, open the next.

The statements are made once: an expression of SQLAlchemy costs more to build than SQLite needs to run it, and somebody
who leaves by one click waits behind hundreds who do the same.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from newsletter.store.tables import subscriptions

# Bound under names of their own: an update takes the names of columns for the values it sets.
_OPEN = sa.and_(
    subscriptions.c.subscriber_id == sa.bindparam("whose"),
    subscriptions.c.publication == sa.bindparam("of"),
    subscriptions.c.to_at.is_(None),
)
_READ = sa.select(subscriptions.c.state, subscriptions.c.basis).where(_OPEN)
_CLOSE = subscriptions.update().where(_OPEN).values(to_at=sa.bindparam("at"))
_INSERT = subscriptions.insert().inline()


def running_span(connection: Connection, subscriber_id: int, publication: str) -> sa.Row[Any, Any] | None:
    """Return (state, basis) of the open span, or None when there never was a subscription."""
    return connection.execute(_READ, {"whose": subscriber_id, "of": publication}).first()


def end_span(connection: Connection, subscriber_id: int, publication: str, now: float) -> None:
    """End the open span at `now`."""
    connection.execute(_CLOSE, {"whose": subscriber_id, "of": publication, "at": now})


def begin_span(connection: Connection, **values: Any) -> None:
    """Store a new span; the database refuses a second open one of the same subscription."""
    connection.execute(_INSERT, values)
