"""People: a list with filters, and one page per person with the whole history and everything that can be done."""

from __future__ import annotations

import json
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response, StreamingResponse

from newsletter.actions.people import (
    address_change,
    audience_form,
    custom_fields,
    data_rights,
    directory,
    groups,
    reading,
    subscriptions,
)
from newsletter.audience import EVERYONE
from newsletter.errors import AddressError, NotFound, Refused
from newsletter.filters import PersonFilter
from newsletter.model import Territory
from newsletter.web.site import Site, say, told
from newsletter.web.studio import database_labels
from newsletter.web.studio.records import note_records
from newsletter.web.studio.session import Visit, allow
from newsletter.web.studio.shell import Shell, Undo

_HOME = "/studio/public"
_SIZE = 50
_STATES = ("active", "pending", "left", "bounced", "complained", "expired", "none")


def router(site: Site) -> APIRouter:
    """Return the routes of people."""
    shell = Shell(site)
    workspace = site.workspace
    routes = APIRouter(prefix=_HOME, include_in_schema=False)
    allowed, exporter = allow(site, "people"), allow(site, "people", fresh=True)

    @routes.get("")
    def people(visit: Visit = allowed, page: int = 1) -> Response:
        wanted = PersonFilter(
            words=visit.query("q")[:100],
            publication=visit.query("publication"),
            state=visit.query("etat"),
            level=visit.query("niveau"),
            region=visit.query("region"),
        )
        number = max(1, min(page, 100_000))
        found, total = directory.search(workspace, wanted, (number - 1) * _SIZE, _SIZE)
        note_records(site, visit, len(found) if number > 1 else min(len(found), reading.FIRST_PAGE))
        return shell.page(
            visit,
            "people.html",
            people=found,
            total=total,
            wanted=wanted,
            page=number,
            pages=-(-total // _SIZE) or 1,
            state=database_labels.state,
            level=database_labels.level,
            states=_STATES,
            levels=tuple(Territory),
            regions=directory.regions(workspace),
            form=audience_form.form_of_rule(workspace, EVERYONE),
            choices=audience_form.audience_choices(workspace),
        )

    @routes.post("/exporter")
    def export(visit: Visit = exporter) -> Response:
        try:
            pieces = data_rights.export(
                workspace, by=visit.by, publication=visit.text("publication"), most=data_rights.MOST_EXPORTS
            )
        except Refused as refused:
            return shell.back(_HOME, told(refused), bad=True)
        return StreamingResponse(pieces, media_type="text/csv", headers=_attached("personnes.csv"))

    @routes.post("/ajouter")
    def add(visit: Visit = allowed) -> Response:
        publication = workspace.settings.publication(visit.text("publication"))
        try:
            person = subscriptions.add_subscription(
                workspace,
                visit.text("address"),
                publication.key,
                by=visit.by,
                asked=visit.text("asked"),
                details={name: visit.text(name) for name in ("first_name", "last_name")},
            )
        except AddressError:
            return shell.back(_HOME, say("Cette adresse ne peut pas être utilisée. Vérifiez-la."), bad=True)
        except Refused:
            return shell.back(_HOME, _gone(), bad=True)
        sentence = say("{address} est abonné·e à « {title} ».").format(address=person.address, title=publication.title)
        return shell.back(f"{_HOME}/personnes/{person.uid.hex()}", sentence)

    _person(site, shell, routes)
    return routes


def _person(site: Site, shell: Shell, routes: APIRouter) -> None:
    """Add the routes of one person."""
    workspace, allowed = site.workspace, allow(site, "people")
    exporter = allow(site, "people", fresh=True)

    @routes.get("/personnes/{uid}")
    def person(uid: str, visit: Visit = allowed) -> Response:
        someone, names = directory.someone(workspace, uid), directory.names(workspace)
        note_records(site, visit, reading.WHOLE_RECORD)
        words: dict[str, Any] = {
            "kind": database_labels.kind,
            "details": database_labels.details,
            "state": database_labels.state,
            "delivery": database_labels.delivery,
            "basis": database_labels.basis,
        }
        subject = someone.person.id
        kept: dict[str, Any] = {
            "filled": custom_fields.filled_fields(workspace, "person", subject),
            "field_history": custom_fields.field_history(workspace, "person", subject),
            "memberships": groups.groups_of_person(workspace, subject),
        }
        return shell.page(visit, "person.html", someone=someone, names=names, **words, **kept)

    @routes.get("/personnes/{uid}/donnees.json")
    def record(uid: str, visit: Visit = exporter) -> Response:
        someone = directory.someone(workspace, uid)
        note_records(site, visit, reading.WHOLE_RECORD)
        text = json.dumps(dict(someone.record), ensure_ascii=False, indent=2, default=str)
        return Response(text, media_type="application/json", headers=_attached("donnees.json"))

    @routes.post("/personnes/{uid}/fiche")
    def edit(uid: str, visit: Visit = allowed) -> Response:
        details = {name: visit.text(name)[:200] for name in directory.DETAILS}
        try:
            directory.edit_person(workspace, uid, details, visit.text("organisation"), visit.by)
        except NotFound:
            sentence = say("Aucune organisation connue ne porte ce nom. Choisissez-la dans la liste proposée.")
            return shell.back(f"{_HOME}/personnes/{uid}", sentence, bad=True)
        return shell.back(f"{_HOME}/personnes/{uid}", say("Fiche enregistrée."))

    @routes.post("/personnes/{uid}/adresse")
    def change_address(uid: str, visit: Visit = allowed) -> Response:
        page, before = f"{_HOME}/personnes/{uid}", directory.someone(workspace, uid).person
        try:
            after, left = address_change.change_by_team(
                workspace, before.uid, visit.text("address"), proof=visit.text("proof")[:500], by=visit.by
            )
        except (AddressError, Refused) as error:
            return shell.back(page, told(error), bad=True)
        return shell.back(page, _address_changed(after.address, told_both=left), bad=not left)

    @routes.post("/personnes/{uid}/abonner")
    def subscribe(uid: str, visit: Visit = allowed) -> Response:
        key = workspace.settings.publication(visit.text("publication")).key
        person = directory.someone(workspace, uid).person
        try:
            subscriptions.add_subscription(workspace, person.address, key, by=visit.by, asked=visit.text("asked"))
        except Refused:
            return shell.back(f"{_HOME}/personnes/{uid}", _gone(), bad=True)
        return shell.back(f"{_HOME}/personnes/{uid}", say("Abonnement enregistré."))

    @routes.post("/personnes/{uid}/desabonner")
    def unsubscribe(uid: str, visit: Visit = allowed) -> Response:
        publication = workspace.settings.publication(visit.text("publication"))
        person = directory.someone(workspace, uid).person
        ended = subscriptions.unsubscribe(workspace, person.address, by=visit.by, publication=publication.key)
        page = f"{_HOME}/personnes/{uid}"
        if not ended:
            return shell.back(page, say("Cet abonnement était déjà terminé."), bad=True)
        sentence = say("{address} ne recevra plus « {title} ».").format(address=person.address, title=publication.title)
        undo = {"publication": publication.key, "asked": say("désabonnement fait par erreur dans le Studio")}
        return shell.back(page, sentence, undo=Undo(f"{page}/abonner", undo))

    @routes.post("/personnes/{uid}/bloquer")
    def suppress(uid: str, visit: Visit = allowed) -> Response:
        directory.suppress(workspace, uid, visit.by)
        page = f"{_HOME}/personnes/{uid}"
        return shell.back(page, say("On n’écrira plus à cette adresse."), undo=Undo(f"{page}/debloquer"))

    @routes.post("/personnes/{uid}/debloquer")
    def reverse(uid: str, visit: Visit = allowed) -> Response:
        directory.reverse(workspace, uid, visit.by)
        sentence = say("Cette adresse peut de nouveau être abonnée ; ses abonnements, eux, restent terminés.")
        return shell.back(f"{_HOME}/personnes/{uid}", sentence)

    @routes.post("/personnes/{uid}/effacer")
    def erase(uid: str, visit: Visit = allowed) -> Response:
        person = directory.someone(workspace, uid).person
        if visit.text("sure") != "yes":
            sentence = say("Cochez la case pour confirmer : un effacement ne se reprend pas.")
            return shell.back(f"{_HOME}/personnes/{uid}", sentence, bad=True)
        data_rights.forget_person(workspace, person.address, by=visit.by)
        return shell.back(_HOME, say("Cette personne est effacée. Il ne reste d’elle qu’une empreinte sans nom."))


def _address_changed(address: str, *, told_both: bool) -> str:
    if told_both:
        return say("Adresse changée : {address}. Les deux boîtes sont prévenues.").format(address=address)
    sentence = say(
        "Adresse changée : {address}. Les deux boîtes n’ont pas pu être prévenues : appelez cette personne pour le lui "
        "confirmer."
    )
    return sentence.format(address=address)


def _attached(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"'}


def _gone() -> str:
    return say(
        "Cette personne est partie, ou son adresse est bloquée. Si elle a demandé à revenir, dites comment : "
        "un courriel, un appel, sa date."
    )
