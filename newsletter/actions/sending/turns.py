"""One connection's side of the ledger: each transaction settles a group, hands over the next and claims the one after.

It is committed before the first byte of the group leaves.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy.engine import Connection
from sqlalchemy.exc import InterfaceError, InternalError

from newsletter import paris
from newsletter.actions.sending.dispatch import Dispatch
from newsletter.actions.sending.outcomes import Pause
from newsletter.errors import StoreError
from newsletter.store import journal
from newsletter.store.sending import corrections, ledger, mailings, pace, taking_back
from newsletter.store.sending.ledger import Handed, Settlement
from newsletter.store.sending.ledger_counts import outlook
from newsletter.store.tables.core import OPEN

LATE_SECONDS = 0.5  # after its place in the queue of departures a group pushes those behind it back
STOP_SECONDS = 10.0
_AGAIN_SECONDS = 0.25
_log = logging.getLogger(__name__)
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Turn:
    """What one transaction gave.

    `ready` may leave now; `claimed` comes next, after `wait` seconds if it has a place in the queue of departures (at
    that database time); `spent`: the day's quota is used.
    """

    ready: Sequence[Handed] = ()
    claimed: Sequence[int] = ()
    place: float | None = None
    wait: float = 0.0
    spent: bool = False


class Turns:
    """Holds at most one group handed over and one claimed, under its own token.

    `known` is what became of messages and no transaction has written yet, `blame` why the mailing must pause, `behind`
    the database's time minus ours.
    """

    def __init__(self, dispatch: Dispatch, token: str, *, capped: bool) -> None:
        """`capped`: some recipients' operators limit the connections that may serve them."""
        self.dispatch, self.token, self.capped = dispatch, token, capped
        self.id, self.name, self.sending = dispatch.mailing.id, dispatch.provider.name, dispatch.sending
        self.rule, self.limited = dispatch.mailing.rule, bool(dispatch.sending.rate or dispatch.sending.daily)
        self.held = Turn()
        self.known: list[Settlement] = []
        self.blame: Pause | None = None
        self.behind = 0.0
        self.unsure = False  # a commit failed: perhaps it was done all the same
        self.leased = (0.0, 0.0)

    def take_turn(self, size: int, *, idle: bool) -> Turn:
        """Write what is known and return what may leave now; claim `size` deliveries for the next turn.

        `idle`: give everything back instead, before a rest.
        """
        self.held = self._persist(lambda connection, now: self._turn(connection, now, size, idle=idle))
        return self.held

    def leave(self) -> None:
        """Write what is known and give everything back."""
        self._persist(self._leave)

    def renew(self, in_flight: int) -> bool:
        """Write what is known, prolong the lease, and tell whether the messages in flight are all still ours."""

        def step(connection: Connection, now: float) -> int:
            self._write(connection, now)
            return ledger.renew_leases(connection, self.token, self.id, now + self.sending.lease_seconds)

        return self._persist(step) == in_flight

    def away(self) -> float:
        """Return the seconds since the lease was last prolonged, by whichever clock has gone further."""
        clock = self.dispatch.clock
        return max(clock.time() - self.leased[0], clock.monotonic() - self.leased[1])

    def more(self) -> bool:
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

    def _persist(self, step: Callable[[Connection, float], _T]) -> _T:
        """Run `step(connection, now)` in a transaction, again until it is taken: what is known must not be lost.

        Gives up after the time of a lease, or sooner when the user wants to stop.
        """
        dispatch, lease = self.dispatch, self.sending.lease_seconds
        began = dispatch.clock.monotonic()
        while True:
            try:
                with dispatch.database.write() as connection:
                    now = dispatch.database.now(connection)
                    result = step(connection, now)
                break
            except (StoreError, InterfaceError, InternalError) as error:
                patience = min(STOP_SECONDS, lease) if dispatch.hurried else lease
                if dispatch.clock.monotonic() - began > patience:
                    raise
                if not self.unsure:
                    _log.warning("%s; trying again", error)
                self.unsure = True
                dispatch.clock.sleep(_AGAIN_SECONDS)
        here = dispatch.clock.time()
        self.known, self.blame, self.unsure, self.behind = [], None, False, now - here
        self.leased = here, dispatch.clock.monotonic()
        return result

    def _turn(self, connection: Connection, now: float, size: int, *, idle: bool) -> Turn:
        status = self._write(connection, now)
        if self.unsure or idle or self.dispatch.stopping or status != "sending":
            self._give_back(connection, now)
            return Turn(wait=0.05 if self.unsure else 0.0)
        return self._advance(connection, now, size)

    def _advance(self, connection: Connection, now: float, size: int) -> Turn:
        """Hand over what was claimed, when its place has come and as far as the quota goes; claim the next group."""
        ids, sending = self.held.claimed, self.sending
        if self.limited and ids and self.held.place is None:
            # Without limits the row all workers share is left alone, so that they do not queue up for it.
            left = pace.allowance(connection, self.name, sending.daily, _day(now))
            ids = ids if left is None else sorted(ids)[:left]
            if not ids:
                self.dispatch.note(f"today's quota of {sending.daily} messages is used; the rest leaves tomorrow")
                return Turn(spent=True)
            wait = pace.take_allowance(connection, self.name, len(ids), sending.rate, now, _day(now))
            if wait > 0:
                return Turn(claimed=ids, place=now + wait, wait=wait)
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
            connection, self.id, self.token, size, now=now, lease=lease, caps=caps, after=after
        )
        return Turn(ready, fresh)

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
            taking_back.cancel_open(connection, self.id, now, after=min(ids) - 1, up_to=max(ids))
        if returned and status == "done":
            # The sender was frozen; others took its group for doubtful and ended without it.
            mailings.change_mailing(connection, self.id, "sending", only=("done",), ended_at=None)
        corrections.reopen(connection, self.id, self.dispatch.suspicion.again, now)
        if self.blame and mailings.change_mailing(
            connection, self.id, "paused", only=("sending",), pause_reason=self.blame.why
        ):
            detail = {"why": self.blame.why, **({"until": self.blame.until} if self.blame.until else {})}
            journal.record_event(connection, journal.Event(now, "mailing-paused", mailing_id=self.id, detail=detail))
            status = "paused"
        return status

    def _give_back(self, connection: Connection, now: float) -> None:
        """Queue again all that is still ours: between two groups nothing of it has left."""
        if self.held.place is not None:
            pace.give_back(connection, self.name, len(self.held.claimed), _day(now))
        taking_back.release_claims(connection, self.id, self.token, handed=True)
        self.held = Turn()


def _day(now: float) -> str:
    return paris.day(now).isoformat()
