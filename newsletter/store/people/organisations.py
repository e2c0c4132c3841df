"""Organisations and their membership periods: a member is an organisation that a period covers."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from newsletter.errors import NotFound, Refused
from newsletter.i18n import Sentence
from newsletter.store.engine.folding import folded
from newsletter.store.journal import Event, record_event
from newsletter.store.people.entitlement import current_member
from newsletter.store.tables.core import memberships, organisations, subscribers


@dataclass(frozen=True, slots=True)
class Period:
    """A membership: ISO days, both inclusive; `ended` None while it lasts."""

    joined: str
    ended: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation:
    """A local authority or partner, with its membership periods, oldest first; codes are texts (`2A004`)."""

    name: str
    level: str = "other"
    siren: str = ""
    insee: str = ""
    region: str = ""
    departement: str = ""
    domain: str = ""
    id: int = 0
    periods: tuple[Period, ...] = ()

    def member_on(self, day: date, grace_days: int = 0) -> bool:
        """Tell whether a period covers `day`, the grace days after its end included."""
        return self.period_on(day, grace_days) is not None

    def period_on(self, day: date, grace_days: int = 0) -> Period | None:
        """Return the newest period that covers `day`, the grace days after its end included."""
        since = (day - timedelta(days=grace_days)).isoformat()
        covering = (p for p in self.periods if p.joined <= day.isoformat() and (p.ended is None or p.ended >= since))
        return max(covering, key=lambda p: p.joined, default=None)

    def overlapping(self, period: Period) -> Period | None:
        """Return the first of its periods that has a day in common with `period`."""
        last = period.ended or "9999"
        return next((p for p in self.periods if p.joined <= last and (p.ended or "9999") >= period.joined), None)


def name_key(name: str) -> str:
    """Return the form under which names are compared: no accents, no case, no punctuation."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", name.casefold()) if not unicodedata.combining(c))
    return " ".join("".join(c if c.isalnum() else " " for c in plain).split())


def add_organisation(connection: Connection, organisation: Organisation, *, now: float, actor: str = "") -> int:
    """Store a new organisation with its periods and return its id; Refused when the name is taken."""
    key = name_key(organisation.name)
    if not key:
        raise Refused(
            "an organisation needs a name",
            hint="give the authority's full name",
            said=Sentence("Donnez le nom complet de l’organisation."),
        )
    key = free_key(connection, organisation, key)
    if not key:
        raise Refused(
            f"`{organisation.name}` is there already",
            hint="use `newsletter members show` to see it",
            said=Sentence("« {name} » est déjà dans la liste des organisations.", name=organisation.name),
        )
    made: int = connection.execute(
        organisations.insert()
        .values(
            name=organisation.name.strip(),
            name_key=key,
            level=organisation.level,
            siren=organisation.siren,
            insee=organisation.insee,
            region=organisation.region,
            departement=organisation.departement,
            domain=organisation.domain,
            created_at=now,
        )
        .returning(organisations.c.id)
    ).scalar_one()
    for period in organisation.periods:
        connection.execute(memberships.insert().values(organisation_id=made, joined=period.joined, ended=period.ended))
    record_event(connection, Event(now, "organisation-added", organisation_id=made, actor=actor))
    return made


def free_key(connection: Connection, organisation: Organisation, key: str) -> str:
    """Return the key under which an organisation is stored, or "" when it is stored already.

    Communes share names: one whose SIREN, INSEE code or département is another's has its code in the key.
    """
    codes = organisation.siren, organisation.insee, organisation.departement
    taken = organisations.c.name_key == key
    same = organisations.c.name_key.startswith(f"{key} ", autoescape=True)
    known = connection.execute(sa.select(organisations).where(sa.or_(taken, same))).all()
    alike = [row for row in known if name_key(row.name) == key]
    if not alike:
        return key
    for row in alike:
        theirs = row.siren, row.insee, row.departement
        if not any(mine and other and mine != other for mine, other in zip(codes, theirs, strict=True)):
            return ""
    code = organisation.insee or organisation.siren or organisation.departement
    return f"{key} {name_key(code)}"


def join_member(connection: Connection, organisation_id: int, period: Period, *, now: float, actor: str = "") -> None:
    """Add a membership period; Refused when it overlaps another or ends before it begins."""
    organisation = get_organisation(connection, organisation_id)
    if period.ended and period.ended < period.joined:
        raise Refused(
            f"the end {period.ended} lies before the beginning {period.joined}",
            hint="check the year",
            said=Sentence("La fin de l’adhésion précède son début. Vérifiez les dates."),
        )
    if crossed := organisation.overlapping(period):
        raise Refused(
            f"`{organisation.name}` is a member from {crossed.joined} to {crossed.ended or 'now'} already",
            hint="end that period first, or renew it",
            said=Sentence(
                "« {name} » est déjà adhérente pendant cette période. Terminez-la d’abord, ou reconduisez-la.",
                name=organisation.name,
            ),
        )
    connection.execute(
        memberships.insert().values(organisation_id=organisation_id, joined=period.joined, ended=period.ended)
    )
    detail = {"joined": period.joined} | ({"ended": period.ended} if period.ended else {})
    record_event(connection, Event(now, "member-joined", organisation_id=organisation_id, actor=actor, detail=detail))


def end_period(
    connection: Connection, organisation_id: int, ended: date | None, *, now: float, actor: str = ""
) -> None:
    """Set the last day of the newest period, or take it back with None; Refused when there is no period."""
    organisation = get_organisation(connection, organisation_id)
    if not organisation.periods:
        raise Refused(
            f"`{organisation.name}` has never been a member",
            hint="`newsletter members renew` begins a period",
            said=Sentence("« {name} » n’a jamais adhéré. Ouvrez d’abord une adhésion.", name=organisation.name),
        )
    last = organisation.periods[-1]
    if ended and ended.isoformat() < last.joined:
        raise Refused(
            f"the end {ended.isoformat()} lies before the beginning {last.joined}",
            hint="check the year",
            said=Sentence("La fin de l’adhésion précède son début. Vérifiez les dates."),
        )
    connection.execute(
        memberships.update()
        .where(memberships.c.organisation_id == organisation_id, memberships.c.joined == last.joined)
        .values(ended=ended.isoformat() if ended else None)
    )
    shortened = ended and not (last.ended and last.ended < ended.isoformat())
    kind = "member-ended" if shortened else "member-renewed"
    detail = {"ended": ended.isoformat() if ended else None, "before": last.ended}
    record_event(connection, Event(now, kind, organisation_id=organisation_id, actor=actor, detail=detail))


def close(
    connection: Connection, organisation: Organisation, running: Period, ended: Period, *, now: float, actor: str = ""
) -> None:
    """Give a running period the end of `ended`."""
    connection.execute(
        memberships.update()
        .where(memberships.c.organisation_id == organisation.id, memberships.c.joined == running.joined)
        .values(ended=ended.ended)
    )
    record_event(
        connection,
        Event(
            now,
            "member-ended",
            organisation_id=organisation.id,
            actor=actor,
            detail={"ended": ended.ended, "before": running.ended},
        ),
    )


def complete(
    connection: Connection, organisation: Organisation, details: Mapping[str, str], *, now: float, actor: str = ""
) -> list[str]:
    """Fill codes, region, département and level where they are missing; returns the names of what was filled."""
    empty = {"", "other"}
    new = {name: text for name, text in details.items() if text not in empty and getattr(organisation, name) in empty}
    if new:
        connection.execute(organisations.update().where(organisations.c.id == organisation.id).values(new))
        record_event(
            connection, Event(now, "organisation-completed", organisation_id=organisation.id, actor=actor, detail=new)
        )
    return sorted(new)


def get_organisation(connection: Connection, organisation_id: int) -> Organisation:
    """Return one organisation; NotFound."""
    found = _read(connection, organisations.c.id == organisation_id)
    if not found:
        raise NotFound(
            f"there is no organisation {organisation_id}",
            hint="`newsletter members list` shows them",
            said=Sentence("Cette organisation n’existe plus. Revenez à la liste."),
        )
    return found[0]


def find_organisation(connection: Connection, name: str) -> Organisation:
    """Return the organisation whose name, SIREN or INSEE code is `name`; NotFound names near ones."""
    key = name_key(name)
    code = name.replace(" ", "")
    named = sa.or_(organisations.c.name_key == key, organisations.c.siren == code, organisations.c.insee == code)
    found = _read(connection, named if code else sa.false())
    if found:
        return found[0]
    near = connection.execute(
        sa.select(organisations.c.name).where(organisations.c.name_key.contains(key or "?", autoescape=True)).limit(5)
    )
    hint = ", ".join(f"`{n}`" for n in near.scalars())
    raise NotFound(
        f"there is no organisation `{name}`",
        hint=f"did you mean {hint}?" if hint else "see `newsletter members list`",
        said=Sentence("Il n’y a pas d’organisation « {name} ». Choisissez-en une dans la liste.", name=name),
    )


def list_organisations(connection: Connection, *, on: date | None = None, grace_days: int = 0) -> list[Organisation]:
    """Return organisations by name: all of them, or the members on a day."""
    condition = sa.true() if on is None else current_member(organisations.c.id, on, grace_days)
    return _read(connection, condition)


def contacts(connection: Connection, organisation_ids: Sequence[int]) -> dict[int, int]:
    """Return the number of people attached to each organisation."""
    rows = connection.execute(
        sa.select(subscribers.c.organisation_id, sa.func.count())
        .where(subscribers.c.organisation_id.in_(organisation_ids))
        .group_by(subscribers.c.organisation_id)
    )
    return dict(rows.all())


def people_of(connection: Connection, organisation_id: int) -> list[tuple[str, str]]:
    """Return the address and the role of each person attached to an organisation, by address."""
    rows = connection.execute(
        sa.select(subscribers.c.address, subscribers.c.role)
        .where(subscribers.c.organisation_id == organisation_id)
        .order_by(subscribers.c.address_key)
    )
    return [(row.address, row.role) for row in rows]


def _read(connection: Connection, condition: sa.ColumnElement[bool]) -> list[Organisation]:
    rows = connection.execute(
        sa.select(organisations).where(condition).order_by(folded(organisations.c.name), organisations.c.name)
    ).all()
    if not rows:
        return []
    periods: dict[int, list[Period]] = {}
    query = sa.select(memberships).order_by(memberships.c.joined)
    if len(rows) < 100:
        query = query.where(memberships.c.organisation_id.in_([row.id for row in rows]))
    for row in connection.execute(query):
        periods.setdefault(row.organisation_id, []).append(Period(row.joined, row.ended))
    return [_organisation(row, tuple(periods.get(row.id, ()))) for row in rows]


def _organisation(row: sa.Row[Any], periods: tuple[Period, ...]) -> Organisation:
    return Organisation(
        id=row.id,
        name=row.name,
        level=row.level,
        siren=row.siren,
        insee=row.insee,
        region=row.region,
        departement=row.departement,
        domain=row.domain,
        periods=periods,
    )
