"""Reading what others publish: RSS, Atom and JSON feeds, iCalendar files. Bytes in, plain values out; no network."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date as day

from newsletter.content.feed_calendar import calendar_entries, is_calendar
from newsletter.content.feed_entries import feed_entries
from newsletter.content.feed_found import FeedEntry, Gathered
from newsletter.content.feed_json import is_json, json_entries
from newsletter.content.feed_links import canonical
from newsletter.content.urls import is_url
from newsletter.errors import ContentError
from newsletter.i18n import Sentence

MAX_BYTES = 5_000_000
MAX_ITEMS = 300
_ENTITY = tuple("<!ENTITY".encode(name) for name in ("utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"))
_SCHEME = re.compile(r"https?://(?:www\.)?", re.IGNORECASE)
_SITE = re.compile(r"https?://[^/?#]*/?", re.IGNORECASE)


def read_feed(data: bytes, name: str, today: day | None = None) -> list[FeedEntry]:
    """Return the entries that `gather` returns, without what it says of the others."""
    return list(gather(data, name, today).entries)


def gather(data: bytes, name: str, today: day | None = None) -> Gathered:
    """Return the entries of a feed or a calendar, in its order, and what was left out; `name` is told in errors.

    A `name` that is a web address is what relative links start from; `today` is the day from which a series of events
    is followed. Raises ContentError for anything else, for entities declared inside (bombs), and for more than 5 MB.
    """
    if len(data) > MAX_BYTES:
        raise ContentError(
            f"it is larger than {MAX_BYTES // 1_000_000} MB",
            where=name,
            hint="ask for a shorter feed",
            said=Sentence("le fichier dépasse {size} Mo. Donnez-en un plus court.", size=MAX_BYTES // 1_000_000),
        )
    address = name if is_url(name, ("https", "http")) else ""
    if is_calendar(data):
        found, notes = _calendar(data, name, today)
    else:
        found, notes = _feed(data, name, address), []
    named = [one for one in found if one.title]
    if len(named) < len(found):
        notes.append(Sentence("Entrées sans titre ni texte, non reprises : {n}.", n=len(found) - len(named)))
    unique = list({_identity(one): one for one in reversed(named)}.values())[::-1]
    if len(unique) < len(named):
        notes.append(Sentence("Entrées répétées, reprises une seule fois : {n}.", n=len(named) - len(unique)))
    kept = _nearest(unique, today)
    if len(kept) < len(unique):
        notes.append(Sentence("Le fichier est long : {most} entrées lues sur {n}.", most=len(kept), n=len(unique)))
    return Gathered(tuple(kept), tuple(notes))


def _identity(one: FeedEntry) -> tuple[str, ...]:
    """Return what only the same entry has: entries that lead to one address are told apart by their titles."""
    return (one.key, one.title)


def _nearest(found: list[FeedEntry], today: day | None) -> list[FeedEntry]:
    """Return at most 300 entries in their order; of a longer calendar, events to come before those that are over."""
    if len(found) <= MAX_ITEMS or today is None:
        return found[:MAX_ITEMS]
    coming = [one for one in found if one.event is None or one.event.last_day >= today]
    over = [one for one in found if one.event is not None and one.event.last_day < today]
    chosen = {id(one) for one in (coming + over)[:MAX_ITEMS]}
    return [one for one in found if id(one) in chosen]


def marks(found: Sequence[FeedEntry], feed: str) -> list[tuple[str, ...]]:
    """Return for each entry of the feed at `feed` the digests by which it is known again, whichever of them is left.

    The identifier survives another address, the address another identifier: feeds change either, seldom both at once.
    An identifier or an address that several entries share, or that is only a site, tells none of them; without both,
    the title and its day have to do.
    """
    host = canonical(feed).partition("/")[0]
    guids, keys = Counter(one.guid for one in found), Counter(one.key for one in found)
    return [
        tuple(dict.fromkeys(map(_digest, _names(one, host, guids[one.guid] > 1, keys[one.key] > 1)))) for one in found
    ]


def shared_links(found: Sequence[FeedEntry]) -> frozenset[str]:
    """Return the addresses, as they are compared, to which several of these entries lead."""
    counts = Counter(canonical(one.link) for one in found if one.link)
    return frozenset(link for link, count in counts.items() if count > 1)


def _names(one: FeedEntry, host: str, shared_guid: bool, shared_key: bool) -> Iterator[str]:
    named = bool(one.guid) and not shared_guid and not _SITE.fullmatch(one.guid)
    if named:
        # One that is an address stays the same over http and https; any other is good for one site only.
        yield "id " + (_SCHEME.sub("", one.guid) if _SCHEME.match(one.guid) else f"{host} {one.guid}")
    if one.link and not shared_key:
        yield one.key
    elif not named:
        yield f"{host} {one.key} {one.title if one.link else ''}{one.published or ''}"


def _digest(name: str) -> str:
    return hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()


def _feed(data: bytes, name: str, address: str) -> list[FeedEntry]:
    if any(mark in data for mark in _ENTITY):
        raise ContentError(
            "it declares entities",
            where=name,
            hint="no feed needs them; it may be an attack",
            said=Sentence("ce flux contient des déclarations suspectes. N’en prenez rien, et prévenez le site."),
        )
    found = json_entries(data, address) if is_json(data) else feed_entries(data, address)
    if found is None:
        raise ContentError(
            "it is no RSS, Atom or JSON feed",
            where=name,
            hint="give the address of the feed, not of a page",
            said=Sentence("ce n’est pas un flux RSS ou Atom. Donnez l’adresse du flux, et non celle d’une page."),
        )
    return found


def _calendar(data: bytes, name: str, today: day | None) -> tuple[list[FeedEntry], list[Sentence]]:
    read_events = calendar_entries(data, today)
    if read_events is None:
        raise ContentError(
            "it is no calendar that can be read",
            where=name,
            hint="export it again",
            said=Sentence("ce calendrier ne peut pas être lu. Exportez-le de nouveau."),
        )
    return read_events
