"""The published revision of each event, so that a change is announced as one (RFC 5545 section 3.8.7.4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from newsletter.store.tables.pages import calendar_entries


@dataclass(frozen=True, slots=True)
class Revision:
    """How often an event changed since it was first published, and when it did last (POSIX seconds)."""

    digest: str
    sequence: int
    changed_at: float


def revisions(connection: Connection) -> dict[str, Revision]:
    """Return what is known, by slug."""
    rows = connection.execute(sa.select(calendar_entries))
    return {row.slug: Revision(row.digest, row.sequence, row.changed_at) for row in rows}


def note(connection: Connection, digests: Mapping[str, str], now: float) -> None:
    """Record the digests of events: a new event begins at 0, another digest is the next sequence."""
    known = revisions(connection)
    for slug, digest in digests.items():
        before = known.get(slug)
        if before is None:
            connection.execute(calendar_entries.insert().values(slug=slug, digest=digest, sequence=0, changed_at=now))
        elif before.digest != digest:
            connection.execute(
                calendar_entries.update()
                .where(calendar_entries.c.slug == slug)
                .values(digest=digest, sequence=before.sequence + 1, changed_at=now)
            )
