"""An audience's rule as one SQL condition: the same for approval, hand-off, counting, exporting and `why`.

A condition reads the columns of a `Standing`: people as they are now (`subscribers`), or as the spans of their
subscriptions have them at the end of a past day, which nothing recorded later changes. No condition is ever NULL, so
"not" means what it says.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa

from newsletter.audience import ORGANISATION, PERSON, AllOf, AudienceRule, Condition, Except
from newsletter.errors import AudienceError
from newsletter.i18n import Sentence
from newsletter.paris import midnight
from newsletter.store.engine.folding import folded
from newsletter.store.tables.audiences import field_values, group_spans
from newsletter.store.tables.core import deliveries, mailings, memberships, organisations, subscribers, subscriptions

Truth = sa.ColumnElement[bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """People at one moment: where they are read from, and what a condition compares.

    `moment` is the midnight that closes the past day (POSIX seconds), None for now; `base` says who counts at all:
    people with an active subscription to any publication.
    """

    source: sa.FromClause
    person: sa.ColumnElement[int]
    role: sa.ColumnElement[str]
    organisation: sa.ColumnElement[int | None]
    day: date
    grace_days: int
    base: tuple[Truth, ...] = ()
    moment: float | None = None


def standing_now(today: date, grace_days: int) -> Standing:
    """Return people as they are now."""
    current = sa.exists().where(
        subscriptions.c.subscriber_id == subscribers.c.id,
        subscriptions.c.to_at.is_(None),
        subscriptions.c.state == "active",
    )
    return Standing(
        source=subscribers,
        person=subscribers.c.id,
        role=subscribers.c.role,
        organisation=subscribers.c.organisation_id,
        day=today,
        grace_days=grace_days,
        base=(subscribers.c.suppressed == "", current),
    )


def standing_on(day: date, grace_days: int) -> Standing:
    """Return people as they were at the end of `day`: each by the newest of the active spans that covered it."""
    moment = midnight(day + timedelta(days=1))
    newest = (
        sa.select(sa.func.max(subscriptions.c.id).label("id"))
        .where(subscriptions.c.state == "active", *_covering(subscriptions, moment))
        .group_by(subscriptions.c.subscriber_id)
        .subquery()
    )
    spans = subscriptions.alias("standing")
    return Standing(
        source=sa.join(spans, newest, spans.c.id == newest.c.id),
        person=spans.c.subscriber_id,
        role=spans.c.role,
        organisation=spans.c.organisation_id,
        day=day,
        grace_days=grace_days,
        moment=moment,
    )


def rule_condition(rule: AudienceRule, at: Standing) -> Truth:
    """Return the SQL condition of a rule whose named audiences are resolved; AudienceError for what SQL cannot know."""
    if isinstance(rule, Condition):
        return _compiled(rule, at)
    if isinstance(rule, Except):
        return sa.not_(rule_condition(rule.part, at))
    parts = [rule_condition(part, at) for part in rule.parts]
    if isinstance(rule, AllOf):
        return sa.and_(sa.true(), *parts)
    return sa.or_(sa.false(), *parts)


def current_members(day: date, grace_days: int, since: str = "", before: str = "") -> sa.Select[tuple[int]]:
    """Return the ids of the organisations with a membership period that covers `day`, grace included.

    With `since` and `before`, only periods that began between these days.
    """
    last = (day - timedelta(days=grace_days)).isoformat()
    covering = sa.select(memberships.c.organisation_id).where(
        memberships.c.joined <= day.isoformat(),
        sa.or_(memberships.c.ended.is_(None), memberships.c.ended >= last),
    )
    return _between(covering, memberships.c.joined, since, before)


def _between(query: sa.Select[Any], column: sa.ColumnElement[Any], since: str, before: str) -> sa.Select[Any]:
    if since:
        query = query.where(column >= since)
    return query.where(column < before) if before else query


def _compiled(condition: Condition, at: Standing) -> Truth:
    if condition.field.startswith(PERSON):
        return _custom(condition, "person", at.person, at)
    if condition.field.startswith(ORGANISATION):
        return _of_organisation(at, lambda place: _custom(condition, "organisation", place, at))
    return _COMPILERS[condition.field](condition, at)


def _of_organisation(at: Standing, holds: Callable[[sa.ColumnElement[Any]], Truth]) -> Truth:
    # FALSE AND NULL is FALSE: a person without an organisation is in none of these, and outside of each.
    return sa.and_(at.organisation.is_not(None), holds(at.organisation))


def _role(condition: Condition, at: Standing) -> Truth:
    return at.role.in_(condition.values)


def _function(condition: Condition, at: Standing) -> Truth:
    if at.moment is not None:
        raise AudienceError(
            "which function a person had on a past day is not kept",
            hint="count by `role` on a past day, or count today",
            said=Sentence(
                "La fonction d’une personne à une date passée n’est pas connue. Comptez par rôle, ou à ce jour."
            ),
        )
    found = folded(subscribers.c.function)
    return sa.or_(*(sa.and_(*found.contains_words(value), sa.true()) for value in condition.values))


def _place(column: sa.Column[str]) -> Callable[[Condition, Standing], Truth]:
    def compiled(condition: Condition, at: Standing) -> Truth:
        places = sa.select(organisations.c.id).where(column.in_(condition.values))
        found = _of_organisation(at, lambda place: place.in_(places))
        return sa.or_(at.organisation.is_(None), found) if "" in condition.values else found

    return compiled


def _member(condition: Condition, at: Standing) -> Truth:
    members = current_members(at.day, at.grace_days, condition.since, condition.before)
    return _of_organisation(at, lambda place: place.in_(members))


def _former(_condition: Condition, at: Standing) -> Truth:
    past = sa.select(memberships.c.organisation_id).where(memberships.c.joined <= at.day.isoformat())
    now = current_members(at.day, at.grace_days)
    return _of_organisation(at, lambda place: sa.and_(place.in_(past), place.not_in(now)))


def _group(condition: Condition, at: Standing) -> Truth:
    inside = sa.select(group_spans.c.subscriber_id).where(
        group_spans.c.group_key.in_(condition.values), *_holding(group_spans, at)
    )
    return at.person.in_(inside)


def _subscribed(condition: Condition, at: Standing) -> Truth:
    return _spans(at, lambda spans: [spans.c.publication.in_(condition.values)], current=True)


def _basis(condition: Condition, at: Standing) -> Truth:
    return _spans(at, lambda spans: [spans.c.basis.in_(condition.values)], current=True)


def _joined(condition: Condition, at: Standing) -> Truth:
    """The first of a person's active spans began between the two days."""
    since, before = (midnight(date.fromisoformat(d)) if d else None for d in (condition.since, condition.before))
    parts = [_spans(at, lambda spans: [spans.c.from_at < before] if before is not None else [], current=False)]
    if since is not None:
        parts.append(sa.not_(_spans(at, lambda spans: [spans.c.from_at < since], current=False)))
    return sa.and_(*parts)


def _spans(at: Standing, wanted: Callable[[sa.FromClause], list[Truth]], *, current: bool) -> Truth:
    """The person has an active span with all that is `wanted`: one that covers the moment if `current`, else any.

    Open and closed spans are asked for apart: each has its own partial index.
    """
    spans = subscriptions.alias()
    mine = [spans.c.subscriber_id == at.person, spans.c.state == "active", *wanted(spans)]
    open_, closed = spans.c.to_at.is_(None), spans.c.to_at.is_not(None)
    if at.moment is None:
        running = sa.exists().where(open_, *mine)
        return running if current else sa.or_(running, sa.exists().where(closed, *mine))
    mine.append(spans.c.from_at < at.moment)
    ended = spans.c.to_at >= at.moment if current else spans.c.to_at > spans.c.from_at
    return sa.or_(sa.exists().where(open_, *mine), sa.exists().where(closed, ended, *mine))


def _received(condition: Condition, at: Standing) -> Truth:
    sent = [
        deliveries.c.subscriber_id == at.person,
        deliveries.c.state == "sent",
        deliveries.c.mailing_id.in_(sa.select(mailings.c.id).where(mailings.c.issue.in_(condition.values))),
    ]
    if at.moment is not None:
        sent.append(deliveries.c.settled_at < at.moment)
    return sa.exists().where(*sent)


def _custom(condition: Condition, about: str, subject: sa.ColumnElement[Any], at: Standing) -> Truth:
    name = condition.field.partition(".")[2]
    held = sa.select(field_values.c.subject_id).where(
        field_values.c.about == about, field_values.c.field == name, *_holding(field_values, at)
    )
    if not condition.values:
        return subject.in_(_between(held, field_values.c.value, condition.since, condition.before))
    found = subject.in_(held.where(field_values.c.value.in_(condition.values)))
    return sa.or_(found, subject.not_in(held)) if "" in condition.values else found


def _holding(spans: sa.Table, at: Standing) -> tuple[Truth, ...]:
    return (spans.c.to_at.is_(None),) if at.moment is None else _covering(spans, at.moment)


def _covering(spans: sa.FromClause, moment: float) -> tuple[Truth, ...]:
    return spans.c.from_at < moment, sa.or_(spans.c.to_at.is_(None), spans.c.to_at >= moment)


def _unresolved(condition: Condition, _at: Standing) -> Truth:
    raise TypeError(f"`{condition.field}` was not looked up before the rule became SQL")


_COMPILERS: Mapping[str, Callable[[Condition, Standing], Truth]] = {
    "role": _role,
    "function": _function,
    "organisation": _place(organisations.c.name),
    "level": _place(organisations.c.level),
    "region": _place(organisations.c.region),
    "departement": _place(organisations.c.departement),
    "group": _group,
    "subscribed": _subscribed,
    "basis": _basis,
    "received": _received,
    "member": _member,
    "former": _former,
    "joined": _joined,
    # Both are replaced before a rule becomes SQL: by the rule it names, by the organisations that were featured.
    "audience": _unresolved,
    "featured": _unresolved,
}
