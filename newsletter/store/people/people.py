"""Subscribers and their subscriptions: every change closes a span, opens the next and leaves an event."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from newsletter.actor import session_of, user_of
from newsletter.errors import NotFound, Refused
from newsletter.i18n import Sentence
from newsletter.store.engine import bulk
from newsletter.store.journal import Event, dumps, record_event
from newsletter.store.people.spans import begin_span, end_span, hold_person, running_span
from newsletter.store.tables.core import events, subscribers, subscriptions

# Who left, complained or bounced out comes back only by the person's own act, never by an import.
GONE = ("left", "bounced", "complained")

_COLUMNS = (
    "id",
    "uid",
    "address",
    "address_key",
    "first_name",
    "last_name",
    "salutation",
    "function",
    "role",
    "phone",
    "organisation_id",
    "suppressed",
    "from_file",
    "created_at",
)
SPAN = ("subscriber_id", "publication", "state", "basis", "role", "organisation_id", "from_at")
EVENT = ("at", "kind", "subscriber_id", "organisation_id", "publication", "actor", "detail", "user_id", "session")


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A subscriber as stored; `address` is the one that was confirmed, `key` the form for comparison.

    `from_file` names the details that an import gave, separated by blanks.
    """

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
    from_file: str = ""
    id: int = 0
    uid: bytes = b""
    created_at: float = 0.0


@dataclass(frozen=True, slots=True)
class Subscription:
    """The state of one publication for one subscriber, and since when without a break."""

    publication: str
    state: str
    basis: str
    since: float


@dataclass(frozen=True, slots=True)
class Consent:
    """The basis on which a person is subscribed, and the proof: how, by whom, under which wording."""

    basis: str
    how: str
    actor: str = ""
    proof: Mapping[str, Any] = field(default_factory=dict)


def add_person(connection: Connection, person: Person, now: float, actor: str = "") -> Person:
    """Store a new subscriber; Refused when the address is already stored. The caller checks erasures first."""
    if connection.scalar(sa.select(subscribers.c.id).where(subscribers.c.address_key == person.key)):
        raise Refused(
            "this address is there already",
            hint="`newsletter subscribers show` shows it",
            said=Sentence("Cette adresse est déjà dans la liste."),
        )
    load_person(connection, [person], now)
    made = by_key(connection, person.key)
    record_event(
        connection, Event(now, "added", subscriber_id=made.id, organisation_id=person.organisation_id, actor=actor)
    )
    return made


def load_person(connection: Connection, people: Sequence[Person], now: float) -> range:
    """Insert many new subscribers at once and return their ids, in order; no events."""
    if not people:
        return range(0)
    ids, random = bulk.subscriber_ids(connection, len(people)), os.urandom(16 * len(people))
    bulk.insert(
        connection,
        subscribers,
        _COLUMNS,
        [
            (
                number,
                p.uid or random[16 * at : 16 * at + 16],
                p.address,
                p.key,
                p.first_name,
                p.last_name,
                p.salutation,
                p.function,
                p.role,
                p.phone,
                p.organisation_id,
                p.suppressed,
                p.from_file,
                p.created_at or now,
            )
            for at, (number, p) in enumerate(zip(ids, people, strict=True))
        ],
    )
    return ids


def count_people(connection: Connection) -> int:
    """Return how many people there are."""
    return int(connection.scalar(sa.select(sa.func.count()).select_from(subscribers)) or 0)


def by_key(connection: Connection, key: str) -> Person:
    """Return the subscriber whose address compares equal to `key`; NotFound."""
    return _one(connection, _BY_KEY, key)


def by_id(connection: Connection, number: int) -> Person:
    """Return the subscriber with this row number; NotFound."""
    return _one(connection, _BY_ID, number)


def by_uid(connection: Connection, uid: bytes) -> Person:
    """Return the subscriber with this random identifier; NotFound."""
    return _one(connection, _BY_UID, uid)


_BY_KEY, _BY_ID, _BY_UID = (
    sa.select(subscribers).where(column == sa.bindparam("sought"))
    for column in (subscribers.c.address_key, subscribers.c.id, subscribers.c.uid)
)


def _one(connection: Connection, query: sa.Select[Any], sought: str | int | bytes) -> Person:
    row = connection.execute(query, {"sought": sought}).first()
    if row is None:
        raise NotFound(
            "no person has this address",
            hint="check the spelling",
            said=Sentence(
                "Nous ne trouvons pas cette personne : elle n’est plus dans la liste, ou l’adresse est mal écrite."
            ),
        )
    values = row._asdict()
    return Person(key=values.pop("address_key"), **values)


def subscription(connection: Connection, subscriber_id: int, publication: str) -> Subscription | None:
    """Return the current span of one publication, if there ever was one."""
    return next((s for s in of(connection, subscriber_id) if s.publication == publication), None)


def of(connection: Connection, subscriber_id: int) -> list[Subscription]:
    """Return the state of every publication that the subscriber ever had, by publication."""
    standing: dict[str, Subscription] = {}
    for span in spans(connection, subscriber_id):
        before = standing.get(span.publication)
        goes_on = before is not None and before.state == span.state
        since = before.since if before and goes_on else span.from_at
        standing[span.publication] = Subscription(span.publication, span.state, span.basis, since)
    return [standing[publication] for publication in sorted(standing)]


def spans(connection: Connection, subscriber_id: int) -> list[sa.Row[Any]]:
    """Return every span of a subscriber, oldest first, the open one of a publication last."""
    mine = subscriptions.c.subscriber_id == subscriber_id
    # Two queries, because each has its own partial index.
    closed = connection.execute(sa.select(subscriptions).where(mine, subscriptions.c.to_at.is_not(None))).all()
    current = connection.execute(sa.select(subscriptions).where(mine, subscriptions.c.to_at.is_(None))).all()
    return sorted(closed, key=lambda row: (row.from_at, row.id)) + list(current)


def move_subscription(
    connection: Connection,
    person: Person,
    publication: str,
    state: str,
    consent: Consent,
    now: float,
    *,
    only: Collection[str] = (),
) -> bool:
    """Bring a subscription to `state`: closes the open span, opens the next, records the event with its proof.

    Returns False, changing nothing, when it is in that state already, or in none of the states `only` (if any).
    """
    current = running_span(connection, person.id, publication)
    if current is None:
        # Two at once, with no span to end, would both begin one: the second waits and reads again.
        hold_person(connection, person.id)
        current = running_span(connection, person.id, publication)
    if (current and current.state == state) or (only and (not current or current.state not in only)):
        return False
    if current and not end_span(connection, current.id, now):
        # On PostgreSQL another transaction has ended it since it was read: the span which that one began counts now.
        return move_subscription(connection, person, publication, state, consent, now, only=only)
    begin_span(
        connection,
        subscriber_id=person.id,
        publication=publication,
        state=state,
        basis=consent.basis or (current.basis if current else ""),
        role=person.role,
        organisation_id=person.organisation_id,
        from_at=now,
    )
    detail = {"basis": consent.basis, "how": consent.how, **consent.proof}
    record_event(
        connection,
        Event(
            now,
            state,
            subscriber_id=person.id,
            organisation_id=person.organisation_id,
            publication=publication,
            actor=consent.actor,
            detail=detail,
        ),
    )
    return True


def enrol(
    connection: Connection,
    ids: Iterable[int],
    people: Sequence[Person],
    publications: Sequence[str],
    consent: Consent,
    now: float,
    *,
    state: str = "active",
) -> None:
    """Open spans for many NEW subscribers at once, one event each per publication carrying the proof."""
    pairs = [(number, p, publication) for number, p in zip(ids, people, strict=True) for publication in publications]
    rows = [
        (number, publication, state, consent.basis, p.role, p.organisation_id, p.created_at or now)
        for number, p, publication in pairs
    ]
    bulk.insert(connection, subscriptions, SPAN, rows)
    detail = dumps({"basis": consent.basis, "how": consent.how, **consent.proof})
    actor, user, session = str(consent.actor), user_of(consent.actor), session_of(consent.actor)
    happened = [
        (p.created_at or now, state, number, p.organisation_id, publication, actor, detail, user, session)
        for number, p, publication in pairs
    ]
    bulk.insert(connection, events, EVENT, happened)


def suppress(connection: Connection, person: Person, why: str, consent: Consent, now: float) -> bool:
    """Never write to this address again: `why` is `bounced` or `complained`; every open subscription ends with it.

    Returns False when the address is already suppressed for that or a graver reason.
    """
    if person.suppressed in (why, "complained"):
        return False
    connection.execute(subscribers.update().where(subscribers.c.id == person.id).values(suppressed=why))
    for current in of(connection, person.id):
        if current.state in ("active", "pending"):
            move_subscription(connection, person, current.publication, why, consent, now)
    return True


def unsuppress(connection: Connection, person: Person, now: float, actor: str) -> None:
    """Lift the suppression of an address, because the person asked for it."""
    connection.execute(subscribers.update().where(subscribers.c.id == person.id).values(suppressed=""))
    record_event(
        connection, Event(now, "unsuppressed", subscriber_id=person.id, actor=actor, detail={"was": person.suppressed})
    )
