"""What the tables hold about one person beyond their own row: spans of subscription and letters sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from newsletter.store.tables import deliveries, mailings, subscriptions


@dataclass(frozen=True, slots=True)
class Sending:
    """One letter to one person: its subject, what became of it, and when it was handed over (POSIX seconds)."""

    subject: str
    state: str
    at: float | None


def spans(connection: Connection, subscriber_id: int) -> list[Mapping[str, Any]]:
    """Return every span of subscription, oldest first: publication, state, basis, from, to (None while it lasts)."""
    s = subscriptions.c
    query = sa.select(s.publication, s.state, s.basis, s.from_at.label("from"), s.to_at.label("to"))
    rows = connection.execute(query.where(s.subscriber_id == subscriber_id).order_by(s.from_at, s.id))
    return [dict(row._mapping) for row in rows]


def sendings(connection: Connection, subscriber_id: int) -> list[Sending]:
    """Return every letter that was or is to be sent to a person, oldest first."""
    query = (
        sa.select(mailings.c.subject, deliveries.c.state, deliveries.c.handed_at)
        .join(mailings, mailings.c.id == deliveries.c.mailing_id)
        .where(deliveries.c.subscriber_id == subscriber_id)
        .order_by(deliveries.c.id)
    )
    return [Sending(*row) for row in connection.execute(query)]
