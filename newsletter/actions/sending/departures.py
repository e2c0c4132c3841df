"""The departure log: one line per message right before it leaves, in a file outside of the database.

A line survives the process that wrote it, and a database that is put back to an earlier state. After a crash it tells
which of the group handed over had begun to leave (at most one a connection is then doubtful); later it tells which
departures a database has forgotten. Not synced: after a power cut the durable ledger alone counts.

A file per process and mailing, `<workspace>/departures/<mailing uid>/<process>.log`. Its lines: `B <delivery> <tries>
<subscriber uid>` begins to leave; `T <delivery>` was taken; `N <delivery>` was not. No address stands in it.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from newsletter.errors import StoreError
from newsletter.i18n import Sentence
from newsletter.messages import Outcome
from newsletter.store.sending.ledger import Handed

Fate = Literal["begun", "taken", "not taken"]

_MARK = "newsletter-departures/1"
_BEGUN = re.compile(rb"B (\d{1,18}) (\d{1,9}) ([0-9a-f]{2,64})\n")
_ANSWERED = re.compile(rb"([TN]) (\d{1,18})\n")
_TAIL = 8192


@dataclass(frozen=True, slots=True)
class Departure:
    """The last time that a delivery began to leave, at its `tries`-th hand-over, and what is known of it."""

    delivery: int
    tries: int
    uid: bytes
    fate: Fate = "begun"


@dataclass(frozen=True, slots=True)
class Heading:
    """The first line of a file: which mailing of which issue it is about."""

    mailing: str
    issue: str


class DepartureLog:
    """The file of this process for one mailing; threads share it, each with a `Trail` of its own."""

    def __init__(self, directory: Path, heading: Heading, owner: str) -> None:
        self.path = log_path(directory, heading.mailing, owner)
        self._heading = heading
        self._file: int | None = None

    def open(self) -> None:
        """Make the file, for this account only, and write its first line; StoreError when that cannot be done."""
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._file = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            if os.fstat(self._file).st_size == 0:
                os.write(self._file, f"{_MARK} {self._heading.mailing} {self._heading.issue}\n".encode())
        except OSError as error:
            raise StoreError(
                f"the departure log cannot be written: {error.strerror}",
                where=str(self.path),
                hint="check the rights of the workspace's directory and the room on its disk",
                said=Sentence(
                    "Le journal des départs ne peut pas être écrit sur le serveur : rien ne part. "
                    "Prévenez la personne qui l’administre."
                ),
            ) from None

    def write(self, lines: bytes) -> None:
        """Append whole lines at once; raises OSError."""
        assert self._file is not None
        if os.write(self._file, lines) != len(lines):
            raise OSError(28, "No space left on device")

    def close(self) -> None:
        """Close the file; what it says stays."""
        if self._file is not None:
            os.close(self._file)
            self._file = None


class Trail:
    """One connection's lines: what became of the last message is written together with the departure of the next."""

    def __init__(self, log: DepartureLog | None) -> None:
        self._log, self._known = log, b""

    def leave(self, handed: Sequence[Handed]) -> None:
        """Write that these begin to leave; raises OSError, and then they must not leave."""
        if self._log:
            begun = b"".join(b"B %d %d %s\n" % (h.id, h.tries, h.uid.hex().encode()) for h in handed)
            self._log.write(self._known + begun)
            self._known = b""

    def answer(self, outcome: Outcome) -> None:
        """Keep what became of a message that had begun to leave; nothing is known of an `unknown` one."""
        if outcome.kind not in ("unknown", "untried"):
            self._known += b"%s %d\n" % (b"T" if outcome.kind == "accepted" else b"N", outcome.delivery)

    def rest(self) -> None:
        """Write what is kept, before a wait; a disk that is full costs nothing here, the ledger has it too."""
        if self._log and self._known:
            try:
                self._log.write(self._known)
            except OSError:
                return
            self._known = b""


def log_path(directory: Path, mailing: str, owner: str) -> Path:
    """Return the file of the process named `owner` for the mailing with the uid `mailing`."""
    return directory / mailing / f"{hashlib.sha256(owner.encode()).hexdigest()[:24]}.log"


def logs(directory: Path) -> dict[Path, Heading]:
    """Return all files in `directory` with their headings; what is no departure log is left out."""
    found = {}
    for path in sorted(directory.glob("*/*.log")):
        with path.open("rb") as file:
            mark, _blank, rest = file.readline(1000).decode(errors="replace").rstrip("\n").partition(" ")
        mailing, _blank, issue = rest.partition(" ")
        if mark == _MARK and mailing and issue:
            found[path] = Heading(mailing, issue)
    return found


def sweep_logs(directory: Path, live: Collection[str], before: float, *, dry_run: bool = False) -> int:
    """Delete the logs that were last written before a POSIX time, but those of the mailings in `live` (uids).

    Returns how many; with `dry_run` it only counts them. A folder left empty goes too.
    """
    old = [path for path, h in logs(directory).items() if h.mailing not in live and path.stat().st_mtime < before]
    for path in old if not dry_run else ():
        path.unlink(missing_ok=True)
        with suppress(OSError):  # another process's log is still in it
            path.parent.rmdir()
    return len(old)


def departures(path: Path, wanted: Collection[int] | None = None) -> dict[int, Departure]:
    """Return the last departure of each delivery in a file (of those `wanted` only); torn lines are passed over."""
    found: dict[int, Departure] = {}
    for line in _lines(path):
        if begun := _BEGUN.fullmatch(line):
            delivery = int(begun[1])
            if wanted is None or delivery in wanted:
                found[delivery] = Departure(delivery, int(begun[2]), bytes.fromhex(begun[3].decode()))
        elif (answered := _ANSWERED.fullmatch(line)) and (last := found.get(int(answered[2]))):
            fate: Fate = "taken" if answered[1] == b"T" else "not taken"
            found[last.delivery] = Departure(last.delivery, last.tries, last.uid, fate)
    return found


def last_departure(path: Path) -> Departure | None:
    """Return the departure that a file tells of last, whatever became of it; only its end is read."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - _TAIL))
        begun = list(_BEGUN.finditer(file.read()))
    if not begun:
        return next(reversed(departures(path).values()), None) if path.stat().st_size > _TAIL else None
    return Departure(int(begun[-1][1]), int(begun[-1][2]), bytes.fromhex(begun[-1][3].decode()))


def _lines(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            yield from file
    except FileNotFoundError:
        return
