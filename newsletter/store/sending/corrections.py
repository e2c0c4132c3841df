"""What is corrected after the hand-over: doubtful deliveries settled by proof, refused ones tried again."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from newsletter.store.sending.ledger import HELD, Settlement
from newsletter.store.tables.core import deliveries, subscribers

_SLICE = 500
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class UnsureDelivery:
    """A delivery that somebody may look at: whom it was for, when it was handed over, and the last answer."""

    id: int
    address: str
    handed_at: float | None
    answer: str


def in_state(connection: Connection, mailing_id: int, state: str) -> list[UnsureDelivery]:
    """Return a mailing's deliveries in `state`, by address; an erased person has none."""
    rows = connection.execute(
        sa.select(deliveries.c.id, subscribers.c.address, deliveries.c.handed_at, deliveries.c.answer)
        .join_from(deliveries, subscribers, deliveries.c.subscriber_id == subscribers.c.id, isouter=True)
        .where(deliveries.c.mailing_id == mailing_id, deliveries.c.state == state)
        .order_by(subscribers.c.address, deliveries.c.id)
    )
    return [UnsureDelivery(row.id, row.address or "", row.handed_at, row.answer) for row in rows]


def settle_doubtful(connection: Connection, mailing_id: int, *, resend: bool, now: float, address_key: str = "") -> int:
    """Settle doubtful deliveries by a user's word: queue again (same Message-ID) or count as sent; returns how many."""
    where = [deliveries.c.mailing_id == mailing_id, deliveries.c.state == "doubtful"]
    if address_key:
        one = sa.select(subscribers.c.id).where(subscribers.c.address_key == address_key)
        where.append(deliveries.c.subscriber_id.in_(one))
    values = {"state": "queued", "token": None} if resend else {"state": "sent", "answer": "counted as sent by a user"}
    done = connection.execute(deliveries.update().where(*where).values(**values, settled_at=None if resend else now))
    return done.rowcount


def settle_proven(connection: Connection, mailing_id: int, settlements: Sequence[Settlement], now: float) -> int:
    """Write what a log proves of doubtful deliveries; returns how many were still doubtful."""
    done = 0
    for settled in settlements:
        row = connection.execute(
            deliveries.update()
            .where(
                deliveries.c.id == settled.id,
                deliveries.c.mailing_id == mailing_id,
                deliveries.c.state == "doubtful",
            )
            .values(state=settled.state, answer=settled.answer[:500], settled_at=now)
        )
        done += row.rowcount
    return done


def queue_again(connection: Connection, mailing_id: int, ids: Sequence[int], *, state: str) -> int:
    """Queue deliveries of a mailing again that are in `state`, with the same Message-ID; returns how many."""
    done = 0
    for some in _slices(ids):
        row = connection.execute(
            deliveries.update()
            .where(deliveries.c.mailing_id == mailing_id, deliveries.c.id.in_(some), deliveries.c.state == state)
            .values(state="queued", token=None, settled_at=None, reason="")
        )
        done += row.rowcount
    return done


def reopen(connection: Connection, mailing_id: int, ids: Sequence[int], now: float) -> int:
    """Put refused deliveries behind all others to be tried again, since the answer was about us; returns how many."""
    if not ids:
        return 0
    done = connection.execute(
        deliveries.update()
        .where(deliveries.c.mailing_id == mailing_id, deliveries.c.id.in_(ids), deliveries.c.state == "refused")
        .values(state="deferred", try_at=now, settled_at=None, token=None, reason=HELD)
    )
    return done.rowcount


def any_sent(connection: Connection, mailing_id: int) -> bool:
    """Tell whether somebody was sent the mailing."""
    query = sa.exists().where(deliveries.c.mailing_id == mailing_id, deliveries.c.state == "sent")
    return bool(connection.scalar(sa.select(query)))


def forgotten(connection: Connection, mailing_id: int, tries: Mapping[bytes, int]) -> dict[bytes, tuple[int, int]]:
    """Return the deliveries that were tried less often, by this database, than `tries` says of their subscribers.

    `tries` and the result are by the subscriber's uid; the result gives the delivery's id and its tries.
    """
    found: dict[bytes, tuple[int, int]] = {}
    for some in _slices(list(tries)):
        rows = connection.execute(
            sa.select(subscribers.c.uid, deliveries.c.id, deliveries.c.tries)
            .join_from(deliveries, subscribers, deliveries.c.subscriber_id == subscribers.c.id)
            .where(deliveries.c.mailing_id == mailing_id, subscribers.c.uid.in_(some))
        )
        found |= {row.uid: (row.id, row.tries) for row in rows if row.tries < tries[row.uid]}
    return found


def remember(connection: Connection, settlements: Mapping[int, tuple[Settlement, int]], now: float) -> None:
    """Write what departure logs say of deliveries that this database has forgotten, with the tries they had."""
    for number, (settled, tries) in settlements.items():
        connection.execute(
            deliveries.update()
            .where(deliveries.c.id == number)
            .values(
                state=settled.state,
                answer=settled.answer[:500],
                tries=tries,
                handed_at=now,
                settled_at=now,
                token=None,
                lease_until=None,
                try_at=None,
                reason="",
            )
        )


def _slices(items: Collection[_T]) -> Iterator[list[_T]]:
    rows = list(items)
    for start in range(0, len(rows), _SLICE):
        yield rows[start : start + _SLICE]
