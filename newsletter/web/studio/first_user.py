"""The first admin of a new workspace, by the link that `newsletter serve` prints."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from newsletter.actions.team import signin
from newsletter.errors import AddressError, TokenError
from newsletter.web.site import Site, say
from newsletter.web.studio.session import admit, own_origin, requester_of
from newsletter.web.studio.shell import Shell


def router(site: Site) -> APIRouter:
    """Return the routes of the first link."""
    shell = Shell(site)
    routes = APIRouter(prefix="/studio", include_in_schema=False)

    @routes.get("/premier/{token}")
    def first(request: Request, token: str) -> Response:
        usable = signin.usable(site.workspace, token, first=True)
        return _first(request, 200 if usable else 404, usable=usable)

    @routes.post("/premier/{token}")
    async def found(request: Request, token: str) -> Response:
        own_origin(site, request)
        form = await request.form()
        address, name = str(form.get("address", ""))[:320], str(form.get("name", ""))[:100]
        try:
            opened = signin.first_user(site.workspace, token, address, name, requester_of(site, request))
        except AddressError:
            sentence = say("Cette adresse ne peut pas être utilisée. Vérifiez-la.")
            return _first(request, 422, usable=True, address=address, name=name, error=sentence)
        except TokenError:
            return _first(request, 404, usable=False)
        return admit(site, request, opened)

    def _first(
        request: Request, status: int, *, usable: bool, address: str = "", name: str = "", error: str = ""
    ) -> Response:
        return shell.open_page(
            request, "first.html", status=status, usable=usable, address=address, name=name, error=error
        )

    return routes
