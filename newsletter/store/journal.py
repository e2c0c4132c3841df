"""The append-only journal: everything that happens is an event with its time and its actor."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from newsletter.actor import session_of, user_of
from newsletter.store.tables.core import events


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened: `at` in POSIX seconds, `detail` a small JSON object without names or addresses.

    Messages to addresses outside of the team are the exception: they name them, and an erasure empties that.
    """

    at: float
    kind: str
    subscriber_id: int | None = None
    organisation_id: int | None = None
    mailing_id: int | None = None
    publication: str | None = None
    actor: str = ""
    detail: Mapping[str, Any] | None = None
    key: str | None = None


# Made once: building a statement costs more than running it.
_KNOWN = sa.select(events.c.id).where(events.c.key == sa.bindparam("sought"))
_APPEND = events.insert().inline()


def record_event(connection: Connection, event: Event) -> bool:
    """Append `event`; return False, writing nothing, when an event with its `key` is there already."""
    if event.key is not None and connection.scalar(_KNOWN, {"sought": event.key}):
        return False
    connection.execute(
        _APPEND,
        {
            "at": event.at,
            "kind": event.kind,
            "subscriber_id": event.subscriber_id,
            "organisation_id": event.organisation_id,
            "mailing_id": event.mailing_id,
            "publication": event.publication,
            "actor": str(event.actor),
            "user_id": user_of(event.actor),
            "session": session_of(event.actor),
            "detail": dumps(event.detail),
            "key": event.key,
        },
    )
    return True


def detail_of(connection: Connection, key: str) -> Mapping[str, Any] | None:
    """Return the detail of the event with this `key`, if it happened."""
    text = connection.scalar(sa.select(events.c.detail).where(events.c.key == key))
    found: Mapping[str, Any] | None = None if text is None else json.loads(text or "{}")
    return found


def dumps(detail: Mapping[str, Any] | None) -> str:
    """Return the stored form of an event's detail."""
    return json.dumps(dict(detail), ensure_ascii=False, sort_keys=True) if detail else ""


def of_subscriber(connection: Connection, subscriber_id: int) -> Sequence[Event]:
    """Return everything recorded about one subscriber, oldest first."""
    return _read(connection, events.c.subscriber_id == subscriber_id)


def of_mailing(connection: Connection, mailing_id: int) -> Sequence[Event]:
    """Return everything recorded about one mailing, oldest first."""
    return _read(connection, events.c.mailing_id == mailing_id)


def of_organisation(connection: Connection, organisation_id: int) -> Sequence[Event]:
    """Return what happened to one organisation itself, oldest first; not what its contacts did."""
    return _read(connection, sa.and_(events.c.organisation_id == organisation_id, events.c.subscriber_id.is_(None)))


def of_kind(connection: Connection, kind: str) -> Sequence[Event]:
    """Return the events of a kind that are about no subscriber, oldest first."""
    return _read(connection, sa.and_(events.c.kind == kind, events.c.subscriber_id.is_(None)))


def latest_events(connection: Connection, limit: int = 100) -> Sequence[Event]:
    """Return the newest events, newest first."""
    rows = connection.execute(sa.select(events).order_by(events.c.id.desc()).limit(limit))
    return [_event(row) for row in rows]


def _read(connection: Connection, condition: sa.ColumnElement[bool]) -> Sequence[Event]:
    rows = connection.execute(sa.select(events).where(condition).order_by(events.c.at, events.c.id))
    return [_event(row) for row in rows]


def _event(row: sa.Row[Any]) -> Event:
    return Event(
        at=row.at,
        kind=row.kind,
        subscriber_id=row.subscriber_id,
        organisation_id=row.organisation_id,
        mailing_id=row.mailing_id,
        publication=row.publication,
        actor=row.actor,
        detail=json.loads(row.detail) if row.detail else None,
        key=row.key,
    )
