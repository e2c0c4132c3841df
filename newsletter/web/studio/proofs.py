"""A person interviewed reads their item by an expiring link, comments it, or gives its bon à tirer."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response
from starlette.datastructures import FormData

from newsletter.actions.letters import proofs
from newsletter.errors import NewsletterError, Refused
from newsletter.web.security import headers_for
from newsletter.web.site import Site, say, told
from newsletter.web.studio.frames import frame
from newsletter.web.studio.session import Visit, allow, own_origin
from newsletter.web.studio.shell import Shell


async def _posted(request: Request) -> FormData:
    return await request.form(max_files=0, max_fields=5)


def router(site: Site) -> APIRouter:
    """Return the routes of the link, and of the page that makes it."""
    shell = Shell(site)
    routes = APIRouter(include_in_schema=False)
    allowed = allow(site, "content")

    def page(request: Request, token: str, *, status: int = 200, problem: str = "", typed: str = "") -> Response:
        proof = proofs.open_proof(site.workspace, token)
        policy = headers_for(request.url.path, secure=site.secure)["Content-Security-Policy"]
        return site.page(
            request,
            "studio/proofs.html",
            status=status,
            token=token,
            proof=proof,
            problem=problem,
            typed=typed,
            noindex=True,
            said=request.query_params.get("merci", ""),
            headers={"Content-Security-Policy": f"{policy}; frame-src 'self'"},
        )

    @routes.get("/epreuve/{token}")
    def show(request: Request, token: str) -> Response:
        return page(request, token)

    @routes.get("/epreuve/{token}/texte")
    def item(request: Request, token: str) -> Response:
        return frame(request, proofs.look_at_item(site.workspace, token, site.prefix))

    @routes.post("/epreuve/{token}")
    def answer(request: Request, token: str, form: Annotated[FormData, Depends(_posted)]) -> Response:
        own_origin(site, request)
        text, seen = str(form.get("texte", "")), str(form.get("empreinte", ""))
        approves = form.get("geste") == "valider"
        try:
            proofs.answer(site.workspace, token, text, approves=approves, seen=seen)
        except Refused as refused:
            return page(request, token, status=409, problem=told(refused), typed=text)
        return RedirectResponse(f"{site.prefix}/epreuve/{token}?merci={'valide' if approves else 'note'}", 303)

    @routes.get("/studio/numeros/{key}/faire-relire/{slug}")
    def ask(key: str, slug: str, visit: Visit = allowed) -> Response:
        return shell.page(
            visit, "proofs_ask.html", key=key, slug=slug, link="", days=proofs.DAYS, title=_title(site, slug)
        )

    @routes.post("/studio/numeros/{key}/faire-relire/{slug}")
    def invite(key: str, slug: str, visit: Visit = allowed) -> Response:
        try:
            link = proofs.invite_reviewer(
                site.workspace,
                key,
                slug,
                reader=visit.text("nom"),
                address=visit.text("adresse"),
                by=visit.by,
                may_send=visit.may("send"),
            )
        except NewsletterError as error:
            words = f"{say('Le lien n’a pas été fait.')} {told(error)}"
            return shell.back(f"/studio/numeros/{key}/faire-relire/{slug}", words, bad=True)
        return shell.page(
            visit, "proofs_ask.html", key=key, slug=slug, link=link, days=proofs.DAYS, title=_title(site, slug)
        )

    return routes


def _title(site: Site, slug: str) -> str:
    article = site.workspace.pool().get(slug)
    return article.title if article else slug
