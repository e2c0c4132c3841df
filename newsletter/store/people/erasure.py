"""Erasure: a person is forgotten, and a keyed hash of the address refuses a later import."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from newsletter.store.journal import Event, record_event
from newsletter.store.people import traces
from newsletter.store.people.people import Consent, Person, move_subscription, of
from newsletter.store.tables.core import erasures, subscribers


def erase_person(
    connection: Connection, person: Person, fingerprint: str, now: float, *, reason: str, actor: str = ""
) -> None:
    """Erase a person: a keyed hash of the address stays, which blocks a later import; the history is anonymous.

    Without a `fingerprint` nothing stays at all: for a request that was never confirmed.
    """
    leaving = Consent(basis="", how="erased")
    for current in of(connection, person.id):
        if current.state in ("active", "pending"):
            move_subscription(connection, person, current.publication, "left", leaving, now)
    traces.wipe(connection, person.id, person.address, person.key)
    connection.execute(subscribers.delete().where(subscribers.c.id == person.id))
    block(connection, fingerprint, now, reason=reason, actor=actor)


def block(connection: Connection, fingerprint: str, now: float, *, reason: str, actor: str = "") -> None:
    """Record an erasure: the keyed hash of an address (or nothing), by which a later import is refused."""
    if fingerprint and not erased(connection, [fingerprint]):
        connection.execute(erasures.insert().values(fingerprint=fingerprint, reason=reason, at=now))
    record_event(connection, Event(now, "erased", actor=actor, detail={"reason": reason}))


def erased(connection: Connection, fingerprints: Sequence[str]) -> dict[str, float]:
    """Return those of the keyed hashes that belong to erased people, each with the time of the erasure."""
    query = sa.select(erasures.c.fingerprint, erasures.c.at).where(erasures.c.fingerprint.in_(fingerprints))
    return dict(connection.execute(query).all())


def erased_count(connection: Connection) -> int:
    """Return of how many erased people a hash is kept."""
    return int(connection.scalar(sa.select(sa.func.count()).select_from(erasures)) or 0)


def readmit(connection: Connection, fingerprint: str) -> None:
    """Remove an erasure's block, because the person has come back of their own accord."""
    connection.execute(erasures.delete().where(erasures.c.fingerprint == fingerprint))
