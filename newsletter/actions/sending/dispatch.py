"""A dispatch: one mailing being delivered by this process, and what the senders at work on it share."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from newsletter.actions.letters.personal import Personal
from newsletter.actions.sending.suspicion import Suspicion
from newsletter.i18n import _
from newsletter.providers import Provider
from newsletter.settings import Sending
from newsletter.store.engine.database import Database
from newsletter.store.sending.ledger import Settlement
from newsletter.store.sending.mailings import Mailing

_NAP = 0.25


class Clock:
    """The time as senders see it, and their waits; tests put one in its place whose waits cost no time."""

    def time(self) -> float:
        """Return POSIX seconds."""
        return time.time()

    def monotonic(self) -> float:
        """Return seconds that never go back."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait, whatever happens."""
        time.sleep(seconds)

    def wait(self, event: threading.Event, seconds: float) -> bool:
        """Wait until `event` is set, so many seconds at most; tell whether it is."""
        return event.wait(seconds)


@dataclass(frozen=True)
class Dispatch:
    """Everything the threads need to deliver one mailing.

    `stop` is the caller's wish, `failed` is set when a thread failed; `hurry` is set when nobody will wait
    for a database that is away. `progress` is told the states of each group.
    `locale` is the network's language: why a mailing paused is kept in it. `logs` is the directory of the departure
    logs, None to keep none. `suspicion` weighs refusals that may be about us.
    """

    database: Database
    mailing: Mailing
    provider: Provider
    sending: Sending
    personal: Personal
    wait_for_deferred: bool = False
    stop: threading.Event = field(default_factory=threading.Event)
    progress: Callable[[Mapping[str, int]], None] = lambda _counts: None
    troubles: list[str] = field(default_factory=list)
    settled: Counter[str] = field(default_factory=Counter)
    failed: threading.Event = field(default_factory=threading.Event)
    hurry: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)
    locale: str = "fr"
    logs: Path | None = None
    suspicion: Suspicion = field(default_factory=Suspicion)
    clock: Clock = field(default_factory=Clock)

    @property
    def stopping(self) -> bool:
        """Whether nothing more shall be handed over."""
        return self.stop.is_set() or self.failed.is_set()

    @property
    def hurried(self) -> bool:
        """Whether what is known must be written at once or never."""
        return self.hurry.is_set() or self.failed.is_set()

    def rest(self, seconds: float) -> bool:
        """Wait, but no longer than until the dispatch is stopping; tell whether it is."""
        end = self.clock.monotonic() + seconds
        while not self.stopping and (left := end - self.clock.monotonic()) > 0:
            self.clock.wait(self.stop, min(left, _NAP))
        return self.stopping

    def note(self, trouble: str) -> None:
        """Keep what stands in the way, once."""
        with self.lock:
            if trouble not in self.troubles:
                self.troubles.append(trouble)

    def count(self, settlements: Sequence[Settlement]) -> str:
        """Count a group's settlements; return why to pause when too many are refused: the fault is with us, then."""
        counts, share = Counter(s.state for s in settlements), self.sending.breaker_share
        with self.lock:
            self.settled.update(counts)
            refused, known = self.settled["refused"], self.settled["refused"] + self.settled["sent"]
        self.progress(counts)
        if known < self.sending.breaker_after or refused <= share * known:
            return ""
        words = _(
            "{n} messages sur {known} ont été refusés pour de bon. Vérifiez les adresses et les réglages d’envoi."
        )
        return words.format(n=refused, known=known)
