"""Signing in to the Studio and out of it: a link by mail, a button, a session."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool

from newsletter.actions.team import sessions, signin, signin_limits
from newsletter.actions.team.sessions import SignedIn
from newsletter.errors import AddressError, TokenError
from newsletter.web.site import Site, say
from newsletter.web.studio.session import (
    COOKIE,
    Visit,
    allow,
    forget,
    own_origin,
    read_cookie,
    remember,
    requester_of,
)
from newsletter.web.studio.shell import Shell


def router(site: Site) -> APIRouter:
    """Return the routes of sign-in, of the first admin, and of sign-out."""
    shell = Shell(site)
    routes = APIRouter(prefix="/studio", include_in_schema=False)

    @routes.get("/connexion")
    def ask(request: Request) -> Response:
        return shell.open_page(request, "signin.html", busy=False, address="")

    @routes.post("/connexion")
    async def send(request: Request) -> Response:
        own_origin(site, request)
        address, requester = str((await request.form()).get("address", ""))[:320], requester_of(site, request)
        if not await run_in_threadpool(signin_limits.may_ask, site.workspace, requester):
            return shell.open_page(request, "signin.html", status=429, busy=True, address=address)
        page = shell.open_page(request, "signin_sent.html", trial=site.workspace.settings.sending.provider == "outbox")
        # After the answer, which is the same for every address, known or not.
        page.background = BackgroundTask(signin.mail_link, site.workspace, address, requester)
        return page

    @routes.get("/connexion/{token}")
    def button(request: Request, token: str) -> Response:
        usable = signin.usable(site.workspace, token)
        return shell.open_page(
            request, "signin_link.html", status=200 if usable else 404, usable=usable, days=_days(site)
        )

    @routes.post("/connexion/{token}")
    def enter(request: Request, token: str) -> Response:
        own_origin(site, request)
        try:
            opened = signin.sign_in(site.workspace, token, requester_of(site, request))
        except TokenError:
            return shell.open_page(request, "signin_link.html", status=404, usable=False, days=0)
        return _welcome(request, opened)

    @routes.get("/premier/{token}")
    def first(request: Request, token: str) -> Response:
        usable = signin.usable(site.workspace, token, first=True)
        return _first(request, 200 if usable else 404, usable=usable)

    @routes.post("/premier/{token}")
    async def found(request: Request, token: str) -> Response:
        own_origin(site, request)
        form = await request.form()
        address, name = str(form.get("address", ""))[:320], str(form.get("name", ""))[:100]
        try:
            opened = signin.first_user(site.workspace, token, address, name, requester_of(site, request))
        except AddressError:
            sentence = say("Cette adresse ne peut pas être utilisée. Vérifiez-la.")
            return _first(request, 422, usable=True, address=address, name=name, error=sentence)
        except TokenError:
            return _first(request, 404, usable=False)
        return _welcome(request, opened)

    @routes.post("/deconnexion")
    def leave(visit: Visit = allow(site)) -> Response:  # noqa: B008 - FastAPI's way to name a dependency
        sessions.sign_out(site.workspace, read_cookie(site, visit.request, COOKIE))
        response = shell.open_page(visit.request, "signed_out.html")
        forget(site, response)
        return response

    def _first(
        request: Request, status: int, *, usable: bool, address: str = "", name: str = "", error: str = ""
    ) -> Response:
        return shell.open_page(
            request, "first.html", status=status, usable=usable, address=address, name=name, error=error
        )

    def _welcome(request: Request, opened: SignedIn) -> Response:
        # Whatever session this browser had before is closed: the new one has a new name.
        if old := read_cookie(site, request, COOKIE):
            sessions.sign_out(site.workspace, old)
        response = RedirectResponse(f"{site.prefix}/studio", 303)
        remember(site, response, opened)
        if opened.surprising:
            asked = requester_of(site, request)
            response.background = BackgroundTask(sessions.mail_new_device, site.workspace, opened.user, asked)
        return response

    return routes


def _days(site: Site) -> float:
    """Return for how long a browser stays signed in, in days."""
    return round(site.workspace.settings.studio.session_days, 1)
