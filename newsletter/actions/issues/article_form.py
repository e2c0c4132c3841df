"""An article as a form: the fields of its kind as texts, what is wrong with them, and the article they make."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from types import MappingProxyType
from typing import Any

from newsletter.actions.issues import picture_upload
from newsletter.actions.workspace import Workspace
from newsletter.content import article as articles
from newsletter.content import checks
from newsletter.content.urls import is_url
from newsletter.errors import Refused
from newsletter.french import END_OF_DAY
from newsletter.i18n import _
from newsletter.model import Article, EventTime, Finding, Picture, Speaker, Status, Tag, Visibility
from newsletter.paris import PARIS

SPEAKERS = 2


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of article: the tags it begins with, and the groups of fields beside those that every article has."""

    tags: tuple[str, ...]
    groups: tuple[str, ...]


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "actualite": Kind((Tag.RTES,), ()),
        "territoire": Kind((Tag.TERRITOIRES,), ("organisations",)),
        "entretien": Kind((Tag.ELU,), ("people",)),
        "evenement": Kind((Tag.AGENDA,), ("event",)),
        "appel": Kind((Tag.APPEL,), ("deadline",)),
    }
)
_BY_TAG = {kind.tags[0]: kind.groups for kind in KINDS.values()}


class Problems(Refused):
    """Fields that cannot be accepted as they are: French sentences by field."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        self.fields = dict(fields)
        super().__init__(" ".join(fields.values()), hint="correct these fields")


def groups_of(article: Article) -> tuple[str, ...]:
    """Return the groups of fields an article shows: those of its tags, and those it has filled."""
    filled = (
        ("organisations", article.organisations),
        ("people", article.speakers),
        ("event", article.event),
        ("deadline", article.deadline),
    )
    return tuple(name for name, value in filled if value or any(name in _BY_TAG.get(t, ()) for t in article.tags))


def values(article: Article) -> dict[str, str]:
    """Return every field of an article as the form shows it."""
    event, picture = article.event, article.picture
    found = {
        "title": article.title,
        "summary": article.summary,
        "link": article.link,
        "body": article.body,
        "date": article.date.isoformat(),
        "status": str(article.status),
        "visibility": str(article.visibility),
        "organisations": "\n".join(article.organisations),
        "quote": article.quote,
        "contact": article.contact,
        "deadline": article.deadline.date().isoformat() if article.deadline else "",
        "alt": picture.alt if picture else "",
        "credit": picture.credit if picture else "",
        "decorative": "oui" if picture and picture.decorative else "",
        "picture": picture.source if picture else "",
    }
    if event:
        found |= {
            "day": event.start.date().isoformat(),
            "hour": "" if event.all_day else f"{event.start:%H:%M}",
            "last_day": _last_day(event),
            "last_hour": f"{event.end:%H:%M}" if event.end and not event.all_day else "",
            "place": event.place,
            "organisers": "\n".join(event.organisers),
            "event_link": event.link,
        }
    for n, speaker in enumerate(article.speakers[:SPEAKERS]):
        found |= {f"name{n}": speaker.name, f"function{n}": speaker.function, f"of{n}": speaker.organisation}
    return found


def _last_day(event: EventTime) -> str:
    several = event.end and (event.all_day or event.end.date() != event.start.date())
    return event.last_day.isoformat() if several else ""


def filled(article: Article, form: Mapping[str, str], tags: Sequence[str], groups: Sequence[str]) -> Article:
    """Return `article` with what the form says; what it does not show stays. Raises Problems."""
    problems: dict[str, str] = {}
    form = {**form, **{name: _whole(form.get(name, "")) for name in ("link", "event_link") if name in form}}
    if not form.get("title"):
        problems["title"] = _("Donnez un titre.")
    if not tags:
        problems["tags"] = _("Choisissez au moins une étiquette.")
    for name in ("link", "event_link"):
        if form.get(name) and not is_url(form[name], ("https", "http", "mailto")):
            problems[name] = _("Donnez une adresse complète, qui commence par https://")
    changes: dict[str, Any] = {
        "title": _line(form, "title"),
        "summary": _line(form, "summary"),
        "link": form.get("link", ""),
        "body": form.get("body", "").replace("\r\n", "\n"),
        "tags": tuple(Tag(t) for t in tags if t in list(Tag)),
        "date": _day(form, "date", problems) or article.date,
        "picture": _picture(article, form, problems),
        "status": Status(form["status"]) if form.get("status") in list(Status) else article.status,
        "visibility": Visibility.MEMBERS if form.get("visibility") == "members" else Visibility.PUBLIC,
    }
    changes |= _group_values(article, form, groups, problems)
    if problems:
        raise Problems(problems)
    return replace(article, **changes)


def _whole(link: str) -> str:
    """Return a typed web address with its blanks as addresses write them: `mon fichier.pdf` is `mon%20fichier.pdf`."""
    return "%20".join(link.split()) if link.lower().startswith(("https://", "http://")) else link


def _group_values(
    article: Article, form: Mapping[str, str], groups: Sequence[str], problems: dict[str, str]
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if "organisations" in groups:
        found["organisations"] = _lines(form, "organisations")
    if "people" in groups:
        found |= {"speakers": _speakers(article, form), "quote": form.get("quote", "")}
    if "event" in groups:
        found["event"] = _event(form, problems)
    if "deadline" in groups:
        day = _day(form, "deadline", problems)
        moment = article.deadline if article.deadline and day == article.deadline.date() else None
        found["deadline"] = moment or (datetime.combine(day, END_OF_DAY, PARIS) if day else None)
        found["contact"] = form.get("contact", "")
    return found


def _event(form: Mapping[str, str], problems: dict[str, str]) -> EventTime | None:
    first, last = _day(form, "day", problems), _day(form, "last_day", problems)
    start, end = _hour(form, "hour", problems), _hour(form, "last_hour", problems)
    if first is None:
        if any(form.get(name) for name in ("hour", "last_day", "place")):
            problems.setdefault("day", _("Indiquez le jour de l’événement."))
        return None
    if end and not start:
        problems["hour"] = _("Indiquez aussi l’heure du début.")
    whole = start is None
    begins = datetime.combine(first, start or time(0), PARIS)
    ends = (
        datetime.combine(last or first, time(0) if whole else end or start or time(0), PARIS) if last or end else None
    )
    if ends and ends < begins:
        problems["last_day"] = _("La fin précède le début.")
    return EventTime(begins, ends, whole, form.get("place", ""), _lines(form, "organisers"), form.get("event_link", ""))


def _picture(article: Article, form: Mapping[str, str], problems: dict[str, str]) -> Picture | None:
    source = form.get("picture", "")
    if not source or form.get("remove") == "oui":
        return None
    decorative = form.get("decorative") == "oui"
    alt = "" if decorative else form.get("alt", "")
    if not alt and not decorative:
        problems["alt"] = _("Décrivez l’image en une phrase, ou dites qu’elle est décorative.")
    return Picture(source, alt, decorative, form.get("credit", ""))


def _speakers(article: Article, form: Mapping[str, str]) -> tuple[Speaker, ...]:
    """Return the people of the form, each with the portrait they had, and those the form has no room for."""
    portraits = {speaker.name: speaker.portrait for speaker in article.speakers}
    rows = [(form.get(f"name{n}", ""), form.get(f"function{n}", ""), form.get(f"of{n}", "")) for n in range(SPEAKERS)]
    shown = tuple(Speaker(name, role, of, portraits.get(name)) for name, role, of in rows if name)
    return shown + article.speakers[SPEAKERS:]


def _line(form: Mapping[str, str], name: str) -> str:
    return " ".join(form.get(name, "").split())


def _lines(form: Mapping[str, str], name: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(line.strip() for line in form.get(name, "").splitlines() if line.strip()))


def _day(form: Mapping[str, str], name: str, problems: dict[str, str]) -> date | None:
    try:
        return date.fromisoformat(form[name]) if form.get(name) else None
    except ValueError:
        problems[name] = _("Écrivez la date sous la forme 2026-11-24.")
        return None


def _hour(form: Mapping[str, str], name: str, problems: dict[str, str]) -> time | None:
    try:
        return time.fromisoformat(form[name].replace("h", ":").zfill(5)) if form.get(name) else None
    except ValueError:
        problems[name] = _("Écrivez l’heure sous la forme 09:30.")
        return None


def blank(workspace: Workspace, kind: str) -> Article:
    """Return the empty article of a kind, which is in no file yet."""
    found = KINDS.get(kind, KINDS["actualite"])
    return Article(
        slug="nouveau",
        path="articles/nouveau.md",
        title="",
        tags=found.tags,
        date=workspace.today(),
        status=Status.DRAFT,
    )


def create_article(workspace: Workspace, made: Article) -> Article:
    """Write a new article's file; ContentError for invalid values."""
    names = (
        "status",
        "summary",
        "link",
        "picture",
        "visibility",
        "organisations",
        "event",
        "deadline",
        "contact",
        "speakers",
        "quote",
        "body",
    )
    more = {name: getattr(made, name) for name in names}
    return articles.new_article(workspace.root, title=made.title, tags=made.tags, date=made.date, **more)


def with_upload(workspace: Workspace, form: Mapping[str, str], data: bytes) -> dict[str, str]:
    """Return the form with the uploaded picture kept and named in it; Problems when it cannot be used."""
    if not data:
        return dict(form)
    try:
        return {**form, "picture": picture_upload.keep_picture(workspace, data), "remove": ""}
    except Refused as refused:
        raise Problems({"upload": refused.told}) from None


def remarks(article: Article) -> list[tuple[str, Finding]]:
    """Proof-read an article that may be in no file: (field, finding)."""
    found = checks.check_article(article)
    return [(finding.where.rpartition(", ")[2], finding) for finding in found]
