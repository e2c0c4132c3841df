"""Figures of mailings: one line each, and two of them compared person by person."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import Response

from newsletter.actions.sending import results_table
from newsletter.actions.sending.compare_audiences import Comparison, compare
from newsletter.actions.workspace import Workspace
from newsletter.errors import NotFound
from newsletter.web.site import Site
from newsletter.web.studio import database_labels
from newsletter.web.studio.content_labels import state_words, tag_words
from newsletter.web.studio.session import Visit, allow
from newsletter.web.studio.shell import Shell


def router(site: Site) -> APIRouter:
    """Return the routes of mailings compared."""
    shell = Shell(site)
    routes = APIRouter(prefix="/studio/chiffres", include_in_schema=False)
    allowed = allow(site, "figures")

    @routes.get("/envois")
    def mailings(visit: Visit = allowed) -> Response:
        wanted = visit.query("publication")
        lines = results_table.lines(site.workspace, wanted if wanted in site.workspace.settings.publications else "")
        names = [line.mailing.issue for line in lines]
        second, first = (visit.query("deuxieme") or (names[:1] or [""])[0]), (visit.query("premier") or _before(names))
        return shell.page(
            visit,
            "results_table.html",
            lines=lines,
            wanted=wanted,
            states=state_words(),
            tags=tag_words(),
            first=first,
            second=second,
            reason=database_labels.difference,
            found=_compare(site.workspace, first, second) if visit.query("premier") else None,
        )

    return routes


def _before(names: list[str]) -> str:
    """Return the issue to compare the newest with: the one before it of the same publication, else any."""
    kind = names[0].rpartition("-")[2] if names else ""
    return next((name for name in names[1:] if name.endswith(kind)), (names[1:2] or [""])[0])


def _compare(workspace: Workspace, first: str, second: str) -> Comparison | None:
    try:
        return compare(workspace, first, second)
    except NotFound:
        return None
