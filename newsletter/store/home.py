"""What waits for a person's decision: counted for the Studio's first page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from newsletter.store.tables.core import deliveries, mailings, memberships, subscribers, subscriptions
from newsletter.store.tables.imports import reviews
from newsletter.store.tables.pages import proposals


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """How many proposals, open reviews, doubtful deliveries, addresses lost lately, memberships ending soon.

    `arrived`, the drafts that feeds brought, is counted where the articles are.
    """

    proposals: int
    reviews: int
    doubtful: int
    lost: int
    ending: int
    arrived: int = 0

    def __bool__(self) -> bool:
        return any((self.arrived, self.proposals, self.reviews, self.doubtful, self.lost, self.ending))


def waiting(connection: Connection, today: date, until: date, lost_since: float) -> Waiting:
    """Count what waits: memberships whose last day lies from `today` to `until`, addresses lost since `lost_since`."""

    def count(*conditions: sa.ColumnElement[bool]) -> int:
        return int(connection.scalar(sa.select(sa.func.count()).where(*conditions)) or 0)

    later = memberships.alias()
    renewed = sa.exists().where(
        later.c.organisation_id == memberships.c.organisation_id, later.c.joined > memberships.c.joined
    )
    lost = sa.select(sa.func.count(sa.distinct(subscriptions.c.subscriber_id))).where(
        subscriptions.c.state == "bounced", subscriptions.c.to_at.is_(None), subscriptions.c.from_at >= lost_since
    )
    return Waiting(
        proposals=count(proposals.c.state == "sent"),
        reviews=count(reviews.c.done_at.is_(None), reviews.c.id.is_not(None)),
        doubtful=count(
            deliveries.c.state == "doubtful",
            deliveries.c.mailing_id.in_(sa.select(mailings.c.id).where(mailings.c.status != "cancelled")),
        ),
        lost=int(connection.scalar(lost) or 0),
        ending=count(
            memberships.c.ended >= today.isoformat(), memberships.c.ended <= until.isoformat(), sa.not_(renewed)
        ),
    )


def doubtful_issues(connection: Connection) -> list[str]:
    """Return the issues whose mailing has doubtful deliveries."""
    query = (
        sa.select(mailings.c.issue)
        .where(mailings.c.id.in_(sa.select(deliveries.c.mailing_id).where(deliveries.c.state == "doubtful")))
        .where(mailings.c.status != "cancelled")
        .order_by(mailings.c.approved_at.desc())
    )
    return list(connection.execute(query).scalars())


def anybody(connection: Connection) -> bool:
    """Tell whether there is any subscriber at all."""
    return connection.scalar(sa.select(subscribers.c.id).limit(1)) is not None
