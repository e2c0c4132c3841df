"""Who was meant to get one mailing and not another, and what stands in the way."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from newsletter.store.tables.core import deliveries, organisations, subscribers, subscriptions

# Whoever was excluded at approval or hand-off, or cancelled, was no recipient.
RECIPIENT = ("queued", "claimed", "handed", "deferred", "sent", "refused", "doubtful")


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A recipient of one mailing who is none of another.

    `reason` is why the other mailing excluded them (empty when it never had them as a candidate); `state` and `since`
    tell where their subscription stands now; without a row (`subscriber_id` None) they were erased.
    """

    subscriber_id: int | None
    organisation_id: int | None
    organisation: str
    reason: str
    state: str
    since: float


def recipients(connection: Connection, mailing_id: int) -> int:
    """Return how many recipients a mailing has."""
    query = sa.select(sa.func.count()).where(deliveries.c.mailing_id == mailing_id, deliveries.c.state.in_(RECIPIENT))
    return int(connection.scalar(query) or 0)


def missing(connection: Connection, mailing_id: int, other_id: int, publication: str) -> list[Difference]:
    """Return the recipients of one mailing who are none of the `other`, whose publication is `publication`."""
    mine, theirs = deliveries.alias("mine"), deliveries.alias("theirs")
    same = sa.and_(theirs.c.mailing_id == other_id, theirs.c.subscriber_id == mine.c.subscriber_id)
    span = sa.and_(
        subscriptions.c.subscriber_id == mine.c.subscriber_id,
        subscriptions.c.publication == publication,
        subscriptions.c.to_at.is_(None),
    )
    place = sa.func.coalesce(subscribers.c.organisation_id, mine.c.organisation_id)
    query = (
        sa.select(
            mine.c.subscriber_id,
            place.label("place"),
            organisations.c.name,
            theirs.c.state.label("their_state"),
            theirs.c.reason,
            subscriptions.c.state,
            subscriptions.c.from_at,
        )
        .select_from(mine)
        .outerjoin(theirs, same)
        .outerjoin(subscribers, subscribers.c.id == mine.c.subscriber_id)
        .outerjoin(organisations, organisations.c.id == place)
        .outerjoin(subscriptions, span)
        .where(
            mine.c.mailing_id == mailing_id,
            mine.c.state.in_(RECIPIENT),
            sa.or_(theirs.c.id.is_(None), theirs.c.state.not_in(RECIPIENT)),
        )
        .order_by(mine.c.id)
    )
    return [
        Difference(
            subscriber_id=row.subscriber_id,
            organisation_id=row.place,
            organisation=row.name or "",
            reason=row.reason or ("cancelled" if row.their_state == "cancelled" else ""),
            state=row.state or "",
            since=row.from_at or 0.0,
        )
        for row in connection.execute(query)
    ]
