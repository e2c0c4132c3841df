"""What a user must be told of a mailing that does not move: its hour was missed, or the provider takes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from newsletter.store.sending.mailings import Mailing, list_mailings
from newsletter.store.tables.core import OPEN_ROWS, deliveries, events

SCHEDULED = "mailing-scheduled"
NO_ANSWER_SECONDS = 8.0  # messages handed over for as long, and nothing settled since: nobody answers


@dataclass(frozen=True, slots=True)
class Silence:
    """The provider takes nothing since `since` (POSIX seconds); `answer` is what it said last, empty for no word."""

    since: float
    answer: str = ""


@dataclass(frozen=True, slots=True)
class Standstill:
    """A mailing that does not move: its hour was missed (`silence` is None), or the provider takes nothing."""

    mailing: Mailing
    silence: Silence | None = None


def is_scheduled(connection: Connection, mailing: Mailing) -> bool:
    """Tell whether a user gave the mailing its hour: an approval alone does not."""
    given = sa.exists().where(events.c.mailing_id == mailing.id, events.c.kind == SCHEDULED)
    return bool(connection.scalar(sa.select(given)))


def is_late(connection: Connection, mailing: Mailing, now: float, tolerance: float) -> bool:
    """Tell whether a scheduled mailing missed its hour by more than `tolerance` seconds.

    It leaves at a word only: what was right on Thursday at 9 h may be wrong on Saturday at 5 h.
    """
    if mailing.status != "approved" or now - mailing.not_before <= tolerance:
        return False
    return is_scheduled(connection, mailing)


def find_silence(connection: Connection, mailing: Mailing, now: float) -> Silence | None:
    """Return since when the provider takes nothing of a mailing that is being sent; None while it works.

    Read from the ledger: a message that was tried, kept its answer and is still open tells of trouble, unless another
    one was settled since it was handed over. A message that is put off for its own sake (greylisting) is trouble only
    while nobody at all has been served.
    """
    if mailing.status != "sending":
        return None
    mine = deliveries.c.mailing_id == mailing.id
    settled = connection.scalar(
        sa.select(sa.func.max(deliveries.c.settled_at)).where(mine, deliveries.c.state.in_(("sent", "refused")))
    )
    tried = ["queued", "claimed", "handed", *([] if settled else ["deferred"])]
    last = connection.execute(
        sa.select(deliveries.c.handed_at, deliveries.c.answer)
        .where(mine, OPEN_ROWS, deliveries.c.state.in_(tried), deliveries.c.answer != "", deliveries.c.reason == "")
        .where(deliveries.c.handed_at > (settled or 0.0))
        .order_by(deliveries.c.handed_at.desc())
        .limit(1)
    ).first()
    if last:
        return Silence(settled or mailing.started_at or last.handed_at, last.answer)
    waiting: float | None = connection.scalar(
        sa.select(sa.func.max(deliveries.c.handed_at)).where(mine, OPEN_ROWS, deliveries.c.state == "handed")
    )
    quiet = max(waiting or now, settled or 0.0)
    return Silence(quiet) if waiting and now - quiet > NO_ANSWER_SECONDS else None


def standstills(connection: Connection, now: float, tolerance: float) -> Sequence[Standstill]:
    """Return the mailings that a user must be told of, newest first."""
    found = []
    for mailing in list_mailings(connection, status=("approved", "sending")):
        silence = find_silence(connection, mailing, now)
        if silence or is_late(connection, mailing, now, tolerance):
            found.append(Standstill(mailing, silence))
    return found
