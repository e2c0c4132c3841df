"""French as it is printed: no-break spaces, apostrophes, dates and numbers in words, slugs.

The author's files keep what was typed; these functions work on the way out. Rules of spacing: Lexique des règles
typographiques en usage à l'Imprimerie nationale (narrow space before ; ! ? and inside « », full one before a colon).
Dates, hours and numbers follow the current locale: a user of the Studio in English reads `3 November 2026`.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date as day
from datetime import datetime, time, timedelta
from functools import lru_cache

from babel.dates import format_date

from newsletter.i18n import _, locale
from newsletter.model import EventTime

NARROW = "\u202f"
_SENTENCE = 300
NO_BREAK = "\u00a0"
WORD_JOINER = "\u2060"

MONTHS = (
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
)
WEEKDAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")

END_OF_DAY = time(23, 59)  # what a deadline without an hour means

# What is copied unchanged: addresses of the web and of mail, bare domains with a path, entities. While the rules
# work, a private character replaces each; one that was typed is kept in the same way.
_STAND_IN = "\ue000"
_KEPT = re.compile(
    r"\ue000|(?:(?:https?|ftp)://|\bwww\.|\b(?:mailto|tel):)[^\s<>«»\"]+"
    r"|(?<![\w.+'-])[\w.+'-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+"
    r"|(?<![\w.-])[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}/[^\s<>«»\"]*"
    r"|&#?\w{1,10};",
    re.IGNORECASE,
)
_MAY_KEEP = re.compile(r"[@/&\ue000]|www\.|mailto:|tel:", re.IGNORECASE)
_SPACE = "[ \t\u00a0\u202f\u2009]"
_WORD_END = "[\\w)\\]»”’…%€°\ue000]"
_MONTH = "|".join(MONTHS)
_UNIT = r"(?:h|min|€|k€|M€|Md€|%|km|ha|m²|euros?|millions?|milliards?)(?!\w)"

# A mail client makes a link of "participant.es", ".ne", ".se" or ".ve", which are domains of countries. Only words
# that can take such a feminine ending are touched, so that "amazon.es" stays what it is. The joiner comes after
# the dot: in front of it, it would only lengthen the label of a domain that still ends in ".es".
_INCLUSIVE = re.compile(
    r"(?<![\w./@])(?:[^\W\d_]{0,40}[éèêîïôû][^\W\d_]{0,40}|elus?|"
    r"[^\W\d_]{1,40}(?:ant|ent|and|ard|eur|ois|ain|in|ien|an|al|at|i|rt))"
    r"\.(?=es(?![\w/@:-]|\.\w))"
    r"|(?<![\w./@])[^\W\d_]{1,40}(?:n(?=\.ne)|x(?=\.se)|eur(?=\.se)|f(?=\.ve))\.(?=(?:ne|se|ve)(?![\w/@:-]|\.\w))",
    re.IGNORECASE,
)

_RULES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(rule, re.IGNORECASE), replacement)
    for rule, replacement in (
        ("(?<=[^\\W\\d_])'(?=[\\w«“\"\ue000])", "’"),
        (f"«{_SPACE}*(?=\\S)", "«" + NARROW),
        (f"(?<=\\S){_SPACE}*»", NARROW + "»"),
        (f"(?<=\\S){_SPACE}+(?=[;!?])", NARROW),
        (f'(?<={_WORD_END})(?=[;!?](?:[;!?.…,)\\]»”"\\s]|$))', NARROW),
        (f"(?<=[^\\s:]){_SPACE}+(?=:(?!:))", NO_BREAK),
        (f"(?<={_WORD_END})(?=:(?:\\s|$))", NO_BREAK),
        (f"(?<=\\bn°){_SPACE}*(?=\\d)", NO_BREAK),
        (f"(?<=\\d){_SPACE}+(?={_UNIT})", NO_BREAK),
        (f"(?<=\\d{NO_BREAK}h){_SPACE}+(?=\\d\\d(?!\\d))", NO_BREAK),
        (f"(?:(?<=\\b1er)|(?<=\\b\\d)|(?<=\\b\\d\\d)){_SPACE}+(?=(?:{_MONTH})\\b)", NO_BREAK),
        (f"(?:(?<=\\bM\\.)|(?<=\\bMme)){_SPACE}+(?=[^\\W\\d_])", NO_BREAK),
    )
)
_THOUSANDS = re.compile(f"(?<![\\d.,])\\d{{1,3}}(?:{_SPACE}\\d{{3}})+(?!\\d)")


_SPELLED = str.maketrans({"œ": "oe", "æ": "ae", "ß": "ss", "’": " ", "·": " "})


def typography(text: str) -> str:
    """Return `text` with French spacing and apostrophes; doing it twice changes nothing more.

    Addresses (web and mail), hours such as 14:30 and `::` are left alone. No space is added where none can be meant
    (`a?b`). Inclusive endings that look like a domain (`élu.es`) get a WORD JOINER behind the dot.
    """
    kept = _KEPT.findall(text) if _MAY_KEEP.search(text) else []
    if kept:
        text = _KEPT.sub(_STAND_IN, text)
    for pattern, replacement in _RULES:
        text = pattern.sub(replacement, text)
    text = _THOUSANDS.sub(lambda m: re.sub(_SPACE, NARROW, m[0]), text)
    text = _INCLUSIVE.sub(lambda m: m[0] + WORD_JOINER, text)
    if kept:
        pieces = iter(kept)
        text = re.sub(_STAND_IN, lambda _m: next(pieces), text)
    return text


def printed(text: str) -> str:
    """Return `text` with French typography where French is spoken, as it is elsewhere."""
    if locale() != "fr":
        return text
    # The same few hundred sentences are on every page and in every letter; long texts are an author's own.
    return _known(text) if len(text) < _SENTENCE else typography(text)


@lru_cache(maxsize=4096)
def _known(text: str) -> str:
    return typography(text)


def plain(text: str) -> str:
    """Return `text` for subjects and text parts: U+202F becomes U+00A0, word joiners go (old clients show boxes)."""
    return text.replace(NARROW, NO_BREAK).replace(WORD_JOINER, "")


def number_words(number: float) -> str:
    """Return `6 540` for 6540 (narrow no-break spaces) and `0,5` for 0.5; in English `6,540` and `0.5`."""
    english = f"{number:,}".removesuffix(".0")
    return english if _in_english() else english.translate({ord(","): NARROW, ord("."): ","})


def share_words(share: float) -> str:
    """Return `98,7 %` for 0.987; in English `98.7%`."""
    percent = f"{share * 100:.1f}"
    return f"{percent}%" if _in_english() else percent.replace(".", ",") + f"{NO_BREAK}%"


def weekday_words(date: day) -> str:
    """Return `mardi`."""
    return _english(date, "EEEE") if _in_english() else WEEKDAYS[date.weekday()]


def month_words(date: day, *, year: bool = True) -> str:
    """Return `novembre 2026`; without `year`, `novembre`."""
    words = _english(date, "MMMM") if _in_english() else MONTHS[date.month - 1]
    return f"{words} {date.year}" if year else words


def date_words(date: day, *, year: bool = True) -> str:
    """Return `3 novembre 2026` or `1er juillet 2025`; without `year`, `1er juillet`."""
    words = f"{_ordinal(date)} {month_words(date, year=False)}"
    return f"{words} {date.year}" if year else words


def day_words(date: day, *, year: bool = True) -> str:
    """Return `mardi 3 novembre 2026`; without `year`, `mardi 3 novembre`."""
    return f"{weekday_words(date)} {date_words(date, year=year)}"


def hour_words(moment: datetime) -> str:
    """Return `9h` or `9h30`; in English `9:00` or `9:30`."""
    if _in_english():
        return f"{moment:%-H:%M}"
    return f"{moment.hour}h{moment.minute:02d}" if moment.minute else f"{moment.hour}h"


def clock_words(moment: datetime) -> str:
    """Return `9 h 30`, minutes included even when there are none; in English `9:30`."""
    return hour_words(moment) if _in_english() else f"{moment.hour} h {moment.minute:02d}"


def event_words(event: EventTime, today: day | None = None) -> str:
    """Return when `event` takes place: `Jeudi 24 avril 2025 de 9h à 17h`, `Du 29 septembre au 5 octobre 2025`.

    With `today`, the year is left out where it is the current one. A night (less than twelve hours over midnight)
    counts as one day.
    """
    first, last = event.start.date(), event.last_day
    year = today is None or last.year != today.year
    night = event.end is not None and not event.all_day and event.end - event.start < timedelta(hours=12)
    if first == last or night:
        words = day_words(first, year=year) + _hours(event)
    else:
        words = _days(first, last, year=year)
        if not event.all_day:
            words = _("{jours}, à partir de {heure}").format(jours=words, heure=hour_words(event.start))
    return words[:1].upper() + words[1:]


def until_words(deadline: datetime) -> str:
    """Return `jusqu'au 12 décembre 2026`, with the hour if it says more than the end of the day."""
    words = _("jusqu'au {date}").format(date=date_words(deadline.date()))
    if deadline.time() in (END_OF_DAY, time(0)):
        return words
    return _("{jour} à {heure}").format(jour=words, heure=hour_words(deadline))


def slugify(text: str, limit: int = 70) -> str:
    """Return `text` as ASCII letters, digits and single hyphens, cut at a word; `sans-titre` if nothing remains."""
    # These letters have no decomposition; a curly apostrophe would vanish and glue two words.
    spelled = text.lower().translate(_SPELLED)
    ascii_text = unicodedata.normalize("NFKD", spelled).encode("ascii", "ignore").decode()
    slug = "-".join(re.findall("[a-z0-9]+", ascii_text))
    if len(slug) > limit:
        cut = slug[: limit + 1].rpartition("-")[0]
        slug = cut or slug[:limit]
    return slug or "sans-titre"


def _ordinal(date: day) -> str:
    return "1er" if date.day == 1 and not _in_english() else str(date.day)


def _in_english() -> bool:
    return locale() == "en"


def _english(date: day, pattern: str) -> str:
    return format_date(date, pattern, locale="en_GB")


def _hours(event: EventTime) -> str:
    if event.all_day:
        return ""
    if event.end is None or event.end == event.start:
        return " " + _("à {heure}").format(heure=hour_words(event.start))
    return " " + _("de {debut} à {fin}").format(debut=hour_words(event.start), fin=hour_words(event.end))


def _days(first: day, last: day, *, year: bool) -> str:
    """Return `15 et 16 septembre 2025` for neighbours, else `Du 29 septembre au 5 octobre 2025`."""
    if first.year != last.year:
        begin, end = date_words(first), date_words(last)
    else:
        same_month = first.month == last.month
        begin = _ordinal(first) if same_month else date_words(first, year=False)
        end = date_words(last, year=year)
    pattern = _("{debut} et {fin}") if last - first == timedelta(days=1) else _("du {debut} au {fin}")
    return pattern.format(debut=begin, fin=end)
