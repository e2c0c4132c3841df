"""Signing in by the organisation's own provider, if the settings name one."""

from __future__ import annotations

import logging

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import RedirectResponse, Response

from newsletter.actions.team import oidc
from newsletter.errors import Refused
from newsletter.web.site import Site, told
from newsletter.web.studio.session import admit, drop_cookie, give_cookie, read_cookie, requester_of
from newsletter.web.studio.shell import Shell

_KEPT = "studio-oidc"
log = logging.getLogger("newsletter.web")


def router(site: Site) -> APIRouter:
    """Return the routes to the provider and back."""
    shell = Shell(site)
    routes = APIRouter(include_in_schema=False)

    def failed(request: Request, error: Refused) -> Response:
        log.warning("OpenID Connect: %s", error.what, exc_info=error.__cause__)
        return shell.open_page(request, "oidc_failed.html", status=403, problem=told(error))

    @routes.get("/studio/oidc")
    def leave(request: Request) -> Response:
        if not site.workspace.settings.studio.oidc.issuer:
            raise HTTPException(404)
        try:
            url, kept = oidc.begin(site.workspace, site.discovery)
        except Refused as refused:
            return failed(request, refused)
        response = RedirectResponse(url, 303)
        give_cookie(site, response, _KEPT, kept, oidc.SECONDS)
        return response

    @routes.get(oidc.RETURN)
    def come_back(request: Request) -> Response:
        if not site.workspace.settings.studio.oidc.issuer:
            raise HTTPException(404)
        kept, answer = read_cookie(site, request, _KEPT), dict(request.query_params)
        try:
            requester = requester_of(site, request)
            opened = oidc.finish(site.workspace, site.discovery, kept, answer, requester)
            response = admit(site, request, opened)
        except Refused as refused:
            response = failed(request, refused)
        drop_cookie(site, response, _KEPT)  # a question is answered once
        return response

    return routes
