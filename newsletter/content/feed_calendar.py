"""iCalendar files, event by event: what cannot be read of one event keeps no other back (RFC 5545)."""

from __future__ import annotations

import html
import re
import time
from collections.abc import Iterator
from datetime import date as day
from datetime import datetime, timedelta
from typing import Any

import recurring_ical_events
from icalendar import Calendar

from newsletter.content.calendar_event import CALENDAR_ERRORS, calendar_entry, first_value, paris_moment
from newsletter.content.feed_dates import YEARS
from newsletter.content.feed_found import FeedEntry
from newsletter.content.feed_text import plain
from newsletter.content.plain_values import midnight
from newsletter.i18n import Sentence

HORIZON = timedelta(days=366)
MOST_DATES = 12
_MOST_SERIES = 200
_FOLD = re.compile(rb"\r?\n[ \t]")
_BLOCK = re.compile(
    r"^BEGIN:(VEVENT|VTIMEZONE)[ \t]*\r?$.*?^END:\1[ \t]*\r?$", re.MULTILINE | re.DOTALL | re.IGNORECASE
)
# A rule by the hour or less is no series of meetings; one by days with a day of the month may match no day at all, and
# is then looked for until the year 9999.
_ENDLESS = re.compile(
    r"FREQ=(?:SECONDLY|MINUTELY|HOURLY)|INTERVAL=[-+]?0*(?:;|$)|BYSECOND|BYMINUTE=[^;]*,|"
    r"FREQ=(?:DAILY|WEEKLY).*BY(?:MONTHDAY|YEARDAY|SETPOS|WEEKNO)|BY(?:MONTHDAY|YEARDAY|SETPOS|"
    r"WEEKNO).*FREQ=(?:DAILY|WEEKLY)",
    re.IGNORECASE,
)
_MOST_SECONDS = 3.0  # of processor time, for the rules of one file


def is_calendar(data: bytes) -> bool:
    """Tell whether these bytes are a calendar, or a bare event of one."""
    start = decoded(data[:2000]).lstrip("\ufeff \t\r\n").upper()
    return start.startswith(("BEGIN:VCALENDAR", "BEGIN:VEVENT"))


def decoded(data: bytes) -> str:
    """Return the text of a calendar: UTF-8 as the format wants it, else UTF-16 by its mark, else Windows-1252."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    # A folded line may be broken within a letter, so lines are made whole first.
    lines = _FOLD.sub(b"", data).removeprefix(b"\xef\xbb\xbf").split(b"\n")
    return "\n".join(_line(line) for line in lines)


def _line(line: bytes) -> str:
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        return line.decode("cp1252", "replace")


def calendar_entries(data: bytes, today: day | None) -> tuple[list[FeedEntry], list[Sentence]] | None:
    """Return the events of a file with any number of calendars, and what could not be taken; None without any event.

    An event that repeats is one entry, with its next date from `today` on and those that follow within a year; without
    `today`, its first ones.
    """
    text = decoded(data).replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")
    blocks = [(found[1].upper(), found[0]) for found in _BLOCK.finditer(text)]
    if not blocks and "BEGIN:VCALENDAR" not in text.upper():
        return None
    zones = "".join(f"{block}\n" for kind, block in blocks if kind == "VTIMEZONE")
    events = [block for kind, block in blocks if kind == "VEVENT"]
    reader = _EventReader(zones, today)
    found = [one for component, block in _components(events, zones) for one in reader.read(component, block)]
    return found, reader.notes()


def _components(events: list[str], zones: str) -> Iterator[tuple[Any, str]]:
    """Yield each event with its text, or None for one that cannot be taken apart."""
    whole = _parse(zones + "\n".join(events))
    if whole is not None and len(whole) == len(events):
        yield from zip(whole, events, strict=True)
        return
    for block in events:
        alone = _parse(zones + block) or _parse(block)
        yield (alone[0] if alone else None), block


def _parse(blocks: str) -> list[Any] | None:
    try:
        return list(Calendar.from_ical(_wrapped(blocks)).walk("VEVENT"))
    except CALENDAR_ERRORS:
        return None


def _wrapped(blocks: str) -> str:
    return f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//newsletter//FR\n{blocks}\nEND:VCALENDAR\n"


class _EventReader:
    """Reads events one by one and keeps account of those that are not taken."""

    def __init__(self, zones: str, today: day | None) -> None:
        self._zones, self._today = zones, today
        self._bad: list[str] = []
        self._began = time.process_time()
        self._cancelled = self._over = self._series = 0

    def read(self, component: Any, block: str) -> Iterator[FeedEntry]:
        if component is None:
            self._bad.append(_named(block))
            return
        try:
            if str(component.get("STATUS", "")).upper() == "CANCELLED":
                self._cancelled += 1
                return
            found = self._event(component, block)
        except CALENDAR_ERRORS:
            found = None
            self._bad.append(_named(block))
        if found:
            yield found

    def notes(self) -> list[Sentence]:
        """Return what was not taken, in words."""
        said = []
        if self._bad:
            names = ", ".join(f"« {name} »" for name in self._bad[:5]) + ("…" if len(self._bad) > 5 else "")
            said.append(Sentence("Événements illisibles, non repris : {names} ({n}).", n=len(self._bad), names=names))
        if self._cancelled:
            said.append(Sentence("Événements annulés, non repris : {n}.", n=self._cancelled))
        if self._over:
            said.append(Sentence("Événements répétés déjà terminés, non repris : {n}.", n=self._over))
        return said

    def _event(self, component: Any, block: str) -> FeedEntry | None:
        start = first_value(component.get("DTSTART"))
        if start is None:
            self._bad.append(_named(block))
            return None
        begins = start.dt
        if begins.year not in YEARS:
            self._bad.append(_named(block))
            return None
        dates = self._dates(component, block, begins) if component.get("RRULE") or component.get("RDATE") else None
        if dates == ():
            self._over += 1
            return None
        return calendar_entry(component, begins, dates or ())

    def _dates(self, component: Any, block: str, begins: day | datetime) -> tuple[datetime, ...] | None:
        """Return the next beginnings of a series, empty when it is over; None when its rule cannot be followed."""
        rule = component.get("RRULE")
        self._series += 1
        late = time.process_time() - self._began > _MOST_SECONDS
        if late or self._series > _MOST_SERIES or (rule and _ENDLESS.search(_rule_text(rule))):
            return None
        first = self._today or (begins.date() if isinstance(begins, datetime) else begins)
        try:
            calendar = Calendar.from_ical(_wrapped(self._zones + block))
            found = recurring_ical_events.of(calendar).between(first, first + HORIZON)
            starts = sorted(paris_moment(one["DTSTART"].dt) for one in found)
        except CALENDAR_ERRORS:
            return None
        floor = midnight(first)
        return tuple(moment for moment in dict.fromkeys(starts) if moment >= floor)[:MOST_DATES]


def _rule_text(rule: Any) -> str:
    return " ".join(
        str(one.to_ical(), "ascii", "replace") if hasattr(one, "to_ical") else str(one)
        for one in (rule if isinstance(rule, list) else [rule])
    )


def _named(block: str) -> str:
    """Return by what an event that cannot be read is told: its title, else its identifier."""
    for name in ("SUMMARY", "UID"):
        found = re.search(rf"^{name}(?:;[^:\n]*)?:(.*)$", block, re.MULTILINE | re.IGNORECASE)
        if found and found[1].strip():
            return plain(html.escape(found[1].replace("\\,", ",").replace("\\;", ";")), 80)
    return "?"
