"""Behind the links of a letter: preferences, unsubscribing, coming back, one's data, erasure. GET changes nothing.

A link that opens nothing raises TokenError, which `failures` answers with a page that says so.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, BackgroundTasks, Form, Request
from fastapi.responses import JSONResponse, Response

from newsletter.actions.people import address_change, reader_choices
from newsletter.errors import AddressError, Refused
from newsletter.web.site import Site, told

Text = Annotated[str, Form(max_length=120)]
Keys = Annotated[list[str], Form(default_factory=list)]


def router(site: Site) -> APIRouter:
    """Return the routes of a reader's choices."""
    routes = APIRouter(include_in_schema=False)
    _leave(routes, site)
    _preferences(routes, site)
    _record(routes, site)
    _address(routes, site)
    return routes


def _leave(routes: APIRouter, site: Site) -> None:
    page = "/desabonnement/{token}"

    @routes.get(page)
    def ask(request: Request, token: str) -> Response:
        publication = reader_choices.leaving(site.workspace, token)
        return site.page(request, "public/unsubscribe.html", publication=publication, token=token, noindex=True)

    @routes.post(page + "/annuler")
    def undo(request: Request, token: str) -> Response:
        publication, active = reader_choices.come_back(site.workspace, token)
        return _left(request, token, publication=publication, state="back" if active else "late")

    @routes.post(page + "/raison")
    def explain(request: Request, token: str, reason: Text = "") -> Response:
        publication = reader_choices.explain(site.workspace, token, reason)
        return _left(request, token, publication=publication, state="explained")

    def _left(request: Request, token: str, **values: Any) -> Response:
        return site.page(request, "public/unsubscribed.html", token=token, noindex=True, **values)


def _preferences(routes: APIRouter, site: Site) -> None:
    page = "/preferences/{token}"

    def show(request: Request, token: str, **values: Any) -> Response:
        found = reader_choices.choices(site.workspace, token)
        values = {"saved": False, "closed": (), "mailed": "", "moved": "", "typed": "", **values}
        return site.page(request, "public/preferences.html", found=found, token=token, noindex=True, **values)

    @routes.get(page)
    def look(request: Request, token: str) -> Response:
        return show(request, token)

    @routes.post(page)
    def choose(
        request: Request,
        token: str,
        publications: Keys,
        first_name: Text = "",
        last_name: Text = "",
        organisation: Text = "",
    ) -> Response:
        details = {"first_name": first_name, "last_name": last_name, "organisation": organisation}
        closed = reader_choices.choose(site.workspace, token, publications, details)
        return show(request, token, saved=True, closed=closed)

    @routes.post(page + "/adresse")
    def change(request: Request, token: str, address: Annotated[str, Form(max_length=320)] = "") -> Response:
        try:
            sent = address_change.ask_address_change(site.workspace, token, address)
        except AddressError as error:
            return show(request, token, moved=told(error), typed=address)
        return show(request, token, moved="sent" if sent else "not sent")

    @routes.post(page + "/copie")
    def copy(request: Request, token: str, background: BackgroundTasks) -> Response:
        return mail(request, token, background, "copy")

    @routes.post(page + "/effacement")
    def erasure(request: Request, token: str, background: BackgroundTasks) -> Response:
        return mail(request, token, background, "erasure")

    def mail(request: Request, token: str, background: BackgroundTasks, what: str) -> Response:
        answer = show(request, token, mailed=what)
        background.add_task(
            reader_choices.mail_copy if what == "copy" else reader_choices.mail_erasure, site.workspace, token
        )
        return answer


def _address(routes: APIRouter, site: Site) -> None:
    page = "/changement-adresse/{token}"

    def show(request: Request, token: str, change: address_change.AddressChange, *, now: bool) -> Response:
        values: dict[str, Any] = {"change": change, "token": token, "now": now, "refused": ""}
        return site.page(request, "public/address_change.html", noindex=True, **values)

    @routes.get(page)
    def look(request: Request, token: str) -> Response:
        return show(request, token, address_change.look_at_change(site.workspace, token), now=False)

    @routes.post(page)
    def confirm(request: Request, token: str) -> Response:
        try:
            return show(request, token, address_change.confirm_change(site.workspace, token), now=True)
        except Refused as refused:
            return site.page(
                request, "public/address_change.html", status=409, refused=told(refused), token=token, noindex=True
            )


def _record(routes: APIRouter, site: Site) -> None:
    @routes.get("/mes-donnees/{token}")
    def data(request: Request, token: str) -> Response:
        kept = reader_choices.whole_record(site.workspace, token)
        return site.page(request, "public/record.html", kept=kept, token=token, noindex=True)

    @routes.get("/mes-donnees/{token}/fichier")
    def download(request: Request, token: str) -> Response:
        kept = reader_choices.whole_record(site.workspace, token)
        return JSONResponse(kept, headers={"Content-Disposition": 'attachment; filename="mes-donnees.json"'})

    @routes.get("/effacement/{token}")
    def ask(request: Request, token: str) -> Response:
        reader_choices.erasable(site.workspace, token)
        return site.page(request, "public/erase.html", token=token, done=False, noindex=True)

    @routes.post("/effacement/{token}")
    def erase(request: Request, token: str) -> Response:
        reader_choices.erase(site.workspace, token)
        return site.page(request, "public/erase.html", token=token, done=True, noindex=True)
