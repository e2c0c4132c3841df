"""Whether the database answers and the recurring work is done."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from newsletter.store.tables_web import jobs


def late_jobs(connection: Connection, now: float, grace: float) -> list[str]:
    """Return the names of recurring jobs that should have run more than `grace` seconds ago, in order."""
    query = sa.select(jobs.c.name).where(jobs.c.next_at < now - grace).order_by(jobs.c.name)
    return list(connection.execute(query).scalars())
