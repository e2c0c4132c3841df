"""Many people at once: where their subscriptions stand, and what one act at one time did to whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from newsletter.store.tables.audiences import field_values
from newsletter.store.tables.core import subscribers, subscriptions

_AT_ONCE = 500


def states_of(connection: Connection, ids: Sequence[int], publication: str) -> dict[int, str]:
    """Return the state of one publication for people by row id; who never had it is absent."""
    found: dict[int, str] = {}
    for start in range(0, len(ids), _AT_ONCE):
        rows = connection.execute(
            sa.select(subscriptions.c.subscriber_id, subscriptions.c.state).where(
                subscriptions.c.subscriber_id.in_(ids[start : start + _AT_ONCE]),
                subscriptions.c.publication == publication,
                subscriptions.c.to_at.is_(None),
            )
        )
        found.update(dict(rows.all()))
    return found


def moved_at(connection: Connection, publication: str, state: str, at: float) -> list[tuple[int, str]]:
    """Return who came into a state at one time and is in it still, with the basis of the span before it."""
    before = subscriptions.alias("before")
    ended = sa.and_(
        before.c.subscriber_id == subscriptions.c.subscriber_id,
        before.c.publication == publication,
        before.c.to_at == at,
    )
    rows = connection.execute(
        sa.select(subscriptions.c.subscriber_id, sa.func.coalesce(sa.func.max(before.c.basis), ""))
        .select_from(subscriptions)
        .join(subscribers, subscribers.c.id == subscriptions.c.subscriber_id)
        .outerjoin(before, ended)
        .where(
            subscriptions.c.publication == publication,
            subscriptions.c.state == state,
            subscriptions.c.from_at == at,
            subscriptions.c.to_at.is_(None),
        )
        .group_by(subscriptions.c.subscriber_id)
    )
    return [(number, basis) for number, basis in rows]


def values_before(connection: Connection, about: str, field: str, at: float) -> Mapping[int, tuple[str, ...]]:
    """Return the values that a field had before one time, for those whose value changed at it and not since."""
    of_this = sa.and_(field_values.c.about == about, field_values.c.field == field)
    touched = sa.or_(field_values.c.from_at == at, field_values.c.to_at == at)
    changed = set(connection.execute(sa.select(field_values.c.subject_id).where(of_this, touched)).scalars())
    later = sa.or_(field_values.c.from_at > at, field_values.c.to_at > at)
    changed -= set(connection.execute(sa.select(field_values.c.subject_id).where(of_this, later)).scalars())
    held = sa.select(field_values.c.subject_id, field_values.c.value).where(
        of_this, field_values.c.from_at < at, sa.or_(field_values.c.to_at.is_(None), field_values.c.to_at >= at)
    )
    found: dict[int, tuple[str, ...]] = dict.fromkeys(changed, ())
    for number, value in connection.execute(held):
        if number in found:
            found[number] = (*found[number], value)
    return found
