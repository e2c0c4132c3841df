"""Subscribers and their subscriptions: every change closes a span, opens the next and leaves an event."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from newsletter.errors import NotFound, Refused
from newsletter.store.journal import Event, dumps, record
from newsletter.store.tables import deliveries, erasures, events, subscribers, subscriptions

STATES = ("pending", "active", "left", "bounced", "complained", "expired")
# Who left, complained or bounced out comes back only by the person's own act, never by an import.
GONE = ("left", "bounced", "complained")


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A subscriber as stored; `address` is the one that was confirmed, `key` the form for comparison."""

    address: str
    key: str
    first_name: str = ""
    last_name: str = ""
    salutation: str = ""
    function: str = ""
    role: str = ""
    phone: str = ""
    organisation_id: int | None = None
    suppressed: str = ""
    id: int = 0
    uid: bytes = b""
    created_at: float = 0.0


@dataclass(frozen=True, slots=True)
class Subscription:
    """The current span of one publication for one subscriber."""

    publication: str
    state: str
    basis: str
    since: float


@dataclass(frozen=True, slots=True)
class Consent:
    """On which basis somebody is subscribed, and the proof: how, by whom, under which wording."""

    basis: str
    how: str
    actor: str = ""
    proof: Mapping[str, Any] = field(default_factory=dict)


def add(connection: Connection, person: Person, now: float, actor: str = "") -> Person:
    """Store a new subscriber; Refused when the address is there already. The caller checks erasures first."""
    if connection.scalar(sa.select(subscribers.c.id).where(subscribers.c.address_key == person.key)):
        raise Refused("this address is there already", hint="`newsletter subscribers show` shows it")
    load(connection, [person], now)
    made = by_key(connection, person.key)
    record(connection, Event(now, "added", subscriber_id=made.id, organisation_id=person.organisation_id, actor=actor))
    return made


def load(connection: Connection, people: Sequence[Person], now: float) -> range:
    """Insert many new subscribers at once and return their ids, in order; no events."""
    if not people:
        return range(0)
    ids = _reserve(connection, subscribers, len(people))
    connection.execute(
        subscribers.insert(),
        [
            {
                "id": number,
                "uid": p.uid or secrets.token_bytes(16),
                "address": p.address,
                "address_key": p.key,
                "first_name": p.first_name,
                "last_name": p.last_name,
                "salutation": p.salutation,
                "function": p.function,
                "role": p.role,
                "phone": p.phone,
                "organisation_id": p.organisation_id,
                "suppressed": p.suppressed,
                "created_at": p.created_at or now,
            }
            for number, p in zip(ids, people, strict=True)
        ],
    )
    return ids


def _reserve(connection: Connection, table: sa.Table, n: int) -> range:
    """Return `n` ids that nobody else will use: the write lock guards SQLite, the sequence PostgreSQL."""
    if connection.dialect.name == "postgresql":
        sequence = f"{table.name}_id_seq"
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(7267268)"))
        last = connection.scalar(sa.text("SELECT setval(:s, nextval(:s) + :n - 1)"), {"s": sequence, "n": n})
        return range(int(last or 0) - n + 1, int(last or 0) + 1)
    first = int(connection.scalar(sa.select(sa.func.max(table.c.id))) or 0) + 1
    return range(first, first + n)


def by_key(connection: Connection, key: str) -> Person:
    """Return the subscriber whose address compares equal to `key`; NotFound."""
    return _one(connection, subscribers.c.address_key == key)


def by_uid(connection: Connection, uid: bytes) -> Person:
    """Return the subscriber with this random identifier; NotFound."""
    return _one(connection, subscribers.c.uid == uid)


def _one(connection: Connection, condition: sa.ColumnElement[bool]) -> Person:
    row = connection.execute(sa.select(subscribers).where(condition)).first()
    if row is None:
        raise NotFound("nobody is known under this address", hint="check the spelling")
    values = row._asdict()
    return Person(key=values.pop("address_key"), **values)


def subscription(connection: Connection, subscriber_id: int, publication: str) -> Subscription | None:
    """Return the current span of one publication, if there ever was one."""
    return next((s for s in of(connection, subscriber_id) if s.publication == publication), None)


def of(connection: Connection, subscriber_id: int) -> list[Subscription]:
    """Return the current span of every publication."""
    rows = connection.execute(
        sa.select(subscriptions)
        .where(subscriptions.c.subscriber_id == subscriber_id, subscriptions.c.to_at.is_(None))
        .order_by(subscriptions.c.publication)
    )
    return [Subscription(row.publication, row.state, row.basis, row.from_at) for row in rows]


def move(connection: Connection, person: Person, publication: str, state: str, consent: Consent, now: float) -> bool:
    """Bring a subscription to `state`: closes the open span, opens the next, records the event with its proof.

    Returns False, changing nothing, when it is in that state already.
    """
    current = subscription(connection, person.id, publication)
    if current and current.state == state:
        return False
    if current:
        connection.execute(
            subscriptions.update()
            .where(
                subscriptions.c.subscriber_id == person.id,
                subscriptions.c.publication == publication,
                subscriptions.c.to_at.is_(None),
            )
            .values(to_at=now)
        )
    connection.execute(
        subscriptions.insert().values(
            subscriber_id=person.id,
            publication=publication,
            state=state,
            basis=consent.basis or (current.basis if current else ""),
            role=person.role,
            organisation_id=person.organisation_id,
            from_at=now,
        )
    )
    detail = {"basis": consent.basis, "how": consent.how, **consent.proof}
    record(connection, Event(now, state, subscriber_id=person.id, organisation_id=person.organisation_id,
                             publication=publication, actor=consent.actor, detail=detail))  # fmt: skip
    return True


def enrol(connection: Connection, ids: Iterable[int], people: Sequence[Person], publications: Sequence[str],
          consent: Consent, now: float, *, state: str = "active") -> None:  # fmt: skip
    """Open spans for many NEW subscribers at once, one event each per publication carrying the proof."""
    pairs = [(number, p, publication) for number, p in zip(ids, people, strict=True) for publication in publications]
    if not pairs:
        return
    connection.execute(
        subscriptions.insert(),
        [
            {
                "subscriber_id": number,
                "publication": publication,
                "state": state,
                "basis": consent.basis,
                "role": p.role,
                "organisation_id": p.organisation_id,
                "from_at": p.created_at or now,
            }
            for number, p, publication in pairs
        ],
    )
    detail = dumps({"basis": consent.basis, "how": consent.how, **consent.proof})
    connection.execute(
        events.insert(),
        [
            {
                "at": p.created_at or now,
                "kind": state,
                "subscriber_id": number,
                "organisation_id": p.organisation_id,
                "publication": publication,
                "actor": consent.actor,
                "detail": detail,
            }
            for number, p, publication in pairs
        ],
    )


def suppress(connection: Connection, person: Person, why: str, consent: Consent, now: float) -> bool:
    """Never write to this address again: `why` is `bounced` or `complained`; every open subscription ends with it.

    Returns False when the address is suppressed for that or a graver reason already.
    """
    if person.suppressed in (why, "complained"):
        return False
    connection.execute(subscribers.update().where(subscribers.c.id == person.id).values(suppressed=why))
    for current in of(connection, person.id):
        if current.state in ("active", "pending"):
            move(connection, person, current.publication, why, consent, now)
    return True


def attach(connection: Connection, person: Person, organisation_id: int | None, now: float, actor: str = "") -> None:
    """Move a person to another organisation (or to none): open spans are closed and reopened, so past counts stay."""
    connection.execute(
        subscribers.update().where(subscribers.c.id == person.id).values(organisation_id=organisation_id)
    )
    for current in of(connection, person.id):
        connection.execute(
            subscriptions.update()
            .where(
                subscriptions.c.subscriber_id == person.id,
                subscriptions.c.publication == current.publication,
                subscriptions.c.to_at.is_(None),
            )
            .values(to_at=now)
        )
        connection.execute(
            subscriptions.insert().values(
                subscriber_id=person.id, publication=current.publication, state=current.state, basis=current.basis,
                role=person.role, organisation_id=organisation_id, from_at=now,
            )
        )  # fmt: skip
    record(connection, Event(now, "moved", subscriber_id=person.id, organisation_id=organisation_id, actor=actor))


def forget(
    connection: Connection, person: Person, fingerprint: str, now: float, *, reason: str, actor: str = ""
) -> None:
    """Erase a person: a keyed hash of the address stays, which blocks a later import; the history is anonymous."""
    leaving = Consent(basis="", how="erased", actor=actor)
    for current in of(connection, person.id):
        if current.state in ("active", "pending"):
            move(connection, person, current.publication, "left", leaving, now)
    connection.execute(
        deliveries.update().where(deliveries.c.subscriber_id == person.id).values(subscriber_id=None, answer="")
    )
    connection.execute(events.update().where(events.c.subscriber_id == person.id).values(detail="", key=None))
    connection.execute(subscribers.delete().where(subscribers.c.id == person.id))
    if not erased(connection, [fingerprint]):
        connection.execute(erasures.insert().values(fingerprint=fingerprint, reason=reason, at=now))
    record(connection, Event(now, "erased", actor=actor, detail={"reason": reason}))


def erased(connection: Connection, fingerprints: Sequence[str]) -> set[str]:
    """Return those of the keyed hashes that belong to erased people."""
    return set(
        connection.execute(sa.select(erasures.c.fingerprint).where(erasures.c.fingerprint.in_(fingerprints))).scalars()
    )
