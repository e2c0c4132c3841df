"""JSON Feed (jsonfeed.org, versions 1 and 1.1): the third format in which sites publish their news."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from newsletter.content.feed_dates import YEARS, french_day
from newsletter.content.feed_found import FeedEntry
from newsletter.content.feed_links import whole_link
from newsletter.content.feed_text import SUMMARY, TITLE, cut_text, headline, own_words, plain, read_body
from newsletter.paris import PARIS


def is_json(data: bytes) -> bool:
    """Tell whether these bytes are meant as JSON."""
    return data.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"{"


def json_entries(data: bytes, address: str) -> list[FeedEntry] | None:
    """Return the entries of a JSON Feed that came from `address` (may be empty); None when it is none."""
    try:
        feed = json.loads(data.decode("utf-8-sig", "replace"))
    except (ValueError, RecursionError):
        return None
    items = feed.get("items") if isinstance(feed, dict) else None
    if not isinstance(items, list) or "jsonfeed.org" not in str(feed.get("version", "")):
        return None
    bases = (address, _text(feed, "feed_url"), _text(feed, "home_page_url"))
    return [_entry(item, bases) for item in items if isinstance(item, dict)]


def _entry(item: dict[str, Any], bases: tuple[str, ...]) -> FeedEntry:
    body = read_body(_text(item, "content_html") or _text(item, "summary"))
    words = plain(_text(item, "summary"), 50_000) or body.words or _text(item, "content_text")
    title = plain(_text(item, "title"), TITLE)
    summary = own_words(" ".join(words.split()), title)
    pictures = (_text(item, "image"), _text(item, "banner_image"), *_attached(item), body.picture)
    picture = next((found for one in pictures if (found := whole_link(one, *bases))), "")
    guid = str(item.get("id") or "").strip()
    link = next(
        (found for one in (_text(item, "url"), _text(item, "external_url"), guid) if (found := whole_link(one))), ""
    )
    stamp = _text(item, "date_published") or _text(item, "date_modified")
    return FeedEntry(
        title=title or headline(summary),
        link=link or whole_link(_text(item, "url"), *bases),
        summary=cut_text(summary, SUMMARY),
        published=_day(stamp),
        guid=guid,
        categories=tuple(filter(None, (plain(str(tag), 200) for tag in _list(item, "tags")))),
        picture=picture,
        alternative=body.alternative if picture == whole_link(body.picture, *bases) else "",
    )


def _attached(item: dict[str, Any]) -> Iterator[str]:
    for one in _list(item, "attachments"):
        if isinstance(one, dict) and str(one.get("mime_type", "")).startswith("image/"):
            yield _text(one, "url")


def _text(item: dict[str, Any], name: str) -> str:
    value = item.get(name)
    return value if isinstance(value, str) else ""


def _list(item: dict[str, Any], name: str) -> list[Any]:
    value = item.get(name)
    return value if isinstance(value, list) else []


def _day(stamp: str) -> Any:
    try:
        moment = datetime.fromisoformat(stamp.strip())
    except ValueError:
        return french_day(stamp)
    if moment.year not in YEARS:
        return None
    try:
        return (moment.astimezone(PARIS) if moment.tzinfo else moment).date()
    except (ValueError, OverflowError):
        return None
