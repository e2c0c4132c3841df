"""Articles: one Markdown file with front matter each, the only source of an item."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date as day
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any

from newsletter.audience import formula
from newsletter.content import frontmatter
from newsletter.content.fields import Fields, UnknownKey
from newsletter.content.frontmatter import Document, name_of
from newsletter.content.merge import Plain
from newsletter.content.plain_values import deadline_text, end_of, midnight, moment_text, picture_plain
from newsletter.french import slugify
from newsletter.i18n import Sentence
from newsletter.model import Article, EventTime, Restriction, Speaker, Status, Tag, Visibility

FOLDER = "articles"


@dataclass(frozen=True, slots=True)
class LoadedArticle:
    """An article with the unknown keys of its file."""

    article: Article
    unknown: tuple[UnknownKey, ...]


@dataclass(frozen=True, slots=True)
class ArticleField:
    """A field of an article's file: its key there, the attribute of Article, and how it is read and written."""

    key: str
    attribute: str
    read: Callable[[Fields, str], Any]
    plain: Callable[[Any], Plain]


def read_article(path: Path, root: Path) -> Article:
    """Return the article in the file `path` of the workspace `root`.

    Its slug is the file's stem. Raises ContentError naming file, line and field.
    """
    return load_article(path, root).article


def load_article(path: Path, root: Path) -> LoadedArticle:
    """Read as `read` does, and return the unknown keys too."""
    return _parse(frontmatter.load_document(path, root))


def write_article(path: Path, article: Article) -> Article:
    """Write `article` into the file `path`, changing only what differs; return it as read back.

    Comments, the order of keys, quoting and unknown keys stay. The file is replaced in one step. Raises ContentError,
    with nothing written, if the values are not those of a valid article.
    """
    name = article.path or path.name
    if path.exists():
        document = replace(frontmatter.load_document(path, path.parent), path=name)
        present = _parse(document).article
        before = _values(present)
        changed = {key: value for key, value in _values(article).items() if value != before[key]}
        if not changed and article.body == present.body:
            return present
    else:
        document = frontmatter.Document(name, {}, "", "", 1)
        changed = _values(article)
    text = document.with_values(changed, article.body)
    written = _parse(frontmatter.parse_document(text, name)).article
    frontmatter.save_document(path, text)
    return written


def new_article(
    root: Path,
    *,
    title: str,
    tags: tuple[str, ...],
    date: day,
    status: Status = Status.DRAFT,
    note: str = "",
    **more: Any,
) -> Article:
    """Create the file of an article under `articles/<year>/`, named after its day and title; return the article.

    `more` are fields of Article, `note` a line of comment at the top of the file. Raises ContentError for invalid
    values.
    """
    stem = f"{date:%Y-%m-%d}-{slugify(title, 60)}"
    folder = root / FOLDER / str(date.year)
    names = (stem if n == 1 else f"{stem}-{n}" for n in count(1))
    slug = next(name for name in names if not (folder / f"{name}.md").exists())
    path = f"{FOLDER}/{date.year}/{slug}.md"
    article = Article(slug=slug, path=path, title=title, tags=tags, date=date, status=status, **more)
    head = f"# {note}\n" if note else ""
    text = frontmatter.Document(path, {}, head, "", 1).with_values(_values(article), article.body)
    written = _parse(frontmatter.parse_document(text, path)).article
    frontmatter.save_document(root / path, text, new=True)
    return written


def _parse(document: Document) -> LoadedArticle:
    fields = Fields.of(document)
    article = Article(
        slug=name_of(document, "an article"),
        path=document.path,
        body=frontmatter.clean(document.body, f"{document.path}:{document.body_line}").strip(),
        lines=document.lines,
        **{field.attribute: field.read(fields, field.key) for field in FIELDS},
    )
    if not article.tags:
        fields.fail(
            "tags",
            "`tags` is missing",
            "add `tags: [...]` with one of " + ", ".join(f"`{t}`" for t in Tag),
            said=Sentence("Choisissez au moins une étiquette."),
        )
    fields.close()
    return LoadedArticle(article, tuple(fields.unknown))


def _date(fields: Fields, key: str) -> day:
    date = fields.date(key, required=True)
    assert date is not None
    return date


def _deadline(fields: Fields, key: str) -> datetime | None:
    found = fields.moment(key)
    return end_of(*found) if found else None


def _event(fields: Fields, key: str) -> EventTime | None:
    inner = fields.child(key)
    if inner is None:
        return None
    start, end = inner.moment("start"), inner.moment("end")
    if start is None:
        inner.fail(
            "start",
            "`event.start` is missing",
            "add `start: 2026-11-24 09:30`",
            said=Sentence("Donnez la date de l’événement."),
        )
    whole = inner.truth("all_day") or start[1]
    if end and end[1] != start[1] and not whole:
        inner.fail(
            "end",
            "`event.end` has no hour, but its start has one",
            "give both an hour, or neither",
            said=Sentence(
                "La fin de l’événement n’a pas d’heure, mais son début en a une. Donnez les deux heures, ou aucune."
            ),
        )
    begins = midnight(start[0].date()) if whole else start[0]
    ends = (midnight(end[0].date()) if whole else end[0]) if end else None
    if ends and ends < begins:
        inner.fail(
            "end",
            "`event.end` lies before its start",
            "correct one of the two dates",
            said=Sentence("L’événement finit avant de commencer. Corrigez l’une des deux dates."),
        )
    event = EventTime(
        start=begins,
        end=ends,
        all_day=whole,
        place=inner.text("place", 300),
        organisers=inner.texts("organisers"),
        link=inner.url("link"),
    )
    inner.close()
    return event


def _speaker(fields: Fields) -> Speaker:
    speaker = Speaker(
        name=fields.text("name", 200, required=True),
        function=fields.text("function", 300),
        organisation=fields.text("organisation", 200),
        portrait=fields.picture("portrait"),
    )
    fields.close()
    return speaker


def _restriction(fields: Fields, key: str) -> Restriction:
    inner = fields.child(key)
    if inner is None:
        return Restriction()
    restriction = Restriction(inner.texts("levels"), inner.texts("regions"), inner.texts("departements"))
    inner.close()
    return restriction


def _values(article: Article) -> dict[str, Plain]:
    """Return the front matter of `article` in the order in which a new file has it; None where it has none."""
    return {field.key: field.plain(getattr(article, field.attribute)) for field in FIELDS}


def _list(values: tuple[str, ...]) -> Plain:
    return list(values) or None


def _event_values(event: EventTime | None) -> Plain:
    if event is None:
        return None
    return {
        "start": moment_text(event.start, only_day=event.all_day),
        "end": moment_text(event.end, only_day=event.all_day) if event.end else None,
        "all_day": None,
        "place": event.place or None,
        "organisers": _list(event.organisers),
        "link": event.link or None,
    }


def _speaker_values(speaker: Speaker) -> Plain:
    return {
        "name": speaker.name,
        "function": speaker.function or None,
        "organisation": speaker.organisation or None,
        "portrait": picture_plain(speaker.portrait),
    }


def _restriction_values(restriction: Restriction) -> Plain:
    if not restriction:
        return None
    return {
        "levels": _list(restriction.levels),
        "regions": _list(restriction.regions),
        "departements": _list(restriction.departements),
    }


def _text(key: str, longest: int) -> ArticleField:
    return ArticleField(key, key, lambda fields, name: fields.text(name, longest), lambda value: value or None)


# The one place that knows the fields of an article's file, in the order in which a new file has them. Their types are
# in `model.Article`.
FIELDS = (
    ArticleField("title", "title", lambda fields, key: fields.text(key, 300, required=True), str),
    ArticleField("tags", "tags", lambda fields, key: fields.words(key, Tag), lambda tags: [str(tag) for tag in tags]),
    ArticleField("date", "date", _date, lambda date: date),
    ArticleField("updated", "updated", Fields.date, lambda date: date),
    ArticleField(
        "status",
        "status",
        lambda fields, key: fields.word(key, Status, Status.READY),
        lambda status: None if status == Status.READY else str(status),
    ),
    ArticleField(
        "visibility",
        "visibility",
        lambda fields, key: fields.word(key, Visibility, Visibility.PUBLIC),
        lambda visibility: None if visibility == Visibility.PUBLIC else str(visibility),
    ),
    _text("summary", 3000),
    ArticleField("link", "link", Fields.url, lambda link: link or None),
    _text("cta", 80),
    ArticleField("image", "picture", Fields.picture, picture_plain),
    ArticleField("organisations", "organisations", Fields.texts, _list),
    ArticleField("event", "event", _event, _event_values),
    ArticleField("deadline", "deadline", _deadline, lambda moment: deadline_text(moment) if moment else None),
    _text("contact", 300),
    ArticleField(
        "people",
        "speakers",
        lambda fields, key: tuple(_speaker(person) for person in fields.children(key, 10)),
        lambda speakers: [_speaker_values(speaker) for speaker in speakers] or None,
    ),
    _text("quote", 1000),
    ArticleField("restrict", "restriction", _restriction, _restriction_values),
    ArticleField("for", "audience", Fields.audience, lambda rule: formula(rule) or None),
)


def to_come(article: Article, on: day) -> bool:
    """Tell whether the article announces an event that is not over before `on`."""
    return article.event is not None and article.event.last_day >= on


def is_over(moment: datetime | None, on: day) -> bool:
    """Tell whether a deadline lies before the day `on`."""
    return moment is not None and moment.date() < on
