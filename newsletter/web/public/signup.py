"""Subscribing: the form, the same form inside another site, the JSON endpoint, and the confirmation page."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import APIRouter, BackgroundTasks, Form, HTTPException, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field

from newsletter.actions.people import signup, signup_rules
from newsletter.actions.people.signup_rules import Application
from newsletter.i18n import _
from newsletter.web.api.shapes import SIGNUP_PATH, ApiRefusal
from newsletter.web.site import Site

PAGE, FRAME = "/abonnement", "/abonnement/formulaire"
Text = Annotated[str, Form(max_length=1000)]
Keys = Annotated[list[str], Form(default_factory=list)]


class Wish(BaseModel):
    """A request to subscribe, as the network's own site posts it; `form` comes from the GET of the same address."""

    email: str = Field(max_length=1000)
    publications: list[str] = Field(max_length=20)
    form: str = Field(max_length=1000)
    first_name: str = Field("", max_length=1000)
    last_name: str = Field("", max_length=1000)
    organisation: str = Field("", max_length=1000)


class Taken(BaseModel):
    """The answer to a request that was accepted: a sentence to show."""

    message: str


def router(site: Site) -> APIRouter:
    """Return the routes of subscribing."""
    pages, endpoint, routes = APIRouter(include_in_schema=False), APIRouter(), APIRouter()
    for page in (PAGE, FRAME):
        _form(pages, site, page)
    _confirmation(pages, site)
    _endpoint(endpoint, site)
    for part in (pages, endpoint):
        routes.include_router(part)
    return routes


def _form(routes: APIRouter, site: Site, page: str) -> None:
    frame = page == FRAME

    def show(request: Request, application: Application | None, problems: dict[str, str]) -> Response:
        return site.page(
            request,
            "public/signup.html",
            status=422 if problems else 200,
            layout="embedded.html" if frame else "base.html",
            action=page,
            form=signup_rules.form_key(site.workspace),
            asked=application,
            problems=problems,
            purpose=signup_rules.purpose(site.workspace),
            organisations=signup_rules.organisation_names(site.workspace),
        )

    @routes.get(page)
    def empty(request: Request) -> Response:
        return show(request, None, {})

    @routes.post(page)
    def filled(
        request: Request,
        background: BackgroundTasks,
        publications: Keys,
        address: Text = "",
        first_name: Text = "",
        last_name: Text = "",
        organisation: Text = "",
        form: Text = "",
        website: Text = "",
    ) -> Response:
        application = Application(
            address=address,
            publications=tuple(dict.fromkeys(publications)),
            first_name=first_name,
            last_name=last_name,
            organisation=organisation,
            form=form,
        )
        # People do not see the field `website`; a robot that fills it gets the same answer.
        problems = signup_rules.problems(site.workspace, application)
        problems = problems or ({} if website else signup_rules.used_up(site.workspace, application))
        if problems:
            return show(request, application, problems)
        at_once = bool(website) or _take(site, request, background, application)
        layout = "embedded.html" if frame else "base.html"
        return site.page(request, "public/signup_sent.html", layout=layout, at_once=at_once)


def _take(site: Site, request: Request, background: BackgroundTasks, application: Application) -> bool:
    """Take a request; tell whether its mail leaves at once, which depends on who asks and how many, never for whom."""
    admission = signup_rules.admit_request(site.workspace, request.client.host if request.client else "")
    if not admission.taken:
        raise HTTPException(429, headers={"Retry-After": str(signup_rules.HOUR)})
    # After the answer, so that neither its words nor its time tell who is known.
    background.add_task(
        signup.answer_request,
        site.workspace,
        application,
        at_once=admission.at_once,
        network=admission.network,
    )
    return admission.at_once


def _confirmation(routes: APIRouter, site: Site) -> None:
    @routes.get("/confirmation/{token}")
    def ask(request: Request, token: str) -> Response:
        titles = signup.pending(site.workspace, token)
        return site.page(request, "public/confirm.html", titles=titles, token=token, noindex=True)

    @routes.post("/confirmation/{token}")
    def confirm(request: Request, token: str) -> Response:
        done = signup.confirm_subscription(site.workspace, token)
        choices = urlsplit(done.preferences).path.removeprefix(site.prefix)
        return site.page(request, "public/confirmed.html", done=done, choices=choices, noindex=True)


def _endpoint(routes: APIRouter, site: Site) -> None:
    website = urlsplit(site.workspace.settings.network.website)
    shared = {"Access-Control-Allow-Origin": f"{website.scheme}://{website.netloc}", "Vary": "Origin, Accept-Language"}

    @routes.get(SIGNUP_PATH)
    def offer() -> Response:
        """What may be subscribed to, the words to show, and the `form` to send back with a request."""
        publications = site.workspace.settings.publications.values()
        body = {
            "publications": [
                {"key": p.key, "title": p.title, "description": p.description, "audience": p.audience}
                for p in publications
            ],
            "purpose": list(signup_rules.purpose(site.workspace)),
            "wording": signup_rules.WORDING,
            "form": signup_rules.form_key(site.workspace),
        }
        return JSONResponse(body, headers={**shared, "Cache-Control": "no-store"})

    refusals: dict[int | str, dict[str, Any]] = {status: {"model": ApiRefusal} for status in (400, 413, 422, 429)}

    @routes.post(SIGNUP_PATH, status_code=202, response_model=Taken, responses=refusals)
    def take(request: Request, wish: Wish, background: BackgroundTasks) -> Response:
        """Ask for a subscription; the answer is the same for every address, the rest happens by mail."""
        application = Application(
            address=wish.email,
            publications=tuple(dict.fromkeys(wish.publications)),
            first_name=wish.first_name,
            last_name=wish.last_name,
            organisation=wish.organisation,
            form=wish.form,
        )
        problems = signup_rules.problems(site.workspace, application)
        problems = problems or signup_rules.used_up(site.workspace, application)
        if problems:
            named = {("email" if name == "address" else name): text for name, text in problems.items()}
            return JSONResponse({"error": {"status": 422, "fields": named}}, 422, shared)
        at_once = _take(site, request, background, application)
        soon = _("Un message de confirmation part vers votre adresse.")
        later = _("Les demandes sont nombreuses : le message de confirmation part dès que possible.")
        return JSONResponse({"message": soon if at_once else later}, 202, shared)

    @routes.options(SIGNUP_PATH, include_in_schema=False)
    def preflight() -> Response:
        allowed = {"Access-Control-Allow-Methods": "GET, POST", "Access-Control-Allow-Headers": "Content-Type"}
        return Response(status_code=204, headers={**shared, **allowed, "Access-Control-Max-Age": "86400"})
