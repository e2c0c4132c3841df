"""The journal read as "who did what": events that carry an actor, a page at a time."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from newsletter.store.tables.core import events, mailings, organisations, subscribers


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """An event with its number, its actor, and the names of what it was done to (empty when gone or none)."""

    number: int
    at: float
    kind: str
    actor: str
    address: str
    organisation: str
    issue: str
    publication: str
    detail: Mapping[str, Any]


def latest_deeds(connection: Connection, *, before: int, limit: int) -> list[Deed]:
    """Return the newest events by users, newest first; with `before`, those older than that number."""
    query = (
        sa.select(
            events.c.id.label("number"),
            events.c.at,
            events.c.kind,
            events.c.actor,
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
        .where(events.c.actor != "")
        .order_by(events.c.id.desc())
        .limit(limit)
    )
    if before:
        query = query.where(events.c.id < before)
    found = []
    for row in connection.execute(query):
        values = row._asdict()
        found.append(Deed(**{**values, "detail": json.loads(values["detail"]) if values["detail"] else {}}))
    return found
