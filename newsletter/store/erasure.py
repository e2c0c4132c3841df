"""Erasing people for good: what stays is a keyed hash of the address, by which an import is refused."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from newsletter.addresses import Address
from newsletter.store import traces
from newsletter.store.journal import Event, record
from newsletter.store.people import Consent, Person, move, of
from newsletter.store.tables import erasures, subscribers


def forget(
    connection: Connection, person: Person, fingerprint: str, now: float, *, reason: str, actor: str = ""
) -> None:
    """Erase a person: a keyed hash of the address stays, which blocks a later import; the history is anonymous.

    Without a `fingerprint` nothing stays at all: for a request that was never confirmed.
    """
    leaving = Consent(basis="", how="erased")
    for current in of(connection, person.id):
        if current.state in ("active", "pending"):
            move(connection, person, current.publication, "left", leaving, now)
    traces.wipe(connection, person.id, person.address, person.key)
    connection.execute(subscribers.delete().where(subscribers.c.id == person.id))
    if fingerprint and not erased(connection, [fingerprint]):
        connection.execute(erasures.insert().values(fingerprint=fingerprint, reason=reason, at=now))
    record(connection, Event(now, "erased", actor=actor, detail={"reason": reason}))


def forget_stranger(
    connection: Connection, address: Address, fingerprint: str, now: float, *, reason: str, actor: str = ""
) -> bool:
    """Erase an address that only reviews, imports or webhook calls know; tells whether there was anything."""
    if not traces.wipe_texts(connection, address.text, address.key):
        return False
    connection.execute(erasures.insert().values(fingerprint=fingerprint, reason=reason, at=now))
    record(connection, Event(now, "erased", actor=actor, detail={"reason": reason}))
    return True


def erased(connection: Connection, fingerprints: Sequence[str]) -> dict[str, float]:
    """Return those of the keyed hashes that belong to erased people, each with the time of the erasure."""
    query = sa.select(erasures.c.fingerprint, erasures.c.at).where(erasures.c.fingerprint.in_(fingerprints))
    return dict(connection.execute(query).all())


def erased_count(connection: Connection) -> int:
    """Return how many erased people a hash is kept of."""
    return int(connection.scalar(sa.select(sa.func.count()).select_from(erasures)) or 0)


def readmit(connection: Connection, fingerprint: str) -> None:
    """Take an erasure's block away, because the person has come back of their own accord."""
    connection.execute(erasures.delete().where(erasures.c.fingerprint == fingerprint))
