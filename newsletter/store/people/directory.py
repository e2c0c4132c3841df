"""Looking for people: by words, publication, state and authority, a page at a time; and where addresses die."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from newsletter.filters import PersonFilter
from newsletter.folding import sort_key
from newsletter.store.engine.folding import folded
from newsletter.store.tables.core import organisations, subscribers, subscriptions

MOST = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundPerson:
    """One person of a list, with the state of each publication; `uid` is the random identifier in hex."""

    uid: str
    address: str
    name: str
    function: str
    organisation_id: int | None
    organisation: str
    suppressed: str
    states: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Lost:
    """An organisation, its contacts, and how many of them can no longer be written to."""

    organisation_id: int
    name: str
    contacts: int
    lost: int


def search(connection: Connection, wanted: PersonFilter, start: int, limit: int) -> tuple[list[FoundPerson], int]:
    """Return up to `limit` (at most MOST) people from the one numbered `start`, by address, and how many match."""
    joined = subscribers.outerjoin(organisations, organisations.c.id == subscribers.c.organisation_id)
    conditions = _conditions(wanted)
    total = connection.scalar(sa.select(sa.func.count()).select_from(joined).where(*conditions))
    rows = connection.execute(
        sa.select(subscribers, sa.func.coalesce(organisations.c.name, "").label("organisation"))
        .select_from(joined)
        .where(*conditions)
        .order_by(subscribers.c.address_key)
        .offset(start)
        .limit(min(limit, MOST))
    ).all()
    states = _states(connection, [row.id for row in rows])
    found = [
        FoundPerson(
            uid=row.uid.hex(),
            address=row.address,
            name=f"{row.first_name} {row.last_name}".strip(),
            function=row.function or row.role,
            organisation_id=row.organisation_id,
            organisation=row.organisation,
            suppressed=row.suppressed,
            states=states.get(row.id, {}),
        )
        for row in rows
    ]
    return found, int(total or 0)


def contacts(connection: Connection, organisation_id: int) -> list[FoundPerson]:
    """Return the people attached to an organisation (at most MOST), by address."""
    rows = connection.execute(
        sa.select(subscribers)
        .where(subscribers.c.organisation_id == organisation_id)
        .order_by(subscribers.c.address_key)
        .limit(MOST)
    ).all()
    states = _states(connection, [row.id for row in rows])
    return [
        FoundPerson(
            uid=row.uid.hex(),
            address=row.address,
            name=f"{row.first_name} {row.last_name}".strip(),
            function=row.function or row.role,
            organisation_id=organisation_id,
            organisation="",
            suppressed=row.suppressed,
            states=states.get(row.id, {}),
        )
        for row in rows
    ]


def lost(connection: Connection, limit: int = MOST) -> list[Lost]:
    """Return the organisations some of whose contacts' addresses have died, the worst first."""
    dead = sa.func.sum(sa.case((subscribers.c.suppressed == "bounced", 1), else_=0))
    rows = connection.execute(
        sa.select(organisations.c.id, organisations.c.name, sa.func.count(), dead)
        .join_from(organisations, subscribers, subscribers.c.organisation_id == organisations.c.id)
        .group_by(organisations.c.id, organisations.c.name)
        .having(dead > 0)
        .order_by(dead.desc(), folded(organisations.c.name), organisations.c.name)
        .limit(limit)
    )
    return [Lost(*row) for row in rows]


def regions(connection: Connection) -> list[str]:
    """Return the regions that organisations name, in order."""
    query = sa.select(organisations.c.region).where(organisations.c.region != "").distinct()
    return sorted(connection.execute(query).scalars(), key=sort_key)


def _conditions(wanted: PersonFilter) -> list[sa.ColumnElement[bool]]:
    name = sa.func.coalesce(organisations.c.name, "")
    words = (subscribers.c.first_name, subscribers.c.last_name, subscribers.c.address_key, name)
    everything: sa.ColumnElement[str] = sa.literal("")
    for one in words:
        everything = everything + " " + one
    found = folded(everything).contains_words(wanted.words)
    if wanted.level:
        found.append(organisations.c.level == wanted.level)
    if wanted.region:
        found.append(organisations.c.region == wanted.region)
    if wanted.state == "suppressed":
        found.append(subscribers.c.suppressed != "")
    elif wanted.state or wanted.publication:
        found.append(_subscribed(wanted))
    return found


def _subscribed(wanted: PersonFilter) -> sa.ColumnElement[bool]:
    span = sa.exists().where(subscriptions.c.subscriber_id == subscribers.c.id, subscriptions.c.to_at.is_(None))
    if wanted.publication:
        span = span.where(subscriptions.c.publication == wanted.publication)
    if wanted.state == "none":
        return sa.not_(span)
    return span.where(subscriptions.c.state == wanted.state) if wanted.state else span


def _states(connection: Connection, ids: list[int]) -> dict[int, dict[str, str]]:
    found: dict[int, dict[str, str]] = {}
    rows = connection.execute(
        sa.select(subscriptions.c.subscriber_id, subscriptions.c.publication, subscriptions.c.state)
        .where(subscriptions.c.subscriber_id.in_(ids), subscriptions.c.to_at.is_(None))
        .order_by(subscriptions.c.publication)
    )
    for row in rows:
        found.setdefault(row.subscriber_id, {})[row.publication] = row.state
    return found
