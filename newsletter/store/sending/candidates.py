"""The candidates of a mailing: counted before the approval, written down at it.

They are the active subscribers of the publication; those not entitled today stand as excluded, with why.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from newsletter.audience_parser import parse_resolved
from newsletter.errors import Refused
from newsletter.i18n import Sentence
from newsletter.store.people.audience_sql import Standing, rule_condition, standing_now
from newsletter.store.people.entitlement import Rule, cap_of, open_span, verdict
from newsletter.store.tables.core import deliveries, mailings, subscribers, subscriptions

SLICE = 250_000  # ids of subscribers that one transaction covers: some seconds of work, however large the audience


NOTHING = -1  # the variant of people for whom no item is left: they are excluded
_UNKNOWN = -2


@dataclass(frozen=True, slots=True)
class Shares:
    """Which variant of a letter goes to whom.

    `rules` are the formulas of the audiences that items are for; a person's signature has bit n set when they are in
    `rules[n]`. `numbers` gives the variant of each signature in use: its number, or NOTHING.
    """

    rules: tuple[str, ...] = ()
    numbers: Mapping[int, int] = field(default_factory=lambda: {0: 0})


def signature_of(rules: Sequence[str], at: Standing) -> sa.ColumnElement[int]:
    """Return the SQL expression of a person's signature: bit n is set for who is in the audience `rules[n]`."""
    found: sa.ColumnElement[int] = sa.literal(0)
    for bit, text in enumerate(rules):
        found = found + sa.case((rule_condition(parse_resolved(text), at), 1 << bit), else_=0)
    return found


def count_signatures(connection: Connection, rule: Rule, rules: Sequence[str], today: date) -> dict[int, int]:
    """Count the people who would be written to by their signature."""
    signature = signature_of(rules, standing_now(today, rule.grace_days)).label("signature")
    chosen = (
        sa.select(signature)
        .join_from(subscriptions, subscribers, open_span(rule))
        .where(subscriptions.c.state == "active", verdict(rule, today) == "")
        .subquery()
    )
    rows = connection.execute(sa.select(chosen.c.signature, sa.func.count()).group_by(chosen.c.signature))
    return dict(rows.all())


def signature_of_person(connection: Connection, rules: Sequence[str], at: Standing, person_id: int) -> int:
    """Return the signature of one person."""
    query = sa.select(signature_of(rules, at)).where(subscribers.c.id == person_id)
    return int(connection.scalar(query) or 0)


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
    shares: Shares,
    today: date,
    now: float,
    *,
    after: int,
    slice_: int | None,
) -> int | None:
    """Write a delivery for each candidate among the next `slice_` subscriber ids behind `after` (None: all of them).

    `shares` tells everybody's variant; for whom no item is left is excluded as `nothing-for-them`. Returns the id to go
    on behind, or None when the last subscriber has been reached. Raises Refused when somebody's variant does not exist,
    because the audience changed since the letters were made.
    """
    newest = int(connection.scalar(sa.select(sa.func.max(subscribers.c.id))) or 0)
    end = newest if slice_ is None else after + slice_
    chosen = _chosen(connection, mailing_id, issue, rule, caps, shares, today, after, end)
    variant = _variant(chosen, shares)
    reason = sa.case((chosen.c.reason != "", chosen.c.reason), (variant == NOTHING, "nothing-for-them"), else_="")
    settled = sa.case((reason != "", now), else_=None)
    connection.execute(
        deliveries.insert().from_select(
            ("mailing_id", "subscriber_id", "organisation_id", "cap", "variant", "reason", "state", "settled_at"),
            sa.select(
                sa.literal(mailing_id),
                chosen.c.subscriber_id,
                chosen.c.organisation_id,
                chosen.c.cap,
                variant,
                reason,
                sa.case((reason != "", "excluded"), else_="queued"),
                settled,
            ),
        )
    )
    if shares.rules:
        _refuse_unknown(connection, mailing_id)
    return end if end < newest else None


def _chosen(
    connection: Connection,
    mailing_id: int,
    issue: str,
    rule: Rule,
    caps: Mapping[str, Sequence[str]],
    shares: Shares,
    today: date,
    after: int,
    end: int,
) -> sa.Subquery:
    """The active subscribers with ids in (after, end], each with their signature and why they may not be written to."""
    why = verdict(rule, today)
    had = _had(mailing_id, issue)
    again = connection.scalar(sa.select(sa.func.count()).where(mailings.c.issue == issue))
    return (
        sa.select(
            subscribers.c.id.label("subscriber_id"),
            subscribers.c.organisation_id,
            cap_of(caps).label("cap"),
            (sa.case((had, "already-sent"), else_=why) if (again or 0) > 1 else why).label("reason"),
            signature_of(shares.rules, standing_now(today, rule.grace_days)).label("signature"),
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


def _variant(chosen: sa.Subquery, shares: Shares) -> sa.ColumnElement[int]:
    """The variant of a candidate; 0 for who is excluded anyway."""
    if not shares.rules:
        return sa.literal(shares.numbers.get(0, 0))
    by_number: dict[int, list[int]] = {}
    for signature, number in shares.numbers.items():
        by_number.setdefault(number, []).append(signature)
    whens: list[tuple[sa.ColumnElement[bool], Any]] = [(chosen.c.reason != "", 0)]
    whens += [(chosen.c.signature.in_(signatures), number) for number, signatures in sorted(by_number.items())]
    return sa.case(*whens, else_=_UNKNOWN)


def _refuse_unknown(connection: Connection, mailing_id: int) -> None:
    unknown = sa.exists().where(deliveries.c.mailing_id == mailing_id, deliveries.c.variant == _UNKNOWN)
    if connection.scalar(sa.select(unknown)):
        raise Refused(
            "the audience changed while the letters were made: somebody's variant is missing",
            hint="approve again",
            said=Sentence(
                "Le public a changé pendant la préparation. Rechargez la page, puis redonnez le bon à tirer."
            ),
        )


def _had(mailing_id: int, issue: str) -> sa.ColumnElement[bool]:
    """Whoever got this issue from a mailing that was cancelled half-way must not get it again."""
    earlier = deliveries.alias()
    others = sa.select(mailings.c.id).where(mailings.c.issue == issue, mailings.c.id != mailing_id)
    return sa.exists().where(
        earlier.c.subscriber_id == subscribers.c.id,
        earlier.c.state.in_(("sent", "handed", "doubtful")),
        earlier.c.mailing_id.in_(others),
    )
