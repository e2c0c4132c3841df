"""What is not a page: the style sheet, the published pictures, robots.txt and the health of the service."""

from __future__ import annotations

import logging
import mimetypes

from fastapi import APIRouter, HTTPException
from fastapi.responses import JSONResponse, PlainTextResponse, Response

from newsletter.actions.operations import health
from newsletter.web.security import PRIVATE
from newsletter.web.site import Site

log = logging.getLogger("newsletter.web")
_FOREVER = {"Cache-Control": "public, max-age=31536000, immutable"}


def router(site: Site) -> APIRouter:
    """Return the routes of files and of health."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/static/{name}")
    def static(name: str) -> Response:
        if name not in site.static:
            raise HTTPException(404)
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
        return Response(site.static[name], media_type=kind, headers=_FOREVER)

    @routes.get("/images/{name}")
    def picture(name: str) -> Response:
        data = site.workspace.media.read(name)
        if data is None:
            raise HTTPException(404)
        return Response(data, media_type=mimetypes.guess_type(name)[0], headers=_FOREVER)

    @routes.get("/robots.txt")
    def robots() -> Response:
        lines = [f"Disallow: {site.prefix}{path}" for path in PRIVATE]
        return PlainTextResponse("\n".join(["User-agent: *", *lines, ""]))

    @routes.get("/sante")
    def sante() -> Response:
        state = health.check_health(site.workspace)
        reachable = state.database == "ok"
        if not reachable:
            # A driver's messages name hosts and accounts: they are for the operator, and this page is public.
            log.error("the database does not answer: %s", state.database)
        body = {
            "status": "ok" if state.well else "failing",
            "database": "ok" if reachable else "failing",
            "late_jobs": state.late_jobs,
        }
        return JSONResponse(body, 200 if state.well else 503)

    return routes
