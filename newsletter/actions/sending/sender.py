"""One connection's thread: take a turn with the ledger, send what it gave, again and again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from newsletter import paris
from newsletter.actions.sending.departures import Trail
from newsletter.actions.sending.dispatch import Dispatch
from newsletter.actions.sending.outcomes import Pause, Verdicts, objection, outage
from newsletter.actions.sending.turns import Turns
from newsletter.errors import AddressError, MessageError
from newsletter.i18n import speaking
from newsletter.messages import Outcome, Outgoing
from newsletter.providers import ProviderSession
from newsletter.rendering.message import Skeleton
from newsletter.store.sending.ledger import Handed, Settlement

GROUP = 100
GROUP_SECONDS = 0.25
BURST_SECONDS = 0.02  # under a speed limit a group is what may leave in this time, so that departures are even
PATIENCE = 6  # groups in a row that the provider took nothing of; the waits between them double: half a minute in all
MOST_REST = 60.0
CHECKPOINT_SECONDS = 5.0


class Sender:
    """Sends the groups that its turns with the ledger give, over one session of the provider."""

    def __init__(
        self, dispatch: Dispatch, skeletons: Mapping[int, Skeleton], token: str, trail: Trail, *, capped: bool
    ) -> None:
        """`capped`: some recipients' operators limit the connections that may serve them."""
        self.dispatch, self.skeletons, self.trail, self.sending = dispatch, skeletons, trail, dispatch.sending
        self.turns = Turns(dispatch, token, capped=capped)
        self.verdicts = Verdicts(
            dispatch.sending, dispatch.provider.idempotent, dispatch.mailing.started_at or dispatch.clock.time()
        )
        self.size = 1 if dispatch.sending.rate else min(8, dispatch.provider.batch)
        self.failed = 0
        self.rest = 0.0
        self.unwritten = ""  # why a departure could not be written down

    def run(self) -> None:
        """Take turns until there is nothing to do; whatever happens, write what is known and give the rest back."""
        session = self.dispatch.provider.connect(self.dispatch.mailing.issue)
        try:
            while self.failed < PATIENCE:
                turn = self.turns.take_turn(self.size, idle=self.rest > 0)
                rest, self.rest = max(self.rest, turn.wait), 0.0
                if turn.ready:
                    self._send(session, turn.ready)
                elif rest:
                    self._rest(rest)
                elif not turn.claimed and (turn.spent or not self.turns.more()):
                    return
        finally:
            try:
                self.turns.leave()
            finally:
                session.close()

    def _rest(self, seconds: float) -> None:
        """Wait, and keep what is claimed ours meanwhile."""
        slice_ = self.sending.lease_seconds / 3
        while seconds > 0 and not self.dispatch.rest(min(seconds, slice_)):
            seconds -= slice_
            if seconds > 0 and self.turns.held.claimed:
                self.turns.renew(0)

    def _send(self, session: ProviderSession, ready: Sequence[Handed]) -> None:
        """Send a group; whatever happens, `known` then has an entry for each delivery the ledger knows nothing of."""
        began, waiting = self.dispatch.clock.monotonic(), {handed.id: handed for handed in ready}
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
            if self.turns.away() < self.sending.lease_seconds / 3 or self.turns.renew(len(waiting)):
                for outcome in session.send(messages, leaving):
                    now, handed = self.dispatch.clock.time() + self.turns.behind, waiting.pop(outcome.delivery)
                    self.trail.answer(outcome)
                    self.dispatch.suspicion.weigh(outcome, handed)
                    outcomes.append(outcome)
                    settlements.append(self.verdicts.settlement(outcome, handed.tries, now))
                    self.turns.known.append(settlements[-1])
                    late = self.turns.away() > min(CHECKPOINT_SECONDS, self.sending.lease_seconds / 3)
                    if late and not self.turns.renew(len(waiting)):
                        break
        finally:
            self.trail.rest()
            self.turns.known += [_silence(number, begun=number in begun) for number in waiting]
        with speaking(self.dispatch.locale):  # it is kept, and read by everybody
            addresses = {handed.id: handed.address for handed in ready}
            now = self.dispatch.clock.time() + self.turns.behind
            refused = self.dispatch.count(settlements)
            why = refused or self.dispatch.suspicion.reason
            self.turns.blame = (not refused and objection(outcomes, addresses, now)) or (Pause(why) if why else None)
        self._adapt(len(ready), self.dispatch.clock.monotonic() - began)
        self._mind_provider(outcomes)

    def _may_leave(self, handed: Sequence[Handed]) -> bool:
        """Write down that messages begin to leave; False when they must not, or when that cannot be written."""
        if self.dispatch.suspicion.reason or self.turns.away() >= self.sending.lease_seconds:
            return False
        try:
            self.trail.leave(handed)
        except OSError as error:
            self.unwritten = f"the departure log cannot be written: {error.strerror}"
            return False
        return True

    def _messages(self, waiting: dict[int, Handed]) -> list[Outgoing]:
        """Build the group's messages; who cannot be written to at all is refused, not an obstacle to the others."""
        date, messages = paris.moment(self.dispatch.clock.time() + self.turns.behind), []
        for h in list(waiting.values()):
            try:
                messages.append(
                    self.dispatch.personal.outgoing(self.skeletons[h.variant], h.id, h.address, h.uid, date)
                )
            except (AddressError, MessageError) as error:
                del waiting[h.id]
                why = f"no message can be made for this address: {error}"
                self.turns.known.append(Settlement(h.id, "refused", why))
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


def _silence(number: int, *, begun: bool) -> Settlement:
    """Return the entry for a delivery of which no outcome came."""
    return (
        Settlement(number, "doubtful", "no answer was recorded")
        if begun
        else Settlement(number, "queued", "it did not leave")
    )
