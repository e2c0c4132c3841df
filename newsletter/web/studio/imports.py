"""Imports: a file, the table of what would become of every row, the import, and its undo; and what needs a decision."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import Response

from newsletter.actions.imports import field_columns, refused_rows, subscribers, uploads
from newsletter.actions.imports.subscribers import BASES
from newsletter.actions.imports.uploads import RehearsedUpload
from newsletter.errors import NewsletterError, NotFound, Refused
from newsletter.i18n import ngettext
from newsletter.web.site import Site, say, told
from newsletter.web.studio.import_labels import column_words
from newsletter.web.studio.session import Number, Visit, allow
from newsletter.web.studio.shell import HEADERS, Shell, Undo

_HOME = "/studio/public/importer"


def router(site: Site) -> APIRouter:
    """Return the routes of imports and of decisions."""
    shell = Shell(site)
    workspace = site.workspace
    routes = APIRouter(prefix="/studio/public", include_in_schema=False)
    allowed = allow(site, "people")

    @routes.get("/importer")
    def form(visit: Visit = allowed) -> Response:
        made = subscribers.list_imports(workspace)[:20]
        refused = {one.id for one in made if refused_rows.has_refused_rows(workspace, one.id)}
        return shell.page(visit, "imports.html", imports=made, bases=BASES, refused=refused)

    @routes.post("/importer")
    def rehearse(visit: Visit = allowed) -> Response:
        upload = visit.file("file")
        if upload is None:
            return shell.back(_HOME, say("Choisissez un fichier."), bad=True)
        token = uploads.keep_upload(workspace, upload.file, upload.filename or "")
        publication, basis = visit.text("publication"), visit.text("basis")
        try:
            if publication == "organisations":
                plan = uploads.members(workspace, token, by=visit.by, dry_run=True)
                return shell.page(visit, "imports_members.html", plan=plan, token=token)
            made = uploads.rehearse_upload(workspace, token, publication, basis=basis, by=visit.by)
        except NewsletterError:
            uploads.forget_upload(workspace, token)
            return shell.back(_HOME, say("Ce fichier ne peut pas être lu comme un tableau. Vérifiez-le."), bad=True)
        return plan_page(visit, made, publication, basis)

    def plan_page(visit: Visit, made: RehearsedUpload, publication: str, basis: str) -> Response:
        return shell.page(
            visit,
            "imports_plan.html",
            made=made,
            publication=workspace.settings.publication(publication),
            basis=basis,
            action=action,
            reason=made.plan.reason,
            **column_words(field_columns.field_choices(workspace)),
        )

    @routes.post("/importer/colonnes")
    def read_again(visit: Visit = allowed) -> Response:
        token, publication, basis = visit.text("token"), visit.text("publication"), visit.text("basis")
        headers, chosen = visit.texts("header"), visit.texts("meaning")
        choices = {header: choice for header, choice in zip(headers, chosen, strict=False) if choice}
        try:
            made = uploads.rehearse_upload(workspace, token, publication, basis=basis, by=visit.by, choices=choices)
        except NotFound:
            return shell.back(_HOME, say("Ce fichier a déjà été importé, ou date de plus d’une heure."), bad=True)
        except Refused as refused:
            return shell.back(_HOME, told(refused), bad=True)
        return plan_page(visit, made, publication, basis)

    @routes.post("/importer/faire")
    def carry_out(visit: Visit = allowed) -> Response:
        token, publication = visit.text("token"), visit.text("publication")
        try:
            if publication == "organisations":
                counts, number = uploads.members(workspace, token, by=visit.by, dry_run=False).counts, 0
            else:
                plan, number = uploads.carry_out(workspace, token, publication, basis=visit.text("basis"), by=visit.by)
                counts = dict(plan.counts)
        except NotFound:
            return shell.back(_HOME, say("Ce fichier a déjà été importé, ou date de plus d’une heure."), bad=True)
        sentence = say("Import fait. Ajouts : {added}. Mises à jour : {merged}. À trancher : {review}.").format(
            added=counts.get("accept", 0), merged=counts.get("merge", 0), review=counts.get("review", 0)
        )
        return shell.back(_HOME, sentence, undo=Undo(f"{_HOME}/{number}/annuler") if number else None)

    @routes.get("/importer/{number}/refusees")
    def refused(number: Number, visit: Visit = allowed) -> Response:
        try:
            content = refused_rows.refused_rows(workspace, number)
        except NotFound:
            return shell.back(_HOME, say("Les lignes refusées de cet import ne sont plus gardées."), bad=True)
        name = f"lignes-refusees-{number}.csv"
        headers = {**HEADERS, "Content-Disposition": f'attachment; filename="{name}"'}
        return Response(content, headers=headers, media_type="text/csv; charset=utf-8")

    @routes.post("/importer/{number}/annuler")
    def undo(number: Number, visit: Visit = allowed) -> Response:
        try:
            subscribers.take_back(workspace, number, visit.by)
        except (NotFound, Refused):
            return shell.back(_HOME, say("Cet import est déjà annulé."), bad=True)
        sentence = say("Import annulé : les personnes ajoutées sont retirées, sauf celles qui ont agi depuis.")
        return shell.back(_HOME, sentence)

    return routes


def action(code: str, n: int = 1) -> str:
    """Return what would become of a row of a file, or of `n` rows."""
    return {
        "accept": ngettext("ajouté·e", "ajouté·es", n),
        "merge": ngettext("complété·e", "complété·es", n),
        "suppress": ngettext("bloqué·e", "bloqué·es", n),
        "keep": ngettext("inchangé·e", "inchangé·es", n),
        "reject": ngettext("ligne refusée", "lignes refusées", n),
        "review": say("à trancher"),
        "ignore": ngettext("ignoré", "ignorés", n),
    }.get(code, code)
