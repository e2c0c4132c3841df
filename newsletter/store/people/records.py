"""What is kept about people: one person's whole record (right of access), or the rows of an export."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from newsletter.store import journal
from newsletter.store.people import people
from newsletter.store.people.custom_fields import value_history
from newsletter.store.people.groups import groups_of
from newsletter.store.people.people import Person
from newsletter.store.tables.core import deliveries, mailings, organisations, subscribers, subscriptions
from newsletter.store.tables.imports import import_changes, reviews
from newsletter.store.tables.pages import proposals

_COLUMNS = ("first_name", "last_name", "salutation", "function", "role", "phone", "suppressed")


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedPerson:
    """A subscriber with their organisation's name and the state of one publication."""

    person: Person
    organisation: str
    publication: str
    state: str
    basis: str
    since: float


def stream(
    connection: Connection, *, publication: str = "", state: str = "", unplaced: bool = False
) -> Iterator[ListedPerson]:
    """Yield one row per person and publication, by address; never more than a block of them in memory.

    `unplaced` keeps those without an organisation.
    """
    query = (
        sa.select(
            subscribers,
            organisations.c.name,
            subscriptions.c.publication,
            subscriptions.c.state,
            subscriptions.c.basis,
            subscriptions.c.from_at,
        )
        .join_from(subscribers, subscriptions, subscriptions.c.subscriber_id == subscribers.c.id)
        .outerjoin(organisations, organisations.c.id == subscribers.c.organisation_id)
        .where(subscriptions.c.to_at.is_(None))
        .order_by(subscribers.c.address_key, subscriptions.c.publication)
        .execution_options(stream_results=True, yield_per=1000)
    )
    if publication:
        query = query.where(subscriptions.c.publication == publication)
    if state:
        query = query.where(subscriptions.c.state == state)
    if unplaced:
        query = query.where(subscribers.c.organisation_id.is_(None))
    for row in connection.execute(query):
        values = {name: getattr(row, name) for name in _COLUMNS}
        person = Person(
            id=row.id,
            uid=row.uid,
            address=row.address,
            key=row.address_key,
            organisation_id=row.organisation_id,
            created_at=row.created_at,
            **values,
        )
        yield ListedPerson(
            person=person,
            organisation=row.name or "",
            publication=row.publication,
            state=row.state,
            basis=row.basis,
            since=row.from_at,
        )


def whole(connection: Connection, person: Person) -> dict[str, Any]:
    """Return everything that is kept about a person as plain values; times are POSIX seconds."""
    mine = sa.select(
        mailings.c.issue,
        mailings.c.subject,
        deliveries.c.state,
        deliveries.c.reason,
        deliveries.c.handed_at,
        deliveries.c.feedback,
    )
    sent = mine.join_from(deliveries, mailings, deliveries.c.mailing_id == mailings.c.id).where(
        deliveries.c.subscriber_id == person.id
    )
    asked = sa.select(reviews.c.kind, reviews.c.subject, reviews.c.detail, reviews.c.at).where(
        reviews.c.subscriber_id == person.id
    )
    brought = sa.select(import_changes.c.import_id, import_changes.c.what, import_changes.c.before).where(
        import_changes.c.subscriber_id == person.id
    )
    offered = sa.select(proposals.c.state, proposals.c["values"], proposals.c.created_at).where(
        proposals.c.subscriber_id == person.id
    )
    name = sa.select(organisations.c.name).where(organisations.c.id == person.organisation_id)
    return {
        "details": {column: getattr(person, column) for column in _COLUMNS} | {"created_at": person.created_at},
        "organisation": connection.scalar(name) if person.organisation_id else None,
        "subscriptions": [asdict(s) for s in people.of(connection, person.id)],
        "history": [
            {"publication": s.publication, "state": s.state, "basis": s.basis, "from": s.from_at, "to": s.to_at}
            for s in people.spans(connection, person.id)
        ],
        "events": [
            {"at": e.at, "kind": e.kind, "publication": e.publication, "actor": e.actor, "detail": e.detail or {}}
            for e in journal.of_subscriber(connection, person.id)
        ],
        "deliveries": [dict(row._mapping) for row in connection.execute(sent)],
        "reviews": [dict(row._mapping) for row in connection.execute(asked)],
        "imports": [dict(row._mapping) for row in connection.execute(brought)],
        "groups": [{"group": g.title, "from": g.from_at, "to": g.to_at} for g in groups_of(connection, person.id)],
        "fields": [asdict(one) for one in value_history(connection, "person", person.id)],
        "proposals": [dict(row._mapping) for row in connection.execute(offered)],
    }
