"""Refusals in a row: whether an answer that fits a recipient and us alike is about us after all."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from newsletter.i18n import _
from newsletter.messages import Outcome
from newsletter.store.sending.ledger import Handed

DOMAINS = 3  # different domains in a row that give such an answer
FIRST = 5  # of one domain, while nobody at all has been served
MOST = 10  # of one domain, whoever was served before
NAMED = 3


@dataclass(frozen=True, slots=True)
class _Refusal:
    delivery: int
    address: str
    answer: str


@dataclass
class Suspicion:
    """What the connections of a dispatch share: the unclear refusals since a message was taken.

    `served`: somebody was sent this mailing, in this dispatch or before. `again` are the deliveries that were counted
    as refused and shall be tried again, behind all others, because the answer turned out to be about us.
    """

    served: bool = False
    reason: str = ""
    again: list[int] = field(default_factory=list)
    _row: list[_Refusal] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def weigh(self, outcome: Outcome, handed: Handed) -> None:
        """Take one outcome into account; `reason` is set once the answers can no longer be about recipients.

        A recipient who was put behind and gets such an answer once more, although others were served, is the cause.
        """
        with self._lock:
            if outcome.kind == "accepted":
                self.served = True
                self._row.clear()
            elif outcome.kind == "refused" and outcome.scope == "unclear" and not (handed.held and self.served):
                self._row.append(_Refusal(handed.id, handed.address, outcome.text or outcome.status))
                if self.reason or self._about_us():
                    self.again += [refusal.delivery for refusal in self._row]
                    self.reason = self.reason or self._words()
                    self._row.clear()

    def _about_us(self) -> bool:
        domains = {refusal.address.rpartition("@")[2].lower() for refusal in self._row}
        return len(domains) >= DOMAINS or len(self._row) >= MOST or (not self.served and len(self._row) >= FIRST)

    def _words(self) -> str:
        named = ", ".join(refusal.address for refusal in self._row[:NAMED])
        words = _(
            "{n} personnes de suite ont été refusées ({named}) : ce n’est sans doute pas à cause d’elles. "
            "Réponse du prestataire : {answer}. Elles seront servies après les autres."
        )
        return words.format(n=len(self._row), named=named, answer=self._row[-1].answer)
