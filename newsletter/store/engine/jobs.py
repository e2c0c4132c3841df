"""When each recurring job last ran, and who holds it: one row per job, one holder at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError

from newsletter.store.tables.pages import jobs


@dataclass(frozen=True, slots=True)
class JobState:
    """A row of `jobs`; times in POSIX seconds."""

    name: str
    next_at: float
    holder: str
    held_until: float
    last_at: float | None
    last_error: str


def take_job(
    connection: Connection,
    name: str,
    holder: str,
    *,
    now: float,
    period: float,
    hold: float,
    ended: Callable[[str], bool],
    early: float = 0.0,
) -> bool:
    """Take the job if it is due and not held; `ended` tells whether a holder's process is gone.

    `period`, `hold` and `early` (how long before its hour it may run) are in seconds. An hour further ahead than
    they allow was written before the clock was set back: it does not count.
    """
    state = _find(connection, name)
    if state is None:
        try:
            with connection.begin_nested():
                connection.execute(jobs.insert().values(name=name, next_at=0))
        except IntegrityError:
            return False  # another process is taking its first turn
        state = JobState(name, 0, "", 0, None, "")
    waiting = now + early < state.next_at <= now + period
    held = now < state.held_until <= now + hold and not ended(state.holder)
    if waiting or held:
        return False
    taken = connection.execute(
        jobs.update()
        .where(
            jobs.c.name == name,
            jobs.c.holder == state.holder,
            jobs.c.held_until == state.held_until,
            jobs.c.next_at == state.next_at,  # on PostgreSQL another process may have finished its turn since
        )
        .values(holder=holder, held_until=now + hold)
    )
    return taken.rowcount == 1


def prolong_job(connection: Connection, name: str, holder: str, *, now: float, hold: float) -> None:
    """Extend the hold on a job that takes long: it is neither free nor late."""
    mine = sa.and_(jobs.c.name == name, jobs.c.holder == holder)
    connection.execute(jobs.update().where(mine).values(held_until=now + hold, next_at=now))


def give_back_job(connection: Connection, name: str, holder: str, *, now: float, next_at: float, error: str) -> None:
    """Record how the job ended, and when it is due again."""
    connection.execute(
        jobs.update()
        .where(jobs.c.name == name, jobs.c.holder == holder)
        .values(holder="", held_until=0, next_at=next_at, last_at=now, last_error=error)
    )


def list_job_states(connection: Connection) -> Sequence[JobState]:
    """Return every job that ever ran, by name."""
    return [JobState(*row) for row in connection.execute(sa.select(*_COLUMNS).order_by(jobs.c.name))]


_COLUMNS = (jobs.c.name, jobs.c.next_at, jobs.c.holder, jobs.c.held_until, jobs.c.last_at, jobs.c.last_error)


def _find(connection: Connection, name: str) -> JobState | None:
    row = connection.execute(sa.select(*_COLUMNS).where(jobs.c.name == name)).first()
    return JobState(*row) if row else None
