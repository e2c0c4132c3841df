"""The receipt of a mailing: what became of every candidate, in one equation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from newsletter.store.sending.mailings import Mailing
from newsletter.store.tables.core import OPEN, deliveries, subscribers

_SETTLED = ("sent", "refused", "excluded", "cancelled", "doubtful")


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What became of every candidate: the equation `candidates = sent + refused + ... + open` always holds."""

    issue: str
    mailing: str
    status: str
    candidates: int
    sent: int
    refused: int
    excluded: int
    cancelled: int
    doubtful: int
    open: int
    seconds: float
    content_hash: str = ""
    pause_reason: str = ""
    excluded_by: Mapping[str, int] = field(default_factory=dict)
    doubtful_names: tuple[str, ...] = ()

    @property
    def balanced(self) -> bool:
        """Whether the equation holds."""
        parts = (self.sent, self.refused, self.excluded, self.cancelled, self.doubtful, self.open)
        return self.candidates == sum(parts)


def count_receipt(connection: Connection, mailing: Mailing, now: float, *, names: int = 1000) -> Receipt:
    """Count the ledger of `mailing`; up to `names` doubtful recipients are named."""
    of_this = deliveries.c.mailing_id == mailing.id
    rows = connection.execute(
        sa.select(deliveries.c.state, sa.func.count()).where(of_this).group_by(deliveries.c.state)
    )
    counts: dict[str, int] = dict(rows.all())
    reasons = connection.execute(
        sa.select(deliveries.c.reason, sa.func.count())
        .where(of_this, deliveries.c.state == "excluded")
        .group_by(deliveries.c.reason)
        .order_by(sa.func.count().desc(), deliveries.c.reason)
    )
    doubtful = connection.execute(
        sa.select(subscribers.c.address)
        .join_from(deliveries, subscribers, deliveries.c.subscriber_id == subscribers.c.id)
        .where(of_this, deliveries.c.state == "doubtful")
        .order_by(subscribers.c.address)
        .limit(names)
    )
    began, ended = mailing.started_at, mailing.ended_at
    return Receipt(
        issue=mailing.issue,
        mailing=mailing.uid,
        status=mailing.status,
        candidates=sum(counts.values()),
        **{state: counts.get(state, 0) for state in _SETTLED},
        open=sum(counts.get(state, 0) for state in OPEN),
        seconds=round((ended or now) - began, 3) if began else 0.0,
        content_hash=mailing.content_hash,
        pause_reason=mailing.pause_reason,
        excluded_by=dict(reasons.all()),
        doubtful_names=tuple(doubtful.scalars()),
    )
