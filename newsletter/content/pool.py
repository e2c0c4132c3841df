"""The pool: all articles of a workspace, and what is wrong with those that cannot be read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date as day
from pathlib import Path

from newsletter.content import article as articles
from newsletter.content.fields import UnknownKey
from newsletter.content.filecache import FileCache
from newsletter.errors import ContentError, nearest
from newsletter.i18n import Sentence
from newsletter.model import Article, Status, Visibility


@dataclass(frozen=True, slots=True)
class Pool:
    """Articles, newest first; `errors` of the files left out, `unknown` keys of those read."""

    articles: tuple[Article, ...] = ()
    errors: tuple[ContentError, ...] = ()
    unknown: tuple[UnknownKey, ...] = ()
    _by_slug: Mapping[str, Article] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        ordered = tuple(sorted(self.articles, key=lambda a: (-a.date.toordinal(), a.slug)))
        object.__setattr__(self, "articles", ordered)
        object.__setattr__(self, "_by_slug", {a.slug: a for a in ordered})

    def __iter__(self) -> Iterator[Article]:
        return iter(self.articles)

    def __len__(self) -> int:
        return len(self.articles)

    def get(self, slug: str) -> Article | None:
        """Return the article `slug`, or None."""
        return self._by_slug.get(slug)

    def find(self, slug: str, where: str = "") -> Article:
        """Return the article `slug`; ContentError names `where` it is referred to, and the nearest slug."""
        try:
            return self._by_slug[slug]
        except KeyError:
            broken = next((e for e in self.errors if f"/{slug}.md" in f"/{e.where}"), None)
            hint = f"its file is refused: {broken}" if broken else _near(slug, self._by_slug)
            raise ContentError(
                f"there is no article `{slug}`",
                where=where,
                hint=hint,
                said=Sentence(
                    "Il n’y a pas d’article « {slug} », ou son fichier ne peut pas être lu. Retirez-le du "
                    "numéro, ou corrigez le fichier.",
                    slug=slug,
                ),
            ) from None


def read_pool(root: Path, files: FileCache | None = None) -> Pool:
    """Read every `articles/**/*.md` of the workspace `root`; with `files`, only those that changed since.

    A file that is refused does not stop the others: its ContentError is in `errors`.
    """
    found: dict[str, Article] = {}
    errors: list[ContentError] = []
    unknown: list[UnknownKey] = []
    for loaded in (files or FileCache()).folder(root / articles.FOLDER, root, articles.load_article, deep=True):
        if isinstance(loaded, ContentError):
            errors.append(loaded)
            continue
        if twin := found.get(loaded.article.slug):
            errors.append(_twins(loaded.article, twin))
            continue
        found[loaded.article.slug] = loaded.article
        unknown += loaded.unknown
    return Pool(tuple(found.values()), tuple(errors), tuple(unknown))


def agenda(pool: Pool, today: day, *, public: bool = True) -> tuple[Article, ...]:
    """Return the ready articles with an event not over before `today`, by date; only those for all if `public`."""
    coming = [
        a
        for a in pool
        if a.status == Status.READY
        and articles.to_come(a, today)
        and not (public and a.visibility == Visibility.MEMBERS)
    ]
    return tuple(sorted(coming, key=event_order))


def event_order(article: Article) -> tuple[float, str]:
    """The key that sorts articles by the beginning of their event."""
    return (article.event.start.timestamp() if article.event else float("inf"), article.slug)


def _twins(article: Article, twin: Article) -> ContentError:
    return ContentError(
        f"the name `{article.slug}` is taken by {twin.path}",
        where=article.path,
        hint="rename one of the two files",
        said=Sentence(
            "Deux articles portent le même nom, celui-ci et {twin}. Renommez l’un des deux fichiers.", twin=twin.path
        ),
    )


def _near(slug: str, known: Mapping[str, Article]) -> str:
    """Return the nearest slug as a hint; the whole list would not help."""
    hint = nearest(slug, known)
    return hint if hint.startswith("did") else "`newsletter articles list` shows the names"
