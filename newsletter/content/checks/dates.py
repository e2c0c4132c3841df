"""Dates written in prose: does the weekday match the date, and is the year clear to the reader?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date as day

from newsletter.french import MONTHS, WEEKDAYS, date_words, weekday_words
from newsletter.i18n import _
from newsletter.model import Finding, Severity

_SPELLINGS = {name: number for number, name in enumerate(MONTHS, 1)} | {"fevrier": 2, "aout": 8, "decembre": 12}
_MENTION = re.compile(
    rf"(?:\b(?P<weekday>{'|'.join(WEEKDAYS)})\s+)?(?<![\w,.])(?P<day>1er|[12]?\d|3[01])\b"
    rf"(?:\s+(?P<month>{'|'.join(_SPELLINGS)})\b(?:\s+(?P<year>(?:19|20)\d\d)\b)?)?",
    re.IGNORECASE,
)
# What may come between two dates that share a month or a year: "mardi 8 et mercredi 9 décembre".
_JOINED = re.compile(r"\s*(?:,|et|ou|au|puis|-|–)\s*(?:le\s+)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Mention:
    """A date as it was written: `number` is the day of the month, `weekday` counts from Monday.

    `year` is None where none was given.
    """

    text: str
    weekday: int | None
    number: int
    month: int
    year: int | None

    def on(self, year: int) -> day | None:
        """Return the date in `year`, or None where it does not exist (31 novembre)."""
        try:
            return day(year, self.month, self.number)
        except ValueError:
            return None

    def nearest(self, reference: day) -> day | None:
        """Return the date meant: in the year given, else in the year that brings it nearest to `reference`."""
        if self.year:
            return self.on(self.year)
        near = [found for year in (-1, 0, 1) if (found := self.on(reference.year + year))]
        return min(near, key=lambda found: abs(found - reference), default=None)


def mentions(text: str) -> list[Mention]:
    """Return the dates of `text` that name a month, in order; a range lends its month and year to its beginning."""
    found: list[Mention] = []
    following, start = None, len(text)
    for match in reversed(list(_MENTION.finditer(text))):
        joined = following is not None and _JOINED.fullmatch(text, match.end(), start) is not None
        mention = _mention(match, following if joined else None)
        following, start = mention, match.start()
        if mention:
            found.append(mention)
    return found[::-1]


def _mention(match: re.Match[str], following: Mention | None) -> Mention | None:
    own_month = match["month"]
    if not own_month and not following:
        return None
    weekday = WEEKDAYS.index(match["weekday"].lower()) if match["weekday"] else None
    mention = Mention(
        text=" ".join(match[0].split()),
        weekday=weekday,
        number=int(match["day"].lower().removesuffix("er")),
        month=_SPELLINGS[own_month.lower()] if own_month else following.month if following else 0,
        year=int(match["year"]) if match["year"] else None,
    )
    if mention.year or not following or not following.year:
        return mention
    return replace(mention, year=following.year - (mention.month > following.month))


def check_weekdays(text: str, where: str, reference: day) -> Iterator[Finding]:
    """Yield a finding for every weekday that does not match its date, and for dates that do not exist.

    A date without a year is taken as the one nearest to `reference`, and the finding is then a warning only.
    """
    for mention in mentions(text):
        meant = mention.nearest(reference)
        if meant is None:
            message = _("« {texte} » n’existe pas au calendrier. Corrigez le jour ou le mois.")
            yield Finding("date-impossible", Severity.ERROR, message.format(texte=mention.text), where)
        elif mention.weekday is not None and mention.weekday != meant.weekday():
            message = _("« {texte} » : le {date} est un {jour}. Corrigez le jour ou la date.")
            words = message.format(texte=mention.text, date=date_words(meant), jour=weekday_words(meant))
            yield Finding("weekday-wrong", Severity.ERROR if mention.year else Severity.WARNING, words, where)


def check_years(text: str, where: str, sent: day) -> Iterator[Finding]:
    """Yield a finding for every date without a year that lies on the other side of a New Year, seen from `sent`."""
    for mention in mentions(text):
        meant = mention.nearest(sent)
        if mention.year is None and meant and meant.year != sent.year:
            message = _("« {texte} » tombe en {annee}, la lettre part en {envoi} : ajoutez l’année.")
            words = message.format(texte=mention.text, annee=meant.year, envoi=sent.year)
            yield Finding("year-missing", Severity.WARNING, words, where)
