"""The feeds of the settings, read by themselves: each new entry becomes a draft, once, whatever becomes of the draft.

What came is remembered in the database, never looked for in the files: an entry whose article an editor changed,
renamed or deleted does not come back.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from newsletter.actions.fetch import Validators
from newsletter.actions.issues import feed_import
from newsletter.actions.workspace import Workspace
from newsletter.content import feeds as entries
from newsletter.content.feed_found import FeedEntry, Gathered
from newsletter.errors import ContentError, ExchangeError, NewsletterError
from newsletter.i18n import LOCALES, locale, speaking
from newsletter.model import Article, Picture, Status
from newsletter.settings import Feed
from newsletter.store.issues import feeds
from newsletter.store.issues.feeds import FeedReading

# What a site that goes wrong, or moves, may lay on the editors' table a day; the rest comes on the days after.
MOST_A_DAY = 30
_DAY = 86_400.0
# There are sites whose validators say for ever that nothing has changed.
_WHOLE = 86_400.0
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Brought:
    """What reading one feed gave: its new drafts, how many entries wait for another day, and what went wrong."""

    url: str
    new: tuple[Article, ...] = ()
    later: int = 0
    unchanged: bool = False
    error: NewsletterError | None = None


@dataclass(frozen=True, slots=True)
class FailingFeed:
    """A feed that cannot be read since a moment (POSIX seconds); `reason` is in the language of now."""

    url: str
    since: float
    reason: str


def read_all(workspace: Workspace, stop: threading.Event | None = None) -> list[Brought]:
    """Read every feed of the settings and write what is new as drafts; a feed that fails does not keep the others back.

    Ends soon once `stop` is set.
    """
    found = []
    for feed in workspace.settings.feeds:
        if stop is not None and stop.is_set():
            break
        found.append(_read(workspace, feed, stop or threading.Event()))
    return found


def failing_feeds(workspace: Workspace) -> tuple[FailingFeed, ...]:
    """Return the feeds of the settings whose last reading failed, the longest failing first."""
    with workspace.database.read() as connection:
        found = feeds.failing_feeds(connection, {feed.url for feed in workspace.settings.feeds})
    return tuple(FailingFeed(one.url, one.failing_since or 0.0, json.loads(one.said)[locale()]) for one in found)


def unread(workspace: Workspace) -> frozenset[str]:
    """Return the names of the articles that feeds brought and nobody has made ready or declined yet."""
    with workspace.database.read() as connection:
        brought = feeds.articles(connection)
    return frozenset(a.slug for a in workspace.pool() if a.status is Status.DRAFT and a.slug in brought)


def _read(workspace: Workspace, feed: Feed, stop: threading.Event) -> Brought:
    with workspace.database.read() as connection:
        before = feeds.reading(connection, feed.url)
        now = workspace.database.now(connection)
    lately = before.read_at is not None and now - before.read_at < _WHOLE
    try:
        page = feed_import.download(feed.url, Validators(before.etag, before.modified) if lately else Validators())
        if page.status == 304:
            _well(workspace, before)
            return Brought(feed.url, unchanged=True)
        done = _take(workspace, feed, entries.gather(page.body, page.url, workspace.today()), stop)
    except (ContentError, ExchangeError) as error:
        done = Brought(feed.url, error=error)
    if done.error:
        _fails(workspace, before, done.error)
        return done
    # While something is left to take, the feed must not answer that nothing has changed.
    whole = not done.later and not stop.is_set()
    known = page.known if whole else Validators()
    _well(workspace, replace(before, etag=known.etag, modified=known.modified, read_at=now))
    if done.new or done.later:
        _log.info("%s: %d new drafts, %d left for later", feed.url, len(done.new), done.later)
    return done


def _take(workspace: Workspace, feed: Feed, gathered: Gathered, stop: threading.Event) -> Brought:
    found = gathered.entries
    each = zip(found, entries.marks(found, feed.url), strict=True)
    for note in gathered.notes:
        _log.info("%s: %s", feed.url, note)
    pictures = feed_import.Pictures(workspace)
    marked = [(one, marks) for one, marks in each if _fresh(workspace, feed, one)]
    with workspace.database.read() as connection:
        known = feeds.known(connection, [mark for _one, marks in marked for mark in marks])
        left = MOST_A_DAY - feeds.brought_since(connection, feed.url, workspace.database.now(connection) - _DAY)
    waiting = [(one, marks) for one, marks in marked if known.isdisjoint(marks)]
    new: list[Article] = []
    error: ContentError | None = None
    for number, (one, marks) in enumerate(waiting):
        if len(new) >= left or stop.is_set():
            return Brought(feed.url, tuple(new), len(waiting) - number, error=error)
        try:
            # Fetched before the database is held: a slow site keeps no other work back.
            made = _bring(workspace, feed, one, marks, found, pictures.take(one))
        except ContentError as refused:
            # It is tried again the next time; those after it are not kept back.
            error = error or refused
            continue
        new += [made] if made else []
    return Brought(feed.url, tuple(new), error=error)


def _fresh(workspace: Workspace, feed: Feed, one: FeedEntry) -> bool:
    """Tell whether an entry is not over, nor too old to be news."""
    today = workspace.today()
    if one.event:
        return one.event.last_day >= today
    return not feed.days or one.published is None or one.published >= today - timedelta(days=feed.days)


def _bring(
    workspace: Workspace,
    feed: Feed,
    one: FeedEntry,
    marks: tuple[str, ...],
    found: Sequence[FeedEntry],
    picture: Picture | None,
) -> Article | None:
    """Write one entry as a draft and remember it; None if it came meanwhile, or if its article is here already.

    Broken off between file and database, the file is found by its address the next time.
    """
    with workspace.database.turn() as connection:
        if feeds.known(connection, marks):
            return None
        there = feed_import.Here(workspace, found).article(one)
        made = None if there else feed_import.write_drafts(workspace, one, _tags(feed, one), picture)
        now = workspace.database.now(connection)
        feeds.remember(connection, marks, feed.url, made.slug if made else "", now)
    return made


def _tags(feed: Feed, one: FeedEntry) -> tuple[str, ...]:
    ours = {name.casefold(): tag for name, tag in feed.categories.items()}
    mapped = (ours.get(category.casefold()) for category in one.categories)
    return tuple(dict.fromkeys(tag for tag in mapped if tag)) or feed.tags


def _well(workspace: Workspace, found: FeedReading) -> None:
    if found.failing_since is not None:
        _log.info("%s: it can be read again", found.url)
    with workspace.database.write() as connection:
        feeds.note(connection, replace(found, failing_since=None, said=""))


def _fails(workspace: Workspace, before: FeedReading, error: NewsletterError) -> None:
    """Keep why a feed cannot be read; the log is told once, not at every reading."""
    said = {}
    for language in LOCALES:
        with speaking(language):
            said[language] = error.told
    level = logging.WARNING if before.failing_since is None else logging.DEBUG
    _log.log(level, "the feed cannot be read: %s", error)
    with workspace.database.write() as connection:
        since = before.failing_since or workspace.database.now(connection)
        # Asked for anew: what comes next is to be judged whole.
        feeds.note(connection, FeedReading(before.url, "", "", before.read_at, since, json.dumps(said)))
