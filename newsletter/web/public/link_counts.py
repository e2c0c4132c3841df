"""Counted links: a redirect to what was stored at approval, and one more in a total. No cookie, no name."""

from __future__ import annotations

import time

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import RedirectResponse, Response

from newsletter.actions.archive import link_counts
from newsletter.web.site import Site


def router(site: Site) -> APIRouter:
    """Return the route of counted links; they work on after counting was switched off, uncounted."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/l/{issue}/{number}")
    def follow(request: Request, issue: str, number: str) -> Response:
        if not number.isdecimal() or not number.isascii() or len(number) > 10:
            raise HTTPException(404)
        source = request.client.host if request.client else ""
        burst = site.bursts.too_many(source, issue, time.monotonic())
        head = request.scope.get("asked") == "HEAD"
        robot = link_counts.robot(request.headers.get("user-agent", ""))
        counted = site.workspace.settings.web.count_links and not (burst or head or robot)
        url = link_counts.follow(site.workspace, issue, int(number), count=counted)
        return RedirectResponse(url, 302, {"Cache-Control": "no-store", "X-Robots-Tag": "noindex, nofollow"})

    return routes
