"""Counts for a monitor: of states, never of persons, and within a time that the caller bounds."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from newsletter.store.sending.ledger_counts import count_states, outlook
from newsletter.store.sending.mailings import LIVE
from newsletter.store.tables.core import mailings, subscriptions

_STEPS = 10_000


@contextmanager
def within(connection: Connection, seconds: float) -> Iterator[None]:
    """Let each statement of the block take so long at most; one that takes longer raises OperationalError."""
    if connection.dialect.name != "sqlite":
        connection.exec_driver_sql(f"SET LOCAL statement_timeout = {int(seconds * 1000)}")
        yield
        return
    raw, end = connection.connection.driver_connection, time.monotonic() + seconds
    assert raw is not None
    raw.set_progress_handler(lambda: time.monotonic() > end, _STEPS)
    try:
        yield
    finally:
        raw.set_progress_handler(None, 0)


def mailings_by_status(connection: Connection) -> dict[tuple[str, str], int]:
    """Return how many mailings there are by (publication, status)."""
    key = (mailings.c.publication, mailings.c.status)
    return {(p, s): n for p, s, n in connection.execute(sa.select(*key, sa.func.count()).group_by(*key))}


def queue_ages(connection: Connection, now: float) -> dict[str, float]:
    """Return for how many seconds each mailing that is being sent has had something due and not handed over."""
    found = {}
    sending = sa.select(mailings.c.id, mailings.c.issue, mailings.c.started_at).where(mailings.c.status == "sending")
    for mailing_id, issue, started_at in connection.execute(sending.order_by(mailings.c.id)).all():
        queued, retry_at = outlook(connection, mailing_id)
        since = started_at if queued else retry_at
        found[issue] = max(0.0, now - since) if since is not None else 0.0
    return found


def deliveries_by_state(connection: Connection) -> dict[tuple[str, str], int]:
    """Return the deliveries of live mailings by (issue, state)."""
    live = sa.select(mailings.c.id, mailings.c.issue).where(mailings.c.status.in_(LIVE)).order_by(mailings.c.id)
    rows = connection.execute(live).all()
    return {(issue, state): n for key, issue in rows for state, n in count_states(connection, key).items()}


def subscribers(connection: Connection) -> dict[str, int]:
    """Return how many people are subscribed to each publication now."""
    active = sa.and_(subscriptions.c.state == "active", subscriptions.c.to_at.is_(None))
    query = sa.select(subscriptions.c.publication, sa.func.count()).where(active).group_by(subscriptions.c.publication)
    return dict(connection.execute(query).all())
