"""The web door: `make_app(workspace)` puts the routers together; nothing is global, nothing happens at import."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from fastapi import APIRouter, FastAPI
from starlette.middleware import Middleware

from newsletter import __version__
from newsletter.actions.workspace import Workspace, open_workspace
from newsletter.web import assets, failures, metrics, returns, studio
from newsletter.web.api import audiences, issues, people, reports
from newsletter.web.compress import Compress
from newsletter.web.public import agenda, archive, legal, link_counts, one_click, proposals, reader_choices, signup
from newsletter.web.security import Guard
from newsletter.web.site import Site
from newsletter.web.studio import proven

# Each makes the pages of one subject; a new one is a module with `router(site)` and a line here.
# What readers ask for needs the database only: any machine can serve it.
READERS: tuple[Callable[[Site], APIRouter], ...] = (
    one_click.router,  # first, so that nothing else is tried before it
    assets.router,
    metrics.router,
    archive.router,
    link_counts.router,
    signup.router,
    reader_choices.router,
    legal.router,
    returns.router,
)
# What reads or writes the workspace's articles, issues and images.
NEED_FILES: tuple[Callable[[Site], APIRouter], ...] = (
    agenda.router,
    proposals.router,
    issues.router,
    reports.router,
    people.router,
    audiences.router,
    *studio.ROUTERS,
)
WORKSPACE = "NEWSLETTER_WORKSPACE"


def make_app(workspace: Workspace, *, readers_only: bool = False) -> FastAPI:
    """Return the ASGI application of a workspace: public pages, Studio, API and webhooks.

    With `readers_only`, what needs the workspace's files is left out: a proposal received on a machine without them
    would never reach the editors.
    """
    site = Site(workspace)
    app = FastAPI(
        title=workspace.settings.network.short_name,
        version=__version__,
        openapi_url="/api/v1/openapi.json",
        # The interactive pages of FastAPI load scripts from elsewhere.
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,  # Guard strips the trailing slash
        middleware=[Middleware(Guard, site=site), Middleware(Compress, site=site)],
    )
    app.state.site = site
    failures.install(app, site)
    proven.install(app, site)
    for make in READERS if readers_only else (*READERS, *NEED_FILES):
        app.include_router(make(site))
    return app


def whole() -> FastAPI:
    """Make the application in a process of its own, from the environment."""
    return make_app(open_workspace(Path(os.environ[WORKSPACE])))


def readers() -> FastAPI:
    """Make the readers' pages in a process of their own, from the environment."""
    return make_app(open_workspace(Path(os.environ[WORKSPACE])), readers_only=True)
