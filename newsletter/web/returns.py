"""`/hooks/{provider}`: what providers report, closed until a secret is set, stored unchanged and answered at once."""

from __future__ import annotations

import logging
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import JSONResponse

from newsletter.actions.returns import provider_reports
from newsletter.errors import NotFound, ProviderError, Refused
from newsletter.web.site import Site

log = logging.getLogger("newsletter.hooks")


async def _body(request: Request) -> bytes:
    # The guard stops a body at its limit while it arrives, announced or not.
    return await request.body()


def router(site: Site) -> APIRouter:
    """Return the endpoint: 404 while closed, 403 without proof, 400 unreadable, 500 so that the provider tries again.

    Nothing of a call goes to the log: it holds addresses.
    """
    routes = APIRouter(include_in_schema=False)

    def opened(provider: str) -> None:
        # Asked before the body is read, so that a closed endpoint takes nothing in.
        if not provider_reports.is_open(site.workspace, provider):
            raise NotFound("this endpoint is closed")

    @routes.post("/hooks/{provider}", dependencies=[Depends(opened)])
    def hook(request: Request, provider: str, body: Annotated[bytes, Depends(_body)]) -> JSONResponse:
        try:
            found = provider_reports.webhook(
                site.workspace, provider, dict(request.headers), dict(request.query_params), body
            )
        except Refused:
            log.warning("a call to /hooks/%s was not proven", provider)
            raise HTTPException(403) from None
        except ProviderError as error:
            log.warning("a call to /hooks/%s could not be read: %s", provider, error)
            raise HTTPException(400) from None
        return JSONResponse({"received": sum(found.counts.values()), "effects": found.effects})

    return routes
