"""How many people an issue would go to if it were approved now, and how many would be left out, and why."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from newsletter.store.entitlement import Rule, open_span, verdict
from newsletter.store.tables import subscribers, subscriptions


def count(connection: Connection, rule: Rule, today: date) -> dict[str, int]:
    """Count the active subscribers of a publication by verdict: an empty text for those who would be written to."""
    chosen = (
        sa.select(verdict(rule, today).label("reason"))
        .join_from(subscriptions, subscribers, open_span(rule))
        .where(subscriptions.c.state == "active")
        .subquery()
    )
    rows = connection.execute(
        sa.select(chosen.c.reason, sa.func.count()).group_by(chosen.c.reason).order_by(sa.func.count().desc())
    )
    return dict(rows.all())
