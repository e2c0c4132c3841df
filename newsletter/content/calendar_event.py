"""One event of an iCalendar file as an entry of a feed: title, times, place, words, link (RFC 5545 section 3.6.1)."""

from __future__ import annotations

import html
import re
from datetime import date as day
from datetime import datetime, timedelta
from typing import Any

from newsletter import french
from newsletter.content.feed_found import FeedEntry
from newsletter.content.feed_links import tidy_link
from newsletter.content.feed_text import SUMMARY, TITLE, Body, cut_text, one_line, own_words, plain, read_body
from newsletter.content.plain_values import midnight
from newsletter.i18n import _
from newsletter.model import EventTime
from newsletter.paris import PARIS

# What the library may raise at an event that breaks the format.
CALENDAR_ERRORS = (
    ValueError,
    KeyError,
    IndexError,
    AttributeError,
    TypeError,
    OverflowError,
    RecursionError,
    ArithmeticError,
)
_MARKUP = re.compile(
    r"</?(?:p|br|a|div|span|ul|ol|li|b|i|strong|em|html|body|table|h\d)\b[^<>]*>|&(?:nbsp|amp|lt|gt|#\d+);", re.I
)
_ADDRESS = re.compile(r"https?://[^\s<>\"\\]{4,500}[^\s<>\"\\.,;:!?)\]»]", re.IGNORECASE)


def calendar_entry(component: Any, begins: day | datetime, dates: tuple[datetime, ...]) -> FeedEntry:
    """Return the entry for an event that begins at `begins`; `dates` are the next ones of a series."""
    start = dates[0] if dates else paris_moment(begins)
    end = _end(component, begins)
    body = _description(component)
    event = EventTime(
        start=start,
        end=_shifted(end, paris_moment(begins), start) if end else None,
        all_day=not isinstance(begins, datetime),
        place=plain(html.escape(str(first_value(component.get("LOCATION")) or "").replace("\n", ", ")), 300),
        organisers=_organisers(first_value(component.get("ORGANIZER"))),
    )
    title = str(first_value(component.get("SUMMARY")) or "")
    return FeedEntry(
        title=cut_text(one_line(title), TITLE),
        link=_link(component, body),
        summary=cut_text(_with_dates(own_words(body.words), dates), SUMMARY),
        event=event,
        private=str(component.get("CLASS", "PUBLIC")).upper() in ("PRIVATE", "CONFIDENTIAL"),
        guid=f"{component.get('UID') or ''} {_moved(component)}".strip(),
        picture=_attached_picture(component) or tidy_link(body.picture),
        alternative=body.alternative,
        dates=dates,
    )


def _with_dates(words: str, dates: tuple[datetime, ...]) -> str:
    """Return a summary that says of a series when it comes back; the dates come first, so that no cut takes them."""
    if len(dates) < 2:
        return words
    later = ", ".join(french.day_words(moment.date(), year=moment.year != dates[0].year) for moment in dates[1:6])
    said = _("Rendez-vous répété. Autres dates : {dates}").format(dates=later + ("…" if len(dates) > 6 else "."))
    return f"{said} {words}".strip()


def _shifted(end: datetime, begins: datetime, start: datetime) -> datetime:
    """Return the end of an occurrence: the hour stays over a change of clock."""
    if end.tzinfo is None or begins == start:
        return end
    moved = end.replace(tzinfo=None) - begins.replace(tzinfo=None) + start.replace(tzinfo=None)
    return moved.replace(tzinfo=start.tzinfo)


def _description(component: Any) -> Body:
    texts = [str(first_value(component.get(name)) or "") for name in ("DESCRIPTION", "X-ALT-DESC")]
    text = next((text for text in texts if text.strip()), "")
    if _MARKUP.search(text):
        return read_body(text.replace("\n", "<br>"))
    return Body(plain(html.escape(text), 50_000))


def _link(component: Any, body: Body) -> str:
    """Return the event's address: its own, else the first that its text or its place holds."""
    raw = " ".join(str(first_value(component.get(name)) or "") for name in ("DESCRIPTION", "LOCATION"))
    inside = (found[0] for found in _ADDRESS.finditer(html.unescape(raw)))
    own = str(first_value(component.get("URL")) or "")
    return next((link for one in (own, body.link, *inside) if (link := tidy_link(one))), "")


def _attached_picture(component: Any) -> str:
    attached = component.get("ATTACH")
    for one in attached if isinstance(attached, list) else [attached]:
        kind = str(getattr(one, "params", {}).get("FMTTYPE", "")).lower()
        if one is not None and kind.startswith("image/"):
            return tidy_link(str(one))
    return ""


def first_value(value: Any) -> Any:
    """Return a property, or the first of several where the format allows one."""
    return value[0] if isinstance(value, list) and value else (None if isinstance(value, list) else value)


def _moved(component: Any) -> str:
    """Return which one of a series of events it is, where it stands for a single one."""
    which = first_value(component.get("RECURRENCE-ID"))
    return which.dt.isoformat() if which is not None else ""


def _organisers(organiser: Any) -> tuple[str, ...]:
    """Return the organiser's common name; never its address."""
    params = getattr(organiser, "params", {})
    name = plain(html.escape(str(params.get("CN", ""))), 200) if organiser is not None else ""
    return (name,) if name and "@" not in name else ()


def paris_moment(value: day | datetime) -> datetime:
    """Return a time in Paris; a floating one is meant there, a day is its midnight."""
    if not isinstance(value, datetime):
        return midnight(value)
    return value.astimezone(PARIS) if value.tzinfo else value.replace(tzinfo=PARIS)


def _end(component: Any, begins: day | datetime) -> datetime | None:
    """Return the end; of whole days the last one, as the file's end is exclusive (RFC 5545 section 3.6.1)."""
    try:
        ends = _ends(component, begins)
    except CALENDAR_ERRORS:
        return None
    if ends is None or isinstance(begins, datetime) != isinstance(ends, datetime):
        return None
    last = paris_moment(ends) if isinstance(ends, datetime) else midnight(ends - timedelta(days=1))
    return last if last > paris_moment(begins) else None


def _ends(component: Any, begins: day | datetime) -> day | datetime | None:
    if component.get("DTEND") is not None:
        ends: day | datetime = first_value(component.get("DTEND")).dt
        return ends
    if component.get("DURATION") is not None:
        length: timedelta = first_value(component.get("DURATION")).dt
        return begins + length
    return None
