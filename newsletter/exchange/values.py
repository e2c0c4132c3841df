"""The values of cells: cleaned, compared, dated, and made harmless for spreadsheets. Nothing is ever evaluated."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime, time, timedelta
from functools import lru_cache

# What a spreadsheet may take for a formula: OWASP's list, with the full-width signs that Excel turns into plain ones.
# A value that already looks protected is protected once more, so that `unprotect` is the exact inverse.
_RISKY = re.compile(r"'*(?:[\t\r\n\0]|\s*[=+\-@＝＋－＠])")
_PROTECTED = re.compile(rf"'{_RISKY.pattern}")

_ZERO_WIDTH_JOINER = "\u200d"  # part of emoji and of some scripts: the one invisible character with a meaning
_MONTHS = ("janv", "fevr", "mars", "avri", "mai", "juin", "juil", "aout", "sept", "octo", "nove", "dece")
_DAY = re.compile(r"(?P<a>\d{1,4})[-/. ](?P<b>\d{1,2}|[a-z.]+)[-/. ](?P<c>\d{4}|\d{2})(?!\d)(?P<rest>.*)", re.DOTALL)
_TIME = re.compile(r"(\d{1,2})[:h](\d{2})(?::(\d{2}))?")
_ZONE = re.compile(r"(?:Z|UTC|[+-]\d{2}:?\d{2})\Z", re.IGNORECASE)


def clean(text: str) -> str:
    """Return `text` on one line, without control or invisible characters and without blanks around it."""
    if text.isprintable():
        return text.strip()
    return "".join(c for c in " ".join(text.split()) if c.isprintable() or c == _ZERO_WIDTH_JOINER).strip()


def fuller(new: str, old: str) -> bool:
    """Tell whether `new` says more than `old`: a rule that gives the same winner in whatever order texts come."""
    return (len(new), new) > (len(old), old)


@lru_cache(maxsize=4096)
def fold(text: str) -> str:
    """Return `text` for comparison: no accents, lower case, runs of anything but letters and digits as one space."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return re.sub(r"[\W_]+", " ", bare.replace("œ", "oe").replace("Œ", "oe").lower()).strip()


def protect(text: str) -> str:
    """Return `text` so that no spreadsheet takes it for a formula: a single quote in front when it might.

    OWASP ASVS 1.2.10. `unprotect` gives every value back, `+33 3 20...` phones included.
    """
    return f"'{text}" if _RISKY.match(text) else text


def unprotect(text: str) -> str:
    """Return what `protect` was given; a value that it would not have made is returned as it is."""
    return text[1:] if _PROTECTED.match(text) else text


def is_yes(text: str) -> bool:
    """Tell whether a cell of a yes/no (or date) column says yes: anything but an empty value or a form of no."""
    return fold(text) not in {"", "0", "non", "no", "n", "false", "faux", "null", "none", "na", "n a", "0 0"}


def iso_date(text: str) -> str:
    """Return a date as ISO 8601, with its time when it has one, or "" when `text` is no date that can be trusted.

    Reads ISO dates, day/month/year (month/day/year only when the second number cannot be a month), `12 mars 2024`.
    """
    text = text.strip()
    try:
        return _iso(datetime.fromisoformat(text), dated=len(text) <= 10)
    except ValueError:
        found = _DAY.match(fold_date(text))
    if not found:
        return ""
    try:
        day = _day(found["a"], found["b"], found["c"])
        at = _TIME.search(found["rest"])
        clock = time(int(at[1]), int(at[2]), int(at[3] or 0)) if at else None
    except ValueError:
        return ""
    return _iso(datetime.combine(day, clock or time()), dated=clock is None) + (_zone(text) if clock else "")


def fold_date(text: str) -> str:
    """Return `text` without accents, capitals, weekday and `1er`, keeping the separators."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", text.lower()) if not unicodedata.combining(c))
    return re.sub(r"^(?:(?:lun|mar|mercre|jeu|vendre|same)di|dimanche|le)\s+", "", bare).replace("1er ", "1 ")


def _day(a: str, b: str, c: str) -> date:
    if not b.isdigit():
        month = next((n for n, start in enumerate(_MONTHS, 1) if b.startswith(start[:4]) or start.startswith(b)), 0)
        return date(_year(c), month, int(a))
    if len(a) == 4:
        return date(int(a), int(b), int(c))
    day, month = int(a), int(b)
    return date(_year(c), day, month) if month > 12 >= day else date(_year(c), month, day)


def _year(text: str) -> int:
    return int(text) if len(text) == 4 else 2000 + int(text)


def _iso(moment: datetime, *, dated: bool) -> str:
    return moment.date().isoformat() if dated else moment.isoformat()


def _zone(text: str) -> str:
    found = _ZONE.search(text)
    return "" if not found else "+00:00" if found[0].upper() in {"Z", "UTC"} else found[0]


def cell_text(value: object) -> str:
    """Return the text of a spreadsheet cell: whole numbers without `.0`, dates as ISO, yes/no in French."""
    if isinstance(value, bool):
        return "oui" if value else "non"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, datetime):
        return _iso(value, dated=value.time() == time())
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value)
    return "" if value is None else str(value)
