"""Groups: lists of people kept by hand, with the time at which each came in and went out."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from newsletter.errors import NotFound, Refused
from newsletter.i18n import Sentence
from newsletter.store.journal import Event, record_event
from newsletter.store.tables.audiences import group_spans, groups
from newsletter.store.tables.core import subscribers


@dataclass(frozen=True, slots=True)
class PersonGroup:
    """A group, and how many people are in it now."""

    key: str
    title: str
    note: str = ""
    people: int = 0


@dataclass(frozen=True, slots=True)
class GroupSpan:
    """The time one person was in a group; `to_at` None while they are."""

    key: str
    title: str
    from_at: float
    to_at: float | None


def list_groups(connection: Connection) -> list[PersonGroup]:
    """Return every group, by key."""
    inside = sa.and_(group_spans.c.group_key == groups.c.key, group_spans.c.to_at.is_(None))
    rows = connection.execute(
        sa.select(groups.c.key, groups.c.title, groups.c.note, sa.func.count(group_spans.c.id))
        .select_from(sa.outerjoin(groups, group_spans, inside))
        .group_by(groups.c.key, groups.c.title, groups.c.note)
        .order_by(groups.c.key)
    )
    return [PersonGroup(*row) for row in rows]


def get_group(connection: Connection, key: str) -> PersonGroup:
    """Return one group; raises NotFound."""
    found = next((group for group in list_groups(connection) if group.key == key), None)
    if found is None:
        raise NotFound(
            f"there is no group `{key}`",
            hint="`newsletter groups list` shows them",
            said=Sentence("Il n’y a pas de groupe « {key} ». Revenez à la liste des groupes.", key=key),
        )
    return found


def add_group(connection: Connection, key: str, title: str, note: str, now: float, actor: str = "") -> PersonGroup:
    """Store a new group; Refused when its key is taken."""
    if connection.scalar(sa.select(groups.c.key).where(groups.c.key == key)):
        raise Refused(
            f"there is a group `{key}` already",
            hint="choose another name",
            said=Sentence("Il y a déjà un groupe de ce nom. Choisissez-en un autre."),
        )
    connection.execute(groups.insert().values(key=key, title=title, note=note, created_at=now))
    record_event(connection, Event(now, "group-added", actor=actor, detail={"group": key, "title": title}))
    return get_group(connection, key)


def edit_group(connection: Connection, key: str, title: str, note: str) -> None:
    """Change the title and note of a group; its key, which rules name, stays."""
    get_group(connection, key)
    connection.execute(groups.update().where(groups.c.key == key).values(title=title, note=note))


def join_group(connection: Connection, key: str, people: Collection[int], now: float, actor: str = "") -> list[int]:
    """Put people (by row id) into a group; returns those who were not in it yet."""
    get_group(connection, key)
    inside = ids_inside(connection, key)
    joining = [number for number in dict.fromkeys(people) if number not in inside]
    if joining:
        connection.execute(
            group_spans.insert(), [{"group_key": key, "subscriber_id": n, "from_at": now} for n in joining]
        )
        _record(connection, "group-joined", key, joining, now, actor)
    return joining


def leave_group(connection: Connection, key: str, people: Collection[int], now: float, actor: str = "") -> list[int]:
    """Take people out of a group; returns those who were in it."""
    get_group(connection, key)
    inside = ids_inside(connection, key)
    leaving = [number for number in dict.fromkeys(people) if number in inside]
    for start in range(0, len(leaving), 500):
        ids = leaving[start : start + 500]
        of_this = sa.and_(group_spans.c.group_key == key, group_spans.c.to_at.is_(None))
        connection.execute(group_spans.update().where(of_this, group_spans.c.subscriber_id.in_(ids)).values(to_at=now))
    _record(connection, "group-left", key, leaving, now, actor)
    return leaving


def groups_of(connection: Connection, person_id: int) -> list[GroupSpan]:
    """Return when a person was in which group, the newest first."""
    rows = connection.execute(
        sa.select(groups.c.key, groups.c.title, group_spans.c.from_at, group_spans.c.to_at)
        .join_from(group_spans, groups, groups.c.key == group_spans.c.group_key)
        .where(group_spans.c.subscriber_id == person_id)
        .order_by(group_spans.c.from_at.desc(), group_spans.c.id.desc())
    )
    return [GroupSpan(*row) for row in rows]


def ids_inside(connection: Connection, key: str) -> set[int]:
    """Return the row ids of the people who are in a group now."""
    rows = connection.execute(
        sa.select(group_spans.c.subscriber_id).where(group_spans.c.group_key == key, group_spans.c.to_at.is_(None))
    )
    return set(rows.scalars())


def moved_at(connection: Connection, key: str, at: float) -> tuple[list[int], list[int]]:
    """Return who came into a group at one moment and is in it still, and who went out at it."""
    of_this = group_spans.c.group_key == key
    person = sa.select(group_spans.c.subscriber_id)
    came = person.where(of_this, group_spans.c.from_at == at, group_spans.c.to_at.is_(None))
    went = person.where(of_this, group_spans.c.to_at == at)
    return list(connection.execute(came).scalars()), list(connection.execute(went).scalars())


def _record(connection: Connection, kind: str, key: str, people: Sequence[int], now: float, actor: str) -> None:
    for number in people:
        record_event(connection, Event(now, kind, subscriber_id=number, actor=actor, detail={"group": key}))


def ids_of(connection: Connection, keys: Collection[str]) -> dict[str, int]:
    """Return the row ids of people by their address keys."""
    found: dict[str, int] = {}
    wanted = list(keys)
    for start in range(0, len(wanted), 500):
        query = sa.select(subscribers.c.address_key, subscribers.c.id)
        rows = connection.execute(query.where(subscribers.c.address_key.in_(wanted[start : start + 500])))
        found.update(dict(rows.all()))
    return found
