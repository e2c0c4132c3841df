"""Figures: counts at any date, their evolution, and the report of a year to read, print and take away."""

from __future__ import annotations

from datetime import date
from typing import Any, get_args

from babel.dates import format_date
from fastapi import APIRouter, HTTPException
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from newsletter import i18n
from newsletter.actions import home
from newsletter.actions.reports import answers, figure_rules, figures, formats, report
from newsletter.errors import Refused
from newsletter.french import share_words
from newsletter.web.site import Site, say
from newsletter.web.studio import database_labels, report_charts
from newsletter.web.studio.session import Visit, allow
from newsletter.web.studio.shell import Shell

_HOME = "/studio/chiffres"
_YEARS = (2, 3, 5, 10)
_TYPES = {"csv": "text/csv", "json": "application/json"}


def router(site: Site) -> APIRouter:
    """Return the routes of figures."""
    shell = Shell(site)
    workspace = site.workspace
    routes = APIRouter(prefix=_HOME, include_in_schema=False)
    allowed = allow(site, "figures")

    @routes.get("")
    def count(visit: Visit = allowed) -> Response:
        what: report.What = "members" if visit.query("quoi") == "members" else "subscribers"
        by, on, refused = visit.query("par"), workspace.today(), ""
        try:
            on = date.fromisoformat(visit.query("date")) if visit.query("date") else on
            found = report.count(workspace, on=on, by=by if by in report.GROUPINGS[what] else "", what=what)
        except (Refused, ValueError):
            refused = say("Choisissez un jour passé : un chiffre se compte sur ce qui a été enregistré.")
            on = workspace.today()
            found = report.count(workspace, what=what)
        years = visit.number("ans") if visit.number("ans") in _YEARS else _YEARS[0]
        points = home.points(workspace, on, 12 * years)
        across = visit.query("croiser")
        crossing = what == "subscribers" and found.by in report.CROSSED and across in report.CROSSED
        crossed = report.cross(workspace, found.by, across, on=on) if crossing and across != found.by else None
        values = [(_month(p.day), p.members if what == "members" else p.subscribers) for p in points]
        return shell.page(
            visit,
            "reports.html",
            found=found,
            on=on,
            refused=refused,
            groupings=report.GROUPINGS[what],
            line=report_charts.line(values),
            names=_names(site, found.by),
            names_across=_names(site, across),
            across=across if crossed else "",
            crossed=crossed,
            crossable=report.CROSSED,
            years=years,
            leads=visit.may("people") and on == workspace.today(),
            group_rule=figure_rules.group_rule,
            cell_rule=figure_rules.cell_rule,
        )

    @routes.get("/territoires")
    def territories(visit: Visit = allowed) -> Response:
        return shell.page(visit, "reports_reach.html", reach=answers.reach(workspace))

    @routes.get("/reponses")
    def departures(visit: Visit = allowed) -> Response:
        this_year = workspace.today().year
        chosen = visit.number("annee") if report.FIRST_YEAR <= visit.number("annee") <= this_year else this_year
        return shell.page(
            visit,
            "reports_answers.html",
            found=answers.year_answers(workspace, chosen),
            this_year=this_year,
            reasons=database_labels.leaving_reasons(),
            share=share_words,
        )

    @routes.get("/annee")
    def newest(_visit: Visit = allowed) -> Response:
        return RedirectResponse(f"{site.prefix}{_HOME}/annee/{workspace.today().year}", 303)

    @routes.get("/annee/{year}")
    def year(year: int, visit: Visit = allowed) -> Response:
        made = _report(site, year, i18n.locale())
        return shell.page(
            visit,
            "reports_year.html",
            report=made,
            shown=figures.shown,
            groups=figures.groups,
            group_name=figures.group_name,
            this_year=workspace.today().year,
        )

    @routes.get("/annee/{year}/imprimer")
    def printed(year: int, _visit: Visit = allowed) -> Response:
        page = formats.write_report(workspace, _report(site, year), "html")
        # One file that also opens from a disk: its style is inside it, and nothing else is allowed.
        policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'; base-uri 'none'"
        return HTMLResponse(page, headers={"Content-Security-Policy": policy})

    @routes.get("/annee/{year}/rapport.{form}")
    def download(year: int, form: str, _visit: Visit = allowed) -> Response:
        if form not in _TYPES or form not in get_args(formats.Form):
            raise HTTPException(404)
        data = formats.write_report(workspace, _report(site, year), "csv" if form == "csv" else "json")
        name = {"Content-Disposition": f'attachment; filename="rapport-{year}.{form}"'}
        return Response(data, media_type=_TYPES[form], headers=name)

    return routes


def _report(site: Site, year: int, language: str = "") -> report.YearReport:
    try:
        return report.report(site.workspace, year, language=language)
    except Refused:
        raise HTTPException(404) from None


def _month(day: date) -> str:
    return format_date(day, "MMM yy", locale=i18n.locale())


def _names(site: Site, by: str) -> Any:
    """Return the function that names the groups of a count."""
    titles = {p.key: p.title for p in site.workspace.settings.publications.values()}
    named = {
        "publication": lambda key: titles.get(key, key),
        "status": database_labels.state,
        "level": database_labels.level,
    }
    return named.get(by, database_labels.group)
