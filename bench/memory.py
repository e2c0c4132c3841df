"""The peak of memory of a whole delivery, ledger on, into a sink that discards: at 10,000 and at 1,000,000 recipients.

`python -m bench.memory [MANY]`. The peak is VmHWM of a process that does nothing else; a child loads the people.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench.ledger import approve, maker
from newsletter.actions.sending.dispatch import Dispatch
from newsletter.actions.sending.drain import drain
from newsletter.messages import Outcome, Outgoing
from newsletter.providers import Leaving, let_leave
from newsletter.settings import Sending
from newsletter.store.engine.database import open_database
from newsletter.store.sending import mailings

FEW, MANY = 10_000, 1_000_000


class Discard:
    """A provider that takes everything and keeps nothing."""

    name, wants, batch, idempotent = "discard", "mime", 100, False

    def connect(self, label: str = "") -> Discard:
        return self

    def close(self) -> None:
        """Nothing to close."""

    def send(self, batch: Sequence[Outgoing], leaving: Leaving = let_leave) -> Iterator[Outcome]:
        leaving([message.delivery for message in batch])
        return iter([Outcome(m.delivery, "accepted") for m in batch])


def peak(count: int) -> None:
    """Load in a child, send in this process, print the peak of memory in MB and messages a second."""
    with tempfile.TemporaryDirectory() as home:
        url = f"sqlite:///{home}/bench.db"
        child = os.fork()
        if child == 0:
            database = open_database(url)
            approve(database, count)
            database.close()
            os._exit(0)
        os.waitpid(child, 0)
        database = open_database(url)
        with database.read() as connection:
            made = mailings.get_mailing(connection, 1)
        start = time.perf_counter()
        drain(Dispatch(database, made, Discard(), Sending(**{"from": "RTES <lettre@example.org>"}), maker()))
        print(_high_water(), count / (time.perf_counter() - start))
        database.close()


def _high_water() -> float:
    """Return VmHWM in MB. Not getrusage: its figure is inherited from the process that started this one."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def measure(count: int) -> tuple[float, float]:
    """Return the peak in MB, and messages a second, of a fresh process."""
    command = [sys.executable, "-m", "bench.memory", "--peak", str(count)]
    words = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    return float(words[0]), float(words[1])


def run(many: int = MANY) -> Iterator[dict[str, object]]:
    """Yield the peak at few and at many recipients; the ratio is to the former (bar: 1.2)."""
    few, _rate = measure(FEW)
    yield {"what": f"memory at {FEW:,} recipients: {few:.0f} MB", "ratio": 1.0}
    large, rate = measure(many)
    yield {"what": f"memory at {many:,} recipients: {large:.0f} MB", "seconds": 1 / rate, "ratio": large / few}


if __name__ == "__main__":
    if sys.argv[1:2] == ["--peak"]:
        peak(int(sys.argv[2]))
    else:
        for row in run(*map(int, sys.argv[1:])):
            print(f"{row['what']}  {row['ratio']:.2f}x")
