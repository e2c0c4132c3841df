"""The API's figures: counts, the report of a year, mailings with their receipts, and the member organisations."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path

from newsletter.actions import documents
from newsletter.actions.people import members
from newsletter.actions.reports import formats
from newsletter.actions.reports import report as reports
from newsletter.actions.sending import mailings as sending_mailings
from newsletter.actions.team.api_keys import Caller
from newsletter.i18n import speaking
from newsletter.web.api.routes import After, Key, Limit, allow, page, routes
from newsletter.web.api.shapes import Count, Day, Mailings, Members, Receipt, Report
from newsletter.web.site import Site

Year = Annotated[int, Path(ge=1990, le=2100)]


def router(site: Site) -> APIRouter:
    """Return the routes of figures."""
    api, allowed, workspace = routes(), allow(site, "figures"), site.workspace

    @api.get("/count", response_model=Count)
    def count(on: Day | None = None, by: str = "", what: reports.What = "subscribers", _who: Caller = allowed) -> Any:
        """Subscribers, or member organisations, at the end of a day (today without `on`), grouped by `by`."""
        return documents.count(reports.count(workspace, on=on, by=by, what=what))

    @api.get("/report/{year}", response_model=Report)
    def report(year: Year, _who: Caller = allowed) -> Any:
        """The report of a year."""
        with speaking(workspace.settings.network.locale):
            return formats.as_json(reports.report(workspace, year))

    @api.get("/mailings", response_model=Mailings)
    def mailings(after: After = "", limit: Limit = 50, _who: Caller = allowed) -> Any:
        """Mailings, newest first."""
        part, following = page(sending_mailings.list_mailings(workspace), lambda m: m.uid, after, limit)
        return {"mailings": [documents.mailing(m) for m in part], "next": following}

    @api.get("/mailings/{issue}/receipt", response_model=Receipt)
    def receipt(issue: Key, who: Caller = allowed) -> Any:
        """The receipt of an issue's mailing; who is doubtful is named to a key that may see people."""
        made = documents.receipt(sending_mailings.mailing_receipt(workspace, issue))
        return made if "people" in who.rights else documents.without_names(made)

    @api.get("/members", response_model=Members)
    def list_members(after: After = "", limit: Limit = 50, on: Day | None = None, _who: Caller = allowed) -> Any:
        """The member organisations on a day (today without `on`), by name."""
        part, following = page(
            members.list_members(workspace, on=on), lambda row: str(row.organisation.id), after, limit
        )
        return {"members": [documents.member(row) for row in part], "next": following}

    return api
