"""Addresses that fail, by organisation, and a person's word that a bounce was wrong."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy.engine import Connection

from newsletter import addresses
from newsletter.actions.returns.provider_reports import DAY
from newsletter.actions.workspace import Workspace
from newsletter.errors import Refused
from newsletter.store import journal
from newsletter.store.journal import Event
from newsletter.store.people import people
from newsletter.store.people.people import Consent, Person
from newsletter.store.returns import feedback
from newsletter.store.returns.feedback import Colleague, FailingAddress

_WHY_LENGTH = 500


@dataclass(frozen=True, slots=True)
class Trouble:
    """An organisation with its failing addresses, and whom else to call there; without a name for people of none."""

    organisation: str
    failing: tuple[FailingAddress, ...]
    others: tuple[Colleague, ...]


def failing_addresses(workspace: Workspace) -> list[FailingAddress]:
    """Return suppressed addresses and those that came back for now lately, by organisation and address."""
    with workspace.database.read() as connection:
        now = workspace.database.now(connection)
        return feedback.failing_addresses(connection, now - workspace.settings.bounces.soft_days * DAY)


def troubles_by_organisation(workspace: Workspace) -> list[Trouble]:
    """Group failing addresses by organisation, those with the most first, with who else is a contact there."""
    groups: dict[int | None, list[FailingAddress]] = defaultdict(list)
    for one in failing_addresses(workspace):
        groups[one.organisation_id].append(one)
    with workspace.database.read() as connection:
        contacts = feedback.colleagues(connection, [number for number in groups if number])
    found = []
    for number, ones in groups.items():
        failed = {one.address for one in ones}
        others = [c for c in contacts.get(number or 0, []) if c.address not in failed]
        found.append(Trouble(ones[0].organisation, tuple(ones), tuple(others)))
    return sorted(found, key=lambda t: (not t.organisation, -len(t.failing), t.organisation))


def reverse_bounce(workspace: Workspace, email: str, why: str, by: str) -> list[str]:
    """Undo what bounces and reports did to an address, for a reason; returns the publications it receives again.

    Refused for a complaint, which is final, and when nothing that came back keeps this address from its letters.
    """
    reason = " ".join(why.split())[:_WHY_LENGTH]
    if not reason:
        raise Refused("a reversal needs a reason", hint="say it with --why")
    with workspace.database.write() as connection:
        person = people.by_key(connection, addresses.parse_address(email).key)
        if person.suppressed == "complained":
            raise Refused("a complaint is final", where=email, hint="the person may subscribe again by themselves")
        now = workspace.database.now(connection)
        undone = _undone(connection, person)
        if not undone and not person.suppressed:
            raise Refused(
                "nothing that came back keeps this address from its letters",
                where=email,
                hint="`newsletter subscribers show` tells its history",
            )
        feedback.lift(connection, person.id)
        consent = Consent("", "bounce reversed", by, {"why": reason})
        for publication, state in undone.items():
            people.move_subscription(connection, person, publication, state, consent, now)
        journal.record_event(
            connection,
            Event(
                now,
                feedback.REVERSED,
                subscriber_id=person.id,
                actor=by,
                organisation_id=person.organisation_id,
                detail={"why": reason},
            ),
        )
    return sorted(name for name, state in undone.items() if state == "active")


def _undone(connection: Connection, person: Person) -> dict[str, str]:
    """Return, by publication, the state before a report ended it: bounced, or left by a message and not by a page."""
    reported = {
        (event.publication, event.kind, event.at)
        for event in journal.of_subscriber(connection, person.id)
        if event.detail and "cause" in event.detail
    }
    states: dict[str, str] = {}
    before: dict[str, str] = {}
    for span in people.spans(connection, person.id):
        by_report = (span.publication, span.state, span.from_at) in reported
        if span.to_at is None and (span.state == "bounced" or (span.state == "left" and by_report)):
            states[span.publication] = before.get(span.publication, "")
        before[span.publication] = span.state
    return {publication: state for publication, state in states.items() if state in ("active", "pending")}


def trouble_json(trouble: Trouble) -> dict[str, Any]:
    """Return a trouble as a JSON object."""
    return {
        "organisation": trouble.organisation,
        "failing": [failing_json(one) for one in trouble.failing],
        "others": [asdict(contact) for contact in trouble.others],
    }


def failing_json(one: FailingAddress) -> dict[str, Any]:
    """Return a failing address as a JSON object; `since` in POSIX seconds."""
    cause = json.loads(one.why) if one.why else {}
    return {
        "email": one.address,
        "name": one.name,
        "function": one.function,
        "organisation": one.organisation,
        "state": "bounced" if one.suppressed else "soft",
        "soft": one.soft,
        "since": one.since,
        "status": cause.get("status", ""),
        "said": cause.get("said", ""),
    }
