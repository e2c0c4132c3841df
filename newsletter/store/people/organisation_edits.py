"""Corrections of an organisation by hand: a new name after a merger, a code that was missing; what was stays known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from newsletter.errors import Refused
from newsletter.i18n import Sentence
from newsletter.store.journal import Event, record_event
from newsletter.store.people.organisations import Organisation, free_key, get_organisation, name_key
from newsletter.store.tables.core import organisations

EDITABLE = ("name", "level", "siren", "insee", "region", "departement", "domain")


def edit_organisation(
    connection: Connection, number: int, values: Mapping[str, str], *, now: float, actor: str = ""
) -> list[str]:
    """Set what `values` names (of EDITABLE) and return the names of what changed; the journal keeps what stood before.

    Past counts stay: they go by the organisation, not by its name. NotFound, Refused for a name or code of another.
    """
    found = get_organisation(connection, number)
    changed = {name: values[name] for name in EDITABLE if name in values and values[name] != getattr(found, name)}
    if not changed:
        return []
    wanted = replace(found, **changed)  # type: ignore[arg-type]  # texts only: no id, no periods
    _refuse_codes_of_others(connection, wanted)
    if "name" in changed and name_key(wanted.name) != name_key(found.name):
        changed["name_key"] = _key(connection, wanted)
    connection.execute(organisations.update().where(organisations.c.id == number).values(changed))
    changed.pop("name_key", None)
    before = {name: getattr(found, name) for name in changed}
    detail = {"before": before, "after": dict(changed)}
    record_event(connection, Event(now, "organisation-edited", organisation_id=number, actor=actor, detail=detail))
    return sorted(changed)


def _key(connection: Connection, wanted: Organisation) -> str:
    plain = name_key(wanted.name)
    key = free_key(connection, wanted, plain) if plain else ""
    if not key:
        raise Refused(
            f"`{wanted.name}` is no name, or another organisation's",
            hint="give the authority's full name",
            said=Sentence("Ce nom est vide, ou déjà celui d’une autre organisation."),
        )
    return key


def _refuse_codes_of_others(connection: Connection, wanted: Organisation) -> None:
    for name in ("siren", "insee"):
        code = getattr(wanted, name)
        column = organisations.c[name]
        query = sa.select(organisations.c.name).where(column == code, organisations.c.id != wanted.id)
        if code and (other := connection.scalar(query.limit(1))):
            raise Refused(
                f"`{code}` is the code of `{other}`",
                hint="two organisations have not the same code",
                said=Sentence("Le code {code} est déjà celui de « {name} ».", code=code, name=other),
            )
