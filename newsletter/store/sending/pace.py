"""One speed limit for all workers: a row per provider, moved in the transaction that hands messages over."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from newsletter.store.tables.core import paces

_LONGEST_QUEUE = 60.0
_MOST_WORKERS = 256


def allowance(connection: Connection, name: str, daily: int, day: str) -> int | None:
    """Return how many messages may still leave on `day` (ISO date), None for no limit; locks the row until commit."""
    hold(connection, name)
    row = connection.execute(sa.select(paces).where(paces.c.name == name)).one()
    if not daily:
        return None
    return max(0, daily - (row.used if row.day >= day else 0))


def hold(connection: Connection, name: str) -> None:
    """Keep all other workers of provider `name` from deciding anything until this transaction ends."""
    _ensure(connection, name)
    connection.execute(sa.select(paces.c.name).where(paces.c.name == name).with_for_update())


def take_allowance(connection: Connection, name: str, n: int, rate: float, now: float, day: str) -> float:
    """Reserve the next `n` places in the queue of departures and return the seconds to wait before the first.

    `rate` is in messages a second, 0 for no limit (generic cell rate algorithm with a burst of one group).
    """
    row = connection.execute(sa.select(paces).where(paces.c.name == name)).one()
    start = max(row.next_at, now) if rate else now
    if rate and start - now > _LONGEST_QUEUE + _MOST_WORKERS * n / rate:
        start = now  # no queue is that long: the clock was set back
    connection.execute(
        paces.update()
        .where(paces.c.name == name)
        .values(
            next_at=start + n / rate if rate else now,
            day=max(day, row.day),
            used=n + (row.used if row.day >= day else 0),
        )
    )
    return start - now


def push(connection: Connection, name: str, n: int, rate: float, now: float) -> None:
    """Take `n` places (at `rate` a second) from those to come, for messages that leave now, long after their own."""
    start = sa.case((paces.c.next_at > now, paces.c.next_at), else_=now)
    connection.execute(paces.update().where(paces.c.name == name).values(next_at=start + n / rate))


def give_back(connection: Connection, name: str, n: int, day: str) -> None:
    """Return `n` of the day's places that were reserved and not used."""
    rest = sa.case((paces.c.used > n, paces.c.used - n), else_=0)
    connection.execute(paces.update().where(paces.c.name == name, paces.c.day >= day).values(used=rest))


def _ensure(connection: Connection, name: str) -> None:
    if connection.scalar(sa.select(paces.c.name).where(paces.c.name == name)) is None:
        # Two workers may start together on PostgreSQL: the second insert must be silent.
        if connection.dialect.name == "postgresql":
            from sqlalchemy.dialects.postgresql import insert

            connection.execute(insert(paces).values(name=name, next_at=0).on_conflict_do_nothing())
        else:
            connection.execute(paces.insert().values(name=name, next_at=0))
