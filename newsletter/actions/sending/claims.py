"""Who holds a claim: a name for this process, and whether the process behind a name has ended."""

from __future__ import annotations

import os
import socket
from pathlib import Path

from sqlalchemy.engine import Connection

from newsletter.actions.sending.departures import departures, log_path
from newsletter.store.engine.database import Database
from newsletter.store.sending import ledger, taking_back
from newsletter.store.sending.ledger import Settlement


def owner() -> str:
    """Return a name for this process that no other will bear: where it runs, pid, start time."""
    return f"{_place()}:{os.getpid()}:{_started(os.getpid())}"


def ended(token: str) -> bool:
    """Tell whether the process behind a sender's token ran here and has certainly ended."""
    place, pid, started = f"{token.partition('#')[0]}::".split(":")[:3]
    if place != _place() or not pid.isdigit():
        return False
    found = _started(int(pid))
    return not _exists(int(pid)) if found is None else found != started


def recover(database: Database, mailing_id: int | None = None, logs: Path | None = None) -> tuple[int, int]:
    """Take over from senders that are gone; returns (queued again, doubtful).

    Of what a sender handed over that ended on this machine, its departure log in `logs` tells what had begun to leave:
    the rest is queued again, what was taken counts as sent, and only what was in flight is doubtful.
    """
    with database.write() as connection:
        now = database.now(connection)
        dead = [token for token in taking_back.holders(connection, mailing_id) if ended(token)]
        known = [_settle_by_log(connection, token, logs, now) for token in dead] if logs else []
        queued, doubtful = taking_back.sweep_leases(connection, now, mailing_id, dead)
        return queued + sum(back for back, _lost in known), doubtful + sum(lost for _back, lost in known)


def _settle_by_log(connection: Connection, token: str, logs: Path, now: float) -> tuple[int, int]:
    """Settle what an ended sender handed over by its departure log, where there is one; (queued again, doubtful)."""
    settled: list[Settlement] = []
    back: list[int] = []
    for mailing, tries in taking_back.handed_by(connection, token).items():
        path = log_path(logs, mailing, token.partition("#")[0])
        if not path.exists():
            continue
        found = departures(path, tries)
        for number, tried in tries.items():
            left = found.get(number)
            # An earlier hand-over by the same process says nothing of this one.
            if left is None or left.tries < tried or left.fate == "not taken":
                back.append(number)
            elif left.fate == "taken":
                settled.append(Settlement(number, "sent", "taken; the sender ended before the answer was recorded"))
            else:
                settled.append(Settlement(number, "doubtful", "the sender ended while this message was leaving"))
    ledger.settle_deliveries(connection, token, settled, now)
    return taking_back.take_back(connection, token, back), sum(s.state == "doubtful" for s in settled)


def _place() -> str:
    """Name this host since it was started, and this container: elsewhere the same pid is another process."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{socket.gethostname()}/{boot[:13]}/{Path('/proc/self/ns/pid').readlink()}".replace(":", "")
    except OSError:
        return socket.gethostname().replace(":", "")


def _started(pid: int) -> str | None:
    """Return when a process started, an empty text for a zombie, None if that cannot be read."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    # The name in parentheses may hold blanks; the start time is the 20th field after it. A zombie has ended.
    fields = stat.rpartition(")")[2].split()
    return "" if fields[0] == "Z" else fields[19]


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
