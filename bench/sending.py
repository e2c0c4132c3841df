"""The whole pipeline against its peers, into the same smtp-sink: ledger on, one process, a letter of some 65 KB.

`python -m bench.sending [COUNT] [--million]` prints messages a second and the ratio to Postfix's smtp-source, medians
of alternated runs; then what the ledger costs, and the memory at many recipients.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import resource
import smtplib
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from email.message import EmailMessage
from statistics import median

import aiosmtplib

from bench import message as letters
from bench import smtp
from newsletter.actions.drain import drain
from newsletter.actions.job import Job
from newsletter.actions.personal import Personal
from newsletter.links import Links
from newsletter.model import Outcome, Outgoing
from newsletter.providers import Provider
from newsletter.providers.smtp import SmtpProvider
from newsletter.rendering.message import Skeleton
from newsletter.settings import Sending, Smtp
from newsletter.store import mailings, people
from newsletter.store.database import Database, open_database
from newsletter.store.entitlement import Rule
from newsletter.store.mailings import Frozen
from newsletter.tokens import Signer

SENDER = "RTES <lettre@example.org>"
CHUNK = 20_000
LETTER = 42_000  # characters of HTML that make a message of some 65 KB


def skeleton() -> Skeleton:
    """Return the frozen letter."""
    return Skeleton.compile(letters.sample(LETTER), sender=SENDER, list_id="La lettre <lettre.example.org>")


def maker() -> Personal:
    """Return the maker of personal messages."""
    return Personal(
        issue="bench", publication="lettre", mailing=1, sender=SENDER, return_path="retours@example.org",
        links=Links("https://lettre.example.org", Signer.from_secret("0123456789abcdef" * 4)), members_web=False,
        wants="mime",
    )  # fmt: skip


def approve(database: Database, count: int) -> mailings.Mailing:
    """Load `count` subscribers and lock a mailing to them; it has begun."""
    now, consent = time.time(), people.Consent("consent", "bench")
    for start in range(0, count, CHUNK):
        batch = [
            people.Person(address=f"reader{n}@example.org", key=f"reader{n}@example.org")
            for n in range(start, min(start + CHUNK, count))
        ]
        with database.write() as connection:
            people.enrol(connection, people.load(connection, batch, now), batch, ["lettre"], consent, now)
    with database.write() as connection:
        made = mailings.create(
            connection, issue="bench", subject="La lettre", content_hash="", rule=Rule("lettre", False), record={},
            frozen=[Frozen((), skeleton().freeze())], caps={}, approved_by="bench", now=now, not_before=now,
            today=datetime.fromtimestamp(now, UTC).date(),
        )  # fmt: skip
        mailings.change(connection, made.id, "sending", only=("approved",), started_at=now)
        return mailings.get(connection, made.id)


def deliver(provider: Provider, count: int) -> float:
    """Send to `count` people with the ledger on; return messages a second."""
    with tempfile.TemporaryDirectory() as home:
        database = open_database(f"sqlite:///{home}/bench.db")
        made = approve(database, count)
        sending = Sending(**{"from": SENDER, "connections": smtp.CONNECTIONS})
        start = time.perf_counter()
        drain(Job(database, made, provider, sending, maker()))
        seconds = time.perf_counter() - start
        with database.read() as connection:
            receipt = mailings.receipt(connection, made, 0)
        database.close()
    if receipt.sent != count:
        raise SystemExit(f"only {receipt.sent} of {count} were sent")
    return count / seconds


def relay(port: int) -> SmtpProvider:
    """Return our provider for a local server."""
    return SmtpProvider(
        Smtp(host="127.0.0.1", port=port, security="none", messages_per_connection=1000), "", "localhost", None
    )


def ours(port: int, count: int) -> float:
    """Our `send`."""
    return deliver(relay(port), count)


def without_ledger(port: int, count: int) -> float:
    """The same messages through the same sessions, nothing written down."""
    provider, bones, make, now = relay(port), skeleton(), maker(), datetime.now(UTC)
    turn = iter(range(0, count, 100))
    lock = threading.Lock()

    def work() -> None:
        session = provider.connect()
        while True:
            with lock:
                start = next(turn, None)
            if start is None:
                break
            batch = [
                make.outgoing(bones, n, f"reader{n}@example.org", n.to_bytes(16, "big"), now)
                for n in range(start, min(start + 100, count))
            ]
            for outcome in session.send(batch):
                if outcome.kind != "accepted":
                    raise SystemExit(outcome.text)
        session.close()

    return timed(count, [threading.Thread(target=work) for _ in range(smtp.CONNECTIONS)])


def timed(count: int, threads: Sequence[threading.Thread]) -> float:
    """Run threads and return messages a second."""
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return count / (time.perf_counter() - start)


def email(n: int, letter: letters.Letter) -> EmailMessage:
    """Build a message the usual way."""
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = SENDER, f"reader{n}@example.org", letter.subject
    made["Message-ID"] = f"<{n}.bench@example.org>"
    made.set_content(letter.text)
    made.add_alternative(letter.html.replace("qz7slot-unsub-7zq", f"https://lettre.example.org/u/{n}"), subtype="html")
    return made


def with_smtplib(port: int, count: int) -> float:
    """smtplib, an EmailMessage per recipient, one connection."""
    letter, start = letters.sample(LETTER), time.perf_counter()
    with smtplib.SMTP("127.0.0.1", port) as client:
        for n in range(count):
            client.send_message(email(n, letter))
    return count / (time.perf_counter() - start)


def with_aiosmtplib(port: int, count: int) -> float:
    """aiosmtplib, an EmailMessage per recipient, 16 connections."""
    letter, numbers = letters.sample(LETTER), iter(range(count))

    async def work() -> None:
        async with aiosmtplib.SMTP(hostname="127.0.0.1", port=port, start_tls=False) as client:
            for n in numbers:
                await client.send_message(email(n, letter))

    async def run() -> None:
        await asyncio.gather(*(work() for _ in range(smtp.SOURCE_SESSIONS)))

    start = time.perf_counter()
    asyncio.run(run())
    return count / (time.perf_counter() - start)


class Discard:
    """A provider that takes everything and keeps nothing."""

    name, wants, batch, idempotent = "discard", "mime", 100, False

    def connect(self, label: str = "") -> Discard:
        return self

    def close(self) -> None:
        """Nothing to close."""

    def send(self, batch: Sequence[Outgoing]) -> Iterator[Outcome]:
        return iter([Outcome(m.delivery, "accepted") for m in batch])


def memory(count: int) -> tuple[float, float]:
    """Return the peak of a process that sends to `count` people, in MB, and its messages a second."""
    command = [sys.executable, "-m", "bench.sending", "--peak", str(count)]
    words = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    return float(words[0]), float(words[1])


def peak(count: int) -> None:
    """Load in a child, send in this process, print the peak of memory in MB and the rate."""
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
            made = mailings.get(connection, 1)
        start = time.perf_counter()
        drain(Job(database, made, Discard(), Sending(**{"from": SENDER}), maker()))
        rate = count / (time.perf_counter() - start)
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, rate)
        database.close()


Row = dict[str, object]
SLOW = 10  # peers that build every message send a tenth of the count: their rate does not depend on it


def run(count: int = 10_000, rounds: int = smtp.ROUNDS) -> list[Row]:
    """Return rows `what`, `seconds` (median, per message) and `ratio` (speed against smtp-source's)."""
    senders: dict[str, tuple[Callable[[int, int], float], int]] = {
        "newsletter send, SQLite ledger": (ours, count),
        "the same without ledger": (without_ledger, count),
        "smtp-source, 16 sessions": (smtp.postfix, count),
        "aiosmtplib, EmailMessage each": (with_aiosmtplib, count // SLOW),
        "smtplib, EmailMessage each": (with_smtplib, count // SLOW),
    }
    rates: dict[str, list[float]] = {name: [] for name in senders}
    for _ in range(rounds):
        for name, (sender, n) in senders.items():
            with smtp.sink() as port:
                rates[name].append(sender(port, n))
    base = median(rates["smtp-source, 16 sessions"])
    return [{"what": name, "seconds": 1 / median(found), "ratio": median(found) / base}
            for name, found in rates.items()]  # fmt: skip


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", nargs="?", type=int, default=10_000)
    parser.add_argument("--million", action="store_true", help="memory at 1,000,000 in place of 200,000 recipients")
    parser.add_argument("--peak", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.peak:
        peak(options.peak)
        return
    print(f"{socket.gethostname()}: load {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores, Python {sys.version[:6]}")
    for row in run(options.count):
        print(f"{row['what']:34} {1 / float(str(row['seconds'])):8.0f}/s  {row['ratio']:.3f}x")
    for many in (10_000, 1_000_000 if options.million else 200_000):
        peak_mb, rate = memory(many)
        print(f"memory at {many:>9,} recipients: {peak_mb:.0f} MB, {rate:.0f}/s into a sink that discards")


if __name__ == "__main__":
    main()
