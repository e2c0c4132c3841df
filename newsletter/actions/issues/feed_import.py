"""Taking articles from a feed or a calendar: first a look at what is new, then drafts."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from newsletter.actions import fetch
from newsletter.actions.fetch import FetchedPage, Validators
from newsletter.actions.issues import picture_upload
from newsletter.actions.workspace import Workspace
from newsletter.content import article as articles
from newsletter.content import feeds
from newsletter.content.feed_found import FeedEntry
from newsletter.content.feed_links import canonical
from newsletter.errors import ContentError, ExchangeError, NewsletterError, nearest
from newsletter.folding import text_key
from newsletter.i18n import Sentence
from newsletter.model import Article, Picture, Status, Tag, Visibility
from newsletter.store.issues import feeds as memory

_PATIENCE = 3
_PICTURE_SECONDS = 15.0
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Harvest:
    """What a source holds: what is new here, what is known already with the article that it is, and what was left out.

    `notes` are sentences for people.
    """

    source: str
    new: tuple[FeedEntry, ...]
    known: tuple[tuple[FeedEntry, Article], ...]
    notes: tuple[Sentence, ...] = ()


def look_at_feed(workspace: Workspace, source: str) -> Harvest:
    """Read a feed or calendar, by its address or as a file, and tell what is new; nothing is written.

    The same article under another address (www, http, tracking parameters) is known. Raises ContentError and
    ExchangeError.
    """
    body, name = _bytes(source)
    gathered = feeds.gather(body, name, workspace.today())
    here = Here(workspace, gathered.entries)
    known = []
    new = []
    for one in gathered.entries:
        article = here.article(one)
        known += [(one, article)] if article else []
        new += [] if article else [one]
    return Harvest(source, tuple(new), tuple(known), gathered.notes)


class Here:
    """Tells which article of the workspace an entry is already; `entries` are those that came with it.

    One address makes an entry known, unless several of them lead to it: then its title has to be the same, too. Events
    of one address are told apart by when they begin; an event that repeats is known by its title.
    """

    def __init__(self, workspace: Workspace, entries: Sequence[FeedEntry]) -> None:
        self._shared = feeds.shared_links(entries)
        self._by_page: dict[str, list[Article]] = {}
        self._by_title: dict[str, list[Article]] = {}
        for article in workspace.pool():
            self._by_title.setdefault(text_key(article.title), []).append(article)
            for page in _pages(article):
                self._by_page.setdefault(page, []).append(article)

    def article(self, one: FeedEntry) -> Article | None:
        """Return the article that `one` is already, if it is here."""
        page = canonical(one.link) if one.link else ""
        shared = page in self._shared
        for article in self._by_page.get(page, []) if page else []:
            same_title = text_key(article.title) == text_key(one.title)
            if _one_time(one, article) and (same_title or not shared):
                return article
        titled = self._by_title.get(text_key(one.title), [])
        if one.dates:
            return next((article for article in titled if article.event), None)
        return next((article for article in titled if _headline(article)[1] == _headline(one)[1]), None)


def _one_time(one: FeedEntry, article: Article) -> bool:
    """Tell whether an entry and an article begin at one time; an article without an event may tell of any."""
    begins = _headline(article)[1]
    return one.event is None or begins is None or begins == one.event.start or bool(one.dates)


def take_entries(workspace: Workspace, harvest: Harvest, tags: Sequence[str] = ()) -> list[Article]:
    """Write what is new as drafts; without tags, an event is `agenda` and anything else `rtes`."""
    for tag in tags:
        if tag not in list(Tag):
            raise ContentError(
                f"the tag `{tag}` is unknown",
                where="--tag",
                hint=nearest(tag, list(Tag)),
                said=Sentence("L’étiquette « {tag} » n’existe pas. Choisissez-en une dans la liste.", tag=tag),
            )
    taker = Pictures(workspace)
    written = [write_drafts(workspace, found, tags, taker.take(found)) for found in harvest.new]
    with workspace.database.write() as connection:
        now = workspace.database.now(connection)
        # What was taken by hand is not brought again by a feed that is read by itself.
        for marks in feeds.marks(harvest.new, harvest.source):
            memory.remember(connection, marks, harvest.source, "", now)
    return written


class Pictures:
    """Brings the pictures of entries into the workspace, by the rules of every fetch: public hosts, bounded, in time.

    A picture that cannot be had leaves the draft without one; a site that fails three times is asked for no more.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace, self._failures = workspace, Counter[str]()

    def take(self, found: FeedEntry) -> Picture | None:
        """Return the picture of an entry as it is kept in the workspace; None without one."""
        host = urlsplit(found.picture).hostname or ""
        if not found.picture or self._failures[host] >= _PATIENCE:
            return None
        try:
            page = fetch.fetch_page(found.picture, limit=picture_upload.MOST_BYTES, seconds=_PICTURE_SECONDS)
            if page.status != 200:
                raise ExchangeError(f"it answers with {page.status}", where=found.picture)
            return Picture(picture_upload.keep_picture(self._workspace, page.body), alt=found.alternative)
        except NewsletterError as error:
            self._failures[host] += 1
            _log.info("%s: its picture is left out: %s", found.link or found.title, error)
            return None


def write_drafts(
    workspace: Workspace, found: FeedEntry, tags: Sequence[str], picture: Picture | None = None
) -> Article:
    """Write one find as a draft; `tags` as in `take`, known ones. ContentError."""
    today = workspace.today()
    default = (Tag.AGENDA,) if found.event else (Tag.RTES,)
    return articles.new_article(
        workspace.root,
        title=found.title,
        tags=tuple(tags) or default,
        # A page dated ahead would stay out of every issue until then.
        date=min(found.published or today, today),
        status=Status.DRAFT,
        summary=found.summary,
        link=found.link,
        event=found.event,
        picture=picture,
        visibility=Visibility.MEMBERS if found.private else Visibility.PUBLIC,
    )


def by_link(workspace: Workspace, link: str) -> Article | None:
    """Return the article whose own link, or whose event's, leads to the same page as `link`."""
    page = canonical(link)
    return next((article for article in workspace.pool() if page in _pages(article)), None)


def _headline(one: Article | FeedEntry) -> tuple[str, datetime | None]:
    return one.title, one.event.start if one.event else None


def _pages(article: Article) -> tuple[str, ...]:
    """Return the addresses an article leads to, as they are compared."""
    links = (article.link, article.event.link if article.event else "")
    return tuple(canonical(link) for link in links if link.startswith("http"))


def _bytes(source: str) -> tuple[bytes, str]:
    """Return what a source holds, and the address it came from in the end, or its name."""
    if source.startswith(("http://", "https://")):
        page = download(source)
        return page.body, page.url
    try:
        with Path(source).open("rb") as file:
            return file.read(feeds.MAX_BYTES + 1), source
    except OSError as error:
        raise ExchangeError(
            f"it cannot be read: {error.strerror}",
            where=source,
            hint="give a file or an https address",
            said=Sentence("le fichier ne peut pas être lu. Choisissez-le de nouveau."),
        ) from None


def download(url: str, known: Validators | None = None) -> FetchedPage:
    """Fetch a feed or calendar; as it is `known`, it may answer 304 without a body. ExchangeError for other errors."""
    page = fetch.fetch_page(url, limit=feeds.MAX_BYTES, known=known)
    if page.status == 200 or (page.status == 304 and known):
        return page
    raise ExchangeError(
        f"it answers with {page.status}",
        where=url,
        hint="try it in a browser",
        said=Sentence(
            "le site répond par une erreur {status}. Essayez l’adresse dans un navigateur.", status=page.status
        ),
    )
