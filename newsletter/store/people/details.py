"""Changes of what is known about a person: organisation, names, role; past counts stay as they were."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from newsletter.addresses import Address
from newsletter.errors import Refused
from newsletter.i18n import Sentence
from newsletter.store.engine import bulk
from newsletter.store.journal import Event, record_event
from newsletter.store.people.people import SPAN, Person
from newsletter.store.tables.core import subscribers, subscriptions


def attach(connection: Connection, person: Person, organisation_id: int | None, now: float, actor: str = "") -> None:
    """Move a person to another organisation (or to none): open spans are closed and reopened, so past counts stay."""
    if organisation_id == person.organisation_id:
        return
    connection.execute(
        subscribers.update().where(subscribers.c.id == person.id).values(organisation_id=organisation_id)
    )
    respan(connection, replace(person, organisation_id=organisation_id), now)
    record_event(connection, Event(now, "moved", subscriber_id=person.id, organisation_id=organisation_id, actor=actor))


def respan(connection: Connection, person: Person, now: float) -> None:
    """Close the running spans and open them again with the person's role and organisation as they are now."""
    running = sa.and_(
        subscriptions.c.subscriber_id == person.id,
        subscriptions.c.to_at.is_(None),
        subscriptions.c.state.in_(("active", "pending")),
    )
    again = connection.execute(sa.select(subscriptions).where(running)).all()
    connection.execute(subscriptions.update().where(running).values(to_at=now))
    rows = [(person.id, s.publication, s.state, s.basis, person.role, person.organisation_id, now) for s in again]
    bulk.insert(connection, subscriptions, SPAN, rows)


def change_address(
    connection: Connection, person: Person, wanted: Address, now: float, *, how: str, actor: str, proof: str = ""
) -> Person:
    """Give a person another address: the same person, with their history and consents; Refused if it is another's.

    What was said of the old mailbox (that it is dead) does not hold for the new one; a complaint is the person's.
    """
    taken = sa.select(subscribers.c.id).where(subscribers.c.address_key == wanted.key, subscribers.c.id != person.id)
    if connection.execute(taken).first():
        raise Refused(
            "this address is another subscriber's",
            hint="unsubscribe one of the two",
            said=Sentence("Cette adresse est déjà celle d’une autre personne abonnée. Désabonnez l’une des deux."),
        )
    suppressed = "" if person.suppressed == "bounced" else person.suppressed
    values = {"address": wanted.text, "address_key": wanted.key, "suppressed": suppressed}
    connection.execute(subscribers.update().where(subscribers.c.id == person.id).values(values))
    detail = {"how": how} | ({"proof": proof} if proof else {})
    record_event(connection, Event(now, "address-changed", subscriber_id=person.id, actor=actor, detail=detail))
    return replace(person, address=wanted.text, key=wanted.key, suppressed=suppressed)


def edit_details(
    connection: Connection, person: Person, details: Mapping[str, Any], now: float, actor: str = ""
) -> Person:
    """Set names, function, role, phone or salutation by hand: imports no longer overwrite them."""
    kept = " ".join(name for name in person.from_file.split() if name not in details)
    changed = replace(person, **details, from_file=kept)
    connection.execute(subscribers.update().where(subscribers.c.id == person.id).values(**details, from_file=kept))
    if changed.role != person.role:
        respan(connection, changed, now)
    record_event(
        connection, Event(now, "edited", subscriber_id=person.id, actor=actor, detail={"details": sorted(details)})
    )
    return changed
