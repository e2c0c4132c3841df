"""Days of feeds that are written as French people write them: `lun., 09 nov. 2026`, `03/11/2026`."""

from __future__ import annotations

import re
from datetime import date as day

from newsletter.folding import without_accents

YEARS = range(1990, 2101)
_MONTHS = (
    ("janv", "jan"),
    ("fevr", "fev"),
    ("mars",),
    ("avr",),
    ("mai",),
    ("juin",),
    ("juil",),
    ("aout",),
    ("sept",),
    ("oct",),
    ("nov",),
    ("dec",),
)
_WORDED = re.compile(r"\b(\d{1,2})(?:er)?\.? ([a-z]{3,9})\.?,? (\d{4})\b")
_SLASHED = re.compile(r"\b(\d{1,2})[/.](\d{1,2})[/.](\d{4})\b")


def french_day(text: str) -> day | None:
    """Return the day that a French-worded date names; None for any other text, and for a day that is none."""
    folded = without_accents(text[:200])
    if found := _WORDED.search(folded):
        month = next((n for n, names in enumerate(_MONTHS, 1) if found[2].startswith(names)), 0)
        return _day(int(found[3]), month, int(found[1]))
    if found := _SLASHED.search(folded):
        return _day(int(found[3]), int(found[2]), int(found[1]))
    return None


def _day(year: int, month: int, number: int) -> day | None:
    try:
        return day(year, month, number) if year in YEARS else None
    except ValueError:
        return None
