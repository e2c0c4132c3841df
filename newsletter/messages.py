"""The frozen values of a letter on its way: rendered, handed to a provider, and what comes back. No behaviour."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal


@dataclass(frozen=True, slots=True)
class PublishedPicture:
    """A picture made ready for letters: absolute URL and the slot's size in CSS pixels (the file is twice as large).

    `bytes` is the file's weight, `pixels` its width: less than twice `width` if the original is too small (0: unknown).
    """

    url: str
    width: int
    height: int
    bytes: int = 0
    pixels: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A rendered issue for one variant of readers. A value; nothing sent.

    `html` and `text` hold recipient slots (`qz7slot-unsub-7zq`); `variant` names the audiences whose items are left in.
    """

    issue: str
    publication: str
    subject: str
    preheader: str
    html: str
    text: str
    variant: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Parts:
    """A personal message for API providers: bodies with slots filled, headers beyond From, To and Subject."""

    sender_name: str
    sender: str
    reply_to: str
    subject: str
    html: str
    text: str
    headers: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Pieces:
    """A message in pieces that are written one behind the other: `frozen[0] values[0] frozen[1] ... frozen[-1]`.

    `frozen` is the very same tuple for all messages of a letter, so that who must prove it for the wire does so once;
    `values` are one recipient's.
    """

    frozen: tuple[bytes, ...]
    values: tuple[bytes, ...]

    def all(self) -> list[bytes]:
        """Return the pieces in order."""
        found = [b""] * (len(self.frozen) + len(self.values))
        found[0::2], found[1::2] = self.frozen, self.values
        return found

    def join(self) -> bytes:
        """Return the whole message."""
        return b"".join(self.all())


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message about to be sent, for one delivery: whole MIME bytes, the same in pieces, or parts, as the provider
    wants it.

    `message_id` includes its angle brackets; `return_path` is the SMTP envelope sender; `key` is a deterministic
    idempotency key, the same at every attempt.
    """

    delivery: int
    address: str
    message_id: str
    return_path: str
    key: str
    mime: bytes = b""
    parts: Parts | None = None
    pieces: Pieces | None = None


OutcomeKind = Literal["accepted", "refused", "deferred", "unknown", "untried"]


OutcomeScope = Literal["recipient", "unclear", "mailing", "provider"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of one message.

    accepted: the provider took it. refused: it never will. deferred: certainly not taken, safe to try again (after
    `retry_after` seconds if given). unknown: it may have been taken (doubtful). untried: nothing of it was written.
    `scope` says what the answer is about: this recipient; the mailing as a whole (sender, client, relay, quota or
    content refused: pause); the provider or connection; or `unclear`: words that fit recipient and sender alike.
    """

    delivery: int
    kind: OutcomeKind
    scope: OutcomeScope = "recipient"
    provider_id: str = ""
    code: int = 0
    status: str = ""
    text: str = ""
    retry_after: float | None = None


ReportKind = Literal["delivered", "deferred", "soft", "hard", "block", "complaint", "unsubscribe", "unknown"]


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """One thing a provider or a bounce says about one message: `key` identifies it for ever (idempotence)."""

    kind: ReportKind
    address: str
    key: str
    message_id: str = ""
    provider_id: str = ""
    at: datetime | None = None
    status: str = ""
    text: str = ""
