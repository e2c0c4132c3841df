"""Which organisations had an article in a letter: read from what each mailing keeps of its content."""

from __future__ import annotations

import json
from datetime import date, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from newsletter.audience import AllOf, AudienceRule, Condition, Except
from newsletter.store.people.audience_sql import midnight
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
    if isinstance(rule, Except):
        return Except(name_featured(connection, rule.part, on))
    if not isinstance(rule, Condition):
        return type(rule)(tuple(name_featured(connection, part, on) for part in rule.parts))
    if rule.field != "featured":
        return rule
    after = (on + timedelta(days=1)).isoformat() if on else ""
    before = min(filter(None, (rule.before, after)), default="")
    names = featured_names(connection, rule.since, before)
    return Condition("organisation", names) if names else Except(AllOf())
