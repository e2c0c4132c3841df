"""Unsubscribing by one POST: RFC 8058, and the page's button. Thousands arrive in the minutes after a mailing.

So this is a plain route without FastAPI's dependencies, tried before all others, and a machine gets a line instead of
a page. The body decides on that alone: the holder of the link may unsubscribe, whatever else is sent.
"""

from __future__ import annotations

from functools import partial

from fastapi import APIRouter, HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response

from newsletter.actions.people import reader_choices
from newsletter.french import printed
from newsletter.web.batching import Gather
from newsletter.web.site import Site, say

# In both encodings of RFC 8058 section 3.2; the page's own button sends nothing.
_MACHINE = b"One-Click"


def router(site: Site) -> APIRouter:
    """Return the only route that changes something by a link alone."""
    routes = APIRouter(include_in_schema=False)

    gone = Gather(partial(reader_choices.unsubscribe, site.workspace))

    async def leave(request: Request) -> Response:
        token = request.path_params["token"]
        try:
            machine = _MACHINE in await request.body()
            publication = await gone(token)
        except ClientDisconnect:
            raise HTTPException(400) from None
        if machine:
            return PlainTextResponse(say("Vous ne recevrez plus « {title} ».").format(title=printed(publication.title)))
        values = {"token": token, "publication": publication, "state": "left"}
        return site.page(request, "public/unsubscribed.html", noindex=True, **values)

    routes.add_route("/desabonnement/{token}", leave, methods=["POST"])
    return routes
