"""Custom fields of people and organisations: what a network wants to know beside what the product knows, with history.

A value is kept as a span: setting another closes it, so that a past day's value is still known.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from newsletter.errors import NotFound, Refused
from newsletter.i18n import Sentence
from newsletter.store.journal import Event, record_event
from newsletter.store.tables.audiences import custom_fields, field_values


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomField:
    """A field: what it is about, its key (which rules name), its label, its kind, and the values of a choice."""

    about: str
    key: str
    label: str
    kind: str
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FieldSpan:
    """The time during which a field had some value; `to_at` None while it has."""

    field: str
    value: str
    from_at: float
    to_at: float | None


def list_fields(connection: Connection, about: str = "") -> list[CustomField]:
    """Return the fields, in the order in which they were made."""
    query = sa.select(custom_fields).order_by(custom_fields.c.created_at, custom_fields.c.key)
    rows = connection.execute(query.where(custom_fields.c.about == about) if about else query)
    return [
        CustomField(about=r.about, key=r.key, label=r.label, kind=r.kind, choices=tuple(json.loads(r.choices)))
        for r in rows
    ]


def get_field(connection: Connection, about: str, key: str) -> CustomField:
    """Return one field; raises NotFound."""
    found = next((field for field in list_fields(connection, about) if field.key == key), None)
    if found is None:
        raise NotFound(
            f"there is no field `{about}.{key}`",
            hint="`newsletter fields list` shows them",
            said=Sentence("Il n’y a pas de champ « {key} ». Revenez à la liste des champs.", key=key),
        )
    return found


def add_field(connection: Connection, field: CustomField, now: float, actor: str = "") -> None:
    """Store a new field; Refused when its key is taken."""
    same = sa.and_(custom_fields.c.about == field.about, custom_fields.c.key == field.key)
    if connection.scalar(sa.select(custom_fields.c.key).where(same)):
        raise Refused(
            f"there is a field `{field.about}.{field.key}` already",
            hint="choose another key",
            said=Sentence("Il y a déjà un champ de ce nom. Choisissez-en un autre."),
        )
    choices = json.dumps(field.choices, ensure_ascii=False)
    connection.execute(
        custom_fields.insert().values(
            about=field.about, key=field.key, label=field.label, kind=field.kind, choices=choices, created_at=now
        )
    )
    detail = {"field": f"{field.about}.{field.key}", "label": field.label}
    record_event(connection, Event(now, "field-added", actor=actor, detail=detail))


def edit_field(connection: Connection, about: str, key: str, label: str, choices: Sequence[str]) -> None:
    """Change the label and the choices of a field; values that were given stay, even of a choice that is gone."""
    get_field(connection, about, key)
    same = sa.and_(custom_fields.c.about == about, custom_fields.c.key == key)
    words = json.dumps(list(choices), ensure_ascii=False)
    connection.execute(custom_fields.update().where(same).values(label=label, choices=words))


def set_value(
    connection: Connection, field: CustomField, subject_id: int, values: Sequence[str], now: float, actor: str = ""
) -> bool:
    """Give a field its value (several for `choices`, none empties it); tells whether it changed. Values are checked."""
    of_this = _of(field, subject_id)
    before = set(connection.execute(sa.select(field_values.c.value).where(of_this)).scalars())
    after = set(values)
    if before == after:
        return False
    gone = before - after
    if gone:
        connection.execute(field_values.update().where(of_this, field_values.c.value.in_(gone)).values(to_at=now))
    rows = [
        {"about": field.about, "field": field.key, "subject_id": subject_id, "value": value, "from_at": now}
        for value in sorted(after - before)
    ]
    if rows:
        connection.execute(field_values.insert(), rows)
    of_person = field.about == "person"
    happened = Event(
        now,
        "field-set",
        subscriber_id=subject_id if of_person else None,
        organisation_id=None if of_person else subject_id,
        actor=actor,
        detail={"field": field.key},
    )
    record_event(connection, happened)
    return True


def values_of(connection: Connection, about: str, subject_id: int) -> Mapping[str, tuple[str, ...]]:
    """Return the values of now by field; a field without value is absent."""
    return _held(connection, about, field_values.c.subject_id == subject_id).get(subject_id, {})


def values_of_people(connection: Connection, ids: Sequence[int]) -> dict[int, dict[str, tuple[str, ...]]]:
    """Return the values of now of some people, by row id and field."""
    return _held(connection, "person", field_values.c.subject_id.in_(ids))


def all_values(connection: Connection, about: str) -> dict[int, dict[str, tuple[str, ...]]]:
    """Return the values of now of every person or organisation, by row id and field: what an export adds."""
    return _held(connection, about, sa.true())


def _held(connection: Connection, about: str, of_whom: sa.ColumnElement[bool]) -> dict[int, dict[str, tuple[str, ...]]]:
    rows = connection.execute(
        sa.select(field_values.c.subject_id, field_values.c.field, field_values.c.value)
        .where(field_values.c.about == about, field_values.c.to_at.is_(None), of_whom)
        .order_by(field_values.c.subject_id, field_values.c.field, field_values.c.value)
    )
    found: dict[int, dict[str, tuple[str, ...]]] = {}
    for number, name, value in rows:
        held = found.setdefault(number, {})
        held[name] = (*held.get(name, ()), value)
    return found


def value_history(connection: Connection, about: str, subject_id: int) -> list[FieldSpan]:
    """Return every value that a subject's fields ever had, the newest first."""
    rows = connection.execute(
        sa.select(field_values.c.field, field_values.c.value, field_values.c.from_at, field_values.c.to_at)
        .where(field_values.c.about == about, field_values.c.subject_id == subject_id)
        .order_by(field_values.c.from_at.desc(), field_values.c.id.desc())
    )
    return [FieldSpan(*row) for row in rows]


def _of(field: CustomField, subject_id: int) -> sa.ColumnElement[bool]:
    return sa.and_(
        field_values.c.about == field.about,
        field_values.c.field == field.key,
        field_values.c.subject_id == subject_id,
        field_values.c.to_at.is_(None),
    )
