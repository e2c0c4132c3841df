"""People and organisations as the Studio shows them: lists with filters, and one page each with the whole history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from newsletter.actions.people import data_rights, members, subscriptions
from newsletter.actions.people.subscriptions import Why
from newsletter.actions.workspace import Workspace
from newsletter.errors import NotFound
from newsletter.exchange.values import clean
from newsletter.filters import PersonFilter
from newsletter.i18n import Sentence
from newsletter.model import Article
from newsletter.store.people import directory, organisations, people
from newsletter.store.people.details import attach, edit_details
from newsletter.store.people.directory import FoundPerson, Lost
from newsletter.store.people.organisations import Organisation, name_key
from newsletter.store.people.people import Consent, Person

DETAILS = ("salutation", "first_name", "last_name", "function", "phone")


@dataclass(frozen=True, slots=True)
class Someone:
    """A person: who, of which organisation, why they receive each publication or not, and all that is kept."""

    person: Person
    organisation: Organisation | None
    whys: tuple[Why, ...]
    record: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Somewhere:
    """An organisation: its periods and journal, its contacts, and the articles published about it."""

    card: members.OrganisationCard
    contacts: tuple[FoundPerson, ...]
    articles: tuple[Article, ...]


def search(
    workspace: Workspace, wanted: PersonFilter, start: int = 0, limit: int = 50
) -> tuple[list[FoundPerson], int]:
    """Return a page of people and how many match in all."""
    with workspace.database.read() as connection:
        return directory.search(connection, wanted, start, limit)


def regions(workspace: Workspace) -> list[str]:
    """Return the regions that organisations name."""
    with workspace.database.read() as connection:
        return directory.regions(connection)


def lost(workspace: Workspace) -> list[Lost]:
    """Return the organisations some of whose contacts' addresses have died, the worst first."""
    with workspace.database.read() as connection:
        return directory.lost(connection)


def someone(workspace: Workspace, uid: str) -> Someone:
    """Return everything about the person with this random identifier (hex); NotFound."""
    person = _person(workspace, uid)
    with workspace.database.read() as connection:
        place = organisations.get_organisation(connection, person.organisation_id) if person.organisation_id else None
    whys = tuple(subscriptions.why(workspace, person.address, key) for key in workspace.settings.publications)
    return Someone(person, place, whys, data_rights.whole_record(workspace, person.address))


def edit_person(workspace: Workspace, uid: str, details: Mapping[str, str], organisation: str, by: str) -> None:
    """Set a person's details and organisation (by name or code; empty: none); NotFound for an unknown one."""
    with workspace.database.write() as connection:
        person, now = people.by_uid(connection, _uid(uid)), workspace.database.now(connection)
        place = organisations.find_organisation(connection, organisation).id if organisation else None
        tidy = {name: clean(text) for name, text in details.items()}
        changed = {name: text for name, text in tidy.items() if text != getattr(person, name)}
        if changed:
            person = edit_details(connection, person, changed, now, by)
        if place != person.organisation_id:
            attach(connection, person, place, now, by)


def suppress(workspace: Workspace, uid: str, by: str) -> None:
    """Never write to this person again, in any publication."""
    with workspace.database.write() as connection:
        person, now = people.by_uid(connection, _uid(uid)), workspace.database.now(connection)
        people.suppress(connection, person, "complained", Consent("", "team", by), now)


def reverse(workspace: Workspace, uid: str, by: str) -> None:
    """Lift the suppression of an address; its subscriptions stay ended until the person asks for one."""
    with workspace.database.write() as connection:
        person, now = people.by_uid(connection, _uid(uid)), workspace.database.now(connection)
        if person.suppressed:
            people.unsuppress(connection, person, now, by)


def somewhere(workspace: Workspace, organisation_id: int) -> Somewhere:
    """Return everything about one organisation; NotFound."""
    with workspace.database.read() as connection:
        found = organisations.get_organisation(connection, organisation_id)
        contacts = tuple(directory.contacts(connection, organisation_id))
    key = name_key(found.name)
    about = [a for a in workspace.pool() if any(name_key(name) == key for name in a.organisations)]
    about.sort(key=lambda article: article.date, reverse=True)
    return Somewhere(members.show_organisation(workspace, found.name), contacts, tuple(about))


def names(workspace: Workspace) -> Sequence[str]:
    """Return the names of all organisations, for a field that completes them."""
    with workspace.database.read() as connection:
        return [o.name for o in organisations.list_organisations(connection)]


def _person(workspace: Workspace, uid: str) -> Person:
    with workspace.database.read() as connection:
        return people.by_uid(connection, _uid(uid))


def _uid(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise NotFound(
            "no person has this address",
            hint="go back to the list",
            said=Sentence("Cette personne n’est plus dans la liste. Revenez à la liste pour la chercher."),
        ) from None
