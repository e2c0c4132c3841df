"""What a feed or a calendar offers: plain values, and what could not be taken of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date as day
from datetime import datetime

from newsletter.content.feed_links import canonical
from newsletter.i18n import Sentence
from newsletter.model import EventTime


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedEntry:
    """Something that could become an article: plain texts, `private` if its site keeps it for members.

    `guid` is what its source calls it by, `categories` are the source's own words, `picture` the address of one with
    its alternative text (may be empty). `dates` are the next beginnings of an event that repeats, the first of them its
    own.
    """

    title: str
    link: str = ""
    summary: str = ""
    published: day | None = None
    event: EventTime | None = None
    private: bool = False
    guid: str = ""
    categories: tuple[str, ...] = ()
    picture: str = ""
    alternative: str = ""
    dates: tuple[datetime, ...] = ()

    @property
    def choice(self) -> str:
        """By what a form names this one among the entries of one source."""
        return f"{self.link} {self.title}"

    @property
    def key(self) -> str:
        """What two finds of the same thing have in common: the address, else title and time."""
        begins = self.event.start.isoformat() if self.event else ""
        return canonical(self.link) + (f" {begins}" if self.event else "") if self.link else f"{self.title} {begins}"


@dataclass(frozen=True, slots=True)
class Gathered:
    """The entries of a source in its order, and sentences on what was cut, dropped or could not be read."""

    entries: tuple[FeedEntry, ...]
    notes: tuple[Sentence, ...] = ()
