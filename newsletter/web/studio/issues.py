"""The issues of all publications, and a new one."""

from __future__ import annotations

from datetime import date, timedelta

from fastapi import APIRouter
from fastapi.responses import Response

from newsletter.actions.issues import files, gestures
from newsletter.errors import ContentError, NotFound, Refused
from newsletter.i18n import Sentence
from newsletter.web.site import Site, say, told
from newsletter.web.studio.content_labels import state_words
from newsletter.web.studio.session import Visit, allow
from newsletter.web.studio.shell import Shell


def router(site: Site) -> APIRouter:
    """Return the routes of the list of issues."""
    shell = Shell(site)
    routes = APIRouter(prefix="/studio/numeros", include_in_schema=False)
    allowed = allow(site, "content")

    @routes.get("")
    def issues(visit: Visit = allowed) -> Response:
        wanted = visit.query("publication")
        found, broken = files.list_issues(site.workspace)
        shown = [s for s in found if wanted in ("", s.issue.publication)]
        return shell.page(
            visit,
            "issues.html",
            issues=shown,
            broken=broken,
            wanted=wanted,
            states=state_words(),
            tomorrow=site.workspace.today() + timedelta(days=1),
        )

    @routes.post("")
    def compose(visit: Visit = allowed) -> Response:
        try:
            key = _compose(site, visit)
        except (Refused, ContentError) as error:
            return shell.back("/studio/numeros", f"{say('Le numéro n’a pas été créé.')} {told(error)}", bad=True)
        return shell.back(f"/studio/numeros/{key}", say("Voici une première version : à vous de la façonner."))

    return routes


def _compose(site: Site, visit: Visit) -> str:
    publication = visit.text("publication")
    if publication not in site.workspace.settings.publications:
        raise NotFound(
            f"there is no publication `{publication}`",
            hint="choose one of the list",
            said=Sentence("Cette publication n’existe pas. Choisissez-en une dans la liste."),
        )
    try:
        on = date.fromisoformat(visit.text("date"))
    except ValueError:
        raise Refused(say("Choisissez le jour de parution."), hint="give a date") from None
    if visit.text("depart") == "rubriques":
        return gestures.from_last(site.workspace, publication, on).key
    return files.new_issue(site.workspace, publication, on).issue.key
