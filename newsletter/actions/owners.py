"""Who holds a claim: a name for this process, and whether the process behind a name has ended."""

from __future__ import annotations

import os
import socket
from pathlib import Path

from newsletter.store import ledger
from newsletter.store.database import Database


def owner() -> str:
    """Return a name for this process that no later process on this host will bear: host, pid, start time."""
    return f"{socket.gethostname()}:{os.getpid()}:{_started(os.getpid())}"


def ended(token: str) -> bool:
    """Tell whether the process behind a worker's token ran on this host and has ended."""
    host, _, rest = token.partition("#")[0].partition(":")
    pid, _, started = rest.partition(":")
    return host == socket.gethostname() and pid.isdigit() and _started(int(pid)) != started


def recover(database: Database, mailing_id: int | None = None) -> tuple[int, int]:
    """Take over from senders that are gone; returns (queued again, doubtful)."""
    with database.write() as connection:
        dead = [token for token in ledger.holders(connection, mailing_id) if ended(token)]
        return ledger.sweep(connection, database.now(connection), mailing_id, dead)


def _started(pid: int) -> str:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    # The name in parentheses may hold blanks; the start time is the 20th field after it. A zombie has ended.
    fields = stat.rpartition(")")[2].split()
    return "" if fields[0] == "Z" else fields[19]
