"""How often something was asked for within a period: counters without names, purged by age."""

from __future__ import annotations

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from newsletter.store.tables.pages import limits


def hit(connection: Connection, name: str, now: float, seconds: int, times: int = 1) -> int:
    """Count a request for `name` in the period of `seconds` that covers `now`; return the count, this one included.

    `name` holds no address and no IP, only keyed hashes of them.
    """
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    query = insert(limits).values(name=name, period=int(now // seconds) * seconds, n=times)
    return int(
        connection.execute(
            query.on_conflict_do_update(index_elements=["name", "period"], set_={"n": limits.c.n + times}).returning(
                limits.c.n
            )
        ).scalar_one()
    )


def release(connection: Connection, name: str) -> None:
    """Delete the counts of `name`: what they limited did not happen."""
    connection.execute(limits.delete().where(limits.c.name == name))


def purge_limits(connection: Connection, before: float) -> int:
    """Delete the counts of periods that began before `before` (POSIX seconds); return how many."""
    return int(connection.execute(limits.delete().where(limits.c.period < int(before))).rowcount)
