"""The whole pipeline against its peers, into the same smtp-sink: durable ledger, one process, a letter of some 65 KB.

`python -m bench.sending [COUNT]` prints messages a second, our own CPU for one, and the ratio to Postfix's `smtp-source
-d`, which keeps its connections as we do; medians of alternated runs. The row without `-d` (a connection for every
message) is what earlier figures were compared with. The last rows go into a sink that costs a fifth (`cheap_sink`), so
that the sender is the limit. What the ledger costs is the difference between the first two rows.
"""

from __future__ import annotations

import argparse
import os
import platform
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from bench import smtp
from bench.cheap_sink import cheap_sink
from bench.ledger import approve, maker, skeleton
from bench.peers import SENDER, Sender, peers
from newsletter.actions.sending.dispatch import Dispatch
from newsletter.actions.sending.drain import drain
from newsletter.providers import Provider
from newsletter.providers.smtp import SmtpProvider
from newsletter.settings import Sending, Smtp
from newsletter.store.engine.database import open_database
from newsletter.store.sending.receipts import count_receipt

OURS = "newsletter send, durable SQLite ledger"
ANCHOR = "smtp-source -d, 16 sessions"
Sink = Callable[[], AbstractContextManager[int]]
_own: list[float] = []  # what the last `deliver` cost: to approve is not to send
SLOW = 10  # peers that build every message send a tenth of the count: their rate does not depend on it


def deliver(provider: Provider, count: int) -> float:
    """Send to `count` people with the ledger on; return messages a second."""
    with tempfile.TemporaryDirectory() as home:
        database = open_database(f"sqlite:///{home}/bench.db")
        made = approve(database, count)
        sending = Sending(**{"from": SENDER, "connections": smtp.CONNECTIONS})
        start, began = time.perf_counter(), time.process_time()
        drain(Dispatch(database, made, provider, sending, maker(), logs=Path(home) / "departures"))
        seconds = time.perf_counter() - start
        _own.append(time.process_time() - began)
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


def run(count: int = 10_000, rounds: int = smtp.ROUNDS, *, alone: bool = False) -> list[dict[str, object]]:
    """Return rows `what`, `seconds` (median, per message), `cpu` (ours, per message) and `ratio` (to smtp-source -d).

    `alone` leaves the slow peers out.
    """
    with nullcontext({}) if alone else peers() as others:
        senders: dict[str, tuple[Sender, int, Sink]] = {
            OURS: (ours, count, smtp.sink),
            "the same without ledger": (without_ledger, count, smtp.sink),
            ANCHOR: (smtp.postfix, count, smtp.sink),
            "smtp-source, a connection for each": (smtp.postfix_connecting, count, smtp.sink),
            f"{OURS}, cheap sink": (ours, count, cheap_sink),
            f"{ANCHOR}, cheap sink": (smtp.postfix, count, cheap_sink),
            **{name: (sender, count // SLOW, smtp.sink) for name, sender in others.items()},
        }
        rates: dict[str, list[float]] = {name: [] for name in senders}
        costs: dict[str, list[float]] = {name: [] for name in senders}
        for _ in range(rounds):
            for name, (sender, n, sink) in senders.items():
                with sink() as port:
                    began = time.process_time()
                    rates[name].append(sender(port, n))
                    spent = time.process_time() - began
                    costs[name].append((_own.pop() if _own else spent) / n)
    base, cheap = median(rates[ANCHOR]), median(rates[f"{ANCHOR}, cheap sink"])
    return [
        {
            "what": name,
            "seconds": 1 / median(found),
            "cpu": median(costs[name]),
            "ratio": median(found) / (cheap if "cheap" in name else base),
        }
        for name, found in rates.items()
    ]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", nargs="?", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=smtp.ROUNDS)
    parser.add_argument("--alone", action="store_true", help="without the slow peers")
    chosen = parser.parse_args()
    print(f"load {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores, Python {platform.python_version()}")
    for row in run(chosen.count, chosen.rounds, alone=chosen.alone):
        own = f"{float(str(row['cpu'])) * 1e6:6.0f} us" if float(str(row["cpu"])) > 2e-5 else ""
        print(f"{row['what']:44} {1 / float(str(row['seconds'])):8.0f}/s  {row['ratio']:.3f}x  {own}")


if __name__ == "__main__":
    main()
