"""The agenda: events to come as pages, as one calendar, and each as a calendar file."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from newsletter.actions.archive import agenda
from newsletter.web.site import Site

_ICS = "text/calendar; charset=utf-8; method=PUBLISH"


def router(site: Site) -> APIRouter:
    """Return the routes of the agenda."""
    routes = APIRouter(include_in_schema=False)
    workspace = site.workspace

    @routes.get("/agenda")
    def leaf(request: Request, page: str = "1") -> Response:
        # What is not a number is a page that does not exist.
        number = int(page) if page.isascii() and page.isdigit() and len(page) < 7 else 0
        address = agenda.subscription_address(workspace)
        return site.page(request, "public/agenda.html", leaf=agenda.leaf(workspace, number), subscribe=address)

    @routes.get("/agenda.ics")
    def calendar() -> Response:
        return Response(agenda.agenda_ics(workspace), media_type=_ICS)

    @routes.get("/agenda/{slug}.ics")
    def event(slug: str) -> Response:
        # The slug is that of an article: it can be put in a header as it is.
        headers = {"Content-Disposition": f'attachment; filename="{slug}.ics"'}
        return Response(agenda.event_ics(workspace, slug), media_type=_ICS, headers=headers)

    return routes
