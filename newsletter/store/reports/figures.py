"""The yearly report's sources beside the counts: the outcome of mailings, and unbroken memberships."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from newsletter.store.people.organisations import Organisation
from newsletter.store.sending.mailings import Mailing
from newsletter.store.tables.core import deliveries

GONE = ("unsubscribe", "complaint")


@dataclass(frozen=True, slots=True, kw_only=True)
class MailingOutcome:
    """The outcome of one mailing: counts of its ledger, and of what came back after the hand-off.

    `tried` are the candidates that were neither excluded nor cancelled; `hard`, `soft` and `block` are returns of
    messages that had been sent; `left` are the readers who unsubscribed from it or complained.
    """

    mailing: Mailing
    candidates: int = 0
    tried: int = 0
    sent: int = 0
    hard: int = 0
    soft: int = 0
    block: int = 0
    left: int = 0

    @property
    def returned(self) -> int:
        """Sent messages that came back, whatever the reason."""
        return self.hard + self.soft + self.block


def outcomes(connection: Connection, mailings: Sequence[Mailing]) -> list[MailingOutcome]:
    """Count the ledger of each of `mailings`."""
    ids = [mailing.id for mailing in mailings]
    rows = connection.execute(
        sa.select(deliveries.c.mailing_id, deliveries.c.state, deliveries.c.feedback, sa.func.count())
        .where(deliveries.c.mailing_id.in_(ids))
        .group_by(deliveries.c.mailing_id, deliveries.c.state, deliveries.c.feedback)
    )
    found: dict[int, list[tuple[str, str, int]]] = {number: [] for number in ids}
    for number, state, feedback, n in rows:
        found[number].append((state, feedback, n))
    return [_outcome(mailing, found[mailing.id]) for mailing in mailings]


def _outcome(mailing: Mailing, rows: Sequence[tuple[str, str, int]]) -> MailingOutcome:
    def total(states: Sequence[str] = (), feedbacks: Sequence[str] = ()) -> int:
        return sum(n for s, f, n in rows if (not states or s in states) and (not feedbacks or f in feedbacks))

    candidates, sent = total(), ("sent",)
    return MailingOutcome(
        mailing=mailing,
        candidates=candidates,
        tried=candidates - total(("excluded", "cancelled")),
        sent=total(sent),
        hard=total(sent, ("hard",)),
        soft=total(sent, ("soft",)),
        block=total(sent, ("block",)),
        left=total(sent, GONE),
    )


@dataclass(frozen=True, slots=True)
class Stay:
    """An unbroken membership: its first day, and the first day after it (None while it lasts)."""

    first: date
    after: date | None = None


def stays(organisation: Organisation) -> list[Stay]:
    """Return the unbroken memberships of an organisation, oldest first: periods that touch or overlap are one."""
    found: list[Stay] = []
    for period in sorted(organisation.periods, key=lambda p: p.joined):
        first = date.fromisoformat(period.joined)
        after = date.fromisoformat(period.ended) + timedelta(days=1) if period.ended else None
        last = found[-1] if found else None
        if last is None or (last.after is not None and last.after < first):
            found.append(Stay(first, after))
        elif last.after is not None and (after is None or after > last.after):
            found[-1] = Stay(last.first, after)
    return found
