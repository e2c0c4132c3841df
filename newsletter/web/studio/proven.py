"""A user proven anew: the second factor after a sign-in, and a fresh proof before what cannot be taken back."""

from __future__ import annotations

from urllib.parse import quote

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import RedirectResponse, Response

from newsletter.actions.people.reading import allow_more
from newsletter.actions.team import factors, passkeys
from newsletter.errors import Refused
from newsletter.web.site import Site, say, told
from newsletter.web.studio.records import reader_name
from newsletter.web.studio.session import CSRF_FIELD, FreshProofError, Visit, allow, keep_session
from newsletter.web.studio.shell import Shell

_SECOND, _PROOF = "/studio/second-facteur", "/studio/preuve"
_OWN = (CSRF_FIELD, "code", "passkey", "encore", "pour")


def install(app: FastAPI, site: Site) -> None:
    """Let `app` answer what needs a fresh proof with the page that takes it."""

    def ask(_request: Request, error: Exception) -> Response:
        assert isinstance(error, FreshProofError)
        visit, url = error.visit, error.visit.request.url
        wanted = url.path.removeprefix(site.prefix) + (f"?{url.query}" if url.query else "")
        repeat = visit.request.method == "POST"
        return _proof_page(site, visit, wanted, repeat=repeat, send=True, reason=error.reason)

    app.add_exception_handler(FreshProofError, ask)


def router(site: Site) -> APIRouter:
    """Return the routes of the second factor and of the fresh proof."""
    shell = Shell(site)
    routes = APIRouter(include_in_schema=False)
    half, signed_in = allow(site, half=True, bare=True), allow(site, bare=True)

    def second(visit: Visit, status: int = 200, problem: str = "") -> Response:
        found = factors.factors_of(site.workspace, visit.user.id)
        options = _options(site, visit) if found.passkeys else ""
        page = {"factors": found, "options": options, "problem": problem, "csrf": visit.session.csrf}
        return shell.open_page(visit.request, "second_factor.html", status=status, **page)

    @routes.get(_SECOND)
    def ask(visit: Visit = half) -> Response:
        return second(visit) if visit.session.half_open else RedirectResponse(f"{site.prefix}/studio", 303)

    @routes.post(_SECOND)
    def give(visit: Visit = half) -> Response:
        cookie, problem = _prove(site, visit)
        return second(visit, 422, problem) if problem else _go_on(site, cookie, "/studio", 303)

    @routes.post(_PROOF)
    def prove(visit: Visit = signed_in) -> Response:
        wanted, repeat = visit.query("pour"), visit.query("methode") == "POST"
        if not wanted.startswith("/studio/") or wanted.startswith("//") or "\\" in wanted:
            return shell.back("/studio")
        if visit.text("encore"):
            return _proof_page(site, visit, wanted, repeat=repeat, send=True)
        cookie, problem = _prove(site, visit)
        if problem:
            return _proof_page(site, visit, wanted, repeat=repeat, problem=problem)
        allow_more(site.workspace, reader_name(visit))
        # 307: the browser sends the same form again, to where it was meant for.
        return _go_on(site, cookie, wanted, 307 if repeat else 303)

    return routes


def _prove(site: Site, visit: Visit) -> tuple[str, str]:
    """Take the code or the passkey of a form; return the session's new cookie, or what is wrong."""
    try:
        if answer := visit.text("passkey"):
            return factors.prove_by_passkey(site.workspace, visit.session, answer), ""
        cookie = factors.prove_by_code(site.workspace, visit.session, visit.text("code"))
    except Refused as refused:
        return "", told(refused)
    return cookie, "" if cookie else say("Ce code ne convient pas. Vérifiez-le, ou prenez le suivant.")


def _go_on(site: Site, cookie: str, path: str, status: int) -> Response:
    response = RedirectResponse(f"{site.prefix}{path}", status)
    keep_session(site, response, cookie)
    return response


def _proof_page(
    site: Site, visit: Visit, wanted: str, *, repeat: bool, send: bool = False, problem: str = "", reason: str = ""
) -> Response:
    """Show the page that asks for a proof and holds what was asked for; without a second factor a code is mailed."""
    found = factors.factors_of(site.workspace, visit.user.id)
    # Before the answer, which says whether a code left: who is signed in is known to have an account.
    mailed = not send or found.second or factors.mail_code(site.workspace, visit.session)
    fields = [(name, value) for name, value in visit.fields if name not in _OWN]
    return Shell(site).page(
        visit,
        "fresh_proof.html",
        status=422 if problem else 401,
        action=f"{_PROOF}?pour={quote(wanted, safe='/')}&methode={'POST' if repeat else 'GET'}",
        fields=fields,
        factors=found,
        options=_options(site, visit) if found.passkeys else "",
        problem=problem if mailed else _not_mailed(),
        reason=reason,
        minutes=site.workspace.settings.studio.fresh_minutes,
    )


def _not_mailed() -> str:
    return say(
        "Aucun code n’est parti : la messagerie ne répond pas, ou six codes ont été demandés en une heure. Le dernier "
        "code reçu vaut 10 minutes ; sinon, réessayez plus tard."
    )


def _options(site: Site, visit: Visit) -> str:
    return passkeys.ask_options(site.workspace, factors.passkey_purpose(visit.session), visit.user.id)
