"""When a publication usually leaves, and the moment that the send page proposes for an issue."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta

from newsletter import paris
from newsletter.paris import PARIS

FIRST_HOUR = time(9, 30)  # of a publication that has never left
_LAST = 6
_QUARTER = 15


def usual_hour(departures: Iterable[float]) -> time:
    """Return the hour at which most of the last mailings left, to the quarter; 9 h 30 when nothing is known.

    `departures` are POSIX seconds, the newest first. Among hours that are equally frequent, the newest counts. What
    left at night was a trial.
    """
    hours = [_to_the_quarter(paris.moment(seconds)) for seconds, _n in zip(departures, range(_LAST), strict=False)]
    by_day = [hour for hour in hours if time(6) <= hour <= time(21)]
    return Counter(by_day).most_common(1)[0][0] if by_day else FIRST_HOUR


def proposed_moment(day: date, hour: time, now: datetime) -> datetime | None:
    """Return the issue's day at the usual hour; None when that is past or is no hour (the clocks change)."""
    moment = datetime.combine(day, hour, PARIS)
    return moment if moment > now else None


def _to_the_quarter(moment: datetime) -> time:
    near = moment + timedelta(minutes=_QUARTER / 2)
    return near.replace(minute=near.minute // _QUARTER * _QUARTER, second=0, microsecond=0).time()
