"""One connection's thread: settle the last group, hand over the next, send it, again and again.

One transaction per group does three things: it writes what became of the last group, checks and hands over the group
claimed before, and claims the one after. It is committed before the first byte of the group leaves.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy.engine import Connection
from sqlalchemy.exc import InterfaceError, InternalError

from newsletter import paris
from newsletter.actions.sending.departures import Trail
from newsletter.actions.sending.dispatch import Dispatch
from newsletter.actions.sending.outcomes import Verdicts, objection, outage
from newsletter.errors import AddressError, MessageError, StoreError
from newsletter.i18n import speaking
from newsletter.messages import Outcome, Outgoing
from newsletter.providers import ProviderSession
from newsletter.rendering.message import Skeleton
from newsletter.store import journal
from newsletter.store.sending import corrections, ledger, mailings, pace
from newsletter.store.sending.ledger import Handed, Settlement
from newsletter.store.sending.ledger_counts import outlook
from newsletter.store.tables.core import OPEN

GROUP = 100
GROUP_SECONDS = 0.25
BURST_SECONDS = 0.02  # under a speed limit a group is what may leave in this time, so that departures are even
LATE_SECONDS = 0.5  # after its place in the queue of departures a group pushes those behind it back
PATIENCE = 6  # groups in a row that the provider took nothing of; the waits between them double: half a minute in all
MOST_REST = 60.0
CHECKPOINT_SECONDS = 5.0
STOP_SECONDS = 10.0
_log = logging.getLogger(__name__)
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class _Turn:
    """What one transaction gave.

    `ready` may leave now; `claimed` comes next, after `wait` seconds if it has a place in the queue of departures (at
    that database time); `spent`: the day's quota is used.
    """

    ready: Sequence[Handed] = ()
    claimed: Sequence[int] = ()
    place: float | None = None
    wait: float = 0.0
    spent: bool = False


class Sender:
    """Holds at most one group handed over and one claimed, under its own token."""

    def __init__(
        self, dispatch: Dispatch, skeletons: Mapping[int, Skeleton], token: str, trail: Trail, *, capped: bool
    ) -> None:
        """`capped`: some recipients' operators limit the connections that may serve them."""
        self.dispatch, self.skeletons, self.token, self.trail, self.capped = dispatch, skeletons, token, trail, capped
        self.id, self.name, self.sending = dispatch.mailing.id, dispatch.provider.name, dispatch.sending
        self.rule, self.limited = dispatch.mailing.rule, bool(dispatch.sending.rate or dispatch.sending.daily)
        self.verdicts = Verdicts(
            dispatch.sending, dispatch.provider.idempotent, dispatch.mailing.started_at or time.time()
        )
        self.size = 1 if dispatch.sending.rate else min(8, dispatch.provider.batch)
        self.held = _Turn()
        self.known: list[Settlement] = []  # what no transaction has written yet
        self.blame = ""  # why the mailing must pause
        self.failed = 0
        self.rest = 0.0
        self.behind = 0.0  # database time minus ours
        self.unsure = False  # a commit failed: perhaps it was done all the same
        self.leased = (0.0, 0.0)
        self.unwritten = ""  # why a departure could not be written down

    def run(self) -> None:
        """Take turns until there is nothing to do; whatever happens, write what is known and give the rest back."""
        session = self.dispatch.provider.connect(self.dispatch.mailing.issue)
        try:
            while self.failed < PATIENCE:
                self.held = turn = self._persist(self._turn)
                rest, self.rest = max(self.rest, turn.wait), 0.0
                if turn.ready:
                    self._send(session, turn.ready)
                elif rest:
                    self._rest(rest)
                elif not turn.claimed and (turn.spent or not self._more()):
                    return
        finally:
            try:
                self._persist(self._leave)
            finally:
                session.close()

    # --- the ledger's side -------------------------------------------------------------------------------------------

    def _persist(self, step: Callable[[Connection, float], _T]) -> _T:
        """Run `step(connection, now)` in a transaction, again until it is taken: what is known must not be lost.

        Gives up after the time of a lease, or sooner when the user wants to stop.
        """
        began = time.monotonic()
        while True:
            try:
                with self.dispatch.database.write() as connection:
                    now = self.dispatch.database.now(connection)
                    result = step(connection, now)
                break
            except (StoreError, InterfaceError, InternalError) as error:
                if time.monotonic() - began > (STOP_SECONDS if self.dispatch.hurried else self.sending.lease_seconds):
                    raise
                if not self.unsure:
                    _log.warning("%s; trying again", error)
                self.unsure = True
                time.sleep(0.25)
        self.known, self.blame, self.unsure, self.behind = [], "", False, now - time.time()
        self.leased = time.time(), time.monotonic()
        return result

    def _turn(self, connection: Connection, now: float) -> _Turn:
        status = self._write(connection, now)
        if self.unsure or self.rest or self.dispatch.stopping or status != "sending":
            self._give_back(connection, now)
            return _Turn(wait=0.05 if self.unsure else 0.0)
        return self._advance(connection, now)

    def _advance(self, connection: Connection, now: float) -> _Turn:
        """Hand over what was claimed, when its place has come and as far as the quota goes; claim the next group."""
        ids, sending = self.held.claimed, self.sending
        if self.limited and ids and self.held.place is None:
            # Without limits the row all workers share is left alone, so that they do not queue up for it.
            left = pace.allowance(connection, self.name, sending.daily, _day(now))
            ids = ids if left is None else sorted(ids)[:left]
            if not ids:
                self.dispatch.note(f"today's quota of {sending.daily} messages is used; the rest leaves tomorrow")
                return _Turn(spent=True)
            wait = pace.take_allowance(connection, self.name, len(ids), sending.rate, now, _day(now))
            if wait > 0:
                return _Turn(claimed=ids, place=now + wait, wait=wait)
        elif self.held.place is not None and now - self.held.place > LATE_SECONDS:
            # Everybody was held up (the database was away): all at once would be a burst.
            pace.push(connection, self.name, len(ids), sending.rate, now)
        lease, today = sending.lease_seconds, paris.day(now)
        ready = ledger.hand_deliveries(
            connection, self.id, self.rule, self.token, ids, now=now, lease=lease, today=today
        )
        if self.limited and len(ready) < len(ids):
            pace.give_back(connection, self.name, len(ids) - len(ready), _day(now))
        caps = {name: cap.connections for name, cap in sending.caps.items()} if self.capped else {}
        if caps:
            pace.hold(connection, self.name)  # two mailings at once must not slip past an operator's cap together
        # Operators' caps pass people over: whoever minds them looks from the beginning each time.
        after = 0 if self.capped else max((*ids, *self.held.claimed), default=0)
        fresh = ledger.claim_deliveries(
            connection, self.id, self.token, self.size, now=now, lease=lease, caps=caps, after=after
        )
        return _Turn(ready, fresh)

    def _leave(self, connection: Connection, now: float) -> None:
        self._write(connection, now)
        self._give_back(connection, now)

    def _write(self, connection: Connection, now: float) -> str:
        """Write what became of messages, pause if there is a reason; return the mailing's status."""
        back = [s for s in self.known if s.state in OPEN]
        # Held alone: what comes back must not slip past a cancellation, nor two claims past an operator's cap.
        status = mailings.status(connection, self.id, hold=bool(self.capped or self.blame or back))
        ledger.settle_deliveries(connection, self.token, [s for s in self.known if s.state not in OPEN], now)
        returned = ledger.settle_deliveries(connection, self.token, back, now)
        if returned and self.limited:
            pace.give_back(connection, self.name, returned, _day(now))
        if returned and status == "cancelled":
            ids = [s.id for s in back]
            ledger.cancel_open(connection, self.id, now, after=min(ids) - 1, up_to=max(ids))
        if returned and status == "done":
            # The sender was frozen; others took its group for doubtful and ended without it.
            mailings.change_mailing(connection, self.id, "sending", only=("done",), ended_at=None)
        corrections.reopen(connection, self.id, self.dispatch.suspicion.again, now)
        if self.blame and mailings.change_mailing(
            connection, self.id, "paused", only=("sending",), pause_reason=self.blame
        ):
            detail = {"why": self.blame}
            journal.record_event(connection, journal.Event(now, "mailing-paused", mailing_id=self.id, detail=detail))
            status = "paused"
        return status

    def _give_back(self, connection: Connection, now: float) -> None:
        """Queue again all that is still ours: between two groups nothing of it has left."""
        if self.held.place is not None:
            pace.give_back(connection, self.name, len(self.held.claimed), _day(now))
        ledger.release_claims(connection, self.id, self.token, handed=True)
        self.held = _Turn()

    def _checkpoint(self, in_flight: int) -> bool:
        """Write what is known, prolong the lease, and tell whether the messages in flight are all still ours."""

        def step(connection: Connection, now: float) -> int:
            self._write(connection, now)
            return ledger.renew_leases(connection, self.token, self.id, now + self.sending.lease_seconds)

        return self._persist(step) == in_flight

    def _more(self) -> bool:
        """With nothing to claim: tell whether to look again, after a pause."""
        dispatch = self.dispatch
        with dispatch.database.read() as connection:
            status, now = mailings.status(connection, self.id), dispatch.database.now(connection)
            queued, due = outlook(connection, self.id)
        if dispatch.stopping or status != "sending":
            return False
        if queued:  # kept back by an operator's cap
            return not dispatch.rest(0.05)
        if due is None or not (dispatch.wait_for_deferred or due <= now):
            return False
        return not dispatch.rest(min(max(due - now, 0.05), 1.0))

    def _rest(self, seconds: float) -> None:
        """Wait, and keep what is claimed ours meanwhile."""
        slice_ = self.sending.lease_seconds / 3
        while seconds > 0 and not self.dispatch.rest(min(seconds, slice_)):
            seconds -= slice_
            if seconds > 0 and self.held.claimed:
                self._checkpoint(0)

    # --- the provider's side -----------------------------------------------------------------------------------------

    def _send(self, session: ProviderSession, ready: Sequence[Handed]) -> None:
        """Send a group; whatever happens, `known` then has an entry for each delivery the ledger knows nothing of."""
        began, waiting = time.monotonic(), {handed.id: handed for handed in ready}
        outcomes: list[Outcome] = []
        settlements: list[Settlement] = []
        begun: set[int] = set()

        def leaving(deliveries: Sequence[int]) -> bool:
            if not self._may_leave([waiting[number] for number in deliveries]):
                return False
            begun.update(deliveries)
            return True

        try:
            messages = self._messages(waiting)
            # A process that was frozen may find its group taken over, and perhaps sent again on a user's word.
            if self._away() < self.sending.lease_seconds / 3 or self._checkpoint(len(waiting)):
                for outcome in session.send(messages, leaving):
                    now, handed = time.time() + self.behind, waiting.pop(outcome.delivery)
                    self.trail.answer(outcome)
                    self.dispatch.suspicion.weigh(outcome, handed)
                    outcomes.append(outcome)
                    settlements.append(self.verdicts.settlement(outcome, handed.tries, now))
                    self.known.append(settlements[-1])
                    late = self._away() > min(CHECKPOINT_SECONDS, self.sending.lease_seconds / 3)
                    if late and not self._checkpoint(len(waiting)):
                        break
        finally:
            self.trail.rest()
            self.known += [_silence(number, begun=number in begun) for number in waiting]
        with speaking(self.dispatch.locale):  # it is kept, and read by everybody
            addresses = {handed.id: handed.address for handed in ready}
            self.blame = (
                self.dispatch.count(settlements) or objection(outcomes, addresses) or self.dispatch.suspicion.reason
            )
        self._adapt(len(ready), time.monotonic() - began)
        self._mind_provider(outcomes)

    def _may_leave(self, handed: Sequence[Handed]) -> bool:
        """Write down that messages begin to leave; False when they must not, or when that cannot be written."""
        if self.dispatch.suspicion.reason or self._away() >= self.sending.lease_seconds:
            return False
        try:
            self.trail.leave(handed)
        except OSError as error:
            self.unwritten = f"the departure log cannot be written: {error.strerror}"
            return False
        return True

    def _messages(self, waiting: dict[int, Handed]) -> list[Outgoing]:
        """Build the group's messages; who cannot be written to at all is refused, not an obstacle to the others."""
        date, messages = paris.moment(time.time() + self.behind), []
        for h in list(waiting.values()):
            try:
                messages.append(
                    self.dispatch.personal.outgoing(self.skeletons[h.variant], h.id, h.address, h.uid, date)
                )
            except (AddressError, MessageError) as error:
                del waiting[h.id]
                self.known.append(Settlement(h.id, "refused", f"no message can be made for this address: {error}"))
        return messages

    def _adapt(self, sent: int, seconds: float) -> None:
        """Let a group last a quarter of a second: few doubtful after a crash, few commits at speed."""
        aim = sent / max(seconds, 0.001) * GROUP_SECONDS
        if self.sending.rate:
            aim = min(aim, self.sending.rate * BURST_SECONDS)
        self.size = int(max(1, min(GROUP, self.dispatch.provider.batch, aim, self.size * 2)))

    def _mind_provider(self, outcomes: Sequence[Outcome]) -> None:
        """Rest, longer each time, while the provider takes nothing at all; then give up and say why."""
        down, unwritten, self.unwritten = outage(outcomes), self.unwritten, ""
        if not down and not unwritten:
            self.failed = 0
            return
        self.failed += 1
        self.size = 1
        if self.failed >= PATIENCE:
            self.dispatch.note(unwritten or f"the provider takes nothing: {(down.text or down.status) if down else ''}")
        self.rest = max(2.0 ** (self.failed - 1), min(down.retry_after or 0.0, MOST_REST) if down else 0.0)

    def _away(self) -> float:
        """Return the seconds since the lease was last prolonged, by whichever clock has gone further."""
        return max(time.time() - self.leased[0], time.monotonic() - self.leased[1])


def _silence(number: int, *, begun: bool) -> Settlement:
    """Return the entry for a delivery of which no outcome came."""
    return (
        Settlement(number, "doubtful", "no answer was recorded")
        if begun
        else Settlement(number, "queued", "it did not leave")
    )


def _day(now: float) -> str:
    return paris.day(now).isoformat()
