"""When a mailing shall leave ("mardi 9h30", "demain 8h", "24/11 9:30" or an ISO date, in Europe/Paris); what is due."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.engine import Connection

from newsletter.actions.workspace import Workspace
from newsletter.errors import Refused
from newsletter.i18n import Sentence
from newsletter.paris import PARIS
from newsletter.store import journal
from newsletter.store.journal import Event
from newsletter.store.sending import mailings
from newsletter.store.sending.ledger_counts import open_count, outlook
from newsletter.store.sending.mailings import Mailing

SCHEDULED = "mailing-scheduled"
_DAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
_MONTHS = (
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
)
_HOUR = re.compile(r"(?:\bà\s+)?\b(\d{1,2})\s*(?:h|:)\s*(\d{2})?\s*$")
_EXAMPLES = 'write "mardi 9h30", "demain 8h", "24 novembre 9h30" or "2026-11-24 09:30"'


def parse_moment(text: str, now: datetime) -> datetime:
    """Return the moment `text` names, aware, in Paris, after `now`.

    A weekday means the next one to come (today's if the hour is still ahead). Raises Refused for a moment that is past,
    that does not exist or comes twice (the nights when the clocks change), or that cannot be read.
    """
    wanted = " ".join(text.lower().split())
    found = _iso(wanted) or _words(wanted, now)
    try:
        moment = found and (found.astimezone(PARIS) if found.tzinfo else _local(found, text))
    except OverflowError:  # at the ends of the calendar, where Paris is in no year any more
        moment = None
    if moment is None:
        raise Refused(
            f"`{text}` is no time",
            where="--at",
            hint=_EXAMPLES,
            said=Sentence(
                "« {text} » n’est pas une heure à venir. Écrivez par exemple : mardi 9h30, demain 8h, 24/11 9:30.",
                text=text,
            ),
        )
    if moment <= now:
        raise Refused(
            f"{moment:%d/%m/%Y %H:%M} is past",
            where="--at",
            hint="give a time to come",
            said=Sentence(
                "Le {moment:%d/%m/%Y} à {moment:%H:%M} est déjà passé. Donnez une heure à venir.", moment=moment
            ),
        )
    return moment


def clock(workspace: Workspace) -> datetime:
    """Return the time in Paris by the clock that decides what is due: the database's on PostgreSQL."""
    if workspace.database.sqlite:
        return workspace.now()
    with workspace.database.read() as connection:
        return datetime.fromtimestamp(workspace.database.now(connection), PARIS)


def record(connection: Connection, mailing_id: int, at: datetime, now: float, by: str) -> None:
    """Write down that a mailing shall leave at `at` by itself."""
    event = Event(now, SCHEDULED, mailing_id=mailing_id, actor=by, detail={"at": at.timestamp()})
    journal.record_event(connection, event)


def due(workspace: Workspace) -> list[Mailing]:
    """Return the mailings to work on now, oldest first: begun with something to do, or scheduled with their time come.

    An approval alone sends nothing: where no hour was given, somebody has to say `send`.
    """
    with workspace.database.read() as connection:
        now = workspace.database.now(connection)
        live = reversed(mailings.list_mailings(connection, status=("approved", "sending")))
        return [mailing for mailing in live if _is_due(connection, workspace, mailing, now)]


def _is_due(connection: Connection, workspace: Workspace, mailing: Mailing, now: float) -> bool:
    if mailing.status == "approved":
        waits = workspace.settings.sending.second_person and not mailing.confirmed_by
        kinds = {event.kind for event in journal.of_mailing(connection, mailing.id)}
        return mailing.not_before <= now and not waits and SCHEDULED in kinds
    queued, retry = outlook(connection, mailing.id)
    return queued or (retry is not None and retry <= now) or not open_count(connection, mailing.id)


def _local(naive: datetime, text: str) -> datetime:
    moment = naive.replace(tzinfo=PARIS)
    there_and_back = moment.astimezone(ZoneInfo("UTC")).astimezone(PARIS).replace(tzinfo=None)
    if there_and_back != naive or moment.utcoffset() != moment.replace(fold=1).utcoffset():
        raise Refused(
            f"`{text}` does not exist or comes twice",
            where="--at",
            hint="the clocks change that night; choose another hour",
            said=Sentence(
                "Cette heure n’existe pas, ou vient deux fois : on change d’heure cette nuit-là. Choisissez-en "
                "une autre."
            ),
        )
    return moment


def _iso(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text.upper())
    except ValueError:
        return None


def _words(text: str, now: datetime) -> datetime | None:
    found = _HOUR.search(text)
    if not found or int(found[1]) > 23 or int(found[2] or 0) > 59:
        return None
    hour = time(int(found[1]), int(found[2] or 0))
    words = text[: found.start()].strip(" ,")
    day = _day(words, now.date(), passed=hour <= now.time())
    return datetime.combine(day, hour) if day else None


def _day(words: str, today: date, *, passed: bool) -> date | None:
    if words in ("", "aujourd'hui", "aujourd’hui"):
        return today if words or not passed else today + timedelta(days=1)
    if words == "demain":
        return today + timedelta(days=1)
    if words in _DAYS:
        ahead = (_DAYS.index(words) - today.weekday()) % 7
        return today + timedelta(days=7 if ahead == 0 and passed else ahead)
    written = re.fullmatch(r"(?:(\w+) )?(\d{1,2})(?:er)?(?:/| )(\d{1,2}|[^\W\d]+)(?:(?:/| )(\d{4}))?", words)
    if not written:
        return None
    return _calendar(written, today)


def _calendar(written: re.Match[str], today: date) -> date | None:
    weekday, number, month, year = written.groups()
    months = _MONTHS.index(month) + 1 if month in _MONTHS else int(month) if month.isdecimal() else 0
    try:
        day = date(int(year or today.year), months, int(number))
        if not year and day < today:
            day = day.replace(year=today.year + 1)
    except ValueError:
        return None
    if weekday and weekday in _DAYS and _DAYS[day.weekday()] != weekday:
        raise Refused(
            f"{day:%d/%m/%Y} is a {_DAYS[day.weekday()]}, not a {weekday}",
            where="--at",
            hint="check the date",
            said=Sentence("Le {day:%d/%m/%Y} n’est pas un {weekday}. Vérifiez la date.", day=day, weekday=weekday),
        )
    return day if not weekday or weekday in _DAYS else None
