"""Reading what others publish: RSS and Atom feeds, iCalendar files. Bytes in, plain values out; no network."""

from __future__ import annotations

import hashlib
import html
import io
import re
import unicodedata
from calendar import timegm
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date as day
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import feedparser
import nh3
from icalendar import Calendar

from newsletter import paris
from newsletter.content.plain_values import midnight
from newsletter.content.urls import is_url
from newsletter.errors import ContentError
from newsletter.i18n import Sentence
from newsletter.model import EventTime
from newsletter.paris import PARIS

MAX_BYTES = 5_000_000
MAX_ITEMS = 300
_TITLE, _SUMMARY = 300, 700
_YEARS = range(1990, 2101)
_ENTITY = tuple("<!ENTITY".encode(name) for name in ("utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"))
_PRIVATE = re.compile(r"\bressource\s+priv[ée]e\s*:?\s*(oui|non)\b\W*", re.IGNORECASE)
_JUNK = re.compile(r"(utm_\w+|at_\w+|mc_[ce]id|fbclid|gclid|msclkid|xtor|_ga|_gl|pk_\w+|mtm_\w+|var_mode|PHPSESSID)\Z")
_BLOCKS = re.compile(r"</?(?:p|div|br|li|ul|ol|h\d|tr|td|table)\b[^<>]{0,1000}>", re.IGNORECASE)
_SCHEME = re.compile(r"https?://(?:www\.)?", re.IGNORECASE)
_MORE = re.compile(r" ?\[(?:…|\.\.\.)\]")
_CREDITS = (
    ("L’article ", " est apparu en premier sur "),
    ("The post ", " appeared first on "),
    ("The post ", " first appeared on "),
)
_SITE = re.compile(r"https?://[^/?#]*/?", re.IGNORECASE)
_SLOT = re.compile("qz7slot", re.IGNORECASE)
_SENTENCE = re.compile(r"(?<=[.!?…])\s+(?=[\WA-ZÀ-Ý])")


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedEntry:
    """Something that could become an article: plain texts, `private` if its site keeps it for members.

    `guid` is what its source calls it by, `categories` are the source's own words.
    """

    title: str
    link: str = ""
    summary: str = ""
    published: day | None = None
    event: EventTime | None = None
    private: bool = False
    guid: str = ""
    categories: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """What two finds of the same thing have in common: the address, else title and time."""
        begins = self.event.start.isoformat() if self.event else ""
        return canonical(self.link) + (f" {begins}" if self.event else "") if self.link else f"{self.title} {begins}"


def read_feed(data: bytes, name: str) -> list[FeedEntry]:
    """Return the entries of a feed or a calendar, in its order; `name` is told in errors.

    Raises ContentError for anything else, for entities declared inside (bombs), and for more than 5 MB.
    """
    if len(data) > MAX_BYTES:
        raise ContentError(
            f"it is larger than {MAX_BYTES // 1_000_000} MB",
            where=name,
            hint="ask for a shorter feed",
            said=Sentence("le fichier dépasse {size} Mo. Donnez-en un plus court.", size=MAX_BYTES // 1_000_000),
        )
    if data.removeprefix(b"\xef\xbb\xbf").lstrip().upper().startswith(b"BEGIN:VCALENDAR"):
        found = _calendar(data, name)
    else:
        found = _feed(data, name)
    unique = {one.key: one for one in reversed(found) if one.title}
    return list(reversed(unique.values()))


def marks(found: Sequence[FeedEntry], feed: str) -> list[tuple[str, ...]]:
    """Return for each entry of the feed at `feed` the digests by which it is known again, whichever of them is left.

    The identifier survives another address, the address another identifier: feeds change either, seldom both at once.
    An identifier that several entries share, or that is only a site, tells none of them; without both, the title and
    its day have to do.
    """
    host, shared = canonical(feed).partition("/")[0], Counter(one.guid for one in found)
    return [tuple(dict.fromkeys(map(_digest, _names(one, host, shared[one.guid] > 1)))) for one in found]


def _names(one: FeedEntry, host: str, shared: bool) -> Iterator[str]:
    named = bool(one.guid) and not shared and not _SITE.fullmatch(one.guid)
    if named:
        # One that is an address stays the same over http and https; any other is good for one site only.
        yield "id " + (_SCHEME.sub("", one.guid) if _SCHEME.match(one.guid) else f"{host} {one.guid}")
    if one.link:
        yield one.key
    elif not named:
        yield f"{host} {one.key} {one.published or ''}"


def _digest(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()


def canonical(url: str) -> str:
    """Return the form under which addresses are compared: no scheme, no www, no tracking parameters, no anchor."""
    parts = urlsplit(tidy_link(url))
    host = (parts.hostname or "").removeprefix("www.")
    query = urlencode(sorted(parse_qsl(parts.query, keep_blank_values=True)))
    return f"{host}{parts.path.rstrip('/')}" + (f"?{query}" if query else "")


def tidy_link(url: str) -> str:
    """Return the address without tracking parameters; empty if it is no web address."""
    url = url.strip()
    if not is_url(url, ("https", "http")):
        return ""
    parts = urlsplit(url)
    kept = [(k, v) for k, v in parse_qsl(parts.query, keep_blank_values=True) if not _JUNK.match(k)]
    return urlunsplit((parts.scheme, parts.netloc, parts.path, urlencode(kept), ""))


def plain(text: str, limit: int) -> str:
    """Return the words of an HTML text on one line, whole sentences up to `limit` characters."""
    words = html.unescape(nh3.clean(_BLOCKS.sub(" ", text[:100_000]), tags=set()))
    seen = "".join(
        " " if unicodedata.category(c) in ("Cc", "Zl", "Zp") else c for c in unicodedata.normalize("NFC", words)
    )
    line = " ".join("".join(c for c in seen if unicodedata.category(c) not in ("Cf", "Cs", "Cn")).split())
    return _cut(_SLOT.sub("qz7 slot", line), limit)


def _cut(text: str, limit: int) -> str:
    if len(text) <= limit:
        return text
    kept = ""
    for sentence in _SENTENCE.split(text[: limit + 1]):
        longer = f"{kept} {sentence}".strip()
        if len(longer) >= limit:
            break
        kept = longer
    return kept or text[: limit - 1].rpartition(" ")[0] + "…"


def _feed(data: bytes, name: str) -> list[FeedEntry]:
    if any(mark in data for mark in _ENTITY):
        raise ContentError(
            "it declares entities",
            where=name,
            hint="no feed needs them; it may be an attack",
            said=Sentence("ce flux contient des déclarations suspectes. N’en prenez rien, et prévenez le site."),
        )
    # An open file, never a text: feedparser would fetch an address given as one.
    parsed = feedparser.parse(io.BytesIO(data), sanitize_html=True, resolve_relative_uris=False)
    if not parsed.get("version"):
        raise ContentError(
            "it is no RSS or Atom feed",
            where=name,
            hint="give the address of the feed, not of a page",
            said=Sentence("ce n’est pas un flux RSS ou Atom. Donnez l’adresse du flux, et non celle d’une page."),
        )
    return [_entry(entry) for entry in parsed.entries[:MAX_ITEMS]]


def _entry(entry: Any) -> FeedEntry:
    texts = [str(entry.get("summary") or ""), *(str(part.get("value") or "") for part in entry.get("content") or ())]
    labels = [str(tag.get("term") or "") for tag in entry.get("tags") or ()]
    whole = [plain(text, 50_000) for text in (*texts, *labels)]
    marked = [found for text in whole for found in _PRIVATE.findall(text)]
    stamp = entry.get("published_parsed") or entry.get("updated_parsed")
    return FeedEntry(
        title=plain(str(entry.get("title") or ""), _TITLE),
        link=tidy_link(str(entry.get("link") or "")),
        summary=_cut(_own_words(_PRIVATE.sub("", next(filter(None, whole), "")).strip()), _SUMMARY),
        published=paris.day(timegm(stamp)) if stamp and stamp[0] in _YEARS else None,
        private=any(mark.lower() == "oui" for mark in marked),
        guid=str(entry.get("id") or "").strip(),
        categories=tuple(filter(None, (plain(label, 200) for label in labels))),
    )


def _own_words(summary: str) -> str:
    """Return a summary without what WordPress puts behind it: where the article appeared first, and `[…]`."""
    for opening, middle in _CREDITS:
        head, said, site = summary.rpartition(middle)
        words, opened, title = head.rpartition(opening)
        if said and opened and len(title) <= _TITLE and len(site) <= 200:
            summary = words.strip()
    return _MORE.sub("…", summary)


def _calendar(data: bytes, name: str) -> list[FeedEntry]:
    try:
        components = Calendar.from_ical(data).walk("VEVENT")
        return list(_events(components[:MAX_ITEMS]))
    except (ValueError, KeyError, IndexError, AttributeError, TypeError, OverflowError) as error:
        raise ContentError(
            f"it is no calendar that can be read: {error}",
            where=name,
            hint="export it again",
            said=Sentence("ce calendrier ne peut pas être lu. Exportez-le de nouveau."),
        ) from None


def _events(components: Iterable[Any]) -> Iterator[FeedEntry]:
    for component in components:
        start = component.get("DTSTART")
        if start is None or str(component.get("STATUS", "")).upper() == "CANCELLED":
            continue
        begins = start.dt
        if begins.year not in _YEARS:
            continue
        link = tidy_link(str(component.get("URL") or ""))
        organiser = component.get("ORGANIZER")
        event = EventTime(
            start=_moment(begins),
            end=_end(component, begins),
            all_day=not isinstance(begins, datetime),
            place=plain(str(component.get("LOCATION") or ""), 300),
            organisers=_organisers(organiser),
        )
        private = str(component.get("CLASS", "PUBLIC")).upper() in ("PRIVATE", "CONFIDENTIAL")
        title, summary = str(component.get("SUMMARY") or ""), str(component.get("DESCRIPTION") or "")
        name = f"{component.get('UID') or ''} {_moved(component)}".strip()
        yield FeedEntry(
            title=plain(html.escape(title), _TITLE),
            link=link,
            summary=plain(html.escape(summary), _SUMMARY),
            event=event,
            private=private,
            guid=name,
        )


def _moved(component: Any) -> str:
    """Return which one of a series of events it is, where it stands for a single one."""
    which = component.get("RECURRENCE-ID")
    return which.dt.isoformat() if which is not None else ""


def _organisers(organiser: Any) -> tuple[str, ...]:
    """Return the organiser's common name; never its address."""
    name = plain(html.escape(str(organiser.params.get("CN", ""))), 200) if organiser is not None else ""
    return (name,) if name and "@" not in name else ()


def _moment(value: day | datetime) -> datetime:
    """Return a time in Paris; a floating one is meant there, a day is its midnight."""
    if not isinstance(value, datetime):
        return midnight(value)
    return value.astimezone(PARIS) if value.tzinfo else value.replace(tzinfo=PARIS)


def _end(component: Any, begins: day | datetime) -> datetime | None:
    """Return the end; of whole days the last one, as the file's end is exclusive (RFC 5545 section 3.6.1)."""
    if component.get("DTEND") is not None:
        ends = component.get("DTEND").dt
    elif component.get("DURATION") is not None:
        ends = begins + component.get("DURATION").dt
    else:
        return None
    if isinstance(begins, datetime) != isinstance(ends, datetime):
        return None
    last = _moment(ends) if isinstance(ends, datetime) else midnight(ends - timedelta(days=1))
    return last if last > _moment(begins) else None
