"""The entries of RSS and Atom feeds, read by feedparser from bytes in memory."""

from __future__ import annotations

import io
import re
from calendar import timegm
from collections.abc import Iterator
from datetime import date as day
from typing import Any

import feedparser

from newsletter import paris
from newsletter.content.feed_dates import YEARS, french_day
from newsletter.content.feed_found import FeedEntry
from newsletter.content.feed_links import whole_link
from newsletter.content.feed_text import SUMMARY, TITLE, Body, cut_text, headline, own_words, plain, read_body

_PRIVATE = re.compile(r"\bressource\s+priv[ée]e\s*:?\s*(oui|non)\b\W*", re.IGNORECASE)
_PICTURE = re.compile(r"\.(?:jpe?g|png|webp|gif)(?:[?#]|$)", re.IGNORECASE)
_ENTITY = re.compile(r"&(?:amp;)+(?=[\w.%~+-]+=)")


def feed_entries(data: bytes, address: str) -> list[FeedEntry] | None:
    """Return the entries of a feed that came from `address` (may be empty); None when it is no feed."""
    # An open file, never a text: feedparser would fetch an address given as one. Markup is not cleaned here, since only
    # words and addresses are taken of it, and it is the markup that tells a site's own lines from the author's.
    headers = {"content-location": address} if address else {}
    parsed = feedparser.parse(
        io.BytesIO(data), sanitize_html=False, resolve_relative_uris=False, response_headers=headers
    )
    if not parsed.get("version"):
        return None
    selves = [str(one.get("href") or "") for one in parsed.feed.get("links") or () if one.get("rel") == "self"]
    bases = (address, str(parsed.feed.get("link") or ""), *selves)
    return [_entry(entry, bases) for entry in parsed.entries]


def _entry(entry: Any, bases: tuple[str, ...]) -> FeedEntry:
    bodies = [read_body(text) for text in _texts(entry)]
    labels = [plain(str(tag.get("term") or ""), 200) for tag in entry.get("tags") or ()]
    whole = [body.words for body in bodies]
    marked = [found for text in (*whole, *labels) for found in _PRIVATE.findall(text)]
    title = plain(str(entry.get("title") or ""), TITLE)
    link = whole_link(_ENTITY.sub("&", str(entry.get("link") or "")), *bases)
    cleaned = (_summary(words, title) for words in whole)
    summary = next(filter(None, cleaned), "")
    picture, alternative = _picture(entry, bodies, (link, *bases))
    return FeedEntry(
        title=title or headline(summary),
        link=link,
        summary=cut_text(summary, SUMMARY),
        published=_published(entry),
        private=any(mark.lower() == "oui" for mark in marked),
        guid=str(entry.get("id") or "").strip(),
        categories=tuple(filter(None, labels)),
        picture=picture,
        alternative=alternative,
    )


def _texts(entry: Any) -> Iterator[str]:
    yield str(entry.get("summary") or "")
    for part in entry.get("content") or ():
        yield str(part.get("value") or "")


def _summary(words: str, title: str) -> str:
    """Return the words of a text without the site's own; Drupal and others print the title above it once more."""
    words = own_words(_PRIVATE.sub("", words).strip(), title)
    return words.removeprefix(title).lstrip(" -–—:|") if title and len(words) > len(title) + 20 else words


def _published(entry: Any) -> day | None:
    written = str(entry.get("published") or entry.get("updated") or "")
    stamp = entry.get("published_parsed") or entry.get("updated_parsed")
    # Days with slashes are read the American way by the library.
    if "/" in written or not stamp or stamp[0] not in YEARS:
        return french_day(written)
    return paris.day(timegm(stamp))


def _picture(entry: Any, bodies: list[Body], bases: tuple[str, ...]) -> tuple[str, str]:
    """Return the address of an entry's picture and its alternative text, from the surest place that has one."""
    drawn = [(body.picture, body.alternative) for body in bodies if body.picture]
    for source, alternative in (*_media(entry), *drawn):
        found = whole_link(source, *bases)
        if found:
            same = next((alt for one, alt in drawn if whole_link(one, *bases) == found), "")
            return found, alternative or same
    return "", ""


def _media(entry: Any) -> Iterator[tuple[str, str]]:
    # The library keeps a picture's description among the texts of the entry.
    texts = [str(part.get("value") or "") for part in entry.get("content") or () if part.get("type") == "text/plain"]
    described = entry.get("media_description") or next((text for text in texts if len(text) <= 300), "")
    alternative = plain(str(described), 300)
    media = sorted(entry.get("media_content") or (), key=lambda one: -_number(one.get("width")))
    for one in media:
        kind = str(one.get("medium") or "") + str(one.get("type") or "")
        if "image" in kind or (not kind and _PICTURE.search(str(one.get("url") or ""))):
            yield str(one.get("url") or ""), alternative
    for one in entry.get("enclosures") or ():
        address = str(one.get("href") or one.get("url") or "")
        if str(one.get("type") or "").startswith("image/") or _PICTURE.search(address):
            yield address, ""
    for one in entry.get("media_thumbnail") or ():
        yield str(one.get("url") or ""), alternative
    image = entry.get("image")
    if image:
        yield str(image.get("href") or image.get("url") or ""), ""


def _number(text: object) -> int:
    digits = str(text or "")
    return int(digits) if digits.isdecimal() and len(digits) < 6 else 0
