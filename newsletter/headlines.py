"""The lines that an inbox shows of an issue, subject and preheader: none names an item that its reader does not get."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date as day

from newsletter.folding import search_key
from newsletter.french import date_words, month_words
from newsletter.model import ComposedIssue, Item
from newsletter.settings import Network, Publication

SHORTEST, LONGEST = 30, 150
_BETWEEN = " · "
_RUN = 4  # so many words of a title in a row name the item


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
    return _preheader(titles, network_line(network))


def network_line(network: Network) -> str:
    """Return what the network says of itself, where a preheader is too short."""
    return network.baseline or network.name


def lines_for(issue: ComposedIssue, kept: Sequence[Item], gone: Sequence[Item]) -> tuple[str, str]:
    """Return the subject and the preheader for readers who get the items `kept` and not those `gone`.

    A line written for the issue stays unless it names one of `gone`.
    """
    subject = issue.plain_subject if names_an_item(issue.subject, gone, kept) else issue.subject
    if issue.own_preheader and not names_an_item(issue.preheader, gone, kept):
        return subject, issue.preheader
    return subject, _preheader(dict.fromkeys(item.title for item in kept), issue.network_line)


def names_an_item(text: str, items: Sequence[Item], beside: Sequence[Item] = ()) -> bool:
    """Tell whether a line speaks of one of `items`, by words that it does not share with the items `beside`.

    It does when it has four words of the title in a row (all of a shorter one), or the name of an organisation.
    """
    words = search_key(text).split()
    shared = {phrase for item in beside for phrase in _phrases(item)}
    return any(_within(phrase, words) for item in items for phrase in _phrases(item) - shared)


def _phrases(item: Item) -> set[tuple[str, ...]]:
    titles = (item.title, item.article.title)
    found = {run for title in titles for run in _runs(search_key(title).split())}
    return found | {tuple(search_key(name).split()) for name in item.article.organisations if search_key(name)}


def _runs(words: list[str]) -> set[tuple[str, ...]]:
    if not words:
        return set()
    return {tuple(words[at : at + _RUN]) for at in range(max(1, len(words) - _RUN + 1))}


def _within(phrase: tuple[str, ...], words: list[str]) -> bool:
    return any(tuple(words[at : at + len(phrase)]) == phrase for at in range(len(words) - len(phrase) + 1))


def _preheader(titles: Iterable[str], filler: str) -> str:
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
        line = _BETWEEN.join(filter(None, (line, filler)))
    return line[:LONGEST]
