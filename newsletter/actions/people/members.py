"""Member organisations: joining, renewing, ending; who was a member when; which end soon; which have no contact."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from newsletter.actions.workspace import Workspace
from newsletter.errors import Refused
from newsletter.exchange.organisations import is_insee, is_siren
from newsletter.i18n import Sentence
from newsletter.store import journal
from newsletter.store.people import organisation_edits, organisations
from newsletter.store.people.organisations import Organisation, Period


@dataclass(frozen=True, slots=True)
class ListedOrganisation:
    """An organisation with the number of its contacts and whether it is a member on the day asked for."""

    organisation: Organisation
    contacts: int
    member: bool


@dataclass(frozen=True, slots=True)
class Change:
    """A membership that began (`joined`) or ended (`ended`, its last day) on `day`."""

    day: date
    kind: str
    organisation: Organisation


def list_members(
    workspace: Workspace,
    *,
    on: date | None = None,
    everybody: bool = False,
    ending_within: int | None = None,
    without_contact: bool = False,
) -> list[ListedOrganisation]:
    """Return the members on a day (default today), by name; with `everybody`, former members and others too.

    `ending_within` keeps memberships whose last day lies within that many days; `without_contact` keeps those without
    a contact who receives anything.
    """
    today, grace = on or workspace.today(), workspace.settings.members.grace_days
    with workspace.database.read() as connection:
        found = organisations.list_organisations(connection, on=None if everybody else today, grace_days=grace)
        people = organisations.contacts(connection, [o.id for o in found])
    rows = [ListedOrganisation(o, people.get(o.id, 0), o.member_on(today, grace)) for o in found]
    if ending_within is not None:
        last = today + timedelta(days=ending_within)
        rows = [row for row in rows if _ends(row.organisation, today, last)]
    return [row for row in rows if not (without_contact and row.contacts)]


def _ends(organisation: Organisation, first: date, last: date) -> bool:
    """Tell whether the last day of the newest membership lies from `first` to `last`."""
    ended = organisation.periods[-1].ended if organisation.periods else None
    return ended is not None and first.isoformat() <= ended <= last.isoformat()


def changes(workspace: Workspace, since: date, until: date | None = None) -> list[Change]:
    """Return the memberships that began or ended from `since` to `until` (default today), by day."""
    first, last = since.isoformat(), (until or workspace.today()).isoformat()
    with workspace.database.read() as connection:
        found = organisations.list_organisations(connection)
    made = [
        Change(date.fromisoformat(day), kind, organisation)
        for organisation in found
        for period in organisation.periods
        for kind, day in (("joined", period.joined), ("ended", period.ended))
        if day and first <= day <= last
    ]
    return sorted(made, key=lambda change: (change.day, change.kind, change.organisation.name))


def organisation(
    *,
    name: str,
    level: str = "other",
    siren: str = "",
    insee: str = "",
    region: str = "",
    departement: str = "",
    domain: str = "",
) -> Organisation:
    """Return an organisation made of checked values; Refused for an invalid SIREN or INSEE code."""
    return Organisation(
        name=name,
        level=level,
        siren=_code("siren", siren, is_siren, "nine digits with a check digit"),
        insee=_code("insee", insee, is_insee, "five characters such as 2A004"),
        region=region,
        departement=departement,
        domain=domain,
    )


def _code(name: str, typed: str, valid: Callable[[str], bool], shape: str) -> str:
    code = typed.replace(" ", "").upper()
    if code and not valid(code):
        raise Refused(
            f"`{code}` is no {name.upper()} code",
            where=name,
            hint=f"it has {shape}",
            said=Sentence("« {code} » n’est pas un code {name}. Vérifiez-le.", code=code, name=name.upper()),
        )
    return code


def edit_organisation(workspace: Workspace, number: int, values: Mapping[str, str], *, by: str) -> list[str]:
    """Correct an organisation's name, level or codes; return what changed. NotFound, Refused for what cannot be."""
    tidy = {name: " ".join(text.split()) for name, text in values.items()}
    checked = organisation(**{"name": "", **tidy})
    with workspace.database.write() as connection:
        made = {name: str(getattr(checked, name)) for name in tidy}
        return organisation_edits.edit_organisation(connection, number, made, now=workspace.clock(), actor=by)


def add_member(workspace: Workspace, organisation: Organisation, joined: date | None, *, by: str) -> Organisation:
    """Store an organisation, as a member from `joined` if it is given; Refused when the name is taken."""
    with workspace.database.write() as connection:
        now = workspace.clock()
        number = organisations.add_organisation(connection, organisation, now=now, actor=by)
        if joined:
            organisations.join_member(connection, number, Period(joined.isoformat()), now=now, actor=by)
        return organisations.get_organisation(connection, number)


def renew_membership(
    workspace: Workspace, name: str, *, begin: date | None, until: date | None, by: str
) -> Organisation:
    """Continue a membership that has an end, up to `until` or open, or begin a new one on `begin` (default today).

    A membership that ended before the day before `begin` leaves a gap, so a new period begins.
    """
    start = begin or workspace.today()
    with workspace.database.write() as connection:
        found = organisations.find_organisation(connection, name)
        last = found.periods[-1] if found.periods else None
        if last and last.ended is None:
            raise Refused(
                f"the membership of `{found.name}` has no end",
                hint="there is nothing to renew",
                said=Sentence("L’adhésion de « {name} » n’a pas de fin : il n’y a rien à reconduire.", name=found.name),
            )
        if last and last.ended and last.ended >= (start - timedelta(days=1)).isoformat():
            if until and until.isoformat() <= last.ended:
                raise Refused(
                    f"the membership runs until {last.ended} already",
                    hint="give a later --until",
                    said=Sentence(
                        "Cette adhésion court déjà jusqu’au {day:%d/%m/%Y}. Donnez une date plus tardive.",
                        day=date.fromisoformat(last.ended),
                    ),
                )
            organisations.end_period(connection, found.id, until, now=workspace.clock(), actor=by)
        else:
            period = Period(start.isoformat(), until.isoformat() if until else None)
            organisations.join_member(connection, found.id, period, now=workspace.clock(), actor=by)
        return organisations.get_organisation(connection, found.id)


def end_membership(workspace: Workspace, name: str, on: date | None, *, by: str) -> Organisation:
    """Set the last day of the newest membership (default today); its contacts get the members' letters until then."""
    with workspace.database.write() as connection:
        found = organisations.find_organisation(connection, name)
        organisations.end_period(connection, found.id, on or workspace.today(), now=workspace.clock(), actor=by)
        return organisations.get_organisation(connection, found.id)


@dataclass(frozen=True, slots=True)
class OrganisationCard:
    """An organisation with its contacts (address and role) and its journal, oldest first."""

    organisation: Organisation
    member: bool
    contacts: tuple[tuple[str, str], ...]
    events: tuple[journal.Event, ...]


def show_organisation(workspace: Workspace, name: str) -> OrganisationCard:
    """Return everything about one organisation (by name, SIREN or INSEE code); NotFound."""
    with workspace.database.read() as connection:
        found = organisations.find_organisation(connection, name)
        return OrganisationCard(
            found,
            found.member_on(workspace.today(), workspace.settings.members.grace_days),
            tuple(organisations.people_of(connection, found.id)),
            tuple(journal.of_organisation(connection, found.id)),
        )
