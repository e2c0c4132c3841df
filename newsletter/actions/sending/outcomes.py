"""What the ledger shall say of an outcome: sent, refused, queued again, deferred until when, or doubtful.

What is about the mailing is no recipient's fault: whoever was tried is put behind all others, so that a resumed mailing
does not meet the same person first.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from newsletter import paris
from newsletter.actions.sending.quota_rest import next_try
from newsletter.french import clock_words, day_words
from newsletter.i18n import _
from newsletter.messages import Outcome
from newsletter.settings import Sending
from newsletter.store.sending.ledger import Settlement

MOST_SECONDS = 3600.0  # between two tries of one recipient, unless the provider names its own
_MOST_DOUBLINGS = 10


@dataclass(frozen=True, slots=True)
class Verdicts:
    """The rules of one mailing; `started` is when it began, in POSIX seconds."""

    sending: Sending
    idempotent: bool
    started: float

    def settlement(self, outcome: Outcome, tries: int, now: float) -> Settlement:
        """Return the ledger's entry for a delivery that was tried `tries` times, the last one included."""
        number, text = outcome.delivery, outcome.text or outcome.status
        if outcome.kind == "accepted":
            return Settlement(number, "sent", text, outcome.provider_id)
        if outcome.kind == "untried":
            return Settlement(number, "queued", text)
        if outcome.kind == "unknown" and not self.idempotent:
            return Settlement(number, "doubtful", text)
        if outcome.scope == "mailing":
            return Settlement(number, "deferred", text, try_at=now, held=True)
        if outcome.kind == "refused":
            return Settlement(number, "refused", text, outcome.provider_id)
        if outcome.kind == "deferred" and outcome.scope == "provider" and outcome.retry_after is None:
            return Settlement(number, "queued", text)
        return self._later(outcome, tries, text, now)

    def _later(self, outcome: Outcome, tries: int, text: str, now: float) -> Settlement:
        wait = min(self.sending.retry_first_seconds * 2.0 ** min(tries - 1, _MOST_DOUBLINGS), MOST_SECONDS)
        if outcome.retry_after is not None:
            wait = outcome.retry_after
        due = now + wait * random.uniform(1.0, 1.2)  # noqa: S311 - jitter, not a secret
        if due > self.started + self.sending.retry_hours * 3600:
            return Settlement(outcome.delivery, "refused", f"given up after {tries} tries: {text}")
        return Settlement(outcome.delivery, "deferred", text, try_at=due)


@dataclass(frozen=True, slots=True)
class Pause:
    """Why a mailing must pause, in words that are kept; until when, in POSIX seconds, None for a user to say."""

    why: str
    until: float | None = None


def objection(outcomes: Sequence[Outcome], addresses: Mapping[int, str], now: float) -> Pause | None:
    """Return the pause that the provider's answer asks for, if it is about the mailing as a whole.

    It speaks of the sender, the relay, the content, or of a quota that is used: then the mailing goes on by itself.
    `addresses` are those of the deliveries: the text names whom the answer was given for.
    """
    found = next((o for o in outcomes if o.scope == "mailing" and o.kind not in ("accepted", "untried")), None)
    if found is None:
        return None
    answer, address = found.text or found.status, addresses.get(found.delivery, "?")
    again = next_try(answer, paris.moment(now))
    if again:
        words = _(
            "Le quota du prestataire d’envoi est atteint : {answer} (réponse donnée pour {address}). Personne n’est "
            "refusé : l’envoi reprend tout seul {day} à {hour}."
        )
        day, hour = day_words(again.date(), year=False), clock_words(again)
        return Pause(words.format(answer=answer, address=address, day=day, hour=hour), again.timestamp())
    words = _(
        "Le prestataire d’envoi refuse cet expéditeur ou cette lettre : {answer} (réponse donnée pour {address}). "
        "Personne n’est refusé : corrigez la cause, puis reprenez l’envoi."
    )
    return Pause(words.format(answer=answer, address=address))


def outage(outcomes: Sequence[Outcome]) -> Outcome | None:
    """Return the outcome that holds the provider back for the longest, if it took nothing at all; None if it works."""
    down = [o for o in outcomes if o.kind == "deferred" and o.scope == "provider"]
    if not down or len(down) < len(outcomes):
        return None
    return max(down, key=lambda o: o.retry_after or 0.0)
