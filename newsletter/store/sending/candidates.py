"""The candidates of a mailing: counted before the approval, written down at it.

They are the active subscribers of the publication; those not entitled today stand as excluded, with why.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from newsletter.store.people.entitlement import Rule, cap_of, open_span, verdict
from newsletter.store.tables.core import deliveries, mailings, subscribers, subscriptions

SLICE = 250_000  # ids of subscribers that one transaction covers: some seconds of work, however large the audience


def count_candidates(connection: Connection, rule: Rule, today: date) -> dict[str, int]:
    """Count the active subscribers of a publication by verdict: an empty text for those who would be written to."""
    chosen = (
        sa.select(verdict(rule, today).label("reason"))
        .join_from(subscriptions, subscribers, open_span(rule))
        .where(subscriptions.c.state == "active")
        .subquery()
    )
    rows = connection.execute(
        sa.select(chosen.c.reason, sa.func.count()).group_by(chosen.c.reason).order_by(sa.func.count().desc())
    )
    return dict(rows.all())


def load_candidates(
    connection: Connection,
    mailing_id: int,
    issue: str,
    rule: Rule,
    caps: Mapping[str, Sequence[str]],
    offices: Mapping[int, int],
    today: date,
    now: float,
    *,
    after: int,
    slice_: int | None,
) -> int | None:
    """Write a delivery for each candidate among the next `slice_` subscriber ids behind `after` (None: all of them).

    `offices` tells the variant of an organisation's contacts (0: everybody else's). Returns the id to go on behind, or
    None when the last subscriber has been reached.
    """
    newest = int(connection.scalar(sa.select(sa.func.max(subscribers.c.id))) or 0)
    end = newest if slice_ is None else after + slice_
    why = verdict(rule, today)
    had = _had(mailing_id, issue)
    again = connection.scalar(sa.select(sa.func.count()).where(mailings.c.issue == issue))
    variant = (
        sa.case(
            *((subscribers.c.organisation_id.in_(_of(offices, n)), n) for n in sorted(set(offices.values()))), else_=0
        )
        if offices
        else sa.literal(0)
    )
    chosen = (
        sa.select(
            subscribers.c.id.label("subscriber_id"),
            subscribers.c.organisation_id,
            variant.label("variant"),
            cap_of(caps).label("cap"),
            (sa.case((had, "already-sent"), else_=why) if (again or 0) > 1 else why).label("reason"),
        )
        .join_from(subscriptions, subscribers, open_span(rule))
        .where(
            subscriptions.c.state == "active",
            subscribers.c.id > after,
            subscribers.c.id <= end,
            # Said of both sides: a planner carries an equality through a join, but no range.
            subscriptions.c.subscriber_id > after,
            subscriptions.c.subscriber_id <= end,
        )
        .order_by(subscribers.c.id)
        .subquery()
    )
    excluded = chosen.c.reason != ""
    connection.execute(
        deliveries.insert().from_select(
            ("mailing_id", "subscriber_id", "organisation_id", "variant", "cap", "reason", "state", "settled_at"),
            sa.select(
                sa.literal(mailing_id),
                chosen,
                sa.case((excluded, "excluded"), else_="queued"),
                sa.case((excluded, now), else_=None),
            ),
        )
    )
    return end if end < newest else None


def _had(mailing_id: int, issue: str) -> sa.ColumnElement[bool]:
    """Whoever got this issue from a mailing that was cancelled half-way must not get it again."""
    earlier = deliveries.alias()
    others = sa.select(mailings.c.id).where(mailings.c.issue == issue, mailings.c.id != mailing_id)
    return sa.exists().where(
        earlier.c.subscriber_id == subscribers.c.id,
        earlier.c.state.in_(("sent", "handed", "doubtful")),
        earlier.c.mailing_id.in_(others),
    )


def _of(offices: Mapping[int, int], number: int) -> list[int]:
    return sorted(office for office, variant in offices.items() if variant == number)
