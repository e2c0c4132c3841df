"""What the web page of a letter shows: the letter's own view, frozen at approval, without anything personal.

It is taken from the values the letter was rendered from, not from its HTML: so the page has headings, landmarks and
pictures of its own, and no recipient's link can be in it. Articles meant for some readers only are left out, and so is
whatever a public archive would tell everybody of a letter that is for some readers only.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, replace
from datetime import date
from functools import cache

from pydantic import TypeAdapter

from newsletter import i18n
from newsletter.actions import published_pictures
from newsletter.actions.letters.editions import Edition
from newsletter.actions.workspace import Workspace
from newsletter.audience import EVERYONE
from newsletter.model import Article
from newsletter.rendering import clean, view
from newsletter.rendering.letter import public_part
from newsletter.rendering.webp import webp

_ELEMENT = re.compile(r"<[^<>]*>")


@dataclass(frozen=True, slots=True)
class WebPicture:
    """A picture by its file name under `/images/`; `webp` holds (file name, width in pixels), narrow first."""

    file: str
    width: int
    height: int
    alt: str
    credit: str = ""
    webp: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class WebPerson:
    """A person interviewed."""

    name: str
    function: str
    organisation: str
    portrait: WebPicture | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WebEvent:
    """An event as search engines read it: ISO 8601 texts, only days if `all_day`; `ics`: its file, or empty."""

    start: str
    end: str
    all_day: bool
    place: str
    organisers: tuple[str, ...]
    ics: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WebItem:
    """An item as printed; `body` is XHTML from the product's own serializer."""

    slug: str
    public: bool
    title: str
    summary: str
    body: str
    href: str
    cta: str
    label: str
    when: str
    until: str
    place: str
    contact: str
    quote: str
    picture: WebPicture | None
    people: tuple[WebPerson, ...]
    event: WebEvent | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSection:
    """A heading with its items."""

    title: str
    layout: str
    items: tuple[WebItem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WebLetter:
    """The web page of one issue."""

    issue: str
    publication: str
    day: date
    subject: str
    preheader: str
    edition: str
    editorial: str
    lead: WebItem | None
    lead_layout: str
    sections: tuple[WebSection, ...]

    @property
    def items(self) -> tuple[WebItem, ...]:
        """Every item, the lead first; an article in two sections comes twice."""
        return ((self.lead,) if self.lead else ()) + tuple(item for s in self.sections for item in s.items)

    @property
    def empty(self) -> bool:
        """Whether nothing is left to show: every item, or the whole letter, is for some readers only."""
        return not self.items and not self.editorial

    @property
    def picture(self) -> WebPicture | None:
        """The picture that represents the whole letter: the first of its items."""
        found = (item.picture or next((p.portrait for p in item.people if p.portrait), None) for item in self.items)
        return next(filter(None, found), None)


def make(workspace: Workspace, made: Edition) -> WebLetter:
    """Return the page of an edition, and publish the WebP forms of its pictures."""
    settings = workspace.settings
    # Of a members' archive the letter's own audience is asked for when the page is opened.
    closed = made.publication.archive != "public"
    issue = clean.tree(public_part(replace(made.composed, audience=EVERYONE) if closed else made.composed))
    with i18n.speaking(settings.network.locale):
        shown = view.page(issue, made.publication, settings.network, settings.theme, "", made.pictures)
        builder = _WebLetterBuilder(workspace)
        return WebLetter(
            issue=issue.key,
            publication=issue.publication,
            day=issue.date,
            subject=issue.subject,
            preheader=issue.preheader,
            edition=shown.edition,
            editorial=str(shown.editorial),
            lead=builder.item(shown.lead) if shown.lead else None,
            lead_layout=shown.lead_layout,
            sections=tuple(
                WebSection(title=r.title, layout=r.layout, items=tuple(map(builder.item, r.items)))
                for r in shown.sections
            ),
        )


@dataclass(frozen=True, slots=True)
class _WebLetterBuilder:
    """Makes the items of a page from the entries of the letter's view."""

    workspace: Workspace

    def item(self, entry: view.PrintedItem) -> WebItem:
        item, article = entry.item, entry.item.article
        return WebItem(
            slug=article.slug,
            public=article.visibility == "public",
            title=item.title,
            summary=entry.summary,
            body=str(entry.body),
            href=entry.href,
            cta=entry.cta,
            label=entry.label,
            when=item.when,
            until=entry.until,
            place=entry.place,
            contact=article.contact,
            quote=entry.quote,
            picture=self.picture(entry.picture, item.picture.credit if item.picture else ""),
            people=tuple(
                WebPerson(who.name, who.function, who.organisation, self.picture(portrait))
                for who, portrait in entry.speakers
            ),
            event=_event(article, entry.ics),
        )

    def picture(self, placed: view.PlacedPicture | None, credit: str = "") -> WebPicture | None:
        if placed is None:
            return None
        file = placed.url.rpartition("/")[2]
        forms = tuple((self.webp(file, width), width) for width in (placed.width, 2 * placed.width))
        return WebPicture(file, placed.width, placed.height, placed.alt, credit, forms)

    def webp(self, file: str, width: int) -> str:
        name, place = f"{file.rpartition('.')[0]}-{width}.webp", self.workspace.media
        if place.look(name) is None:
            place.put(name, webp(published_pictures.required(place, file), width))
        return name


def _event(article: Article, ics: str) -> WebEvent | None:
    event = article.event
    if event is None:
        return None
    last = event.end or event.start
    return WebEvent(
        start=event.start.date().isoformat() if event.all_day else event.start.isoformat(),
        end=last.date().isoformat() if event.all_day else last.isoformat(),
        all_day=event.all_day,
        place=event.place,
        organisers=event.organisers,
        ics=ics,
    )


@cache
def _adapter() -> TypeAdapter[WebLetter]:
    return TypeAdapter(WebLetter)


def freeze(page: WebLetter) -> str:
    """Return the page as JSON."""
    return _adapter().dump_json(page).decode()


def thaw(content: str) -> WebLetter:
    """Read what `freeze` wrote."""
    return _adapter().validate_json(content)


def words(page: WebLetter) -> str:
    """Return all text of the page, for the search."""
    texts = [page.subject, page.preheader, page.editorial, *(section.title for section in page.sections)]
    for item in page.items:
        texts += [item.title, item.summary, item.body, item.label, item.when, item.place, item.quote]
        texts += [" ".join((who.name, who.function, who.organisation)) for who in item.people]
    return html.unescape(_ELEMENT.sub(" ", " ".join(texts)))
