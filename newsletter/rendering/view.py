"""What the templates print: an issue with its links checked, its pictures placed and its bodies ready."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date as day
from functools import partial
from typing import get_args

from babel.dates import format_date
from markupsafe import Markup

from newsletter import french, i18n
from newsletter.errors import RenderingError, nearest
from newsletter.i18n import Sentence
from newsletter.messages import PublishedPicture
from newsletter.model import ComposedIssue, Item, Picture, Section, Speaker, Tag, Visibility
from newsletter.rendering import clean
from newsletter.rendering.body import body
from newsletter.rendering.picture_slots import LEAD, LOGO, PORTRAIT, Slot, picture_key, slot_of
from newsletter.settings import Layout, Network, Publication
from newsletter.theme import Theme

Pictures = Mapping[str, PublishedPicture]
SLOTS = {name: f"qz7slot-{name}-7zq" for name in ("email", "web", "prefs", "unsub", "propose")}
_ADDRESS = re.compile(r"[^\s@<>\"]+@[^\s@<>\"]+\.[^\s@<>\"]+\Z")


@dataclass(frozen=True, slots=True)
class PlacedPicture:
    """A picture in its slot; a decorative one has an empty alternative and is never a link."""

    url: str
    width: int
    height: int
    alt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintedItem:
    """An item as it is printed: `level` is its heading's, `href` and `ics` are empty where there is nothing to open."""

    item: Item
    level: int
    href: str
    cta: str
    ics: str
    summary: str
    body: Markup
    body_text: str
    picture: PlacedPicture | None
    speakers: tuple[tuple[Speaker, PlacedPicture | None], ...]

    @property
    def quote(self) -> str:
        """The sentence that stays of an interview, unless the title already gives it."""
        return "" if self.item.quote in self.item.title else self.item.quote

    @property
    def until(self) -> str:
        """The deadline in words, as a line of its own begins: `Jusqu’au 12 décembre 2026`."""
        return self.item.until[:1].upper() + self.item.until[1:]

    @property
    def label(self) -> str:
        """The line above the title: the authorities it is about."""
        return french.printed(", ".join(self.item.article.organisations))

    @property
    def place(self) -> str:
        """Where the event is, and who organises it."""
        event = self.item.article.event
        return french.printed(" – ".join(filter(None, (event.place, ", ".join(event.organisers))))) if event else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintedSection:
    """A section as it is printed."""

    title: str
    layout: str
    items: tuple[PrintedItem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintedLetter:
    """All that a template sees."""

    issue: ComposedIssue
    publication: Publication
    network: Network
    theme: Theme
    base_url: str
    logo: PlacedPicture | None
    editorial: Markup
    lead: PrintedItem | None
    sections: tuple[PrintedSection, ...]
    counted: bool = False

    @property
    def lead_layout(self) -> str:
        """An interview keeps its portraits when it opens the letter."""
        return "interview" if self.lead and self.lead.speakers else "lead"

    @property
    def edition(self) -> str:
        """Which number this is: `Novembre 2026 · n° 142`; a Flash names its day."""
        words = french.date_words if self.publication.layout == "flash" else french.month_words
        date = words(self.issue.date)
        number = f"n°\u00a0{self.issue.number}" if self.issue.number is not None else ""
        return " · ".join(filter(None, (date[:1].upper() + date[1:], number)))

    @property
    def public(self) -> bool:
        """Whether the archive is public."""
        return self.publication.archive == "public"


def page(
    issue: ComposedIssue,
    publication: Publication,
    network: Network,
    theme: Theme,
    base_url: str,
    pictures: Pictures,
    *,
    counted: bool = False,
) -> PrintedLetter:
    """Return the view of a cleaned issue. Raises RenderingError naming the article whose text cannot be printed."""
    make = partial(_entry, pictures=pictures, label=publication.link_label, base_url=base_url)
    logo = Picture(network.logo, network.logo_alt or network.short_name) if network.logo else None
    return PrintedLetter(
        issue=issue,
        publication=publication,
        network=network,
        theme=theme,
        base_url=base_url,
        logo=_placed(logo, LOGO, pictures),
        editorial=body(issue.editorial_html, where=f"{issue.path}, body", level=2, pictures=pictures),
        lead=make(issue.lead, layout="lead", level=2, slot=LEAD) if issue.lead else None,
        sections=tuple(_section(section, make, issue.path) for section in issue.sections),
        counted=counted,
    )


def prints_body(item: Item, layout: str) -> bool:
    """Tell whether the article's own text is printed: in interviews and leads, and where no link leads to more."""
    return bool(layout in ("lead", "interview") or not clean.href(item.link))


def speaks(item: Item, layout: str) -> bool:
    """Tell whether the people of the article are printed: in the interview block, and when one opens the letter."""
    return bool(item.article.speakers) and (
        layout == "interview" or (layout == "lead" and Tag.ELU in item.article.tags)
    )


def _section(section: Section, make: partial[PrintedItem], path: str) -> PrintedSection:
    if section.layout not in get_args(Layout):
        raise RenderingError(
            f"the layout `{section.layout}` of the section `{section.title}` is unknown",
            where=path,
            hint=nearest(section.layout, get_args(Layout)),
            said=Sentence(
                "La rubrique « {title} » a une mise en page inconnue. Choisissez-en une dans la liste.",
                title=section.title,
            ),
        )
    slot = slot_of(section.layout)
    items = tuple(make(item, layout=section.layout, level=3, slot=slot) for item in section.items)
    return PrintedSection(title=section.title, layout=section.layout, items=items)


def _entry(
    item: Item, *, layout: str, level: int, slot: Slot | None, pictures: Pictures, label: str, base_url: str
) -> PrintedItem:
    article = item.article
    shown = prints_body(item, layout)
    # A summary taken from the first sentences of the text would be read twice.
    doubled = shown and item.body_text.startswith(item.summary)
    return PrintedItem(
        item=item,
        level=level,
        href=clean.href(item.link) or clean.href(article.event.link if article.event else ""),
        cta=item.cta or label,
        ics=f"{base_url}/agenda/{article.slug}.ics" if _in_calendar(item) else "",
        summary="" if doubled else item.summary,
        body=body(item.body_html, where=article.where("body"), level=level + 1, pictures=pictures)
        if shown
        else Markup(),
        body_text=item.body_text if shown else "",
        picture=_placed(item.picture, slot, pictures) if slot else None,
        speakers=tuple((who, _placed(who.portrait, PORTRAIT, pictures)) for who in article.speakers)
        if speaks(item, layout)
        else (),
    )


def _in_calendar(item: Item) -> bool:
    """Tell whether the event has a calendar file: these are public, so events for some readers only have none."""
    article = item.article
    return article.event is not None and article.visibility == Visibility.PUBLIC and not article.restriction


def _placed(picture: Picture | None, slot: Slot, pictures: Pictures) -> PlacedPicture | None:
    found = pictures.get(picture_key(picture.source, *slot)) if picture else None
    if picture is None or found is None:
        return None
    return PlacedPicture(found.url, found.width, found.height, "" if picture.decorative else picture.alt)


def mailto(contact: str) -> str:
    """Return the `mailto:` address of a contact that is an email address, else an empty text."""
    return clean.href(f"mailto:{contact}") if _ADDRESS.match(contact) else ""


def badge(date: day) -> tuple[str, str]:
    """Return the day's number and the short month."""
    return str(date.day), format_date(date, "LLL", locale=i18n.locale())
