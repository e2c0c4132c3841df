"""What came back about a delivery: which one it was, what is already known about it, and the addresses that fail."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from newsletter.store.engine.folding import folded
from newsletter.store.tables.core import deliveries, events, mailings, organisations, subscribers
from newsletter.store.tables.imports import reviews, webhook_calls

# The gravest report on a delivery stays: events arrive in any order, and a late `delivered` undoes no bounce.
GRAVITY = ("", "delivered", "soft", "block", "hard", "unsubscribe", "complaint")
# States in which the ledger does not know yet that the message left; a delivered one must not leave a second time.
_UNSURE = ("handed", "doubtful")
_TO_REPEAT = ("queued", "deferred")
REVERSED = "bounce-reversed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A delivery whose message left (or may have left), with whom it was for."""

    delivery: int
    mailing: int
    issue: str
    publication: str
    subscriber: int
    address_key: str
    organisation: int | None
    state: str
    feedback: str


def by_delivery(connection: Connection, mailing: int, delivery: int) -> Sent | None:
    """Return the delivery with this number, if it was handed to a provider and its subscriber is not erased."""
    return _one(connection, deliveries.c.id == delivery, deliveries.c.mailing_id == mailing)


def by_provider_id(connection: Connection, provider: str, provider_id: str, address_key: str) -> Sent | None:
    """Return the delivery that `provider` knows by this name; with an address, of that subscriber only."""
    if not provider_id:
        return None
    same = [deliveries.c.provider_id == provider_id, mailings.c.provider == provider]
    if address_key:
        same.append(subscribers.c.address_key == address_key)
    return _one(connection, *same)


def _one(connection: Connection, *conditions: sa.ColumnElement[bool]) -> Sent | None:
    query = (
        sa.select(
            deliveries.c.id.label("delivery"),
            deliveries.c.mailing_id.label("mailing"),
            mailings.c.issue,
            mailings.c.publication,
            subscribers.c.id.label("subscriber"),
            subscribers.c.address_key,
            subscribers.c.organisation_id.label("organisation"),
            deliveries.c.state,
            deliveries.c.feedback,
        )
        .join_from(deliveries, subscribers, deliveries.c.subscriber_id == subscribers.c.id)
        .join(mailings, deliveries.c.mailing_id == mailings.c.id)
        .where(*conditions, deliveries.c.handed_at.is_not(None))
        # Two reports on one person wait for each other.
        .with_for_update(of=subscribers)
    )
    rows = connection.execute(query.limit(2)).all()
    # Two deliveries under one name: it identifies neither.
    return Sent(**rows[0]._asdict()) if len(rows) == 1 else None


def mark(connection: Connection, sent: Sent, kind: str) -> bool:
    """Keep `kind` as the report on this delivery unless a graver one is stored; tells whether it is new."""
    lighter = GRAVITY[: GRAVITY.index(kind)]
    done = connection.execute(
        deliveries.update()
        .where(deliveries.c.id == sent.delivery, deliveries.c.feedback.in_(lighter))
        .values(feedback=kind)
    )
    return done.rowcount == 1


def prove(connection: Connection, sent: Sent, provider_id: str, now: float, *, delivered: bool) -> bool:
    """Settle a delivery as sent, because its provider has reported on the message; tells whether that was open."""
    states = _UNSURE + _TO_REPEAT if delivered else _UNSURE
    done = connection.execute(
        deliveries.update()
        .where(deliveries.c.id == sent.delivery, deliveries.c.state.in_(states))
        .values(
            state="sent",
            settled_at=now,
            try_at=None,
            token=None,
            lease_until=None,
            answer="its provider reports on it",
            provider_id=sa.case((deliveries.c.provider_id == "", provider_id), else_=deliveries.c.provider_id),
        )
    )
    return done.rowcount == 1


def soft_mailings(connection: Connection, subscriber: int, since: float) -> int:
    """Return how many mailings came back for now since `since`, or since a person last reversed a bounce."""
    mine = events.c.subscriber_id == subscriber
    reversed_at = connection.scalar(sa.select(sa.func.max(events.c.at)).where(mine, events.c.kind == REVERSED))
    query = sa.select(sa.func.count(sa.distinct(events.c.mailing_id))).where(
        mine, events.c.kind == "feedback-soft", events.c.at >= max(since, reversed_at or 0)
    )
    return int(connection.scalar(query) or 0)


def blocked(connection: Connection, mailing: int) -> tuple[int, int]:
    """Return how many messages of a mailing were refused because of the sender, and how many were handed over."""
    row = connection.execute(
        sa.select(sa.func.count(), sa.func.count(sa.case((deliveries.c.feedback == "block", 1)))).where(
            deliveries.c.mailing_id == mailing, deliveries.c.handed_at.is_not(None)
        )
    ).one()
    return int(row[1]), int(row[0])


def lift(connection: Connection, subscriber: int) -> None:
    """Lift the suppression of an address."""
    connection.execute(subscribers.update().where(subscribers.c.id == subscriber).values(suppressed=""))


def remember_call(connection: Connection, key: str, provider: str, body: bytes, now: float) -> bool:
    """Store a webhook call as it came; False when one with its `key` is there already, or is being stored."""
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    row = insert(webhook_calls).values(key=key, at=now, provider=provider, body=body)
    return connection.scalar(row.on_conflict_do_nothing().returning(webhook_calls.c.key)) is not None


def count_effects(connection: Connection, key: str, effects: int) -> None:
    """Note with a webhook call how many effects it had."""
    connection.execute(webhook_calls.update().where(webhook_calls.c.key == key).values(effects=effects))


def ask_a_person(connection: Connection, subscriber: int | None, subject: str, detail: str, now: float) -> None:
    """Store an answer for a person to read: as a review of kind `reply`."""
    connection.execute(
        reviews.insert().values(at=now, kind="reply", subscriber_id=subscriber, subject=subject, detail=detail)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class FailingAddress:
    """An address that fails: suppressed (`bounced`), or returned for now by `soft` mailings; since when and why."""

    subscriber: int
    address: str
    name: str
    function: str
    organisation_id: int | None
    organisation: str
    suppressed: bool
    soft: int
    since: float
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Colleague:
    """Another person of the same organisation, who can be called."""

    address: str
    name: str
    function: str
    phone: str


def failing_addresses(connection: Connection, since: float) -> list[FailingAddress]:
    """Return suppressed addresses, and those that came back for now since `since`, by organisation and address."""
    soft = (
        sa.select(events.c.subscriber_id, sa.func.count(sa.distinct(events.c.mailing_id)).label("n"))
        .where(events.c.kind == "feedback-soft", events.c.at >= since, events.c.subscriber_id.is_not(None))
        .group_by(events.c.subscriber_id)
        .subquery()
    )
    suppressed = subscribers.c.suppressed == "bounced"
    rows = connection.execute(
        sa.select(subscribers, organisations.c.name.label("organisation"), sa.func.coalesce(soft.c.n, 0).label("n"))
        .select_from(
            subscribers.outerjoin(soft, soft.c.subscriber_id == subscribers.c.id).outerjoin(
                organisations, subscribers.c.organisation_id == organisations.c.id
            )
        )
        .where(sa.or_(suppressed, sa.and_(soft.c.n > 0, subscribers.c.suppressed == "")))
        .order_by(folded(organisations.c.name), organisations.c.name, subscribers.c.address_key)
    ).all()
    told = _causes(connection, [row.id for row in rows])
    return [
        FailingAddress(
            subscriber=row.id,
            address=row.address,
            name=f"{row.first_name} {row.last_name}".strip(),
            function=row.function,
            organisation_id=row.organisation_id,
            organisation=row.organisation or "",
            suppressed=row.suppressed == "bounced",
            soft=row.n,
            since=told.get(row.id, (row.created_at, ""))[0],
            why=told.get(row.id, (0.0, ""))[1],
        )
        for row in rows
    ]


def _causes(connection: Connection, subscriber_ids: Sequence[int]) -> Mapping[int, tuple[float, str]]:
    """Return when each subscriber last came back, and the detail of that event."""
    found: dict[int, tuple[float, str]] = {}
    for start in range(0, len(subscriber_ids), 500):
        rows = connection.execute(
            sa.select(events.c.subscriber_id, events.c.at, events.c.detail)
            .where(
                events.c.subscriber_id.in_(subscriber_ids[start : start + 500]),
                events.c.kind.in_(("feedback-hard", "feedback-soft")),
            )
            .order_by(events.c.at, events.c.id)
        )
        found |= {row.subscriber_id: (row.at, row.detail) for row in rows}
    return found


def colleagues(connection: Connection, organisation_ids: Sequence[int]) -> Mapping[int, list[Colleague]]:
    """Return the contacts of each organisation that may still be written to, by name."""
    found: dict[int, list[Colleague]] = defaultdict(list)
    for start in range(0, len(organisation_ids), 500):
        rows = connection.execute(
            sa.select(subscribers)
            .where(
                subscribers.c.organisation_id.in_(organisation_ids[start : start + 500]),
                subscribers.c.suppressed == "",
            )
            .order_by(folded(subscribers.c.last_name), subscribers.c.address_key)
        )
        for row in rows:
            name = f"{row.first_name} {row.last_name}".strip()
            found[row.organisation_id].append(
                Colleague(address=row.address, name=name, function=row.function, phone=row.phone)
            )
    return found
