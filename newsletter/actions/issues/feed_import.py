"""Taking articles from a feed or a calendar: first a look at what is new, then drafts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from newsletter.actions import fetch
from newsletter.actions.fetch import FetchedPage, Validators
from newsletter.actions.workspace import Workspace
from newsletter.content import article as articles
from newsletter.content import feeds
from newsletter.content.feeds import FeedEntry
from newsletter.errors import ContentError, ExchangeError, nearest
from newsletter.i18n import Sentence
from newsletter.model import Article, Status, Tag, Visibility
from newsletter.store.issues import feeds as memory


@dataclass(frozen=True, slots=True)
class Harvest:
    """What a source holds: what is new here, and what is known already with the article that it is."""

    source: str
    new: tuple[FeedEntry, ...]
    known: tuple[tuple[FeedEntry, Article], ...]


def look_at_feed(workspace: Workspace, source: str) -> Harvest:
    """Read a feed or calendar, by its address or as a file, and tell what is new; nothing is written.

    The same article under another address (www, http, tracking parameters) is known. Raises ContentError and
    ExchangeError.
    """
    found = feeds.read_feed(_bytes(source), source)
    links = _by_link(workspace)
    titles = {_headline(a): a for a in workspace.pool()}
    known = []
    new = []
    for one in found:
        same = links.get(feeds.canonical(one.link)) if one.link else None
        same = same or titles.get(_headline(one))
        known += [(one, same)] if same else []
        new += [] if same else [one]
    return Harvest(source, tuple(new), tuple(known))


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
    written = [write_drafts(workspace, found, tags) for found in harvest.new]
    with workspace.database.write() as connection:
        now = workspace.database.now(connection)
        # What was taken by hand is not brought again by a feed that is read by itself.
        for marks in feeds.marks(harvest.new, harvest.source):
            memory.remember(connection, marks, harvest.source, "", now)
    return written


def write_drafts(workspace: Workspace, found: FeedEntry, tags: Sequence[str]) -> Article:
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
        visibility=Visibility.MEMBERS if found.private else Visibility.PUBLIC,
    )


def by_link(workspace: Workspace, link: str) -> Article | None:
    """Return the article whose own link, or whose event's, leads to the same page as `link`."""
    return _by_link(workspace).get(feeds.canonical(link))


def same(workspace: Workspace, one: FeedEntry) -> Article | None:
    """Return the article that a find is already: by its address (and time), or by title and time for one without."""
    if not one.link:
        return next((a for a in workspace.pool() if _headline(a) == _headline(one)), None)
    wanted, begins = feeds.canonical(one.link), _headline(one)[1]
    return next((a for a in workspace.pool() if wanted in _pages(a) and begins in (None, _headline(a)[1])), None)


def _headline(one: Article | FeedEntry) -> tuple[str, datetime | None]:
    return one.title, one.event.start if one.event else None


def _by_link(workspace: Workspace) -> dict[str, Article]:
    return {page: article for article in workspace.pool() for page in _pages(article)}


def _pages(article: Article) -> tuple[str, ...]:
    """Return the addresses an article leads to, as they are compared."""
    links = (article.link, article.event.link if article.event else "")
    return tuple(feeds.canonical(link) for link in links if link.startswith("http"))


def _bytes(source: str) -> bytes:
    if source.startswith(("http://", "https://")):
        return download(source).body
    try:
        with Path(source).open("rb") as file:
            return file.read(feeds.MAX_BYTES + 1)
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
