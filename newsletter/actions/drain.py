"""Delivering: threads that settle the last group, hand over the next and send it, until nothing is due.

One transaction per group does three things: it writes what became of the last group, checks and hands over the group
claimed before, and claims the one after. It is committed before the first byte of the group leaves.
"""

from __future__ import annotations

import random
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.engine import Connection

from newsletter.actions.owners import owner, recover
from newsletter.actions.personal import Personal
from newsletter.errors import AddressError, MessageError
from newsletter.model import Outcome, Outgoing
from newsletter.providers import Provider, Session
from newsletter.rendering.message import Skeleton
from newsletter.settings import Sending
from newsletter.store import journal, ledger, mailings, pace
from newsletter.store.database import Database
from newsletter.store.ledger import Handed, Settlement
from newsletter.store.mailings import Mailing

GROUP = 100
GROUP_SECONDS = 0.25
PATIENCE = 6  # groups in a row that the provider took nothing of; the waits between them double: half a minute in all
_PARIS = ZoneInfo("Europe/Paris")


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


def drain(job: Job) -> None:
    """Deliver until nothing is due, the mailing is paused or cancelled, the day's quota is used or `job.stop` is set.

    What keeps the provider from taking anything is appended to `job.troubles`. Errors of the database are raised.
    """
    recover(job.database, job.mailing.id)
    with job.database.read() as connection:
        skeletons = {n: Skeleton.thaw(raw) for n, raw in mailings.skeletons(connection, job.mailing.id).items()}
    failures: list[BaseException] = []
    me = owner()

    def work(number: int) -> None:
        try:
            _Worker(job, skeletons, f"{me}#{number}.{uuid.uuid4().hex[:8]}").run()
        except BaseException as error:  # noqa: BLE001 - a thread's fault, raised again in the caller's
            failures.append(error)
            job.stop.set()

    threads = [threading.Thread(target=work, args=(n,), name=f"send-{n}") for n in range(job.sending.connections)]
    for thread in threads:
        thread.start()
    try:
        for thread in threads:
            thread.join()
    except KeyboardInterrupt:
        job.stop.set()
        for thread in threads:
            thread.join()
        raise
    if failures:
        raise failures[0]


@dataclass(frozen=True, slots=True)
class _Turn:
    """What one transaction gave: messages that may leave after `wait` seconds, claims for the next, the quota's end."""

    ready: Sequence[Handed] = ()
    claimed: Sequence[int] = ()
    wait: float = 0.0
    spent: bool = False


class _Worker:
    """One connection's thread: holds at most one group handed over and one claimed."""

    def __init__(self, job: Job, skeletons: Mapping[int, Skeleton], token: str) -> None:
        self.job, self.skeletons, self.token = job, skeletons, token
        self.size = min(8, job.provider.batch)
        self.failed = 0
        self.behind = 0.0  # database time minus ours

    def run(self) -> None:
        """Take turns until there is nothing to do; whatever happens, give back what was not begun."""
        job = self.job
        session = job.provider.connect(job.mailing.issue)
        settlements: Sequence[Settlement] = ()
        claimed: Sequence[int] = ()
        try:
            while self.failed < PATIENCE:
                turn = self._turn(settlements, claimed)
                settlements, claimed = (), turn.claimed
                if turn.ready and turn.wait > 0 and job.stop.wait(turn.wait):
                    # Handed over but not begun: certainly not sent.
                    settlements = [Settlement(handed.id, "queued") for handed in turn.ready]
                elif turn.ready:
                    settlements = self._send(session, turn.ready)
                elif not claimed and (turn.spent or not self._more()):
                    return
        finally:
            session.close()
            with job.database.write() as connection:
                ledger.settle(connection, self.token, settlements, job.database.now(connection))
                ledger.release(connection, job.mailing.id, self.token)

    def _turn(self, settlements: Sequence[Settlement], claimed: Sequence[int]) -> _Turn:
        job = self.job
        with job.database.write() as connection:
            now = job.database.now(connection)
            self.behind = now - time.time()
            ledger.settle(connection, self.token, settlements, now)
            if any(s.state == "refused" for s in settlements):
                self._break_circuit(connection, now)
            mailing = mailings.get(connection, job.mailing.id)
            if job.stop.is_set() or mailing.status != "sending":
                ledger.release(connection, mailing.id, self.token)
                return _Turn()
            return self._advance(connection, mailing, claimed, now)

    def _advance(self, connection: Connection, mailing: Mailing, claimed: Sequence[int], now: float) -> _Turn:
        """Hand over what was claimed, as far as the day's quota goes, and claim the next group."""
        sending, provider, token = self.job.sending, self.job.provider, self.token
        lease, today = sending.lease_seconds, datetime.fromtimestamp(now, _PARIS).date()
        # Without limits the row all workers share is left alone, so that they do not queue up for it.
        limited = bool(sending.rate or sending.daily)
        left = pace.allowance(connection, provider.name, sending.daily, today.isoformat()) if limited else None
        may = claimed if left is None else claimed[:left]
        ready = ledger.hand(connection, mailing.rule, token, may, now=now, lease=lease, today=today)
        wait = 0.0
        if ready and limited:
            wait = pace.take(connection, provider.name, len(ready), sending.rate, now, today.isoformat())
        if left is not None and left <= len(may):
            ledger.release(connection, mailing.id, token)
            return _Turn(ready, (), wait, spent=True)
        caps = {name: cap.connections for name, cap in sending.caps.items()} if provider.name == "smtp" else {}
        fresh = ledger.claim(connection, mailing.id, token, self.size, now=now, lease=lease, caps=caps)
        return _Turn(ready, fresh, wait)

    def _send(self, session: Session, ready: Sequence[Handed]) -> list[Settlement]:
        began = renewed = time.monotonic()
        date, by_id = datetime.now(_PARIS), {handed.id: handed for handed in ready}
        messages, settlements = self._messages(ready, date)
        outcomes = []
        for outcome in session.send(messages):
            outcomes.append(outcome)
            settlements.append(self._settlement(outcome, by_id[outcome.delivery].tries))
            if time.monotonic() - renewed > self.job.sending.lease_seconds / 3:
                renewed = time.monotonic()
                self._renew()
        self.job.progress(Counter(s.state for s in settlements))
        self._adapt(len(ready), time.monotonic() - began)
        self._mind_provider(outcomes)
        return settlements

    def _messages(self, ready: Sequence[Handed], date: datetime) -> tuple[list[Outgoing], list[Settlement]]:
        """Build the group's messages; who cannot be written to at all is refused, not an obstacle to the others."""
        messages, refused = [], []
        for h in ready:
            try:
                messages.append(self.job.personal.outgoing(self.skeletons[h.variant], h.id, h.address, h.uid, date))
            except (AddressError, MessageError) as error:
                refused.append(Settlement(h.id, "refused", f"no message can be made for this address: {error}"))
        return messages, refused

    def _settlement(self, outcome: Outcome, tries: int) -> Settlement:
        number, text, sending = outcome.delivery, outcome.text or outcome.status, self.job.sending
        if outcome.kind == "accepted":
            return Settlement(number, "sent", text, outcome.provider_id)
        if outcome.kind == "unknown" and not self.job.provider.idempotent:
            return Settlement(number, "doubtful", text)
        if outcome.scope == "mailing":
            self._pause(f"the provider refuses this sender or this letter: {text}")
            return Settlement(number, "queued", text)
        if outcome.kind == "refused":
            return Settlement(number, "refused", text, outcome.provider_id)
        now = time.time() + self.behind
        if outcome.retry_after is None and outcome.scope == "provider" and outcome.kind == "deferred":
            return Settlement(number, "queued", text)
        wait = sending.retry_first_seconds * 2.0 ** min(tries - 1, 10)
        wait = min(wait, 3600.0) if outcome.retry_after is None else outcome.retry_after
        due = now + wait * random.uniform(1.0, 1.2)  # noqa: S311 - jitter, not a secret
        if due > (self.job.mailing.started_at or now) + sending.retry_hours * 3600:
            return Settlement(number, "refused", f"given up after {tries} tries: {text}")
        return Settlement(number, "deferred", text, try_at=due)

    def _renew(self) -> None:
        with self.job.database.write() as connection:
            until = self.job.database.now(connection) + self.job.sending.lease_seconds
            ledger.renew(connection, self.token, self.job.mailing.id, until)

    def _adapt(self, sent: int, seconds: float) -> None:
        """Let a group last a quarter of a second: few doubtful after a crash, few commits at speed."""
        aim = sent / max(seconds, 0.001) * GROUP_SECONDS
        if self.job.sending.rate:
            aim = min(aim, self.job.sending.rate * 0.05)
        self.size = int(max(1, min(GROUP, self.job.provider.batch, aim, self.size * 2)))

    def _mind_provider(self, outcomes: Sequence[Outcome]) -> None:
        """Wait, longer each time, while the provider takes nothing at all; then give up and say why."""
        down = [o for o in outcomes if o.kind == "deferred" and o.scope == "provider" and o.retry_after is None]
        if not outcomes or len(down) < len(outcomes):
            self.failed = 0
            return
        self.failed += 1
        self.size = 1
        if self.failed >= PATIENCE:
            self.job.troubles.append(down[0].text)
        else:
            self.job.stop.wait(2.0 ** (self.failed - 1))

    def _pause(self, reason: str) -> None:
        with self.job.database.write() as connection:
            self._paused(connection, reason, self.job.database.now(connection))

    def _paused(self, connection: Connection, reason: str, now: float) -> None:
        number = self.job.mailing.id
        if mailings.change(connection, number, "paused", only=("sending",), pause_reason=reason):
            journal.record(connection, journal.Event(now, "mailing-paused", mailing_id=number, detail={"why": reason}))

    def _break_circuit(self, connection: Connection, now: float) -> None:
        """Pause when too many of the first messages are refused for good: the fault is with us, not with them."""
        tally, sending = ledger.tally(connection, self.job.mailing.id), self.job.sending
        refused, settled = tally.get("refused", 0), tally.get("refused", 0) + tally.get("sent", 0)
        if settled >= sending.breaker_after and refused > sending.breaker_share * settled:
            self._paused(connection, f"{refused} of the first {settled} messages were refused for good", now)

    def _more(self) -> bool:
        """With nothing to claim: tell whether to look again, after a pause."""
        job = self.job
        with job.database.read() as connection:
            status = mailings.get(connection, job.mailing.id).status
            due, now = ledger.next_try(connection, job.mailing.id), job.database.now(connection)
            queued = ledger.tally(connection, job.mailing.id).get("queued", 0)
        if job.stop.is_set() or status != "sending":
            return False
        if queued:  # kept back by an operator's cap
            return not job.stop.wait(0.05)
        if due is None or not (job.wait_for_deferred or due <= now):
            return False
        return not job.stop.wait(min(max(due - now, 0.02), 1.0))
