"""Imports: a file, the table of what would become of every row, the import, and its undo; and what needs a decision."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import Response

from newsletter.actions.imports import reviews as import_reviews
from newsletter.actions.imports import subscribers, uploads
from newsletter.actions.imports.subscribers import BASES
from newsletter.errors import AddressError, NewsletterError, NotFound, Refused
from newsletter.i18n import ngettext
from newsletter.web.site import Site, say
from newsletter.web.studio.session import Number, Visit, allow
from newsletter.web.studio.shell import Shell, Undo

_HOME, _REVIEWS = "/studio/public/importer", "/studio/public/a-trancher"


def router(site: Site) -> APIRouter:
    """Return the routes of imports and of decisions."""
    shell = Shell(site)
    workspace = site.workspace
    routes = APIRouter(prefix="/studio/public", include_in_schema=False)
    allowed = allow(site, "people")

    @routes.get("/importer")
    def form(visit: Visit = allowed) -> Response:
        return shell.page(visit, "imports.html", imports=subscribers.list_imports(workspace)[:20], bases=BASES)

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
        return shell.page(
            visit,
            "imports_plan.html",
            made=made,
            publication=workspace.settings.publication(publication),
            basis=basis,
            action=action,
            reason=made.plan.reason,
        )

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

    @routes.post("/importer/{number}/annuler")
    def undo(number: Number, visit: Visit = allowed) -> Response:
        try:
            subscribers.take_back(workspace, number, visit.by)
        except (NotFound, Refused):
            return shell.back(_HOME, say("Cet import est déjà annulé."), bad=True)
        sentence = say("Import annulé : les personnes ajoutées sont retirées, sauf celles qui ont agi depuis.")
        return shell.back(_HOME, sentence)

    @routes.get("/a-trancher")
    def waiting(visit: Visit = allowed) -> Response:
        reviews = import_reviews.list_reviews(workspace)
        return shell.page(visit, "reviews.html", reviews=reviews[:100], total=len(reviews), question=question)

    @routes.post("/a-trancher/{number}")
    def settle(number: Number, visit: Visit = allowed) -> Response:
        try:
            n = import_reviews.settle_review(
                workspace,
                number,
                accept=visit.text("decision") == "accept",
                by=visit.by,
                email=visit.text("email"),
                organisation=visit.text("organisation"),
            )
        except (Refused, NotFound, AddressError):
            sentence = say("Impossible ainsi : précisez l’adresse ou l’organisation, ou écartez ce cas.")
            return shell.back(_REVIEWS, sentence, bad=True)
        return shell.back(_REVIEWS, say("{n} cas réglés.").format(n=n) if n > 1 else say("Cas réglé."))

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


def question(kind: str) -> str:
    """Return what is asked by a review."""
    return {
        "import-row": say("Une ligne d’import douteuse"),
        "organisation": say("Quelle organisation ?"),
        "organisations": say("Deux organisations possibles"),
        "member-row": say("Une ligne d’organisation douteuse"),
        "reply": say("Une réponse à lire"),
    }.get(kind, say("Une demande à examiner"))
