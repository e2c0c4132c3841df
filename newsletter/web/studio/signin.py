"""Signing in to the Studio and out of it: a link by mail, a button, a session."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response
from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool

from newsletter.actions.team import passkeys, sessions, signin, signin_limits
from newsletter.errors import Refused, TokenError
from newsletter.web.site import Site, say, told
from newsletter.web.studio.session import (
    COOKIE,
    Visit,
    admit,
    allow,
    forget,
    own_origin,
    read_cookie,
    requester_of,
)
from newsletter.web.studio.shell import Shell


def router(site: Site) -> APIRouter:
    """Return the routes of sign-in and of sign-out."""
    shell = Shell(site)
    routes = APIRouter(prefix="/studio", include_in_schema=False)

    @routes.get("/connexion")
    def ask(request: Request) -> Response:
        return _ask(request)

    @routes.post("/connexion")
    async def send(request: Request) -> Response:
        own_origin(site, request)
        address, requester = str((await request.form()).get("address", ""))[:320], requester_of(site, request)
        if not await run_in_threadpool(signin_limits.may_ask, site.workspace, requester):
            return _ask(request, 429, address=address, problem=_busy())
        page = shell.open_page(request, "signin_sent.html", trial=site.workspace.settings.sending.provider == "outbox")
        # After the answer, which is the same for every address, known or not.
        page.background = BackgroundTask(signin.mail_link, site.workspace, address, requester)
        return page

    @routes.post("/connexion/cle")
    async def key(request: Request) -> Response:
        own_origin(site, request)
        answer, requester = str((await request.form()).get("passkey", "")), requester_of(site, request)
        try:
            opened = await run_in_threadpool(signin.sign_in_by_passkey, site.workspace, answer, requester)
        except Refused as refused:
            return _ask(request, 422, problem=told(refused))
        return admit(site, request, opened)

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
        return admit(site, request, opened)

    @routes.post("/deconnexion")
    def leave(visit: Visit = allow(site, bare=True, half=True)) -> Response:  # noqa: B008 - FastAPI's way to name a dependency
        sessions.sign_out(site.workspace, read_cookie(site, visit.request, COOKIE))
        response = shell.open_page(visit.request, "signed_out.html")
        forget(site, response)
        return response

    def _ask(request: Request, status: int = 200, *, address: str = "", problem: str = "") -> Response:
        options = passkeys.ask_options(site.workspace, passkeys.SIGN_IN)
        page = {"address": address, "problem": problem, "options": options}
        return shell.open_page(request, "signin.html", status=status, **page)

    return routes


def _busy() -> str:
    return say(
        "Beaucoup de liens ont été demandés depuis cette connexion à internet. Réessayez dans une heure, ou depuis un "
        "navigateur où vous étiez déjà entré·e."
    )


def _days(site: Site) -> float:
    """Return for how long a browser stays signed in, in days."""
    return round(site.workspace.settings.studio.session_days, 1)
