"""The report in sentences, as the network itself writes them: a figure, and the year before in brackets."""

from __future__ import annotations

from collections.abc import Iterator

from newsletter import french
from newsletter.actions.reports.figures import Readings, issues, rate, shown
from newsletter.actions.reports.year import Year
from newsletter.i18n import _, ngettext
from newsletter.model import Tag


def sentences(readings: Readings) -> Iterator[str]:
    """Yield what a report opens with: readers and issues, content, members, visibility, delivery."""
    for sentence in (_readers(readings), _content(readings), *_members(readings), _delivery(readings)):
        yield french.printed(sentence)


def _n(number: int, one: str, many: str) -> str:
    # The number is never alone at the end of a line.
    return ngettext(one, many, number).replace("{n} ", "{n}" + french.NO_BREAK).format(n=french.number_words(number))


def _readers(readings: Readings) -> str:
    now, before = readings.now, readings.before
    earlier = _("un an plus tôt") if now.until.month == 12 else _("fin décembre {annee}").format(annee=before.number)
    people = _("{abonnes} en {mois} ({avant} {quand})").format(
        abonnes=_n(now.months[-1].subscribers, "{n} abonné", "{n} abonnés"),
        mois=french.month_words(now.until),
        avant=french.number_words(before.months[-1].subscribers),
        quand=earlier,
    )
    return ", ".join([people, *_sent(readings)]) + "."


def _sent(readings: Readings) -> Iterator[str]:
    for key, publication in readings.publications.items():
        number, previous = issues(key, readings.now), issues(key, readings.before)
        if publication.layout == "flash":
            words_ = _n(number, "{n} Flash envoyé", "{n} Flash envoyés")
        else:
            words_ = _n(number, "{n} lettre envoyée", "{n} lettres envoyées")
        yield f"{words_} ({_in(previous, readings.before)})"


def _in(number: int, year: Year) -> str:
    return _("{n} en {annee}").format(n=french.number_words(number), annee=year.number)


def _content(readings: Readings) -> str:
    now, before = readings.now, readings.before
    territories = Tag.TERRITOIRES.value
    return _("{articles} ({avant1}) et {entretiens} ({avant2}).").format(
        articles=_n(now.articles[territories], "{n} article sur les territoires", "{n} articles sur les territoires"),
        avant1=_in(before.articles[territories], before),
        entretiens=_n(sum(now.interviews.values()), "{n} entretien", "{n} entretiens"),
        avant2=_in(sum(before.interviews.values()), before),
    )


def _members(readings: Readings) -> Iterator[str]:
    now, before = readings.now, readings.before
    yield _("{adherents} au {jour} ({avant} au {autre_jour}) : {arrivees}, {departs} dans l'année.").format(
        adherents=_n(len(now.members), "{n} collectivité adhérente", "{n} collectivités adhérentes"),
        jour=french.date_words(now.until),
        avant=french.number_words(len(before.members)),
        autre_jour=french.date_words(before.until),
        arrivees=_n(len(now.members_joined), "{n} adhésion", "{n} adhésions"),
        departs=_n(len(now.members_left), "{n} départ", "{n} départs"),
    )
    yield _n(
        len(now.absent),
        "{n} collectivité adhérente n'a été nommée dans aucun numéro depuis un an.",
        "{n} collectivités adhérentes n'ont été nommées dans aucun numéro depuis un an.",
    )


def _delivery(readings: Readings) -> str:
    now, before = readings.now, readings.before
    if rate(now) is None:
        return _("Aucun message envoyé.")
    sentence = _("{messages}, remis à {taux}").format(
        messages=_n(sum(o.sent for o in now.outcomes), "{n} message envoyé", "{n} messages envoyés"),
        taux=shown(rate(now), "share"),
    )
    if rate(before) is None:
        return f"{sentence}."
    earlier = _("{taux} en {annee}").format(taux=shown(rate(before), "share"), annee=before.number)
    return f"{sentence} ({earlier})."
