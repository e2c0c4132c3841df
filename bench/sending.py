"""The whole pipeline against its peers, into the same smtp-sink: ledger on, one process, a letter of some 65 KB.

`python -m bench.sending [COUNT]` prints messages a second and the ratio to Postfix's smtp-source, medians of alternated
runs. What the ledger costs is the difference between the first two rows.
"""

from __future__ import annotations

import argparse
import os
import platform
import tempfile
import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from statistics import median

from bench import smtp
from bench.ledger import approve, maker, skeleton
from bench.peers import SENDER, Sender, peers
from newsletter.actions.sending.dispatch import Dispatch
from newsletter.actions.sending.drain import drain
from newsletter.providers import Provider
from newsletter.providers.smtp import SmtpProvider
from newsletter.settings import Sending, Smtp
from newsletter.store.engine.database import open_database
from newsletter.store.sending.receipts import count_receipt

SLOW = 10  # peers that build every message send a tenth of the count: their rate does not depend on it


def deliver(provider: Provider, count: int) -> float:
    """Send to `count` people with the ledger on; return messages a second."""
    with tempfile.TemporaryDirectory() as home:
        database = open_database(f"sqlite:///{home}/bench.db")
        made = approve(database, count)
        sending = Sending(**{"from": SENDER, "connections": smtp.CONNECTIONS})
        start = time.perf_counter()
        drain(Dispatch(database, made, provider, sending, maker()))
        seconds = time.perf_counter() - start
        with database.read() as connection:
            receipt = count_receipt(connection, made, 0)
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


def run(count: int = 10_000, rounds: int = smtp.ROUNDS) -> list[dict[str, object]]:
    """Return rows `what`, `seconds` (median, per message) and `ratio` (speed against smtp-source's)."""
    with peers() as others:
        senders: dict[str, tuple[Sender, int]] = {
            "newsletter send, SQLite ledger": (ours, count),
            "the same without ledger": (without_ledger, count),
            "smtp-source, 16 sessions": (smtp.postfix, count),
            **{name: (sender, count // SLOW) for name, sender in others.items()},
        }
        rates: dict[str, list[float]] = {name: [] for name in senders}
        for _ in range(rounds):
            for name, (sender, n) in senders.items():
                with smtp.sink() as port:
                    rates[name].append(sender(port, n))
    base = median(rates["smtp-source, 16 sessions"])
    return [
        {"what": name, "seconds": 1 / median(found), "ratio": median(found) / base} for name, found in rates.items()
    ]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", nargs="?", type=int, default=10_000)
    count = parser.parse_args().count
    print(f"load {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores, Python {platform.python_version()}")
    for row in run(count):
        print(f"{row['what']:36} {1 / float(str(row['seconds'])):8.0f}/s  {row['ratio']:.3f}x")


if __name__ == "__main__":
    main()
