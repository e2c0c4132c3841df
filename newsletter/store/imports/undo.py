"""The register of imports, and taking one back: what it did and nobody has touched since is as it was before."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from newsletter.errors import NotFound, Refused
from newsletter.i18n import Sentence
from newsletter.store.imports import writer
from newsletter.store.journal import Event, record_event
from newsletter.store.people import custom_fields, people
from newsletter.store.people.details import respan
from newsletter.store.people.people import Consent
from newsletter.store.tables.audiences import field_values
from newsletter.store.tables.core import deliveries, events, subscribers, subscriptions
from newsletter.store.tables.imports import import_changes, reviews
from newsletter.store.tables.imports import imports as register


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """One import as recorded; `counts` are rows by action."""

    id: int
    at: float
    file_name: str
    publication: str
    actor: str
    counts: Mapping[str, int]
    undone_at: float | None

    @property
    def changed(self) -> bool:
        """Whether it wrote anything about people."""
        return any(self.counts.get(action) for action in ("accept", "merge", "suppress"))


def begin(connection: Connection, *, file_name: str, digest: str, publication: str, actor: str, now: float) -> int:
    """Register an import and return its number; `digest` is the SHA-256 of the file."""
    values = {"file_name": file_name, "digest": digest, "publication": publication, "actor": actor, "at": now}
    made: int = connection.execute(register.insert().values(values).returning(register.c.id)).scalar_one()
    return made


def finish(connection: Connection, number: int, counts: Mapping[str, int]) -> None:
    """Store what became of the rows."""
    connection.execute(register.update().where(register.c.id == number).values(counts=json.dumps(counts)))


def list_imports(connection: Connection, limit: int = 100) -> list[Import]:
    """Return the newest imports, newest first."""
    return [_import(row) for row in connection.execute(sa.select(register).order_by(register.c.id.desc()).limit(limit))]


def undo(connection: Connection, number: int, now: float, actor: str) -> dict[str, int]:
    """Take an import back; returns how many people were removed, left as they are now, restored.

    A person it created goes, unless letters left or something else happened since: then only the subscription ends.
    Raises NotFound for an unknown number, Refused when it was undone before or is too old (purged).
    """
    row = connection.execute(sa.select(register).where(register.c.id == number)).first()
    if row is None:
        raise NotFound(
            f"there is no import {number}",
            hint="`newsletter subscribers imports` lists them",
            said=Sentence("Cet import n’existe plus."),
        )
    made = _import(row)
    if made.undone_at:
        raise Refused(
            f"import {number} was undone already",
            hint="`newsletter subscribers imports` lists them",
            said=Sentence("Cet import est déjà annulé."),
        )
    if (
        not connection.scalar(sa.select(import_changes.c.what).where(import_changes.c.import_id == number).limit(1))
        and made.changed
    ):
        raise Refused(
            f"import {number} is too old to be undone",
            hint="its details were purged ([retention] imports_days)",
            said=Sentence("Cet import est trop ancien pour être annulé : son détail n’est plus gardé."),
        )
    counts = Counter(removed=_remove_untouched(connection, made))
    consent = Consent("", f"undo of import {number}", actor)
    rest = (
        sa.select(import_changes).where(import_changes.c.import_id == number).order_by(import_changes.c.subscriber_id)
    )
    for change in connection.execute(rest).all():
        counts[_take_back(connection, made, change, consent, now)] += 1
    connection.execute(import_changes.delete().where(import_changes.c.import_id == number))
    connection.execute(reviews.delete().where(reviews.c.import_id == number, reviews.c.done_at.is_(None)))
    connection.execute(register.update().where(register.c.id == number).values(undone_at=now))
    record_event(
        connection,
        Event(now, "import-undone", publication=made.publication, actor=actor, detail={"import": number, **counts}),
    )
    return dict(counts)


def _remove_untouched(connection: Connection, made: Import) -> int:
    """Delete the people whom the import created and to whom nothing else happened, and their spans from all counts."""
    change = import_changes.alias()
    alone = (
        sa.select(change.c.subscriber_id)
        .where(
            change.c.import_id == made.id,
            change.c.what == "created",
            ~sa.exists().where(deliveries.c.subscriber_id == change.c.subscriber_id),
            ~sa.exists().where(events.c.subscriber_id == change.c.subscriber_id, events.c.at > made.at),
        )
        .scalar_subquery()
    )
    # A span that ends when it began covers no moment: the year's figures are as if the import had not been.
    theirs = subscriptions.c.subscriber_id.in_(alone)
    connection.execute(subscriptions.update().where(theirs).values(to_at=subscriptions.c.from_at))
    connection.execute(reviews.delete().where(reviews.c.subscriber_id.in_(alone)))
    filled = sa.and_(field_values.c.about == "person", field_values.c.subject_id.in_(alone))
    connection.execute(field_values.delete().where(filled))
    connection.execute(events.update().where(events.c.subscriber_id.in_(alone)).values(detail=""))
    removed = connection.execute(subscribers.delete().where(subscribers.c.id.in_(alone))).rowcount
    gone = import_changes.c.subscriber_id.not_in(sa.select(subscribers.c.id))
    connection.execute(import_changes.delete().where(import_changes.c.import_id == made.id, gone))
    return int(removed)


def _take_back(connection: Connection, made: Import, change: sa.Row[Any], consent: Consent, now: float) -> str:
    person = people.by_id(connection, change.subscriber_id)
    before = json.loads(change.before or "{}")
    if change.what == "filled":
        values = {name: old for name, (old, new) in before.items() if getattr(person, name) == new}
        if values:
            connection.execute(subscribers.update().where(subscribers.c.id == person.id).values(values))
            respan(connection, people.by_id(connection, person.id), now)
        return "restored" if values else "kept"
    if change.what == "fields":
        return _empty_fields(connection, person, before, consent.actor, now)
    if change.what == "stopped":
        return _let_go(connection, made, person, before)
    current = people.subscription(connection, person.id, made.publication)
    if current is None or current.state != "active":
        return "kept"
    if not _touched(connection, made, person):
        _unspan(connection, made, person, {made.publication: before.get("state")})
        return "restored"
    people.move_subscription(connection, person, made.publication, "expired", consent, now)
    return "restored"


def _empty_fields(
    connection: Connection, person: people.Person, before: Mapping[str, Any], actor: str, now: float
) -> str:
    """Give custom fields the values that they had, unless they were changed since."""
    fields = {field.key: field for field in custom_fields.list_fields(connection, "person")}
    held, restored = custom_fields.values_of(connection, "person", person.id), False
    for name, (old, new) in before.items():
        if name in fields and set(held.get(name, ())) == set(new):
            restored |= custom_fields.set_value(connection, fields[name], person.id, old, now, actor)
    return "restored" if restored else "kept"


def _let_go(connection: Connection, made: Import, person: people.Person, before: Mapping[str, Any]) -> str:
    """Give back the states that the import ended, unless something happened to the person since."""
    if _touched(connection, made, person):
        return "kept"
    details = {writer.COLUMN.get(name, name): value for name, value in before["details"].items()}
    names = " ".join(before["details"])
    values = {**details, "from_file": names, "suppressed": before["suppressed"]}
    connection.execute(subscribers.update().where(subscribers.c.id == person.id).values(values))
    _unspan(connection, made, person, before["states"])
    return "restored"


def _touched(connection: Connection, made: Import, person: people.Person) -> bool:
    """Tell whether something happened to a person after the import."""
    later = sa.select(events.c.id).where(events.c.subscriber_id == person.id, events.c.at > made.at).limit(1)
    return connection.scalar(later) is not None


def _unspan(connection: Connection, made: Import, person: people.Person, states: Mapping[str, str | None]) -> None:
    """Take the spans that the import began out of all counts, and let those that it ended go on.

    `states` are the states that the person had in each publication before it.
    """
    spans = sa.select(subscriptions.c.id, subscriptions.c.publication).where(subscriptions.c.subscriber_id == person.id)
    begun = spans.where(subscriptions.c.from_at == made.at, subscriptions.c.to_at.is_(None))
    for number, publication in connection.execute(begun).all():
        own = subscriptions.c.id == number
        connection.execute(subscriptions.update().where(own).values(to_at=subscriptions.c.from_at))
        ended = spans.where(
            subscriptions.c.publication == publication,
            subscriptions.c.state == (states.get(publication) or ""),
            subscriptions.c.to_at == made.at,
            subscriptions.c.id < number,
        )
        last = connection.execute(ended.order_by(subscriptions.c.id.desc()).limit(1)).first()
        if last:
            again = subscriptions.c.id == last.id
            connection.execute(subscriptions.update().where(again).values(to_at=None))


def _import(row: sa.Row[Any]) -> Import:
    return Import(
        id=row.id,
        at=row.at,
        file_name=row.file_name,
        publication=row.publication,
        actor=row.actor,
        counts=json.loads(row.counts or "{}"),
        undone_at=row.undone_at,
    )
