"""Who may receive a publication today: one SQL expression, used at approval, at hand-off and to answer "why"."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from newsletter.audience_parser import parse_resolved
from newsletter.store.people.audience_sql import rule_condition, standing_now
from newsletter.store.tables.core import memberships, subscribers, subscriptions


@dataclass(frozen=True, slots=True)
class Rule:
    """A publication's audience rule: all subscribers, or contacts of current members and a few exceptions.

    `exceptions` are address keys that receive a members' publication without belonging to a member. `audience` is the
    formula of who else is left out: only people in it receive (empty: everyone); what it names is looked up already.
    """

    publication: str
    members_only: bool
    grace_days: int = 0
    exceptions: tuple[str, ...] = ()
    audience: str = ""

    def as_json(self) -> Mapping[str, Any]:
        """Return the rule as it is frozen with a mailing."""
        return {
            "publication": self.publication,
            "members_only": self.members_only,
            "grace_days": self.grace_days,
            "exceptions": list(self.exceptions),
            "audience": self.audience,
        }


def current_member(organisation_id: sa.ColumnElement[Any], today: date, grace_days: int) -> sa.ColumnElement[bool]:
    """Return the SQL condition "this organisation has a membership period that covers `today`, grace included"."""
    since = (today - timedelta(days=grace_days)).isoformat()
    return sa.exists().where(
        memberships.c.organisation_id == organisation_id,
        memberships.c.joined <= today.isoformat(),
        sa.or_(memberships.c.ended.is_(None), memberships.c.ended >= since),
    )


def open_span(rule: Rule) -> sa.ColumnElement[bool]:
    """Return the join condition between `subscribers` and their current subscription to the rule's publication."""
    return sa.and_(
        subscriptions.c.subscriber_id == subscribers.c.id,
        subscriptions.c.publication == rule.publication,
        subscriptions.c.to_at.is_(None),
    )


def verdict(rule: Rule, today: date) -> sa.ColumnElement[str]:
    """Return the SQL expression of the reason why a subscriber may NOT be written to; empty when all is well.

    It reads `subscribers` outer-joined to `subscriptions` by `open_span`. Reasons: erased, bounced, complained, left,
    pending, not-subscribed, not-in-audience, no-organisation, not-a-member.
    """
    whens: list[tuple[sa.ColumnElement[bool], Any]] = [
        (subscribers.c.id.is_(None), sa.literal("erased")),
        (subscribers.c.suppressed != "", subscribers.c.suppressed),
        (subscriptions.c.state.is_(None), sa.literal("not-subscribed")),
        (subscriptions.c.state != "active", subscriptions.c.state),
    ]
    if rule.audience:
        inside = rule_condition(parse_resolved(rule.audience), standing_now(today, rule.grace_days))
        whens.append((sa.not_(inside), sa.literal("not-in-audience")))
    if rule.members_only:
        if rule.exceptions:
            whens.append((subscribers.c.address_key.in_(rule.exceptions), sa.literal("")))
        whens.append((subscribers.c.organisation_id.is_(None), sa.literal("no-organisation")))
        member = current_member(subscribers.c.organisation_id, today, rule.grace_days)
        whens.append((sa.not_(member), sa.literal("not-a-member")))
    return sa.case(*whens, else_="")


def reason(connection: Connection, rule: Rule, subscriber_id: int, today: date) -> str:
    """Return why one subscriber may not be written to, by the same rule as `verdict`; empty when all is well."""
    query = (
        sa.select(verdict(rule, today))
        .outerjoin_from(subscribers, subscriptions, open_span(rule))
        .where(subscribers.c.id == subscriber_id)
    )
    return connection.scalar(query) or ""


def cap_of(caps: Mapping[str, Sequence[str]]) -> sa.ColumnElement[str]:
    """Return the SQL expression naming the operator whose connection cap applies to an address, or an empty text."""
    whens = [(subscribers.c.address_key.like(f"%@{domain}"), name) for name, ds in caps.items() for domain in ds]
    return sa.case(*whens, else_="") if whens else sa.literal("")
