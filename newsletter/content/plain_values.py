"""Values as front matter holds them: dates, links, pictures."""

from __future__ import annotations

from datetime import date as day
from datetime import datetime, time

from newsletter.content.merge import Plain
from newsletter.french import END_OF_DAY
from newsletter.model import Picture
from newsletter.paris import PARIS


def moment_text(moment: datetime, *, only_day: bool = False) -> Plain:
    """Return `moment` as front matter holds it: a day, or `2026-11-24 09:30` in Paris."""
    local = moment.astimezone(PARIS)
    if only_day:
        return local.date()
    # The hour that occurs twice in October: the second one is written with its offset.
    return f"{local:%Y-%m-%d %H:%M}" + ("+01:00" if local.fold else "")


def deadline_text(moment: datetime) -> Plain:
    """Return a deadline as front matter holds it: the end of the day is a day."""
    return moment_text(moment, only_day=moment.astimezone(PARIS).time() == END_OF_DAY)


def end_of(moment: datetime, only_day: bool) -> datetime:
    """Return the deadline as a time: a day alone lasts until 23:59."""
    return datetime.combine(moment.date(), END_OF_DAY, PARIS) if only_day else moment


def midnight(date: day) -> datetime:
    """Return the beginning of `date` in Paris."""
    return datetime.combine(date, time(0), PARIS)


def picture_plain(picture: Picture | None) -> Plain:
    """Return a picture as front matter holds it; None where there is none."""
    if picture is None:
        return None
    return {
        "src": picture.source,
        "alt": picture.alt or None,
        "decorative": picture.decorative or None,
        "credit": picture.credit or None,
    }
