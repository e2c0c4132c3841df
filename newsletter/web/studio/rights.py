"""The register of requests about personal data, for the team and the data protection officer."""

from __future__ import annotations

from datetime import date

from fastapi import APIRouter
from fastapi.responses import Response, StreamingResponse

from newsletter.actions.people import rights_register
from newsletter.errors import NotFound, Refused
from newsletter.web.site import Site, say, told
from newsletter.web.studio import database_labels
from newsletter.web.studio.session import Number, Visit, allow
from newsletter.web.studio.shell import Shell

_HOME = "/studio/public/demandes"


def router(site: Site) -> APIRouter:
    """Return the routes of the register."""
    shell, workspace = Shell(site), site.workspace
    routes = APIRouter(include_in_schema=False)
    allowed = allow(site, "people")

    @routes.get(_HOME)
    def look(visit: Visit = allowed) -> Response:
        return shell.page(
            visit,
            "rights.html",
            lines=rights_register.register(workspace),
            kinds={kind: database_labels.rights_kind(kind) for kind in rights_register.REQUEST_KINDS},
            words=database_labels.iso_day,
            today=workspace.today().isoformat(),
        )

    @routes.post(_HOME)
    def note(visit: Visit = allowed) -> Response:
        try:
            received = date.fromisoformat(visit.text("received"))
            rights_register.note_request(workspace, visit.text("kind"), received, visit.text("how")[:300], by=visit.by)
        except ValueError:
            return shell.back(_HOME, say("Donnez le jour de la demande."), bad=True)
        except Refused as refused:
            return shell.back(_HOME, told(refused), bad=True)
        return shell.back(_HOME, say("Demande notée."))

    @routes.post(_HOME + "/{number}")
    def answer(number: Number, visit: Visit = allowed) -> Response:
        try:
            rights_register.note_answer(workspace, number, visit.text("answer")[:500], by=visit.by)
        except (NotFound, Refused) as error:
            return shell.back(_HOME, told(error), bad=True)
        return shell.back(_HOME, say("Réponse notée."))

    @routes.get(_HOME + "/registre.csv")
    def file(visit: Visit = allowed) -> Response:
        headers = {"Content-Disposition": 'attachment; filename="demandes.csv"'}
        return StreamingResponse(rights_register.register_file(workspace), media_type="text/csv", headers=headers)

    return routes
