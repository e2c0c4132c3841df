"""The web pages of letters: frozen with their mailing, found by issue, searched by words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from newsletter.store.engine.folding import folded
from newsletter.store.people.organisations import name_key
from newsletter.store.tables.core import mailings
from newsletter.store.tables.pages import archive_pages

_MOST_WORDS = 8
# Recipients follow the link of the letter from its first minute on.
_OUT = sa.and_(mailings.c.started_at.is_not(None), mailings.c.status != "cancelled")


@dataclass(frozen=True, slots=True)
class StoredPage:
    """A letter that is out: whose it is, and what its page shows (JSON), when it began to leave (POSIX seconds)."""

    mailing_id: int
    issue: str
    publication: str
    content: str
    started_at: float


def save_page(connection: Connection, mailing_id: int, content: str, text: str) -> None:
    """Keep the page of a mailing; `text` is all its words."""
    connection.execute(archive_pages.insert().values(mailing_id=mailing_id, content=content, words=name_key(text)))


def get_page(connection: Connection, issue: str) -> StoredPage | None:
    """Return the page of an issue that is out, or None."""
    row = connection.execute(_pages().where(mailings.c.issue == issue)).first()
    return _stored(row) if row else None


def list_pages(
    connection: Connection, publications: Sequence[str], words: str = "", limit: int | None = None
) -> list[StoredPage]:
    """Return the letters of `publications` that are out, newest first: all, or those with every word of `words`."""
    query = _pages().where(mailings.c.publication.in_(publications))
    query = query.where(*folded(archive_pages.c.words).contains_words(name_key(words), _MOST_WORDS))
    return [_stored(row) for row in connection.execute(query.limit(limit))]


def _stored(row: sa.Row[Any]) -> StoredPage:
    return StoredPage(**row._asdict())


def _pages() -> sa.Select[Any]:
    columns = (
        mailings.c.id.label("mailing_id"),
        mailings.c.issue,
        mailings.c.publication,
        archive_pages.c.content,
        mailings.c.started_at,
    )
    order = (mailings.c.started_at.desc(), mailings.c.id.desc())
    return sa.select(*columns).join_from(mailings, archive_pages).where(_OUT).order_by(*order)
