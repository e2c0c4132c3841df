"""Everything that is kept about one person, for that person (RGPD, article 15)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from newsletter.actions.choices import COPY
from newsletter.actions.workspace import PARIS, Workspace
from newsletter.errors import NotFound, TokenError
from newsletter.store import journal, one_time, organisations, people, record
from newsletter.store.journal import Event
from newsletter.store.people import Person
from newsletter.store.record import Sending


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """The record of a person: details by name, spans of subscription, events, and every letter sent."""

    person: Person
    organisation: str
    spans: tuple[Mapping[str, Any], ...]
    events: tuple[Event, ...]
    sendings: tuple[Sending, ...]

    def as_json(self) -> dict[str, Any]:
        """Return all of it as JSON, times in Paris."""
        p = self.person
        return {
            "address": p.address, "first_name": p.first_name, "last_name": p.last_name, "salutation": p.salutation,
            "function": p.function, "role": p.role, "phone": p.phone, "organisation": self.organisation,
            "suppressed": p.suppressed, "since": _time(p.created_at),
            "subscriptions": [
                {**span, "from": _time(span["from"]), "to": _time(span["to"]) if span["to"] else None}
                for span in self.spans
            ],
            "events": [
                {"at": _time(e.at), "kind": e.kind, "publication": e.publication, "detail": dict(e.detail or {})}
                for e in self.events
            ],
            "letters": [{"subject": s.subject, "state": s.state, "at": _time(s.at) if s.at else None}
                        for s in self.sendings],
        }  # fmt: skip


def _time(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).astimezone(PARIS).isoformat(timespec="seconds")


def of(workspace: Workspace, token: str) -> Kept:
    """Return the record that the link of a copy mail opens, changing nothing; TokenError."""
    with workspace.database.read() as connection:
        link = one_time.look(connection, COPY, token, workspace.database.now(connection))
        try:
            person = people.by_id(connection, link.subject["subscriber"])
        except NotFound:
            raise TokenError("this link is not valid any more", hint="ask for a new one") from None
        number = person.organisation_id
        return Kept(
            person=person,
            organisation=organisations.get(connection, number).name if number else "",
            spans=tuple(record.spans(connection, person.id)),
            events=tuple(journal.of_subscriber(connection, person.id)),
            sendings=tuple(record.sendings(connection, person.id)),
        )
