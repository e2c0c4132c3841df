"""Rehearsal: the full path of a mailing into a local sink that fails now and then, on a copy of the audience."""

from __future__ import annotations

import math
import tempfile
import threading
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from newsletter.actions.sending import mailings
from newsletter.actions.sending.approval import approve_issue
from newsletter.actions.sending.deliveries import deliver_mailing
from newsletter.actions.workspace import Workspace
from newsletter.messages import Outcome, Outgoing
from newsletter.providers import Leaving, Provider, Wants, let_leave
from newsletter.settings import Sending, Settings
from newsletter.store.engine.database import Database, open_database
from newsletter.store.sending.receipts import Receipt
from newsletter.store.sending.rehearsal import copy_audience

FAULTS = ("deferred", "refused", "unknown", "dropped")
_DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What a mailing would do: its receipt, the bytes of all messages, the time it will take in words.

    `faults` counts what was injected: deferred and refused recipients, answers that were lost, dropped connections.
    """

    receipt: Receipt
    bytes: int
    messages: int
    estimate: str
    faults: Mapping[str, int]

    def sentences(self) -> list[str]:
        """Return the findings as lines for people."""
        each = self.bytes / max(self.messages, 1)
        injected = ", ".join(f"{n} {name}" for name, n in self.faults.items()) or "none"
        return [
            f"nothing left: {self.messages} messages went into a local sink",
            f"weight {each / 1000:.1f} kB a message, {self.bytes / 1e6:.1f} MB in all",
            f"faults injected: {injected}",
            f"time {self.estimate}",
        ]


def rehearse_issue(workspace: Workspace, issue: str, faults: float) -> Rehearsal:
    """Approve and deliver `issue` on a temporary copy of the audience, into a sink.

    `faults` is the share of recipients, 0 to 1, whose first attempt fails in one of the ways of `FAULTS`. Everybody the
    issue would have as a candidate today is counted, whoever got it already. The workspace's database does not change.
    Raises Refused while the proof-reader finds errors.
    """
    provider = workspace.provider()
    wants: Wants = "parts" if provider.wants == "parts" else "mime"
    sink = _Sink(wants, provider.batch, workspace.settings.sending.provider, faults)
    with tempfile.TemporaryDirectory(prefix="rehearsal-") as directory:
        copy = _Copy(_quick(workspace), workspace.clock, sink=sink, file=Path(directory) / "rehearsal.db")
        try:
            copy_audience(workspace.database, copy.database)
            mailing = mailings.begin_mailing(copy, approve_issue(copy, issue, by="rehearsal", now=True))
            receipt, _troubles = deliver_mailing(copy, mailing, wait=True)
        finally:
            copy.close()
    words = estimate(sink.messages, workspace.settings.sending, receipt.seconds)
    return Rehearsal(receipt, sink.bytes, sink.messages, words, dict(sink.injected))


def estimate(messages: int, sending: Sending, seconds: float) -> str:
    """Return how long `messages` take under the quota and the rate of the settings, in words.

    Without either, `seconds` of the rehearsal are all that is known.
    """
    days = math.ceil(messages / sending.daily) if sending.daily else 0
    if days > 1:
        return f"{sending.daily}/day: {days} days"
    if sending.rate:
        return f"{sending.rate:g}/s: {_duration(messages / sending.rate)}"
    return f"{_duration(seconds)} on this machine; the provider decides"


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h" if seconds < 2 * _DAY else f"{math.ceil(seconds / _DAY)} days"


def _quick(workspace: Workspace) -> Settings:
    """Return the settings without speed limits, and without a pause for faults that were asked for."""
    sending = workspace.settings.sending
    quick = {"rate": 0.0, "daily": 0, "retry_first_seconds": 0.05, "breaker_share": 1.0, "second_person": False}
    return workspace.settings.model_copy(update={"sending": sending.model_copy(update=quick)})


@dataclass(eq=False)
class _Copy(Workspace):
    """The workspace with another database and a provider that sends nothing."""

    sink: Provider = field(kw_only=True)
    file: Path = field(kw_only=True)

    @cached_property
    def database(self) -> Database:
        return open_database(f"sqlite:///{self.file}", durable=False)

    @property
    def departures(self) -> Path:
        return self.file.parent / "departures"

    def provider(self) -> Provider:
        return self.sink


@dataclass
class _Sink:
    """Takes everything and keeps nothing; fails a share of first attempts, always those of the same deliveries."""

    wants: Wants
    batch: int
    name: str
    faults: float
    idempotent: bool = False
    messages: int = 0
    bytes: int = 0
    injected: Counter[str] = field(default_factory=Counter)
    _struck: set[int] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def connect(self, label: str = "") -> _Sink:
        """Return itself: it has no connection."""
        return self

    def close(self) -> None:
        """Do nothing: there is nothing to close."""

    def send(self, batch: Sequence[Outgoing], leaving: Leaving = let_leave) -> Iterator[Outcome]:
        """Answer each message; after a dropped connection the next goes over a new one."""
        for message in batch:
            left = leaving((message.delivery,))
            yield self._answer(message) if left else Outcome(message.delivery, "untried", "provider")

    def _answer(self, message: Outgoing) -> Outcome:
        with self._lock:
            fault = self._fault(message)
            if fault:
                self._struck.add(message.delivery)
                self.injected[fault] += 1
            if fault in ("", "unknown"):
                self.messages += 1
                self.bytes += _weight(message)
        if fault == "dropped":
            return Outcome(message.delivery, "deferred", "provider", text="rehearsal: the connection was dropped")
        if fault == "deferred":
            return Outcome(message.delivery, "deferred", text="rehearsal: 451 later")
        if fault == "refused":
            return Outcome(message.delivery, "refused", text="rehearsal: 550 no such mailbox")
        if fault == "unknown":
            return Outcome(message.delivery, "unknown", "provider", text="rehearsal: the answer was lost")
        return Outcome(message.delivery, "accepted", text="rehearsal")

    def _fault(self, message: Outgoing) -> str:
        if message.delivery in self._struck:
            return ""
        chance = zlib.crc32(str(message.delivery).encode()) / 2**32
        return FAULTS[int(chance / self.faults * len(FAULTS))] if chance < self.faults else ""


def _weight(message: Outgoing) -> int:
    parts = message.parts
    return len(message.mime) if parts is None else len(parts.html.encode()) + len(parts.text.encode())
