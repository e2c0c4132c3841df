"""Looking at what happened: the journal of who did what, the outbox of trial mode, and a test message to oneself."""

from __future__ import annotations

from datetime import date
from urllib.parse import urlsplit

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response, StreamingResponse

from newsletter.actions.operations import doctor, outbox_view
from newsletter.actions.team import audit_log
from newsletter.errors import NewsletterError, Refused
from newsletter.web.site import Site, say, told
from newsletter.web.studio import database_labels, journal_details
from newsletter.web.studio.session import Visit, allow
from newsletter.web.studio.shell import Shell

_PAGE = 50
_JOURNAL = "/studio/reglages/journal"


def router(site: Site) -> APIRouter:
    """Return the routes of the journal, of the outbox, and of sending with its examination."""
    shell = Shell(site)
    routes = APIRouter(prefix="/studio", include_in_schema=False)
    allowed, exporter = allow(site, "settings"), allow(site, "settings", fresh=True)

    @routes.get("/reglages/journal")
    def journal(visit: Visit = allowed, avant: int = 0) -> Response:
        found = audit_log.latest_deeds(site.workspace, before=avant, limit=_PAGE + 1)
        older = found[_PAGE - 1].number if len(found) > _PAGE else 0
        return shell.page(
            visit,
            "settings_journal.html",
            deeds=found[:_PAGE],
            older=older,
            kinds=database_labels.kind,
            details=journal_details.event_details,
        )

    @routes.post("/reglages/journal/exporter")
    def export(visit: Visit = exporter) -> Response:
        try:
            first, last = (_day(visit.text(name), end) for name, end in (("du", date.min), ("au", date.max)))
            pieces = audit_log.export_journal(site.workspace, first, last, by=visit.by)
        except ValueError:
            return shell.back(_JOURNAL, say("Écrivez les jours comme 2026-11-24."), bad=True)
        except Refused as refused:
            return shell.back(_JOURNAL, told(refused), bad=True)
        headers = {"Content-Disposition": 'attachment; filename="journal.csv"'}
        return StreamingResponse(pieces, media_type="text/csv", headers=headers)

    @routes.get("/reglages/envoi")
    def sending(visit: Visit = allowed) -> Response:
        return shell.page(
            visit, "settings_sending.html", lines=doctor.examine(site.workspace, offline=True), whole=False
        )

    @routes.post("/reglages/envoi/examen")
    def examine(visit: Visit = allowed) -> Response:
        # Queries the network for some seconds, so it is a button and not a page.
        return shell.page(visit, "settings_sending.html", lines=doctor.examine(site.workspace), whole=True)

    @routes.post("/reglages/envoi/essai")
    def test(visit: Visit = allowed) -> Response:
        try:
            audit_log.send_test(site.workspace, visit.user.address, visit.by, may_send=visit.may("send"))
        except NewsletterError as error:
            sentence = say("Le message d’essai n’est pas parti. Le prestataire répond :")
            return shell.back("/studio/reglages/envoi", f"{sentence} {told(error)}", bad=True)
        return shell.back("/studio/reglages/envoi", say("Un message d’essai est en route vers votre adresse."))

    @routes.get("/boite")
    def folders(visit: Visit = allowed) -> Response:
        return shell.page(visit, "outbox.html", folders=outbox_view.folders(site.workspace))

    @routes.get("/boite/{folder}")
    def messages(folder: str, visit: Visit = allowed, de: int = 0) -> Response:
        start = max(0, de)
        found = outbox_view.messages(site.workspace, folder, start, _PAGE + 1)
        return shell.page(
            visit,
            "outbox_folder.html",
            folder=folder,
            lines=found[:_PAGE],
            start=start,
            size=_PAGE,
            more=len(found) > _PAGE,
        )

    @routes.get("/boite/{folder}/{file}")
    def message(folder: str, file: str, visit: Visit = allowed) -> Response:
        letter = outbox_view.message(site.workspace, folder, file)
        return shell.page(visit, "outbox_message.html", folder=folder, file=file, letter=letter)

    @routes.get("/boite/{folder}/{file}/html")
    def html(folder: str, file: str, _visit: Visit = allowed) -> Response:
        letter = outbox_view.message(site.workspace, folder, file)
        base = urlsplit(site.workspace.settings.web.base_url)
        # A letter is untrusted text: it runs nothing, reaches nothing but pictures, and has no origin.
        policy = (
            f"default-src 'none'; img-src 'self' {base.scheme}://{base.netloc} data:; style-src 'unsafe-inline'; "
            "sandbox allow-popups; frame-ancestors 'self'; base-uri 'none'; form-action 'none'"
        )
        return HTMLResponse(letter.html, headers={"Content-Security-Policy": policy})

    return routes


def _day(text: str, otherwise: date) -> date:
    return date.fromisoformat(text) if text else otherwise
