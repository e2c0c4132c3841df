"""The figures of the yearly report: each with its key, its French label and rule, and the year before beside it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import Literal

from newsletter import french
from newsletter.actions.reports import labels as words
from newsletter.actions.reports.year import Year
from newsletter.i18n import _
from newsletter.settings import Publication
from newsletter.store.people.organisations import Organisation
from newsletter.store.reports.counts import NONE

Value = int | float | None | Mapping[str, int]
Unit = Literal["count", "share", "groups"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One figure: a number, a share (0 to 1, None when there is nothing to divide) or numbers by group."""

    key: str
    label: str
    value: Value
    previous: Value
    rule: str
    unit: Unit = "count"


@dataclass(frozen=True, slots=True)
class Readings:
    """What the figures are read from: two years, and the publications as the settings have them."""

    now: Year
    before: Year
    publications: Mapping[str, Publication]


@dataclass(frozen=True, slots=True)
class _Line:
    key: str
    label: str
    rule: str
    read: Callable[[Year], Value]
    unit: Unit = "count"


def figures(readings: Readings) -> Iterator[Figure]:
    """Yield every figure, in the order of the report."""
    sent = {o.mailing.publication for year in (readings.now, readings.before) for o in year.issues}
    titles = {key: publication.title for key, publication in readings.publications.items()}
    titles |= {key: key for key in sorted(sent - set(titles))}
    day = french.date_words(readings.now.until)
    groups = (
        _subscribers(titles, day),
        _issues(titles),
        _articles(readings),
        _members(day),
        _featured(),
        _deliveries(),
    )
    for line in chain.from_iterable(groups):
        yield Figure(
            key=line.key,
            label=french.printed(line.label),
            value=line.read(readings.now),
            previous=line.read(readings.before),
            rule=french.printed(line.rule),
            unit=line.unit,
        )


def _subscribers(titles: Mapping[str, str], day: str) -> Iterator[_Line]:
    yield _Line(
        "subscribers_end",
        _("Abonnés au {jour}").format(jour=day),
        _("Abonnés actifs uniques au dernier jour : qui reçoit plusieurs publications compte une fois."),
        lambda year: year.months[-1].subscribers,
    )
    yield _Line(
        "subscribers_joined",
        _("Arrivées"),
        _("Personnes devenues actives dans l'année, sans l'être déjà pour une autre publication."),
        lambda year: sum(month.joined for month in year.months),
    )
    yield _Line(
        "subscribers_left",
        _("Départs"),
        _("Personnes qui ne reçoivent plus rien : désabonnement, adresse morte, plainte ou effacement dans l'année."),
        lambda year: sum(month.left for month in year.months),
    )
    for key, title in titles.items():
        yield _Line(
            f"subscribers_end_{key}",
            _("Abonnés : {title}").format(title=title),
            _("Abonnements actifs à cette publication au dernier jour."),
            partial(_subscriptions, key),
        )


def _subscriptions(publication: str, year: Year) -> int:
    return year.subscriptions.get(publication, 0)


def issues(publication: str, year: Year) -> int:
    """Return how many issues of a publication were really sent in the year."""
    return sum(o.mailing.publication == publication for o in year.issues)


def _printed(tag: str, year: Year) -> int:
    return year.articles.get(tag, 0)


def _issues(titles: Mapping[str, str]) -> Iterator[_Line]:
    for key, title in titles.items():
        yield _Line(
            f"issues_{key}",
            _("Numéros envoyés : {title}").format(title=title),
            _("Envois terminés dont un message au moins est parti, comptés dans l'année où l'envoi a commencé."),
            partial(issues, key),
        )


def _articles(readings: Readings) -> Iterator[_Line]:
    rule = _(
        "Articles parus sous cette rubrique dans les numéros envoyés des publications ouvertes à tous, chacun une fois "
        "par an ; un article à la une compte sous sa première étiquette."
    )
    for tag in {**readings.now.articles, **readings.before.articles}:
        yield _Line(
            f"articles_{tag}",
            _("Articles : {rubrique}").format(rubrique=words.section_label(tag)),
            rule,
            partial(_printed, tag),
        )
    yield _Line(
        "interviews",
        _("Entretiens"),
        _("Articles portant l'étiquette « elu » dans les mêmes numéros, chacun une fois par an."),
        lambda year: sum(year.interviews.values()),
    )
    yield _Line(
        "interviews_elus",
        _("Entretiens avec des élus"),
        _("Entretiens où parle une personne d'une collectivité."),
        lambda year: year.interviews["elus"],
    )
    yield _Line(
        "interviews_partners",
        _("Entretiens avec des partenaires"),
        _("Les autres entretiens."),
        lambda year: year.interviews["partners"],
    )


def _members(day: str) -> Iterator[_Line]:
    yield _Line(
        "members_end",
        _("Collectivités adhérentes au {jour}").format(jour=day),
        _("Collectivités dont une période d'adhésion couvre le dernier jour ; les jours de grâce ne comptent pas."),
        lambda year: len(year.members),
    )
    yield _Line(
        "members_joined",
        _("Adhésions"),
        _("Collectivités dont l'adhésion commence dans l'année ; un renouvellement sans interruption ne compte pas."),
        lambda year: len(year.members_joined),
    )
    yield _Line(
        "members_left",
        _("Fins d'adhésion"),
        _("Collectivités dont le premier jour sans adhésion tombe dans l'année."),
        lambda year: len(year.members_left),
    )
    yield _Line(
        "members_by_level",
        _("Adhérents par niveau"),
        _("Les adhérents du dernier jour, selon leur niveau."),
        lambda year: by(year.members, "level"),
        "groups",
    )
    yield _Line(
        "members_by_region",
        _("Adhérents par région"),
        _("Les adhérents du dernier jour, selon leur région."),
        lambda year: by(year.members, "region"),
        "groups",
    )
    yield _Line(
        "members_by_departement",
        _("Adhérents par département"),
        _("Les adhérents du dernier jour, selon le code de leur département."),
        lambda year: by(year.members, "departement"),
        "groups",
    )


def by(members: tuple[Organisation, ...], detail: str) -> dict[str, int]:
    """Count organisations by one of their details: the largest group first, départements by their code."""
    found = Counter(str(getattr(member, detail)) or NONE for member in members).items()
    return dict(sorted(found) if detail == "departement" else sorted(found, key=lambda group: (-group[1], group[0])))


def _deliveries() -> Iterator[_Line]:
    yield _Line(
        "deliveries",
        _("Messages envoyés"),
        _("Messages pris en charge par l'opérateur d'envoi, tous envois commencés dans l'année."),
        lambda year: sum(o.sent for o in year.outcomes),
    )
    yield _Line(
        "delivery_rate",
        _("Taux de remise"),
        _(
            "Messages envoyés moins ceux revenus d'une adresse morte, divisés par les destinataires prévus moins ceux "
            "écartés avant l'envoi (désabonnés, suspendus) ou annulés."
        ),
        rate,
        "share",
    )


def rate(year: Year) -> float | None:
    """Return the share of messages that were sent and not returned for good, of those that were to be sent."""
    tried = sum(o.tried for o in year.outcomes)
    return round(sum(o.sent - o.hard for o in year.outcomes) / tried, 4) if tried else None


def _featured() -> Iterator[_Line]:
    yield _Line(
        "members_featured",
        _("Adhérents mis en avant"),
        _("Adhérents du dernier jour nommés dans un numéro envoyé (article ou entretien) au cours des douze mois."),
        lambda year: len(year.members) - len(year.absent),
    )
    yield _Line(
        "members_not_featured",
        _("Adhérents sans mention depuis un an"),
        _("Adhérents du dernier jour qu'aucun numéro envoyé n'a nommés au cours des douze derniers mois."),
        lambda year: len(year.absent),
    )


def shown(value: Value, unit: Unit) -> str:
    """Return a value as it is printed: `6 540`, `98,7 %`, a dash for nothing; the sum for groups."""
    if value is None:
        return "–"
    if isinstance(value, Mapping):
        return french.number_words(sum(value.values()))
    if unit == "share":
        return french.share_words(value)
    return french.number_words(int(value))


def group_name(figure: Figure, group: str) -> str:
    """Return the printed name of a group: levels have one, regions and départements are their own."""
    return words.level(group) if figure.key == "members_by_level" or group == NONE else group


def groups(figure: Figure) -> Iterator[tuple[str, int, int]]:
    """Yield the groups of a figure with their number this year and the year before."""
    now = figure.value if isinstance(figure.value, Mapping) else {}
    before = figure.previous if isinstance(figure.previous, Mapping) else {}
    for group in [*now, *sorted(set(before) - set(now))]:
        yield group, now.get(group, 0), before.get(group, 0)
