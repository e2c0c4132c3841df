"""Removing the sample's fictional people: everything that came with them, nothing of the team."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from newsletter.store.engine import guards
from newsletter.store.tables.core import events, metadata, subscribers

FICTIONAL = ".example"  # RFC 2606: no such address can exist
# The team, its settings and the erasures were there before the sample and stay.
_KEPT = frozenset(
    {
        "users",
        "sessions",
        "devices",
        "totp_secrets",
        "recovery_codes",
        "passkeys",
        "identities",
        "one_time_links",
        "api_tokens",
        "limits",
        "jobs",
        "feeds",
        "feed_entries",
        "erasures",
        "rights_requests",
        "events",
    }
)


def only_fictional(connection: Connection) -> bool:
    """Tell whether there are people, all of them with an address that cannot exist."""
    fictional = subscribers.c.address_key.like(f"%{FICTIONAL}")
    real = connection.scalar(sa.select(subscribers.c.id).where(~fictional).limit(1))
    return real is None and connection.scalar(sa.select(subscribers.c.id).limit(1)) is not None


def take_away(connection: Connection) -> None:
    """Remove all people, organisations, mailings and what belongs to them, with their events."""
    of_them = (events.c.subscriber_id, events.c.organisation_id, events.c.mailing_id)
    with guards.lifted(connection):
        connection.execute(events.delete().where(sa.or_(*(column.is_not(None) for column in of_them))))
    for table in reversed(metadata.sorted_tables):
        if table.name not in _KEPT:
            connection.execute(table.delete())
