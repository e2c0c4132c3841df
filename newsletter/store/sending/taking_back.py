"""Taking back: what a sender gives back itself, what is taken over from senders that are gone, what is cancelled.

The states are those of `store.sending.ledger`; here too each step is one guarded statement in the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from newsletter.store.tables.core import OPEN_JOINED, OPEN_ROWS, deliveries, mailings

KEPT_BACK = ("queued", "deferred", "claimed")


def release_claims(connection: Connection, mailing_id: int, token: str, *, handed: bool = False) -> int:
    """Give back what `token` has claimed; returns how many.

    `handed`: and what it has handed over too, for a sender that knows that nothing of it left.
    """
    return _give_back(connection, mailing_id, deliveries.c.token == token, ("claimed", "handed")[: 1 + handed])


def sweep_leases(
    connection: Connection, now: float, mailing_id: int | None = None, dead: Sequence[str] = ()
) -> tuple[int, int]:
    """Take over from workers that are gone: expired claims are queued again, expired hand-offs become doubtful.

    `dead` are tokens whose process is known to have ended: their leases count as expired. Returns (queued, doubtful).
    """
    gone = deliveries.c.lease_until < now
    if dead:
        gone = sa.or_(gone, deliveries.c.token.in_(dead))
    queued = _give_back(connection, mailing_id, gone)
    scope = _of(mailing_id)
    doubtful = connection.execute(
        deliveries.update()
        .where(scope, deliveries.c.state == "handed", gone, OPEN_ROWS)
        .values(
            state="doubtful", settled_at=now, lease_until=None, answer="the sender ended before the answer was recorded"
        )
    )
    return queued, doubtful.rowcount


def handed_by(connection: Connection, token: str) -> dict[str, dict[int, int]]:
    """Return the deliveries that `token` has handed over and not settled, with their tries, by their mailing's uid."""
    rows = connection.execute(
        sa.select(mailings.c.uid, deliveries.c.id, deliveries.c.tries)
        .join_from(deliveries, mailings, deliveries.c.mailing_id == mailings.c.id)
        .where(deliveries.c.state == "handed", deliveries.c.token == token, OPEN_JOINED)
        .order_by(deliveries.c.id)
    )
    found: dict[str, dict[int, int]] = {}
    for uid, number, tries in rows:
        found.setdefault(uid, {})[number] = tries
    return found


def take_back(connection: Connection, token: str, ids: Sequence[int]) -> int:
    """Queue again what `token` has handed over and nothing of which left; returns how many."""
    mine = sa.and_(deliveries.c.token == token, deliveries.c.id.in_(ids))
    return _give_back(connection, None, mine, ("handed",)) if ids else 0


def holders(connection: Connection, mailing_id: int | None = None) -> list[str]:
    """Return the tokens that hold something (of one mailing, or of any)."""
    scope = _of(mailing_id)
    rows = connection.execute(
        sa.select(deliveries.c.token).distinct().where(scope, deliveries.c.state.in_(("claimed", "handed")), OPEN_ROWS)
    )
    return [token for token in rows.scalars() if token]


def _of(mailing_id: int | None) -> sa.ColumnElement[bool]:
    """Return the condition of one mailing's rows, or of those of every mailing that can have open ones."""
    if mailing_id is not None:
        return deliveries.c.mailing_id == mailing_id
    # Mailing by mailing through the partial index: without it all deliveries ever made would be read.
    return deliveries.c.mailing_id.in_(sa.select(mailings.c.id).where(mailings.c.status != "done"))


def _give_back(
    connection: Connection,
    mailing_id: int | None,
    condition: sa.ColumnElement[bool],
    states: Sequence[str] = ("claimed",),
) -> int:
    scope = _of(mailing_id)
    # A claim on a mailing that was cancelled meanwhile follows it.
    cancelled = deliveries.c.mailing_id.in_(sa.select(mailings.c.id).where(mailings.c.status == "cancelled"))
    back = connection.execute(
        deliveries.update()
        .where(scope, deliveries.c.state.in_(states), condition, OPEN_ROWS)
        .values(state=sa.case((cancelled, "cancelled"), else_="queued"), token=None, lease_until=None)
    )
    return back.rowcount


def cancel_open(connection: Connection, mailing_id: int, now: float, *, after: int, up_to: int) -> int:
    """Cancel everything behind the id `after`, up to `up_to`, that has not been handed over; returns how many."""
    done = connection.execute(
        deliveries.update()
        .where(
            deliveries.c.mailing_id == mailing_id,
            deliveries.c.state.in_(KEPT_BACK),
            deliveries.c.id > after,
            deliveries.c.id <= up_to,
            OPEN_ROWS,
        )
        .values(state="cancelled", settled_at=now, token=None, lease_until=None)
    )
    return done.rowcount
