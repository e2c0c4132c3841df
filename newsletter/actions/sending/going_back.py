"""A database that went back in time: a snapshot, a copied file, a damaged write-ahead log, a restored backup.

The departure logs stand outside of it and know better: who left since is not written to again. What the relay took
counts as sent, what was in flight is doubtful; and nothing else leaves before a person has looked.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import Connection

from newsletter.actions.sending.departures import Departure, departures, last_departure, logs
from newsletter.i18n import _, speaking
from newsletter.store import journal
from newsletter.store.engine.database import Database
from newsletter.store.journal import Event
from newsletter.store.sending import corrections, mailings
from newsletter.store.sending.ledger import Settlement
from newsletter.store.sending.mailings import Mailing

_TAKEN = "taken; the departure log says so, the database had gone back to an earlier state"
_IN_FLIGHT = "it had begun to leave; the database had gone back to an earlier state"
_OTHER = "the same issue left under an approval that this database no longer has"


@dataclass(frozen=True, slots=True)
class Remembered:
    """What the departure logs knew and the database did not: counted as sent, and doubtful."""

    sent: int = 0
    doubtful: int = 0

    def __bool__(self) -> bool:
        return bool(self.sent or self.doubtful)


def pause_gone_back(database: Database, mailing: Mailing, directory: Path, locale: str) -> Remembered:
    """Compare a mailing with its departure logs; if the database went back, write what it forgot and pause.

    Only the last departure of each log is looked up while all is well.
    """
    with database.read() as connection:
        if not _has_gone_back(connection, mailing, directory):
            return Remembered()
    with database.write() as connection:
        now = database.now(connection)
        mailings.status(connection, mailing.id, hold=True)
        found = remember_departures(connection, mailing, directory, now)
        if found:
            with speaking(locale):
                words = _(
                    "La base de données est revenue à un état antérieur : {n} messages étaient déjà partis. D’après le "
                    "journal des départs, {sent} sont comptés comme partis et {doubtful} restent incertains. Comparez "
                    "avec le journal du relais, puis reprenez l’envoi."
                )
            why = words.format(n=found.sent + found.doubtful, sent=found.sent, doubtful=found.doubtful)
            mailings.change_mailing(connection, mailing.id, "paused", only=("sending",), pause_reason=why)
            journal.record_event(connection, Event(now, "mailing-paused", mailing_id=mailing.id, detail={"why": why}))
        return found


def remember_departures(connection: Connection, mailing: Mailing, directory: Path, now: float) -> Remembered:
    """Write into the ledger what the departure logs tell of a mailing's issue and the database has forgotten."""
    own: dict[bytes, Departure] = {}
    other: dict[bytes, Departure] = {}
    for path in _logs_of(connection, mailing, directory):
        known = own if path.parent.name == mailing.uid else other
        for left in departures(path).values():
            if left.fate != "not taken" and (left.uid not in known or known[left.uid].tries < left.tries):
                known[left.uid] = left
    told = {**other, **own}
    missing = corrections.forgotten(connection, mailing.id, {uid: left.tries for uid, left in told.items()})
    settled = {
        number: (_settlement(number, told[uid], is_own=uid in own), told[uid].tries)
        for uid, (number, _tries) in missing.items()
    }
    corrections.remember(connection, settled, now)
    sent = sum(one.state == "sent" for one, _tries in settled.values())
    return Remembered(sent, len(settled) - sent)


def left_since(database: Database, directory: Path) -> tuple[Remembered, dict[str, int]]:
    """Write what the departure logs know of all mailings that can still send, after a database was restored.

    Returns it with the issues of mailings that the database does not know at all: how many messages of each had left.
    """
    sent = doubtful = 0
    with database.write() as connection:
        now = database.now(connection)
        for mailing in mailings.list_mailings(connection, status=("approved", "sending", "paused")):
            found = remember_departures(connection, mailing, directory, now)
            sent, doubtful = sent + found.sent, doubtful + found.doubtful
        unknown = {path: h.issue for path, h in logs(directory).items() if not mailings.known(connection, h.mailing)}
    left: dict[str, int] = {}
    for path, issue in unknown.items():
        left[issue] = left.get(issue, 0) + sum(one.fate != "not taken" for one in departures(path).values())
    return Remembered(sent, doubtful), left


def _settlement(number: int, left: Departure, *, is_own: bool) -> Settlement:
    if not is_own:
        return Settlement(number, "doubtful", _OTHER)
    return Settlement(number, "sent", _TAKEN) if left.fate == "taken" else Settlement(number, "doubtful", _IN_FLIGHT)


def _has_gone_back(connection: Connection, mailing: Mailing, directory: Path) -> bool:
    for path in _logs_of(connection, mailing, directory):
        last = last_departure(path)
        if last and corrections.forgotten(connection, mailing.id, {last.uid: last.tries}):
            return True
    return False


def _logs_of(connection: Connection, mailing: Mailing, directory: Path) -> list[Path]:
    """Return the logs of a mailing, and those of the same issue whose mailing the database does not know."""
    found = []
    for path, heading in logs(directory).items():
        forgotten = heading.issue == mailing.issue and not mailings.known(connection, heading.mailing)
        if heading.mailing == mailing.uid or forgotten:
            found.append(path)
    return found
