"""A provider as a package of its own would bring it: the module that its entry point names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from newsletter.messages import Outcome, Outgoing
from newsletter.providers import Leaving, let_leave
from newsletter.settings import Settings

PROCESSOR = "Pigeons SARL, Lille, France"


@dataclass(frozen=True)
class Pigeon:
    name: str = "pigeon"
    wants: str = "mime"
    batch: int = 1
    idempotent: bool = False

    def connect(self, label: str = "") -> Pigeon:
        return self

    def send(self, batch: Sequence[Outgoing], leaving: Leaving = let_leave) -> Iterator[Outcome]:
        for message in batch:
            taken = leaving((message.delivery,))
            yield Outcome(message.delivery, "accepted") if taken else Outcome(message.delivery, "untried", "provider")

    def close(self) -> None:
        pass


def build(settings: Settings) -> Pigeon:
    return Pigeon()
