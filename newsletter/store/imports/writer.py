"""What an import writes: new people in bulk, known ones with care, and a record of it all by which it is undone.

Every rule here gives the same state whatever the order of rows and files: a graver word against a person replaces a
lighter one, a fuller detail replaces a poorer one that came from a file, and nobody comes back by an import.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from newsletter.actor import session_of, user_of
from newsletter.store.engine import bulk
from newsletter.store.people import custom_fields, people
from newsletter.store.people.details import respan
from newsletter.store.people.people import Consent, Person
from newsletter.store.tables.core import events, subscribers, subscriptions
from newsletter.store.tables.imports import import_changes

GRAVITY = {"": 0, "active": 0, "left": 1, "bounced": 2, "complained": 3}
DETAILS = ("first_name", "last_name", "function", "role", "phone")
COLUMN = {"organisation": "organisation_id"}
_BATCH = 1000
_PERSON = ("id", "uid", "address", "address_key", *DETAILS, "organisation_id", "suppressed", "from_file", "created_at")
_CHANGE = ("import_id", "subscriber_id", "what", "before")


class KnownPerson(NamedTuple):
    """A person as the store had it before an import; `state` is that of one publication, or None."""

    id: int
    state: str | None
    suppressed: str
    details: Mapping[str, str]
    organisation_id: int | None
    from_file: frozenset[str]


class Incoming(NamedTuple):
    """What one row of a file says: the state is active, left, bounced or complained; `proof` is stored JSON."""

    address: str
    key: str
    details: Mapping[str, str]
    organisation_id: int | None
    state: str
    proof: str


def known(connection: Connection, publication: str, keys: Sequence[str]) -> dict[str, KnownPerson]:
    """Return what is known of each address key that is there."""
    current = sa.and_(
        subscriptions.c.subscriber_id == subscribers.c.id,
        subscriptions.c.publication == publication,
        subscriptions.c.to_at.is_(None),
    )
    query = (
        sa.select(subscribers, subscriptions.c.state)
        .outerjoin_from(subscribers, subscriptions, current)
        .where(subscribers.c.address_key.in_(keys))
    )
    return {
        row.address_key: KnownPerson(
            row.id,
            row.state,
            row.suppressed,
            {name: getattr(row, name) for name in DETAILS},
            row.organisation_id,
            frozenset(row.from_file.split()),
        )
        for row in connection.execute(query)
    }


def title_key(details: Mapping[str, str]) -> tuple[int, str, int, str]:
    """Return by what two pairs of function and role are compared: the fuller function decides, with its role."""
    function, role = details.get("function", ""), details.get("role", "")
    return len(function), function, len(role), role


def fuller(ours: Mapping[str, str], theirs: Mapping[str, str], open_details: frozenset[str]) -> dict[str, str]:
    """Return those of `theirs` that replace `ours`: where nothing stands, or less, in one of `open_details`.

    Function and role go together. The same whatever comes first: the longer text wins, then the later in the alphabet.
    """
    found = {
        name: new
        for name in ("first_name", "last_name", "phone")
        if (new := theirs.get(name, "")) and _may(name, ours, open_details) and _rank(new) > _rank(ours.get(name, ""))
    }
    titled = all(_may(name, ours, open_details) for name in ("function", "role"))
    if titled and title_key(theirs) > title_key(ours):
        found |= {name: theirs.get(name, "") for name in ("function", "role")}
    return {name: new for name, new in found.items() if new != ours.get(name, "")}


def _may(name: str, ours: Mapping[str, str], open_details: frozenset[str]) -> bool:
    return not ours.get(name) or name in open_details


def _rank(text: str) -> tuple[int, str]:
    return len(text), text


class Writer:
    """Writes the rows of one import, in the caller's transaction.

    `conflicts` gathers people of whom two files name two organisations: the first in the table stays, a human decides.
    """

    def __init__(self, connection: Connection, import_id: int, publication: str, consent: Consent, now: float) -> None:
        self._connection, self._import, self._publication = connection, import_id, publication
        self._consent, self._now = consent, now
        self._new: list[Incoming] = []
        self.conflicts: list[tuple[Person, int]] = []

    def add(self, one: Incoming) -> None:
        """Store somebody who is certainly new, sooner or later: `flush` comes by itself."""
        self._new.append(one)
        if len(self._new) >= _BATCH:
            self.flush()

    def flush(self) -> None:
        """Write the new people who wait, with one span, one event and one note for the undoing each."""
        batch, self._new = self._new, []
        if not batch:
            return
        ids, random = bulk.subscriber_ids(self._connection, len(batch)), os.urandom(16 * len(batch))
        rows = [
            (number, random[16 * at : 16 * at + 16], one.address, one.key, *_stored(one), self._now)
            for at, (number, one) in enumerate(zip(ids, batch, strict=True))
        ]
        bulk.insert(self._connection, subscribers, _PERSON, rows)
        spans, happened, changes = [], [], []
        publication, now, basis, by = self._publication, self._now, self._consent.basis, self._consent.actor
        actor, user, session = str(by), user_of(by), session_of(by)
        for number, one in zip(ids, batch, strict=True):
            active = one.state == "active"
            role, organisation = (one.details["role"], one.organisation_id) if active else ("", None)
            spans.append((number, publication, one.state, basis, role, organisation, now))
            happened.append((now, one.state, number, organisation, publication, actor, one.proof, user, session))
            changes.append((self._import, number, "created", ""))
        bulk.insert(self._connection, subscriptions, people.SPAN, spans)
        bulk.insert(self._connection, events, people.EVENT, happened)
        bulk.insert(self._connection, import_changes, _CHANGE, changes)

    def meet(self, one: Incoming) -> Person:
        """Bring what a row says to somebody who is there already, perhaps by an earlier row; returns the person."""
        self.flush()
        person = people.by_key(self._connection, one.key)
        if one.state == "active":
            person = self._complete(person, one)
            self._open(person, one)
        else:
            self._stop(person, one)
        return person

    def fill_fields(self, given: Sequence[tuple[str, Mapping[str, Sequence[str]]]]) -> None:
        """Give people who are stored, by address key, the values of custom fields; of two rows the later counts."""
        fields = {field.key: field for field in custom_fields.list_fields(self._connection, "person")}
        for key, values in given:
            person = people.by_key(self._connection, key)
            before = custom_fields.values_of(self._connection, "person", person.id)
            new = {name: list(texts) for name, texts in values.items() if set(before.get(name, ())) != set(texts)}
            if new:
                self._note(person, "fields", {name: [list(before.get(name, ())), new[name]] for name in new})
            for name, texts in new.items():
                actor = self._consent.actor
                custom_fields.set_value(self._connection, fields[name], person.id, texts, self._now, actor)

    def _complete(self, person: Person, one: Incoming) -> Person:
        ours = {name: str(getattr(person, name)) for name in DETAILS}
        gave = frozenset(person.from_file.split())
        new: dict[str, Any] = dict(fuller(ours, one.details, gave))
        theirs = one.organisation_id
        if theirs and person.organisation_id not in (None, theirs):
            self.conflicts.append((person, theirs))
        if theirs and (person.organisation_id is None or ("organisation" in gave and theirs < person.organisation_id)):
            new["organisation_id"] = theirs
        if not new:
            return person
        self._note(person, "filled", {name: [getattr(person, name), value] for name, value in new.items()})
        names = {"organisation" if name == "organisation_id" else name for name in new}
        changed = replace(person, **new, from_file=" ".join(sorted(gave | names)))
        self._connection.execute(
            subscribers.update().where(subscribers.c.id == person.id).values(**new, from_file=changed.from_file)
        )
        if "role" in new or "organisation_id" in new:
            respan(self._connection, changed, self._now)
        return changed

    def _open(self, person: Person, one: Incoming) -> None:
        current = people.subscription(self._connection, person.id, self._publication)
        if person.suppressed or (current and current.state != "expired"):
            return
        self._note(person, "opened", {"state": current.state if current else None})
        people.move_subscription(self._connection, person, self._publication, "active", self._with(one), self._now)

    def _stop(self, person: Person, one: Incoming) -> None:
        before = {s.publication: s.state for s in people.of(self._connection, person.id)}
        stands = max(GRAVITY.get(before.get(self._publication, ""), 0), GRAVITY[person.suppressed])
        if GRAVITY[one.state] <= stands:
            return
        values = {name: getattr(person, COLUMN.get(name, name)) for name in person.from_file.split()}
        self._note(person, "stopped", {"suppressed": person.suppressed, "states": before, "details": values})
        consent = self._with(one)
        if one.state != "left":
            people.suppress(self._connection, person, one.state, consent, self._now)
        people.move_subscription(self._connection, person, self._publication, one.state, consent, self._now)
        self._strip(person)

    def _strip(self, person: Person) -> None:
        """Drop what files told of somebody who receives nothing any more: of an opposition the address is enough."""
        now = people.of(self._connection, person.id)
        if person.from_file and not any(s.state in ("active", "pending") for s in now):
            empty = {COLUMN.get(name, name): None if name in COLUMN else "" for name in person.from_file.split()}
            change = subscribers.update().where(subscribers.c.id == person.id)
            self._connection.execute(change.values(**empty, from_file=""))

    def _with(self, one: Incoming) -> Consent:
        return replace(self._consent, proof=json.loads(one.proof))

    def _note(self, person: Person, what: str, before: Mapping[str, Any]) -> None:
        """Remember how things were before this import; what it made itself goes with the person it created."""
        ours = (import_changes.c.import_id == self._import, import_changes.c.subscriber_id == person.id)
        rows = self._connection.execute(sa.select(import_changes.c.what, import_changes.c.before).where(*ours))
        noted = {row.what: row.before for row in rows}
        if "created" in noted or (what in noted and what not in ("filled", "fields")):
            return
        if what in noted:
            before = _merged(json.loads(noted[what]), before)
            self._connection.execute(import_changes.delete().where(*ours, import_changes.c.what == what))
        bulk.insert(
            self._connection,
            import_changes,
            _CHANGE,
            [(self._import, person.id, what, json.dumps(before, ensure_ascii=False))],
        )


def _merged(earlier: Mapping[str, Any], later: Mapping[str, Any]) -> dict[str, Any]:
    """Join two notes of filled details: the oldest value before, the newest after."""
    return {**earlier, **{name: [earlier.get(name, pair)[0], pair[1]] for name, pair in later.items()}}


def _stored(one: Incoming) -> tuple[str | int | None, ...]:
    """Return a new person's columns from `first_name` to `from_file`; of somebody stopped the address is enough."""
    if one.state != "active":
        return "", "", "", "", "", None, "" if one.state == "left" else one.state, ""
    values = tuple(one.details[name] for name in DETAILS)
    gave = [name for name, value in zip(DETAILS, values, strict=True) if value]
    if one.organisation_id:
        gave.append("organisation")
    return *values, one.organisation_id, "", " ".join(gave)
