"""The report as one self-contained page to read, print and hand on: charts in SVG, a table under each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache

from babel.dates import format_date
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from newsletter import french, i18n, paris, resources
from newsletter.actions.reports import charts
from newsletter.actions.reports import labels as words
from newsletter.actions.reports.charts import Chart
from newsletter.actions.reports.figures import Figure, group_name, groups, shown
from newsletter.actions.reports.report import YearReport
from newsletter.i18n import _
from newsletter.theme import Theme


@dataclass(frozen=True, slots=True)
class Panel:
    """A chart with the same figures in words and in a table; without a chart there was nothing to draw."""

    key: str
    title: str
    description: str
    chart: Chart | None
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    legend: tuple[str, ...] = ()


def title(report: YearReport) -> str:
    """Return the report's heading: `Les lettres du RTES en 2026`."""
    return french.printed(_("Les lettres du {reseau} en {annee}").format(reseau=report.network, annee=report.year))


def subtitle(report: YearReport) -> str:
    """Return which days are counted, and what they are compared with."""
    if report.complete:
        return _("Année entière, à côté de la précédente")
    sentence = _("Année en cours, arrêtée au {jour}, à côté de l'année {annee} entière")
    return sentence.format(jour=french.date_words(report.until), annee=report.year - 1)


def page(report: YearReport, theme: Theme) -> str:
    """Return the page as HTML: no script, nothing loaded from elsewhere."""
    figures = {figure.key: figure for figure in report.figures}
    panels = (
        _subscribers(report),
        _flows(report),
        _articles(report, figures),
        _groups(report, figures["members_by_level"], _("Niveau")),
        _mailings(report),
        _groups(report, figures["members_by_region"], _("Région")),
    )
    values = {
        "title": title(report),
        "subtitle": subtitle(report),
        "tiles": [figures[key] for key in figures if key in _TILES or key.startswith("issues_")],
        "departements": list(groups(figures["members_by_departement"])),
        "lang": i18n.locale(),
    }
    return _environment().get_template("page.html.j2").render(report=report, theme=theme, panels=panels, **values)


_TILES = ("subscribers_end", "interviews", "members_end", "delivery_rate")


@cache
def _environment() -> Environment:
    env = Environment(
        loader=FileSystemLoader(resources.templates() / "web" / "report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    env.globals.update(_=_say, groups=groups, group_name=group_name)
    env.filters.update(
        fr=french.printed, shown=_shown, day=french.date_words, level=words.one_level, n=french.number_words
    )
    return env


def _say(sentence: str) -> str:
    return french.printed(_(sentence))


def _shown(figure: Figure, previous: bool = False) -> str:
    return shown(figure.previous if previous else figure.value, figure.unit)


def _month(key: str) -> str:
    return french.month_words(date.fromisoformat(f"{key}-01"), year=False)


def _short(key: str) -> str:
    """Return a month's name cut for a chart: `janv.`, `mai`."""
    return format_date(date.fromisoformat(f"{key}-01"), "LLL", locale=i18n.locale())


def _peaks(entries: list[tuple[str, int]]) -> str:
    """Say in words what a chart shows at a glance."""
    if not entries:
        return _("Rien à montrer pour cette année.")
    most, least = max(entries, key=lambda e: e[1]), min(entries, key=lambda e: e[1])
    return _("Le plus haut : {plus} ({nom_plus}) ; le plus bas : {moins} ({nom_moins}).").format(
        plus=french.number_words(most[1]),
        nom_plus=most[0],
        moins=french.number_words(least[1]),
        nom_moins=least[0],
    )


def _subscribers(report: YearReport) -> Panel:
    entries = [(_month(m.key), m.subscribers) for m in report.months]
    return Panel(
        key="subscribers",
        title=_("Abonnés, mois par mois"),
        description=_peaks(entries),
        chart=charts.line([(_short(m.key), m.subscribers) for m in report.months]),
        columns=(_("Mois"), _("Abonnés à la fin du mois")),
        rows=tuple((name, french.number_words(n)) for name, n in entries),
    )


def _flows(report: YearReport) -> Panel:
    joined, left = sum(m.joined for m in report.months), sum(m.left for m in report.months)
    sentence = _("{arrivees} arrivées et {departs} départs.").format(
        arrivees=french.number_words(joined), departs=french.number_words(left)
    )
    chart = charts.columns([(_short(m.key), (m.joined, m.left)) for m in report.months]) if joined or left else None
    return Panel(
        key="flows",
        title=_("Arrivées et départs"),
        description=sentence,
        chart=chart,
        columns=(_("Mois"), _("Arrivées"), _("Départs")),
        rows=tuple((_month(m.key), french.number_words(m.joined), french.number_words(m.left)) for m in report.months),
        legend=(_("Arrivées"), _("Départs")),
    )


def _articles(report: YearReport, figures: Mapping[str, Figure]) -> Panel:
    found = [f for key, f in figures.items() if key.startswith("articles_")]
    entries = [
        (words.section_label(f.key.removeprefix("articles_")), int(str(f.value)), int(str(f.previous))) for f in found
    ]
    bars = [(name, n) for name, n, _before in entries]
    return Panel(
        key="articles",
        title=_("Articles par rubrique"),
        description=_peaks(bars if any(n for _name, n in bars) else []),
        chart=charts.rows(bars) if any(n for _name, n in bars) else None,
        columns=(_("Rubrique"), str(report.year), str(report.year - 1)),
        rows=tuple((name, french.number_words(n), french.number_words(before)) for name, n, before in entries),
    )


def _groups(report: YearReport, figure: Figure, what: str) -> Panel:
    entries = [(group_name(figure, group), now, before) for group, now, before in groups(figure)]
    bars = [(name, now) for name, now, _before in entries]
    return Panel(
        key=figure.key,
        title=figure.label,
        description=_peaks(bars),
        chart=charts.rows(bars) if bars else None,
        columns=(what, str(report.year), str(report.year - 1)),
        rows=tuple((name, french.number_words(n), french.number_words(before)) for name, n, before in entries),
    )


def _mailings(report: YearReport) -> Panel:
    days = [paris.moment(o.mailing.started_at or 0.0) for o in report.mailings]
    bars = [(f"{d:%d/%m}", (o.sent - o.returned, o.returned)) for d, o in zip(days, report.mailings, strict=True)]
    names = [
        f"{french.date_words(d.date(), year=False)} : {o.mailing.subject}"
        for d, o in zip(days, report.mailings, strict=True)
    ]
    counts = [(o.sent, o.sent - o.returned, o.hard, o.soft + o.block, o.left) for o in report.mailings]
    return Panel(
        key="mailings",
        title=_("Envois"),
        description=_peaks([(o.mailing.subject, o.sent) for o in report.mailings]),
        chart=charts.columns(bars, labels=6) if bars else None,
        columns=(_("Envoi"), _("Envoyés"), _("Remis"), _("Adresses mortes"), _("Autres retours"), _("Partis")),
        rows=tuple((n, *map(french.number_words, c)) for n, c in zip(names, counts, strict=True)),
        legend=(_("Remis"), _("Revenus")),
    )
