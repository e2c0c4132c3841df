"""The pool as a list to look through: by words, tag, state and kind, page by page."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from newsletter.actions.issues import feed_reader
from newsletter.actions.issues.files import unreadable, used_in
from newsletter.actions.workspace import Workspace
from newsletter.folding import search_key
from newsletter.model import Article, Finding

_searched = lru_cache(maxsize=8192)(search_key)


def matches(article: Article, words: str) -> bool:
    """Tell whether title, summary, body, people, organisations or name hold every one of `words`, as a search reads."""
    if not words.strip():
        return True
    people = (part for speaker in article.speakers for part in (speaker.name, speaker.function, speaker.organisation))
    text = (article.title, article.summary, article.slug, *article.organisations, *people, article.body)
    key = _searched("\n".join(text))
    return all(word in key for word in search_key(words).split())


@dataclass(frozen=True, slots=True)
class ArticleList:
    """Articles of the pool that a filter lets through, with how many issues each is in, and the broken files."""

    articles: tuple[tuple[Article, int], ...]
    total: int
    broken: tuple[Finding, ...]
    organisations: tuple[str, ...]
    months: tuple[str, ...]


def shelf(
    workspace: Workspace,
    *,
    tag: str = "",
    status: str = "",
    month: str = "",
    organisation: str = "",
    used: str = "",
    words: str = "",
    arrived: bool = False,
    start: int = 0,
    size: int = 40,
) -> ArticleList:
    """Return `size` articles from the one numbered `start`; `month` is `2026-11`, `used` is oui or non.

    `arrived` keeps the drafts that feeds brought.
    """
    came = feed_reader.unread(workspace) if arrived else frozenset()
    pool, uses = workspace.pool(), used_in(workspace)
    found = [
        (article, uses[article.slug])
        for article in pool
        if (not tag or tag in article.tags)
        and (not status or article.status == status)
        and (not month or f"{article.date:%Y-%m}" == month)
        and (not organisation or organisation in article.organisations)
        and (not arrived or article.slug in came)
        and (not used or (uses[article.slug] > 0) == (used == "oui"))
        and matches(article, words)
    ]
    return ArticleList(
        articles=tuple(found[start : start + size]),
        total=len(found),
        broken=tuple(unreadable(error) for error in pool.errors),
        organisations=tuple(sorted({name for article in pool for name in article.organisations})),
        months=tuple(sorted({f"{article.date:%Y-%m}" for article in pool}, reverse=True)),
    )
