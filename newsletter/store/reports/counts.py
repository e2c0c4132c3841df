"""Counts at the end of a day, read from the spans: what is recorded later does not change them.

A moment is the end of a day: the POSIX time of the midnight that closes it. A span covers a moment when it began
before it and had not ended before it; of one subscriber and publication at most one does. A subscriber is active
while an active span of any publication covers the moment; several of them, or a change of organisation between two of
them, are one stretch.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from newsletter import paris
from newsletter.store.tables.core import organisations, subscriptions

# A person with several publications counts under the first of these states that one of them is in.
PRECEDENCE = ("active", "pending", "complained", "bounced", "left", "expired")
NONE = "none"  # the group of those whose detail is not known

_spans = subscriptions.c


def _covers(moment: float) -> sa.ColumnElement[bool]:
    return sa.and_(_spans.from_at < moment, sa.or_(_spans.to_at.is_(None), _spans.to_at >= moment))


def _active_at(moment: float) -> sa.ColumnElement[bool]:
    return sa.and_(_spans.state == "active", _covers(moment))


def active(connection: Connection, moment: float) -> int:
    """Return how many subscribers were active at `moment`; one with several publications counts once."""
    query = sa.select(sa.func.count(sa.distinct(_spans.subscriber_id))).where(_active_at(moment))
    return int(connection.scalar(query) or 0)


def by_publication(connection: Connection, moment: float) -> dict[str, int]:
    """Return the number of active subscriptions of each publication at `moment`."""
    query = sa.select(_spans.publication, sa.func.count()).where(_active_at(moment)).group_by(_spans.publication)
    return dict(connection.execute(query).all())


def by_status(connection: Connection, moment: float) -> dict[str, int]:
    """Return all people known at `moment`, each under the first state of PRECEDENCE that one of theirs is in."""
    whens = [(_spans.state == state, n) for n, state in enumerate(PRECEDENCE)]
    rank = sa.func.min(sa.case(*whens, else_=len(PRECEDENCE))).label("rank")
    people = sa.select(rank).where(_covers(moment)).group_by(_spans.subscriber_id).subquery()
    rows = connection.execute(sa.select(people.c.rank, sa.func.count()).group_by(people.c.rank))
    return {(*PRECEDENCE, NONE)[rank]: n for rank, n in rows}


def by_detail(connection: Connection, moment: float, detail: str) -> dict[str, int]:
    """Return the active subscribers at `moment` by `role`, or by the `level`, `region` or `departement` of their
    organisation, as their newest span of that moment has it; without one they count under `none`."""
    group = _detail(detail)
    found: dict[str, int] = {}
    for value, n in connection.execute(sa.select(group, sa.func.count()).select_from(_newest(moment)).group_by(group)):
        found[value or NONE] = found.get(value or NONE, 0) + n
    return found


def by_two_details(connection: Connection, moment: float, first: str, second: str) -> dict[tuple[str, str], int]:
    """Return the active subscribers at `moment` by two details at once, each as `by_detail` has it."""
    one, two = _detail(first), _detail(second)
    query = sa.select(one.label("one"), two.label("two"), sa.func.count()).select_from(_newest(moment))
    found: dict[tuple[str, str], int] = {}
    for row, column, n in connection.execute(query.group_by(one, two)):
        pair = (row or NONE, column or NONE)
        found[pair] = found.get(pair, 0) + n
    return found


def _newest(moment: float) -> sa.FromClause:
    """The newest active span of each person at `moment`, with its organisation."""
    newest = (
        sa.select(sa.func.max(_spans.id).label("id"))
        .where(_active_at(moment))
        .group_by(_spans.subscriber_id)
        .subquery()
    )
    spans = sa.join(newest, subscriptions, _spans.id == newest.c.id)
    return spans.outerjoin(organisations, organisations.c.id == _spans.organisation_id)


def _detail(detail: str) -> sa.ColumnElement[str]:
    return _spans.role if detail == "role" else organisations.c[detail]


def by_month(connection: Connection, moment: float) -> dict[str, int]:
    """Return the active subscribers at `moment` by the month (`2026-11`) in which they first became active."""
    still = sa.func.max(sa.case((_covers(moment), 1), else_=0))
    first = (
        sa.select(sa.func.min(_spans.from_at).label("at"))
        .where(_spans.state == "active", _spans.from_at < moment, _lasting(subscriptions))
        .group_by(_spans.subscriber_id)
        .having(still == 1)
        .subquery()
    )
    return _months(connection, first.c.at)


def entries(connection: Connection, since: float, until: float) -> dict[str, int]:
    """Return how many people became active, by month (`2026-11`), from `since` on and before `until`.

    With `exits`, it adds up: active at the end = active at the beginning + entries - exits.
    """
    me, other = subscriptions.alias("me"), subscriptions.alias("other")
    # Already active just before; of two spans that begin together the first one counts.
    before = sa.or_(other.c.from_at < me.c.from_at, sa.and_(other.c.from_at == me.c.from_at, other.c.id < me.c.id))
    goes_on = _nobody(other, me, other.c.to_at.is_(None), before)
    had = _nobody(other, me, other.c.to_at >= me.c.from_at, _lasting(other), before)
    began = sa.and_(me.c.from_at >= since, me.c.from_at < until)
    turns = sa.select(me.c.from_at.label("at")).where(me.c.state == "active", began, _lasting(me), goes_on, had)
    return _months(connection, turns.subquery().c.at)


def exits(connection: Connection, since: float, until: float) -> dict[str, int]:
    """Return how many people ceased to be active in any publication, by month, from `since` on and before `until`."""
    me, other = subscriptions.alias("me"), subscriptions.alias("other")
    after = sa.or_(other.c.to_at > me.c.to_at, sa.and_(other.c.to_at == me.c.to_at, other.c.id < me.c.id))
    stays = _nobody(other, me, other.c.to_at.is_(None), other.c.from_at <= me.c.to_at)
    goes_on = _nobody(other, me, other.c.to_at.is_not(None), _lasting(other), other.c.from_at <= me.c.to_at, after)
    ended = sa.and_(me.c.to_at >= since, me.c.to_at < until)
    turns = sa.select(me.c.to_at.label("at")).where(me.c.state == "active", ended, _lasting(me), stays, goes_on)
    return _months(connection, turns.subquery().c.at)


def _lasting(spans: sa.FromClause) -> sa.ColumnElement[bool]:
    """Leave out spans that ended at the instant they began: they cover no moment."""
    return sa.or_(spans.c.to_at.is_(None), spans.c.to_at > spans.c.from_at)


def _nobody(other: sa.FromClause, me: sa.FromClause, *conditions: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    same = sa.and_(other.c.subscriber_id == me.c.subscriber_id, other.c.state == "active", other.c.id != me.c.id)
    return ~sa.exists().where(same, *conditions)


def _months(connection: Connection, at: sa.ColumnElement[float]) -> dict[str, int]:
    """Count times by month in Paris, whose clock is always whole hours from UTC: SQL counts hours, Python months."""
    if connection.dialect.name == "sqlite":
        hour: sa.ColumnElement[int] = sa.cast(at / 3600, sa.Integer)
    else:
        hour = sa.func.floor(at / 3600)
    found: dict[str, int] = {}
    for number, n in connection.execute(sa.select(hour, sa.func.count()).group_by(hour)):
        month = f"{paris.moment(int(number) * 3600):%Y-%m}"
        found[month] = found.get(month, 0) + n
    return dict(sorted(found.items()))
