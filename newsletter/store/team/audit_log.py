"""The journal read as "who did what": events that carry an actor, a page at a time."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from newsletter.store.tables.core import events, mailings, organisations, subscribers
from newsletter.store.tables.pages import users


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """An event with its number, its actor, and the names of what it was done to (empty when gone or none).

    `actor` is the name of then, `now_called` that of the same user today; commands and programs have neither
    `user_id` nor `session`.
    """

    number: int
    at: float
    kind: str
    actor: str
    user_id: int | None
    session: str
    now_called: str
    address: str
    organisation: str
    issue: str
    publication: str
    detail: Mapping[str, Any]


def latest_deeds(connection: Connection, *, before: int, limit: int) -> list[Deed]:
    """Return the newest events by users, newest first; with `before`, those older than that number."""
    query = _deeds().order_by(events.c.id.desc()).limit(limit)
    if before:
        query = query.where(events.c.id < before)
    return [_deed(row) for row in connection.execute(query)]


def all_deeds(connection: Connection, since: float, until: float) -> Iterator[Deed]:
    """Yield the events by users from `since` on and before `until` (POSIX seconds), oldest first."""
    query = _deeds().where(events.c.at >= since, events.c.at < until).order_by(events.c.id)
    for row in connection.execution_options(yield_per=1000).execute(query):
        yield _deed(row)


def _deeds() -> sa.Select[Any]:
    return (
        sa.select(
            events.c.id.label("number"),
            events.c.at,
            events.c.kind,
            events.c.actor,
            events.c.user_id,
            events.c.session,
            sa.func.coalesce(sa.func.nullif(users.c.name, ""), users.c.address, "").label("now_called"),
            events.c.detail,
            sa.func.coalesce(subscribers.c.address, "").label("address"),
            sa.func.coalesce(organisations.c.name, "").label("organisation"),
            sa.func.coalesce(mailings.c.issue, "").label("issue"),
            sa.func.coalesce(events.c.publication, "").label("publication"),
        )
        .select_from(events)
        .outerjoin(subscribers, subscribers.c.id == events.c.subscriber_id)
        .outerjoin(organisations, organisations.c.id == events.c.organisation_id)
        .outerjoin(mailings, mailings.c.id == events.c.mailing_id)
        .outerjoin(users, users.c.id == events.c.user_id)
        .where(sa.or_(events.c.actor != "", events.c.user_id.is_not(None)))
    )


def _deed(row: sa.Row[Any]) -> Deed:
    values = row._asdict()
    return Deed(**{**values, "detail": json.loads(values["detail"]) if values["detail"] else {}})
