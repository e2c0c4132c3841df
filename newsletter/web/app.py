"""The web door: `make_app(workspace)` puts the routers together; nothing is global, nothing happens at import."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import APIRouter, FastAPI
from starlette.middleware import Middleware

from newsletter import __version__
from newsletter.actions.workspace import Workspace
from newsletter.web import (
    failures,
    hooks,
    pages,
    public_agenda,
    public_archive,
    public_choices,
    public_legal,
    public_links,
    public_one_click,
    public_proposals,
    public_subscribe,
    studio,
)
from newsletter.web.security import Guard
from newsletter.web.site import Site

# Each makes the pages of one subject; a new one is a module with `router(site)` and a line here.
ROUTERS: tuple[Callable[[Site], APIRouter], ...] = (
    public_one_click.router,  # first, so that nothing else is tried before it
    pages.router,
    public_archive.router,
    public_agenda.router,
    public_proposals.router,
    public_links.router,
    public_subscribe.router,
    public_choices.router,
    public_legal.router,
    hooks.router,
    *studio.ROUTERS,
)


def make_app(workspace: Workspace) -> FastAPI:
    """Return the ASGI application of a workspace: public pages, Studio, API and webhooks."""
    site = Site(workspace)
    app = FastAPI(
        title=workspace.settings.network.short_name,
        version=__version__,
        openapi_url="/api/v1/openapi.json",
        # The interactive pages of FastAPI load scripts from elsewhere.
        docs_url=None,
        redoc_url=None,
        middleware=[Middleware(Guard, site=site)],
    )
    app.state.site = site
    failures.install(app, site)
    for make in ROUTERS:
        app.include_router(make(site))
    return app
