"""What staff ask beside the yearly figures: why people leave, which operators refuse, where nobody is reached."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from newsletter.audience import Condition
from newsletter.store.people.audience_sql import current_members, rule_condition, standing_now
from newsletter.store.tables.core import deliveries, events, mailings, organisations, subscribers


@dataclass(frozen=True, slots=True)
class DomainOutcome:
    """The messages to one domain: how many left, and how many came back for good, for now, or blocked."""

    domain: str
    sent: int
    refused: int
    hard: int
    soft: int
    block: int


def leaving_reasons(connection: Connection, since: float, until: float) -> Mapping[str, int]:
    """Count the reasons that people gave for leaving, from `since` on and before `until`, the most frequent first."""
    query = sa.select(events.c.detail).where(events.c.kind == "left-reason", events.c.at >= since, events.c.at < until)
    found: dict[str, int] = {}
    for detail in connection.execute(query).scalars():
        reason = str(json.loads(detail or "{}").get("reason", ""))
        found[reason] = found.get(reason, 0) + 1
    return dict(sorted(found.items(), key=lambda pair: (-pair[1], pair[0])))


def domain_outcomes(connection: Connection, since: float, until: float) -> list[DomainOutcome]:
    """Return what became of the messages of a time by the domain of their address; erased people are not in it."""
    key = subscribers.c.address_key
    if connection.dialect.name == "sqlite":
        domain: sa.ColumnElement[str] = sa.func.substr(key, sa.func.instr(key, "@") + 1)
    else:
        domain = sa.func.split_part(key, "@", 2)

    def n(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
        return sa.func.sum(sa.case((condition, 1), else_=0))

    left, feedback = deliveries.c.state == "sent", deliveries.c.feedback
    rows = connection.execute(
        sa.select(
            domain.label("domain"),
            n(left).label("sent"),
            n(deliveries.c.state == "refused").label("refused"),
            *(n(sa.and_(left, feedback == kind)).label(kind) for kind in ("hard", "soft", "block")),
        )
        .join_from(deliveries, mailings, deliveries.c.mailing_id == mailings.c.id)
        .join(subscribers, subscribers.c.id == deliveries.c.subscriber_id)
        .where(
            mailings.c.started_at >= since, mailings.c.started_at < until, deliveries.c.state.in_(("sent", "refused"))
        )
        .group_by(domain)
    )
    return [DomainOutcome(**row._asdict()) for row in rows]


def members_by_place(connection: Connection, day: date, grace_days: int) -> list[tuple[str, str, int]]:
    """Return the member organisations of a day by (région, département), as they are written."""
    members = current_members(day, grace_days)
    rows = connection.execute(
        sa.select(organisations.c.region, organisations.c.departement, sa.func.count())
        .where(organisations.c.id.in_(members))
        .group_by(organisations.c.region, organisations.c.departement)
    )
    return [tuple(row) for row in rows]


def contacts_by_place(connection: Connection, day: date, grace_days: int) -> list[tuple[str, str, int]]:
    """Return the people of member organisations who receive something, by (région, département)."""
    at = standing_now(day, grace_days)
    rows = connection.execute(
        sa.select(organisations.c.region, organisations.c.departement, sa.func.count())
        .join_from(at.source, organisations, organisations.c.id == at.organisation)
        .where(*at.base, rule_condition(Condition("member"), at))
        .group_by(organisations.c.region, organisations.c.departement)
    )
    return [tuple(row) for row in rows]
