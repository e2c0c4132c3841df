"""Mailings halted for work on the database, and what is in flight meanwhile.

The statements name only columns that every version of the schema has: they run before a migration too.
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from newsletter.store.tables.core import OPEN_ROWS, deliveries, mailings

_MOVING = ("approved", "sending")


def moving(connection: Connection, status: Sequence[str] = _MOVING) -> list[str]:
    """Return the issues whose mailing is in one of `status`."""
    query = sa.select(mailings.c.issue).where(mailings.c.status.in_(status)).order_by(mailings.c.id)
    return list(connection.execute(query).scalars())


def in_flight(connection: Connection) -> int:
    """Return how many deliveries senders hold: claimed, or handed over without an answer yet."""
    held = deliveries.c.state.in_(("claimed", "handed"))
    # By mailing, so that the index finds those few rows without scanning everything that is queued.
    some = deliveries.c.mailing_id.in_(sa.select(mailings.c.id))
    return int(connection.scalar(sa.select(sa.func.count()).select_from(deliveries).where(some, held, OPEN_ROWS)) or 0)


def halt(connection: Connection, why: str) -> list[str]:
    """Pause every running or scheduled mailing, with `why` as its mark; returns their issues."""
    halted = moving(connection)
    connection.execute(
        mailings.update().where(mailings.c.status.in_(_MOVING)).values(status="paused", pause_reason=why)
    )
    return halted


def go_on(connection: Connection, why: str) -> list[str]:
    """Resume what `halt` paused with the same mark, and nothing else; returns the issues."""
    marked = sa.and_(mailings.c.status == "paused", mailings.c.pause_reason == why)
    issues = list(connection.execute(sa.select(mailings.c.issue).where(marked).order_by(mailings.c.id)).scalars())
    begun = sa.case((mailings.c.started_at.is_(None), "approved"), else_="sending")
    connection.execute(mailings.update().where(marked).values(status=begun, pause_reason=""))
    return issues
