"""What is kept about the feeds that are read automatically: how each answered last, and which entries came."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from newsletter.store.tables.pages import feed_entries, feeds


@dataclass(frozen=True, slots=True)
class FeedReading:
    """How a feed was found last: the validators of its answer (RFC 9110 section 8.8), and since when it fails and why.

    Times are POSIX seconds, `read_at` that of the last whole answer; `said` is a JSON object of sentences by language,
    empty while all is well.
    """

    url: str
    etag: str = ""
    modified: str = ""
    read_at: float | None = None
    failing_since: float | None = None
    said: str = ""


def reading(connection: Connection, url: str) -> FeedReading:
    """Return how a feed was found last; an empty one for a feed that was never read."""
    row = connection.execute(sa.select(feeds).where(feeds.c.url == url)).first()
    return FeedReading(**row._mapping) if row else FeedReading(url)


def failing_feeds(connection: Connection, urls: Collection[str]) -> list[FeedReading]:
    """Return those of `urls` whose last reading failed, the longest failing first."""
    query = sa.select(feeds).where(feeds.c.failing_since.is_not(None)).order_by(feeds.c.failing_since, feeds.c.url)
    return [FeedReading(**row._mapping) for row in connection.execute(query) if row.url in urls]


def note(connection: Connection, found: FeedReading) -> None:
    """Keep how a feed was found."""
    values = {
        "url": found.url,
        "etag": found.etag,
        "modified": found.modified,
        "read_at": found.read_at,
        "failing_since": found.failing_since,
        "said": found.said,
    }
    query = _insert(connection, feeds).values(values)
    connection.execute(query.on_conflict_do_update(index_elements=["url"], set_=values))


def known(connection: Connection, marks: Sequence[str]) -> set[str]:
    """Return those of `marks` under which an entry came already."""
    return set(connection.scalars(sa.select(feed_entries.c.mark).where(feed_entries.c.mark.in_(marks))))


def remember(connection: Connection, marks: Iterable[str], feed: str, article: str, now: float) -> None:
    """Record that an entry with these marks came, and the article made of it (empty: there was one); for ever."""
    for mark in marks:
        row = {"mark": mark, "feed": feed, "article": article, "at": now}
        connection.execute(_insert(connection, feed_entries).values(row).on_conflict_do_nothing())


def articles(connection: Connection) -> set[str]:
    """Return the names of all articles that feeds brought, whatever became of them."""
    query = sa.select(feed_entries.c.article).where(feed_entries.c.article != "").distinct()
    return set(connection.scalars(query))


def brought_since(connection: Connection, feed: str, since: float) -> int:
    """Return how many articles a feed has brought since a moment (POSIX seconds)."""
    query = sa.select(sa.func.count(sa.distinct(feed_entries.c.article))).where(
        feed_entries.c.feed == feed, feed_entries.c.article != "", feed_entries.c.at >= since
    )
    return int(connection.scalar(query) or 0)


def _insert(connection: Connection, table: sa.Table) -> sqlite.Insert | postgresql.Insert:
    return sqlite.insert(table) if connection.dialect.name == "sqlite" else postgresql.insert(table)
