"""Which organisations had an article in a letter: read from what each mailing keeps of its content."""

from __future__ import annotations

import json
from datetime import date, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from newsletter.audience import EVERYONE, AudienceRule, Condition, Except, replace_conditions
from newsletter.paris import midnight
from newsletter.store.people.organisations import name_key
from newsletter.store.tables.core import mailings, organisations


def featured_names(connection: Connection, since: str = "", before: str = "") -> tuple[str, ...]:
    """Return the names of the organisations that letters sent between two days had an article about."""
    query = sa.select(mailings.c.record).where(mailings.c.started_at.is_not(None), mailings.c.status != "cancelled")
    if since:
        query = query.where(mailings.c.started_at >= midnight(date.fromisoformat(since)))
    if before:
        query = query.where(mailings.c.started_at < midnight(date.fromisoformat(before)))
    keys: set[str] = set()
    for record in connection.execute(query).scalars():
        for item in json.loads(record or "{}").get("items", {}).values():
            keys.update(name_key(name) for name in item.get("organisations", ()))
    if not keys:
        return ()
    rows = connection.execute(sa.select(organisations.c.name).order_by(organisations.c.name)).scalars()
    return tuple(name for name in rows if name_key(name) in keys)


def name_featured(connection: Connection, rule: AudienceRule, on: date | None = None) -> AudienceRule:
    """Return a rule with the featured organisations by name, as they are today or were at the end of the day `on`."""
    after = (on + timedelta(days=1)).isoformat() if on else ""

    def look_up(condition: Condition) -> AudienceRule:
        if condition.field != "featured":
            return condition
        before = min(filter(None, (condition.before, after)), default="")
        names = featured_names(connection, condition.since, before)
        return Condition("organisation", names) if names else Except(EVERYONE)

    return replace_conditions(rule, look_up)
