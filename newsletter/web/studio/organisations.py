"""Organisations: who is a member when, their contacts, what was published about them, where addresses die."""

from __future__ import annotations

from datetime import date

from fastapi import APIRouter
from fastapi.responses import Response

from newsletter.actions.people import custom_fields, directory, members
from newsletter.errors import Refused
from newsletter.folding import matches
from newsletter.model import Territory
from newsletter.web.site import Site, say, told
from newsletter.web.studio import database_labels
from newsletter.web.studio.records import note_records
from newsletter.web.studio.session import Number, Visit, allow
from newsletter.web.studio.shell import Shell

_HOME = "/studio/public/organisations"
_SIZE = 50


def router(site: Site) -> APIRouter:
    """Return the routes of organisations."""
    shell = Shell(site)
    workspace = site.workspace
    routes = APIRouter(prefix="/studio/public", include_in_schema=False)
    allowed = allow(site, "people")

    @routes.get("/organisations")
    def organisations(visit: Visit = allowed, page: int = 1) -> Response:
        wanted = {name: visit.query(name)[:100] for name in ("q", "etat", "niveau", "region")}
        wanted["etat"] = wanted["etat"] or "adherentes"
        rows = _chosen(site, wanted)
        number = max(1, min(page, 100_000))
        return shell.page(
            visit,
            "organisations.html",
            rows=rows[(number - 1) * _SIZE : number * _SIZE],
            total=len(rows),
            wanted=wanted,
            page=number,
            pages=-(-len(rows) // _SIZE) or 1,
            level=database_labels.level,
            levels=tuple(Territory),
            iso_day=database_labels.iso_day,
            regions=directory.regions(workspace),
            by_level=_tally(rows, "level"),
            by_region=_tally(rows, "region"),
        )

    @routes.post("/organisations")
    def add(visit: Visit = allowed) -> Response:
        try:
            values = {name: visit.text(name)[:200] for name in ("name", "level", "region", "departement", "siren")}
            values["level"] = Territory(values["level"] or Territory.OTHER)
            made = members.add_member(
                workspace, members.organisation(**values), _day(visit.text("joined")), by=visit.by
            )
        except (Refused, ValueError):
            sentence = say("Ce nom est déjà pris, ou une valeur ne peut pas être utilisée. Vérifiez-les.")
            return shell.back(_HOME, sentence, bad=True)
        return shell.back(f"{_HOME}/{made.id}", say("Organisation ajoutée."))

    @routes.get("/organisations/{number}")
    def organisation(number: Number, visit: Visit = allowed) -> Response:
        place = directory.somewhere(workspace, number)
        note_records(site, visit, len(place.contacts))
        return shell.page(
            visit,
            "organisation.html",
            place=place,
            organisation=place.card.organisation,
            level=database_labels.level,
            kind=database_labels.kind,
            state=database_labels.state,
            words=database_labels.iso_day,
            levels=tuple(Territory),
            filled=custom_fields.filled_fields(workspace, "organisation", number),
            field_history=custom_fields.field_history(workspace, "organisation", number),
        )

    @routes.post("/organisations/{number}/fiche")
    def edit(number: Number, visit: Visit = allowed) -> Response:
        page = f"{_HOME}/{number}"
        try:
            values = {name: visit.text(name)[:200] for name in ("name", "siren", "insee", "region", "departement")}
            level = Territory(visit.text("level") or Territory.OTHER)
            changed = members.edit_organisation(workspace, number, {**values, "level": level}, by=visit.by)
        except (Refused, ValueError) as error:
            return shell.back(page, told(error) if isinstance(error, Refused) else say("Niveau inconnu."), bad=True)
        return shell.back(page, say("Organisation corrigée.") if changed else say("Rien n’a changé."))

    @routes.post("/organisations/{number}/reconduire")
    def renew(number: Number, visit: Visit = allowed) -> Response:
        page = f"{_HOME}/{number}"
        try:
            name = directory.somewhere(workspace, number).card.organisation.name
            members.renew_membership(
                workspace, name, begin=_day(visit.text("begin")), until=_day(visit.text("until")), by=visit.by
            )
        except (Refused, ValueError):
            return shell.back(page, say("Cette adhésion court déjà, ou les dates ne se suivent pas."), bad=True)
        return shell.back(page, say("Adhésion enregistrée."))

    @routes.post("/organisations/{number}/terminer")
    def end(number: Number, visit: Visit = allowed) -> Response:
        page = f"{_HOME}/{number}"
        try:
            name = directory.somewhere(workspace, number).card.organisation.name
            members.end_membership(workspace, name, _day(visit.text("on")), by=visit.by)
        except (Refused, ValueError):
            return shell.back(page, say("Cette date précède le début de l’adhésion, ou il n’y en a pas."), bad=True)
        return shell.back(page, say("Fin d’adhésion enregistrée : ses contacts reçoivent le Flash jusqu’à ce jour."))

    @routes.get("/rebonds")
    def lost(visit: Visit = allowed) -> Response:
        return shell.page(visit, "lost.html", lost=directory.lost(workspace))

    return routes


def _chosen(site: Site, wanted: dict[str, str]) -> list[members.ListedOrganisation]:
    soon = site.workspace.settings.members.ending_soon_days if wanted["etat"] == "bientot" else None
    rows = members.list_members(
        site.workspace,
        everybody=wanted["etat"] in ("toutes", "anciennes"),
        ending_within=soon,
        without_contact=wanted["etat"] == "sans-contact",
    )
    if wanted["etat"] == "anciennes":
        rows = [row for row in rows if row.organisation.periods and not row.member]
    return [
        row
        for row in rows
        if matches(row.organisation.name, wanted["q"])
        and wanted["niveau"] in ("", row.organisation.level)
        and wanted["region"] in ("", row.organisation.region)
    ]


def _tally(rows: list[members.ListedOrganisation], detail: str) -> list[tuple[str, int]]:
    """Return how many rows are in each group, the largest first."""
    counts: dict[str, int] = {}
    for row in rows:
        name = str(getattr(row.organisation, detail))
        counts[name] = counts.get(name, 0) + 1
    return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None
