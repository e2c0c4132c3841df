"""The ledger: the states of every delivery, moved only by guarded statements inside the caller's transaction.

`queued -> claimed -> handed -> sent | refused | deferred | doubtful`, beside `excluded` and `cancelled`. A sender's
token fences every step: a statement touches only rows that still carry it. `handed` is committed before the first byte
leaves and the outcome after; so a crash leaves rows `claimed` (nothing left: claimable again) or `handed` (nobody
knows: doubtful, never sent again by itself).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.sql.dml import ReturningUpdate

from newsletter.store.engine.prepared import run_many
from newsletter.store.people.entitlement import Rule, open_span, verdict
from newsletter.store.tables.core import OPEN, OPEN_JOINED, OPEN_ROWS, deliveries, mailings, subscribers, subscriptions

HELD = "held"  # the reason of a delivery that waits behind all others


@dataclass(frozen=True, slots=True)
class Handed:
    """A delivery whose message may leave now; `held`: it was put behind all others after an answer about us."""

    id: int
    variant: int
    address: str
    uid: bytes
    tries: int
    held: bool = False


@dataclass(frozen=True, slots=True)
class Settlement:
    """The outcome of one delivery: its new state, and what the provider answered.

    `held`: the answer was about us, so that the delivery waits behind all others (`deferred`, due at once).
    """

    id: int
    state: str
    answer: str = ""
    provider_id: str = ""
    try_at: float | None = None
    held: bool = False


def claim_deliveries(
    connection: Connection,
    mailing_id: int,
    token: str,
    limit: int,
    *,
    now: float,
    lease: float,
    caps: Mapping[str, int],
    after: int = 0,
) -> list[int]:
    """Take up to `limit` deliveries that are due and return their ids: first of those behind the id `after`.

    A large mailing's index on PostgreSQL keeps what has left the queue until a vacuum; who begins behind it need not
    step over it. Operators whose connections are all in use (`caps`: name -> connections at once) are passed over.
    """
    if limit < 1:
        return []
    full = _full_caps(connection, token, caps) if caps else []
    values = {"of": mailing_id, "by": token, "at": now, "until": now + lease, "full": full}

    def take(state: str, n: int, behind: int = 0) -> list[int]:
        taken = connection.execute(_taking(state, bool(full)), {**values, "most": n, "behind": behind})
        return sorted(taken.scalars())

    ids = take("queued", limit, after)
    if after and len(ids) < limit:  # what was given back
        ids = sorted(ids + take("queued", limit - len(ids)))
    # Never beside queued ones: who waits behind all others must not come first within a group.
    return ids or take("deferred", limit)


# The statements of every turn are made once: to put them together costs as much as to run them.
@cache
def _taking(state: str, capped: bool) -> ReturningUpdate[int]:
    mine = sa.and_(deliveries.c.mailing_id == sa.bindparam("of"), deliveries.c.state == state)
    due = deliveries.c.id > sa.bindparam("behind") if state == "queued" else deliveries.c.try_at <= sa.bindparam("at")
    free = deliveries.c.cap.not_in(sa.bindparam("full", expanding=True)) if capped else sa.true()
    found = sa.select(deliveries.c.id).where(mine, due, free, OPEN_ROWS).order_by(deliveries.c.id)
    # As a CTE it is run once: a plain subquery with a limit PostgreSQL may run again for each row.
    chosen = found.limit(sa.bindparam("most")).with_for_update(skip_locked=True).cte("chosen")
    return (
        deliveries.update()
        .where(deliveries.c.id.in_(sa.select(chosen.c.id)))
        .values(state="claimed", token=sa.bindparam("by"), lease_until=sa.bindparam("until"), try_at=None)
        .returning(deliveries.c.id)
    )


def _full_caps(connection: Connection, token: str, caps: Mapping[str, int]) -> list[str]:
    """Return the operators whose connections are all in use, by whatever mailing."""
    live = sa.select(mailings.c.id).where(mailings.c.status.in_(("sending", "paused")))
    busy = connection.execute(
        sa.select(deliveries.c.cap, sa.func.count(sa.distinct(deliveries.c.token)))
        .where(
            deliveries.c.mailing_id.in_(live),
            deliveries.c.state.in_(("claimed", "handed")),
            deliveries.c.cap != "",
            deliveries.c.token != token,
            OPEN_ROWS,
        )
        .group_by(deliveries.c.cap)
    )
    return [cap for cap, tokens in busy if tokens >= caps.get(cap, 1 << 30)]


def hand_deliveries(
    connection: Connection,
    mailing_id: int,
    rule: Rule,
    token: str,
    ids: Sequence[int],
    *,
    now: float,
    lease: float,
    today: date,
) -> list[Handed]:
    """Check each claimed recipient again and mark those still entitled as handed; the others become excluded.

    `ids` are the lowest of what `token` has claimed. The caller commits before any message leaves. Only rows that still
    carry `token` are touched.
    """
    if not ids:
        return []
    held = {"of": mailing_id, "by": token, "up_to": max(ids)}
    rows = connection.execute(_looking(rule, today), held).all()
    bad = [{"row_id": row.id, "why": row.why} for row in rows if row.why]
    if bad:
        connection.execute(
            deliveries.update()
            .where(deliveries.c.id == sa.bindparam("row_id"))
            .values(state="excluded", reason=sa.bindparam("why"), settled_at=now, token=None, lease_until=None),
            bad,
        )
    if len(bad) < len(rows):
        connection.execute(_HAND, {**held, "at": now, "until": now + lease})
    return [
        Handed(row.id, row.variant, row.address, row.uid, row.tries + 1, row.reason == HELD)
        for row in rows
        if not row.why
    ]


# By token through the partial index: a list of ids costs more to spell out than the rows to read.
_HELD = sa.and_(
    deliveries.c.mailing_id == sa.bindparam("of"),
    deliveries.c.state == "claimed",
    deliveries.c.token == sa.bindparam("by"),
    deliveries.c.id <= sa.bindparam("up_to"),
    OPEN_JOINED,
)
_HAND = (
    deliveries.update()
    .where(_HELD)
    .values(
        state="handed",
        handed_at=sa.bindparam("at"),
        lease_until=sa.bindparam("until"),
        tries=deliveries.c.tries + 1,
    )
)


@lru_cache(maxsize=32)
def _looking(rule: Rule, today: date) -> sa.Select[tuple[int, int, str, bytes, int, str, str]]:
    return (
        sa.select(
            deliveries.c.id,
            deliveries.c.variant,
            subscribers.c.address,
            subscribers.c.uid,
            deliveries.c.tries,
            deliveries.c.reason,
            verdict(rule, today).label("why"),
        )
        .select_from(
            deliveries.outerjoin(subscribers, deliveries.c.subscriber_id == subscribers.c.id).outerjoin(
                subscriptions, open_span(rule)
            )
        )
        .where(_HELD)
        .order_by(deliveries.c.id)
        .with_for_update(of=deliveries)
    )


_SETTLE = (
    deliveries.update()
    .where(
        deliveries.c.id == sa.bindparam("row_id"),
        deliveries.c.token == sa.bindparam("row_token"),
        # A sender that was frozen until its lease ran out still knows what became of its messages.
        sa.or_(deliveries.c.state == "handed", deliveries.c.state == "doubtful"),
    )
    .values(
        state=sa.bindparam("new_state"),
        answer=sa.bindparam("new_answer"),
        provider_id=sa.bindparam("new_provider_id"),
        try_at=sa.bindparam("new_try_at"),
        settled_at=sa.bindparam("at"),
        lease_until=None,
        reason=sa.bindparam("new_reason"),
    )
)


def settle_deliveries(connection: Connection, token: str, settlements: Sequence[Settlement], now: float) -> int:
    """Write what became of handed deliveries; rows that another token has taken over are left alone.

    Returns how many rows were settled.
    """
    if not settlements:
        return 0
    return run_many(
        connection,
        _SETTLE,
        [
            {
                "row_id": s.id,
                "row_token": token,
                "new_state": s.state,
                "new_answer": s.answer[:500],
                "new_provider_id": s.provider_id,
                "new_try_at": s.try_at,
                "at": None if s.state in OPEN else now,
                "new_reason": HELD if s.held else "",
            }
            for s in settlements
        ],
    )


def renew_leases(connection: Connection, token: str, mailing_id: int, until: float) -> int:
    """Prolong the lease of everything `token` holds; returns how many of these are handed."""
    mine = sa.and_(deliveries.c.mailing_id == mailing_id, deliveries.c.token == token)
    held = deliveries.c.state.in_(("claimed", "handed"))
    connection.execute(deliveries.update().where(mine, held, OPEN_ROWS).values(lease_until=until))
    query = sa.select(sa.func.count()).where(mine, deliveries.c.state == "handed", OPEN_ROWS)
    return int(connection.scalar(query) or 0)
