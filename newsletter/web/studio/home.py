"""The first page of the Studio."""

from __future__ import annotations

from babel.dates import format_date
from fastapi import APIRouter
from fastapi.responses import Response

from newsletter import i18n
from newsletter.actions.home import overview
from newsletter.actions.operations import start
from newsletter.actions.sending.silence import silence_words
from newsletter.errors import Refused
from newsletter.web.site import Site, say, told
from newsletter.web.studio import database_labels, report_charts
from newsletter.web.studio.session import Visit, allow
from newsletter.web.studio.shell import Shell


def router(site: Site) -> APIRouter:
    """Return the routes of the first page."""
    shell = Shell(site)
    routes = APIRouter(prefix="/studio", include_in_schema=False)
    signed_in = allow(site)

    @routes.get("")
    def home(visit: Visit = signed_in) -> Response:
        found = overview(site.workspace)
        labels = [format_date(p.day, "MMM yy", locale=i18n.locale()) for p in found.points]
        lines = {
            "subscribers": report_charts.line(
                [(label, p.subscribers) for label, p in zip(labels, found.points, strict=True)]
            ),
            "members": report_charts.line([(label, p.members) for label, p in zip(labels, found.points, strict=True)]),
        }
        return shell.page(
            visit,
            "home.html",
            overview=found,
            standstills=[
                (one.mailing, silence_words(one.silence) if one.silence else None) for one in found.standstills
            ],
            pause=database_labels.pause,
            lines=lines,
            hour=site.workspace.now().hour,
            sample=start.holds_sample(site.workspace),
        )

    @routes.post("/exemple")
    def sample(visit: Visit = allow(site, "settings")) -> Response:  # noqa: B008 - FastAPI's way to name a dependency
        try:
            start.install_sample(site.workspace)
        except Refused:
            return shell.back("/studio", say("Cet espace sert déjà : l’exemple n’y a pas été mis."), bad=True)
        words = say("Voici la lettre d’exemple : essayez tout, rien ne part.")
        return shell.back(f"/studio/numeros/{start.LETTRE}", words)

    @routes.post("/exemple/retirer")
    def without(visit: Visit = allow(site, "settings")) -> Response:  # noqa: B008 - FastAPI's way to name a dependency
        if visit.text("certain") != "oui":  # nothing brings it back: no bare POST takes it away
            return shell.back("/studio")
        try:
            start.remove_sample(site.workspace, visit.by)
        except Refused as refused:
            return shell.back("/studio", told(refused), bad=True)
        return shell.back("/studio", say("L’exemple est retiré : place à votre réseau."))

    return routes
