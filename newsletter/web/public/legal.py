"""What the law asks a public site to say: who publishes, how personal data is used, how accessible it is."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from newsletter.actions.people.signup_rules import WORDING, processors, purpose
from newsletter.web.site import Site


def router(site: Site) -> APIRouter:
    """Return the routes of the legal pages."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/mentions-legales")
    def notices(request: Request) -> Response:
        return site.page(request, "public/legal.html")

    @routes.get("/confidentialite")
    def privacy(request: Request) -> Response:
        settings = site.workspace.settings
        return site.page(
            request,
            "public/privacy.html",
            processors=processors(site.workspace),
            purpose=purpose(site.workspace),
            wording=WORDING,
            retention=settings.retention,
        )

    @routes.get("/accessibilite")
    def accessibility(request: Request) -> Response:
        return site.page(request, "public/accessibility.html")

    return routes
