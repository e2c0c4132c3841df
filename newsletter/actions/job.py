"""What the threads that deliver one mailing share."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from newsletter.actions.personal import Personal
from newsletter.providers import Provider
from newsletter.settings import Sending
from newsletter.store.database import Database
from newsletter.store.ledger import Settlement
from newsletter.store.mailings import Mailing


@dataclass(frozen=True)
class Job:
    """Everything the threads need to deliver one mailing. `progress` is told the states of each settled group."""

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
    lock: threading.Lock = field(default_factory=threading.Lock)

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
        return f"{refused} of {known} messages were refused for good"
