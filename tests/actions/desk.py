"""A mailing about to leave, made without files: recipients, a small frozen letter, and providers that do as told."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from newsletter.actions.letters.personal import Personal
from newsletter.actions.sending.dispatch import Clock, Dispatch
from newsletter.actions.sending.drain import drain
from newsletter.links import Links
from newsletter.messages import Letter, Outcome, Outgoing
from newsletter.providers import Leaving, Provider, let_leave
from newsletter.rendering.message import Skeleton
from newsletter.settings import Sending
from newsletter.store.engine.database import Database
from newsletter.store.sending import mailings
from newsletter.store.sending.ledger_counts import count_states
from newsletter.store.sending.mailings import Frozen, Mailing
from newsletter.store.sending.receipts import Receipt, count_receipt
from newsletter.tokens import Signer
from tests.store.helpers import mailing as freeze
from tests.store.helpers import subscribe

SENDER = "RTES <lettre@example.org>"


def sending(**values: Any) -> Sending:
    """Return settings that retry soon."""
    return Sending(**{"from": SENDER, "retry_first_seconds": 0.05, "connections": 2, **values})


class QuickClock(Clock):
    """A clock that goes on by each wait instead of waiting: the time of all threads of a test and of its database."""

    def __init__(self) -> None:
        self.ahead, self.lock = 0.0, threading.Lock()

    def time(self) -> float:
        return time.time() + self.ahead

    def monotonic(self) -> float:
        return time.monotonic() + self.ahead

    def sleep(self, seconds: float) -> None:
        end = self.monotonic() + seconds
        time.sleep(0.0005)  # let the other threads run
        with self.lock:
            self.ahead = max(self.ahead, end - time.monotonic())

    def wait(self, event: threading.Event, seconds: float) -> bool:
        if not event.is_set():
            self.sleep(seconds)
        return event.is_set()


@dataclass
class Desk:
    """One mailing to some recipients in one database."""

    database: Database
    mailing: Mailing
    logs: Path | None = None
    clock: Clock = field(default_factory=Clock)

    def dispatch(self, provider: Provider, *, wait: bool = True, **values: Any) -> Dispatch:
        """Return a dispatch of the mailing through `provider`."""
        links = Links("https://lettre.example.org", Signer.from_secret("0123456789abcdef" * 4))
        maker = Personal(
            issue=self.mailing.issue,
            publication="lettre",
            mailing=self.mailing.id,
            sender=SENDER,
            return_path="retours@example.org",
            links=links,
            members_web=False,
            wants=provider.wants,
        )
        return Dispatch(
            self.database, self.mailing, provider, sending(**values), maker, wait, logs=self.logs, clock=self.clock
        )

    def deliver(self, provider: Provider, **values: Any) -> Receipt:
        """Drain once and return the receipt."""
        drain(self.dispatch(provider, **values))
        return self.receipt()

    def receipt(self) -> Receipt:
        """Return the receipt, counted now."""
        with self.database.read() as connection:
            return count_receipt(connection, mailings.get_mailing(connection, self.mailing.id), time.time())

    def tally(self) -> dict[str, int]:
        """Return how many deliveries are in each state."""
        with self.database.read() as connection:
            return count_states(connection, self.mailing.id)

    def change(self, status: str) -> None:
        """Move the mailing to another status."""
        with self.database.write() as connection:
            assert mailings.change_mailing(connection, self.mailing.id, status, only=("sending", "paused", "done"))


def desk(
    database: Database,
    n: int,
    *,
    domain: str = "example.org",
    issue: str = "2026-11-lettre",
    clock: QuickClock | None = None,
) -> Desk:
    """Make a mailing to `n` recipients that has begun just now; `{i}` in `domain` gives each a domain of its own.

    `clock` becomes the time of the senders and of the database.
    """
    if clock:
        vars(database)["now"] = lambda _connection: clock.time()
    letter = Letter(
        issue=issue,
        publication="lettre",
        subject="La lettre",
        preheader="",
        text="Bonjour\n" * 5,
        html='<html><body><p>Bonjour</p><a href="qz7slot-unsub-7zq">partir</a></body></html>',
    )
    bones = Skeleton.compile(letter, sender=SENDER, list_id="La lettre <lettre.example.org>")
    with database.write() as connection:
        subscribe(connection, n, domain=domain)
        made = freeze(connection, issue=issue, frozen=[Frozen((), bones.freeze())])
        mailings.touch(connection, made.id, started_at=time.time())
        return Desk(database, mailings.get_mailing(connection, made.id), clock=clock or Clock())


Answer = Callable[[Outgoing], Outcome]


def accept(message: Outgoing) -> Outcome:
    """Take a message."""
    return Outcome(message.delivery, "accepted")


@dataclass
class Peer:
    """A provider whose answers are given by `answer`; it notes who was taken, when, and how many sessions are busy."""

    answer: Answer = accept
    pause: float = 0.0
    name: str = "peer"
    wants: str = "mime"
    batch: int = 100
    idempotent: bool = False
    taken: list[tuple[float, Outgoing]] = field(default_factory=list)
    busy: int = 0
    busiest: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def connect(self, label: str = "") -> Peer:
        return self

    def close(self) -> None:
        """Nothing to close."""

    def send(self, batch: Sequence[Outgoing], leaving: Leaving = let_leave) -> Iterator[Outcome]:
        with self.lock:
            self.busy += 1
            self.busiest = max(self.busiest, self.busy)
        try:
            for message in batch:
                if not leaving((message.delivery,)):
                    yield Outcome(message.delivery, "untried", "provider")
                    continue
                time.sleep(self.pause)
                outcome = self.answer(message)
                if outcome.kind in ("accepted", "unknown"):
                    with self.lock:
                        self.taken.append((time.monotonic(), message))
                yield outcome
        finally:
            with self.lock:
                self.busy -= 1

    def people(self) -> list[str]:
        """Return who was written to, in order of their addresses; a person written to twice comes twice."""
        return sorted(message.address for _at, message in self.taken)
