"""When a mailing shall leave ("mardi 9h30", "dans 2 heures" or an ISO date, in Europe/Paris), and what is due."""

from __future__ import annotations

import re
import unicodedata
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
from newsletter.store.sending.warnings import SCHEDULED, is_scheduled

_DAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
_MONTHS = (
    "janvier",
    "fevrier",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "aout",
    "septembre",
    "octobre",
    "novembre",
    "decembre",
)
# Without accents, as `_plain` leaves them. A number alone is no hour, but after « à » it is.
_HOUR = re.compile(r"(?:(?:\ba\s+)?\b(\d{1,2})\s*(?:h|:)\s*(\d{2})?|\ba\s+(\d{1,2}))$")
_AFTER = re.compile(r"dans (?:(\d{1,3}) ?(?:j|jours?)\b)? ?(?:(\d{1,3}) ?h)? ?(?:(\d{1,4}) ?(?:min(?:utes?)?|mn)?)?")
_EXAMPLES = 'write "mardi 9h30", "demain 8h", "24 novembre 9h30", "dans 2 heures" or "2026-11-24 09:30"'


def parse_moment(text: str, now: datetime) -> datetime:
    """Return the moment `text` names, aware, in Paris, after `now`.

    A weekday means the next one to come (today's if the hour is still ahead). Raises Refused for a moment that is past,
    that does not exist or comes twice (the nights when the clocks change), for a day without an hour, or for what
    cannot be read.
    """
    wanted = _plain(text)
    if day := _day_alone(wanted, now.date()):
        raise Refused(
            f"`{text}` names no hour",
            where="--at",
            hint='add the hour: "mardi 9h30"',
            said=Sentence(
                "À quelle heure, le {day:%d/%m/%Y} ? Ajoutez-la après le jour, par exemple : mardi 9h30.", day=day
            ),
        )
    found = _iso(wanted) or _after(wanted, now) or _words(wanted, now)
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
                "« {text} » n’est pas une heure à venir. Écrivez par exemple : mardi 9h30, 2 décembre à 10 heures, "
                "dans 2 heures.",
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
        late = workspace.settings.sending.late_minutes * 60
        return now - late <= mailing.not_before <= now and not waits and is_scheduled(connection, mailing)
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


def _plain(text: str) -> str:
    """Return `text` in small letters without accents, `heures` as `h`, midday as an hour."""
    letters = unicodedata.normalize("NFD", text.lower().replace("’", "'"))
    plain = " ".join("".join(c for c in letters if not unicodedata.combining(c)).split())
    for words, short in _SHORT:
        plain = words.sub(short, plain)
    return plain.strip(" ,.")


_SHORT = tuple(
    (re.compile(pattern), short)
    for pattern, short in (
        (r"\bune demi-?\s?heure\b", "30 min"),
        (r"\b(?:une|un)(?= (?:heure|minute|jour))", "1"),
        (r"\bmidi\b", "12h"),
        (r"(?<=\d)\s*(?:heures?|hrs?|hs)\b", "h"),
        (r"\bet demie\b", "30"),
        (r"\bet quart\b", "15"),
        (r"(?<=h)\s*(\d\d)\s*(?:min(?:utes?)?|mn)?\b", r"\1"),
        (r"\bapres[ -]demain\b", "apres-demain"),
        (r"(?<=di) prochain\b|(?<=che) prochain\b", ""),
        (r"^(?:le|ce) ", ""),
        (r"\b(?:de|du) matin\b", ""),
    )
)


def _iso(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text.upper())
    except ValueError:
        return None


def _day_alone(text: str, today: date) -> date | None:
    """Return the day that `text` names without any hour."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        words = re.sub(r" (?:(?:au |le )?(?:matin|apres-midi|soir))$", "", text)
        return _day(words, today, passed=False) if words else None


def _after(text: str, now: datetime) -> datetime | None:
    """Return the moment of « dans 2 heures », « dans 1h30 », « dans 3 jours », whatever the clocks do."""
    found = _AFTER.fullmatch(text)
    days, hours, minutes = (int(part or 0) for part in found.groups()) if found else (0, 0, 0)
    if not found or not (days or hours or minutes) or (text[-1].isdigit() and not hours):
        return None
    later = now.astimezone(ZoneInfo("UTC")) + timedelta(hours=hours, minutes=minutes)
    whole = later.replace(second=0, microsecond=0) + timedelta(minutes=1 if later.second or later.microsecond else 0)
    if not days:
        return whole
    return whole.astimezone(PARIS).replace(tzinfo=None) + timedelta(days=days)


def _words(text: str, now: datetime) -> datetime | None:
    found = _HOUR.search(text)
    if not found:
        return None
    hours, minutes = int(found[1] or found[3]), int(found[2] or 0)
    if hours > 23 or minutes > 59:
        return None
    hour = time(hours, minutes)
    words = text[: found.start()].strip(" ,")
    day = _day(words, now.date(), passed=hour <= now.time())
    return datetime.combine(day, hour) if day else None


def _day(words: str, today: date, *, passed: bool) -> date | None:
    if words in ("", "aujourd'hui"):
        return today if words or not passed else today + timedelta(days=1)
    if words in ("demain", "apres-demain"):
        return today + timedelta(days=1 if words == "demain" else 2)
    if words in _DAYS:
        ahead = (_DAYS.index(words) - today.weekday()) % 7
        return today + timedelta(days=7 if ahead == 0 and passed else ahead)
    written = re.fullmatch(r"(?:([a-z]+),? )?(\d{1,2})(?:er)?(?:/| )(\d{1,2}|[a-z]+\.?)(?:(?:/| )(\d{4}))?", words)
    if not written or not written[2].isascii() or not written[3].isascii():
        return None
    return _calendar(written, today)


def _month(word: str) -> int:
    """Return the number of a month, also of a shortened one (« déc. »); 0 for what is none."""
    if word.isdecimal():
        return int(word)
    found = [n for n, name in enumerate(_MONTHS, 1) if name.startswith(word.rstrip("."))]
    return found[0] if len(found) == 1 and len(word.rstrip(".")) >= 3 else 0


def _calendar(written: re.Match[str], today: date) -> date | None:
    weekday, number, month, year = written.groups()
    try:
        day = date(int(year or today.year), _month(month), int(number))
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
