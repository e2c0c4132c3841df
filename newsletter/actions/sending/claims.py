"""Who holds a claim: a name for this process, and whether the process behind a name has ended."""

from __future__ import annotations

import os
import socket
from pathlib import Path

from newsletter.store.engine.database import Database
from newsletter.store.sending import ledger


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


def recover(database: Database, mailing_id: int | None = None) -> tuple[int, int]:
    """Take over from senders that are gone; returns (queued again, doubtful)."""
    with database.write() as connection:
        dead = [token for token in ledger.holders(connection, mailing_id) if ended(token)]
        return ledger.sweep_leases(connection, database.now(connection), mailing_id, dead)


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
