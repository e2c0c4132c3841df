"""Civil time: the database keeps POSIX seconds, people read the days and hours of Europe/Paris."""

from __future__ import annotations

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")


def moment(seconds: float) -> datetime:
    """Return the aware datetime in Paris of a POSIX time."""
    return datetime.fromtimestamp(seconds, PARIS)


def day(seconds: float) -> date:
    """Return the day in Paris of a POSIX time."""
    return moment(seconds).date()


def midnight(day: date) -> float:
    """Return when a day begins in Paris, in POSIX seconds."""
    return datetime.combine(day, time(), PARIS).timestamp()


def iso(seconds: float) -> str:
    """Return a POSIX time as ISO 8601 with Paris's offset, to the second: `2026-11-24T09:30:00+01:00`."""
    return moment(seconds).isoformat(timespec="seconds")
