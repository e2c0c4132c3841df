"""Nothing is kept longer than the settings say: one pass over the database, which reports what it did."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from newsletter.store.engine.database import Database
from newsletter.store.people import people
from newsletter.store.people.erasure import erase_person
from newsletter.store.people.people import Consent
from newsletter.store.tables.core import deliveries, events, mailings, subscribers, subscriptions
from newsletter.store.tables.imports import import_changes, imports, reviews, webhook_calls

DAY = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """For each kind of record, the oldest time (POSIX seconds) from which one may be kept."""

    pending: float
    left: float
    events: float
    deliveries: float
    imports: float
    webhooks: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Purged:
    """What a purge did, in people or rows."""

    pending_expired: int
    left_erased: int
    deliveries_trimmed: int
    events_trimmed: int
    imports_sealed: int
    reviews_removed: int
    webhooks_removed: int

    def counts(self) -> dict[str, int]:
        """Return the counts by name."""
        return asdict(self)


def purge_expired(connection: Connection, limits: Limits, fingerprint: Callable[[str], str], now: float) -> Purged:
    """Apply the retention periods in the caller's transaction; `fingerprint` hashes an address key.

    Requests that were never confirmed are erased without a hash; a person who left long ago leaves one.
    """
    return Purged(
        pending_expired=_expire(connection, limits.pending, now),
        left_erased=_erase_left(connection, limits.left, fingerprint, now),
        deliveries_trimmed=_trim_deliveries(connection, limits.deliveries),
        events_trimmed=_trim_events(connection, limits.events),
        imports_sealed=_seal_imports(connection, limits.imports),
        reviews_removed=_rows(connection, reviews.delete().where(reviews.c.done_at < limits.imports)),
        webhooks_removed=_rows(connection, webhook_calls.delete().where(webhook_calls.c.at < limits.webhooks)),
    )


def _expire(connection: Connection, before: float, now: float) -> int:
    waiting = sa.select(subscriptions.c.subscriber_id, subscriptions.c.publication).where(
        subscriptions.c.to_at.is_(None), subscriptions.c.state == "pending", subscriptions.c.from_at < before
    )
    rows = connection.execute(waiting).all()
    for row in rows:
        person = people.by_id(connection, row.subscriber_id)
        others = [s for s in people.of(connection, person.id) if s.publication != row.publication]
        people.move_subscription(connection, person, row.publication, "expired", Consent("", "never confirmed"), now)
        if all(s.state == "expired" for s in others):
            erase_person(connection, person, "", now, reason="never confirmed")
    return len(rows)


def _erase_left(connection: Connection, before: float, fingerprint: Callable[[str], str], now: float) -> int:
    current = subscriptions.alias()
    lives = sa.exists().where(
        current.c.subscriber_id == subscribers.c.id,
        current.c.to_at.is_(None),
        sa.or_(current.c.state.in_(("active", "pending")), current.c.from_at >= before),
    )
    gone = sa.exists().where(current.c.subscriber_id == subscribers.c.id, current.c.to_at.is_(None))
    rows = connection.execute(sa.select(subscribers.c.id).where(gone, ~lives)).scalars().all()
    for number in rows:
        person = people.by_id(connection, number)
        erase_person(connection, person, fingerprint(person.key), now, reason="retention")
    return len(rows)


def _trim_deliveries(connection: Connection, before: float) -> int:
    old = sa.select(mailings.c.id).where(mailings.c.status.in_(("done", "cancelled")), mailings.c.ended_at < before)
    rows = deliveries.update().where(deliveries.c.mailing_id.in_(old), deliveries.c.subscriber_id.is_not(None))
    return _rows(connection, rows.values(subscriber_id=None, answer="", provider_id=""))


def _trim_events(connection: Connection, before: float) -> int:
    old = sa.and_(events.c.at < before, events.c.subscriber_id.is_not(None), events.c.detail != "")
    return _rows(connection, events.update().where(old).values(detail="", key=None))


def _seal_imports(connection: Connection, before: float) -> int:
    old = sa.select(imports.c.id).where(imports.c.at < before)
    sealed = connection.scalar(
        sa.select(sa.func.count(sa.distinct(import_changes.c.import_id))).where(import_changes.c.import_id.in_(old))
    )
    connection.execute(import_changes.delete().where(import_changes.c.import_id.in_(old)))
    connection.execute(imports.update().where(imports.c.at < before).values(file_name=""))
    return int(sealed or 0)


def _rows(connection: Connection, statement: sa.Update | sa.Delete) -> int:
    return int(connection.execute(statement).rowcount)


def settle_file(database: Database) -> None:
    """Empty SQLite's write-ahead log into the file, whose freed pages are zeroed, so that no erased text lingers."""
    if database.sqlite:
        raw = database.engine.raw_connection()
        try:
            raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").close()
        finally:
            raw.close()
