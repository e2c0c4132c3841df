"""Taking articles from a feed or a calendar: first a look at what is new, then drafts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from newsletter.actions import fetch
from newsletter.actions.workspace import Workspace
from newsletter.content import article as articles
from newsletter.content import feeds
from newsletter.content.feeds import Found as Found
from newsletter.errors import ContentError, ExchangeError, nearest
from newsletter.i18n import Sentence
from newsletter.model import Article, Status, Tag, Visibility


@dataclass(frozen=True, slots=True)
class Harvest:
    """What a source holds: what is new here, and what is known already with the article that it is."""

    source: str
    new: tuple[Found, ...]
    known: tuple[tuple[Found, Article], ...]


def look(workspace: Workspace, source: str) -> Harvest:
    """Read a feed or calendar, by its address or as a file, and tell what is new; nothing is written.

    The same article under another address (www, http, tracking parameters) is known. Raises ContentError and
    ExchangeError.
    """
    found = feeds.read(_bytes(source), source)
    links = _by_link(workspace)
    titles = {(a.title, a.event.start if a.event else None): a for a in workspace.pool()}
    known = []
    new = []
    for one in found:
        same = links.get(feeds.canonical(one.link)) if one.link else None
        same = same or titles.get((one.title, one.event.start if one.event else None))
        known += [(one, same)] if same else []
        new += [] if same else [one]
    return Harvest(source, tuple(new), tuple(known))


def take(workspace: Workspace, harvest: Harvest, tags: Sequence[str] = ()) -> list[Article]:
    """Write what is new as drafts; without tags, an event is `agenda` and anything else `rtes`."""
    for tag in tags:
        if tag not in list(Tag):
            raise ContentError(
                f"the tag `{tag}` is unknown",
                where="--tag",
                hint=nearest(tag, list(Tag)),
                said=Sentence("L’étiquette « {tag} » n’existe pas. Choisissez-en une dans la liste.", tag=tag),
            )
    return [_write(workspace, found, tags) for found in harvest.new]


def _write(workspace: Workspace, found: Found, tags: Sequence[str]) -> Article:
    today = workspace.today()
    default = (Tag.AGENDA,) if found.event else (Tag.RTES,)
    return articles.new(
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


def _by_link(workspace: Workspace) -> dict[str, Article]:
    return {feeds.canonical(link): a for a in workspace.pool() for link in _links(a) if link.startswith("http")}


def _links(article: Article) -> tuple[str, ...]:
    return (article.link, article.event.link if article.event else "")


def _bytes(source: str) -> bytes:
    if source.startswith(("http://", "https://")):
        page = fetch.get(source, limit=feeds.MAX_BYTES)
        if page.status != 200:
            raise ExchangeError(
                f"it answers with {page.status}",
                where=source,
                hint="try it in a browser",
                said=Sentence(
                    "le site répond par une erreur {status}. Essayez l’adresse dans un navigateur.", status=page.status
                ),
            )
        return page.body
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
