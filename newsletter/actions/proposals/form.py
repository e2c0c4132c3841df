"""What a contact of a member writes in the proposal form: treated as hostile text, checked, made an article."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import date, datetime, time

from newsletter.content.urls import is_url
from newsletter.i18n import _
from newsletter.model import Article, EventTime, Picture, Status, Tag
from newsletter.paris import PARIS
from newsletter.rendering import clean

LENGTHS = {"title": 160, "summary": 800, "text": 8000, "link": 500, "place": 200, "alt": 250, "credit": 120}
_LINES = ("summary", "text")
_HOUR = re.compile(r"([01]?\d|2[0-3])[:hH]([0-5]\d)?\Z")
_SLOT = re.compile("qz7slot", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """The fields as texts; `kind` is article or event, days are `2026-11-24`, hours `9:30`, `rights` is `oui`."""

    kind: str = "article"
    title: str = ""
    summary: str = ""
    text: str = ""
    link: str = ""
    day: str = ""
    hour: str = ""
    last_day: str = ""
    last_hour: str = ""
    place: str = ""
    alt: str = ""
    credit: str = ""
    rights: str = ""

    @classmethod
    def of(cls, values: Mapping[str, str]) -> Form:
        """Take the fields out of what was posted: controls, direction marks and recipient slots go, lengths are cut."""
        found = {f.name: _tidy(f.name, values.get(f.name, "")) for f in fields(cls)}
        form = cls(**found)
        return form if form.kind in ("article", "event") else replace(form, kind="article")

    def values(self) -> dict[str, str]:
        """Return the fields that are filled."""
        return {name: value for name, value in asdict(self).items() if value}

    @property
    def blank(self) -> bool:
        """Whether the form is empty."""
        return not set(self.values()) - {"kind", "rights"}

    def problems(self, today: date, *, pictured: bool) -> dict[str, str]:
        """Return what is missing or wrong, by field, in French."""
        found = {}
        if len(self.title) < 10:
            found["title"] = _("Donnez un titre d’au moins dix caractères.")
        if len(self.summary) < 40:
            found["summary"] = _("Résumez en deux ou trois phrases : quarante caractères au moins.")
        if self.link and not is_url(self.link, ("https", "http")):
            found["link"] = _("Donnez une adresse complète, qui commence par https://")
        if pictured and not self.alt:
            found["alt"] = _("Décrivez l’image en une phrase, pour qui ne la voit pas.")
        if pictured and self.rights != "oui":
            found["rights"] = _("Cochez la case si vous avez le droit de publier cette image, ou retirez-la.")
        return found | (self._event_problems(today) if self.kind == "event" else {})

    def _event_problems(self, today: date) -> dict[str, str]:
        found = {}
        for name in ("day", "last_day"):
            if getattr(self, name) and _day(getattr(self, name)) is None:
                found[name] = _("Écrivez la date sous la forme 2026-11-24.")
        for name in ("hour", "last_hour"):
            if getattr(self, name) and _hour(getattr(self, name)) is None:
                found[name] = _("Écrivez l’heure sous la forme 9:30 ou 9h30.")
        if not self.day:
            found["day"] = _("Indiquez le jour de l’événement.")
        if not self.place:
            found["place"] = _("Indiquez une ville et un lieu, ou « En ligne ».")
        if self.last_hour and not self.hour:
            found.setdefault("hour", _("Indiquez aussi l’heure du début."))
        if found:
            return found
        event = self._event()
        if event.end and event.end < event.start:
            found["last_day"] = _("La fin précède le début.")
        elif event.last_day < today:
            found["day"] = _("Cet événement est passé.")
        return found

    def _event(self) -> EventTime:
        first, start, end = _day(self.day), _hour(self.hour), _hour(self.last_hour)
        assert first is not None
        last = _day(self.last_day)
        if start is None:
            return EventTime(_at(first, time(0)), _at(last, time(0)) if last else None, True, self.place)
        closing = _at(last or first, end or start) if last or end else None
        return EventTime(_at(first, start), closing, False, self.place)

    def article(self, organisation: str, picture: str, today: date, slug: str = "apercu") -> Article:
        """Return the proposed article of a form without problems."""
        event = self.kind == "event"
        return Article(
            slug=slug,
            path=f"articles/{slug}.md",
            title=self.title,
            tags=(Tag.TERRITOIRES, Tag.AGENDA) if event else (Tag.TERRITOIRES,),
            date=today,
            summary=self.summary,
            link=self.link,
            picture=Picture(picture, self.alt, credit=self.credit) if picture else None,
            organisations=(" ".join(organisation.split()),),
            event=self._event() if event else None,
            status=Status.PROPOSED,
            body=self.text,
        )


def _tidy(name: str, value: str) -> str:
    lines = name in _LINES
    text = clean.text(value.replace("\r\n", "\n"), lines=lines)
    text = _SLOT.sub("qz7 slot", "".join(c for c in text if unicodedata.category(c) != "Cf" or c == "\u200d"))
    return text.strip()[: LENGTHS.get(name, 20)].strip()


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if 2000 <= day.year <= 2100 else None


def _hour(text: str) -> time | None:
    found = _HOUR.match(text.replace(" ", ""))
    return time(int(found[1]), int(found[2] or 0)) if found else None


def _at(day: date, hour: time) -> datetime:
    return datetime.combine(day, hour, PARIS)
