"""Questions to the ledger: how many deliveries stand where, and what is still to come; nothing is moved."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from newsletter.store.sending.taking_back import KEPT_BACK
from newsletter.store.tables.core import OPEN_ROWS, deliveries


def kept_back(connection: Connection, mailing_id: int) -> tuple[int, int]:
    """Return the ids between which everything lies that has not been handed over: behind the first, up to the second.

    Both are 0 when there is nothing of the kind.
    """
    lowest, highest = connection.execute(
        sa.select(sa.func.min(deliveries.c.id), sa.func.max(deliveries.c.id)).where(
            deliveries.c.mailing_id == mailing_id, deliveries.c.state.in_(KEPT_BACK), OPEN_ROWS
        )
    ).one()
    return (lowest - 1, highest) if highest else (0, 0)


def count_states(connection: Connection, mailing_id: int) -> dict[str, int]:
    """Return the number of deliveries in each state."""
    rows = connection.execute(
        sa.select(deliveries.c.state, sa.func.count())
        .where(deliveries.c.mailing_id == mailing_id)
        .group_by(deliveries.c.state)
    )
    return dict(rows.all())


def open_count(connection: Connection, mailing_id: int) -> int:
    """Return how many deliveries are still open."""
    query = sa.select(sa.func.count()).where(deliveries.c.mailing_id == mailing_id, OPEN_ROWS)
    return int(connection.scalar(query) or 0)


def outlook(connection: Connection, mailing_id: int) -> tuple[bool, float | None]:
    """Return whether anything is queued, and when the earliest deferred delivery is due, if any."""
    mine = deliveries.c.mailing_id == mailing_id
    queued = connection.scalar(sa.select(sa.exists().where(mine, deliveries.c.state == "queued", OPEN_ROWS)))
    due: float | None = connection.scalar(
        sa.select(sa.func.min(deliveries.c.try_at)).where(mine, deliveries.c.state == "deferred", OPEN_ROWS)
    )
    return bool(queued), due


def any_capped(connection: Connection, mailing_id: int) -> bool:
    """Tell whether an operator's cap concerns anybody in the mailing."""
    query = sa.exists().where(deliveries.c.mailing_id == mailing_id, deliveries.c.cap != "")
    return bool(connection.scalar(sa.select(query)))
