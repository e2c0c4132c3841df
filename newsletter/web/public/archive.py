"""The archive: the list of public letters, each letter as a page, and the feeds."""

from __future__ import annotations

import json
from typing import Annotated, Any

from fastapi import APIRouter, Form, HTTPException, Request
from fastapi.responses import Response
from markupsafe import Markup
from starlette.background import BackgroundTask

from newsletter import addresses
from newsletter.actions.archive import public_letters, rss
from newsletter.actions.archive.letter_page import WebItem, WebLetter
from newsletter.actions.archive.public_letters import Opened
from newsletter.actions.people import signup_rules
from newsletter.errors import AddressError, NotFound
from newsletter.i18n import Sentence
from newsletter.web.site import Site, told

_PERSONAL = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex, nofollow"}
_RSS = "application/rss+xml; charset=utf-8"


def router(site: Site) -> APIRouter:
    """Return the routes of the archive."""
    routes = APIRouter(include_in_schema=False)
    workspace = site.workspace

    @routes.get("/")
    def home(request: Request, q: str = "") -> Response:
        words = q.strip()[:100]
        return site.page(request, "public/archive.html", shelves=public_letters.shelves(workspace, words), words=words)

    @routes.get("/lettres.rss")
    def letters() -> Response:
        return Response(rss.letters_rss(workspace), media_type=_RSS)

    @routes.get("/articles.rss")
    def articles() -> Response:
        return Response(rss.articles_rss(workspace), media_type=_RSS)

    @routes.get("/lettres/{issue}")
    def letter(request: Request, issue: str, cle: str = "") -> Response:
        opened = public_letters.read_letter(workspace, issue, cle)
        if opened.page is None:
            return _locked(request, opened, status=403)
        base = workspace.settings.web.base_url
        canonical = f"{base}/lettres/{issue}"
        values: dict[str, Any] = {"page": opened.page, "publication": opened.publication, "canonical": canonical}
        return site.page(
            request,
            "public/letter.html",
            headers={} if opened.public else _PERSONAL,
            noindex=not opened.public,
            base=base,
            events=events_json(opened.page, base),
            **values,
        )

    @routes.post("/lettres/{issue}")
    def ask(request: Request, issue: str, adresse: Annotated[str, Form(max_length=320)] = "") -> Response:
        opened = public_letters.read_letter(workspace, issue)
        if opened.public:
            raise NotFound(
                "this letter is open to everybody",
                hint="read it",
                said=Sentence("Cette lettre est ouverte à tout le monde : lisez-la."),
            )
        try:
            address = addresses.parse_address(adresse).text
        except AddressError as error:
            return _locked(request, opened, status=422, typed=adresse, error=told(error))
        if not signup_rules.admit(workspace, request.client.host if request.client else ""):
            raise HTTPException(429, headers={"Retry-After": str(signup_rules.HOUR)})
        answer = _locked(request, opened, asked=True)
        # After the answer: its time must not tell who is a reader.
        answer.background = BackgroundTask(public_letters.mail_key, workspace, issue, address)
        return answer

    def _locked(request: Request, opened: Opened, status: int = 200, **values: Any) -> Response:
        shown = {"typed": "", "error": "", "asked": False, "publication": opened.publication, **values}
        return site.page(request, "public/letter_locked.html", status=status, headers=_PERSONAL, noindex=True, **shown)

    return routes


def events_json(page: WebLetter, base: str) -> Markup:
    """Return the events of a page as JSON-LD of schema.org, safe inside a script element; empty without any."""
    found = {item.slug: _event(page, item, base) for item in page.items if item.event}
    if not found:
        return Markup()
    document = {"@context": "https://schema.org", "@graph": list(found.values())}
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    # Nothing in it may end the element or begin another.
    return Markup(text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e"))  # noqa: S704 - as said


def _event(page: WebLetter, item: WebItem, base: str) -> dict[str, Any]:
    event = item.event
    assert event is not None
    online = event.place.casefold().startswith("en ligne")
    url = item.href or f"{base}/lettres/{page.issue}#{item.slug}"
    made: dict[str, Any] = {
        "@type": "Event",
        "name": item.title,
        "startDate": event.start,
        "url": url,
        "eventAttendanceMode": f"https://schema.org/{'Online' if online else 'Offline'}EventAttendanceMode",
    }
    if event.end != event.start:
        made["endDate"] = event.end
    if event.place:
        made["location"] = (
            {"@type": "VirtualLocation", "url": url}
            if online
            else {"@type": "Place", "name": event.place, "address": event.place}
        )
    if event.organisers:
        made["organizer"] = [{"@type": "Organization", "name": name} for name in event.organisers]
    if item.picture:
        made["image"] = f"{base}/images/{item.picture.file}"
    return made
