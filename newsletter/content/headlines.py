"""The two lines that an inbox shows of an issue: subject and preheader."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date as day

from newsletter.french import date_words, month_words
from newsletter.settings import Network, Publication

SHORTEST, LONGEST = 30, 150
_BETWEEN = " · "


def subject_line(pattern: str, publication: Publication, date: day, number: int | None) -> str:
    """Return `pattern` with {title}, {month}, {year}, {date} and {number} filled in, in one pass.

    Anything else in braces stays as it is: braces in a title are never read as a pattern.
    """
    words = {
        "title": publication.title,
        "month": month_words(date, year=False),
        "year": str(date.year),
        "date": date_words(date),
        "number": str(number or ""),
    }
    filled = re.sub(r"\{(\w+)\}", lambda m: words.get(m[1], m[0]), pattern)
    return " ".join(filled.split(" ")).strip()


def preheader_line(titles: Iterable[str], network: Network) -> str:
    """Return the first `titles` in 30 to 150 characters; the network's own line completes what is too short."""
    line = ""
    for title in titles:
        longer = line + _BETWEEN + title if line else title
        if len(longer) > LONGEST:
            break
        line = longer
    else:
        title = ""
    if not line and title:
        line = title[: LONGEST - 1].rpartition(" ")[0].rstrip(" ,;:") + "…"
    if len(line) < SHORTEST:
        line = _BETWEEN.join(filter(None, (line, network.baseline or network.name)))
    return line[:LONGEST]
