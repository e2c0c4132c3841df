"""How an HTTP provider words a call and its answer: what a provider file writes (`Wire`) and the helpers for it."""

from __future__ import annotations

import json
import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import Any, ClassVar, NamedTuple

from newsletter import addresses
from newsletter.errors import AddressError, ProviderError
from newsletter.messages import Outcome, OutcomeKind, OutcomeScope, Outgoing, Parts
from newsletter.providers import Wants
from newsletter.providers.smtp_words import Words, about

DAY = 86_400.0

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_HEADER_NAME = re.compile(r"[A-Za-z0-9-]+\Z")
_FOLD = re.compile(r"\r\n(?=[ \t])")
_SECONDS = re.compile(r"\d{1,12}(\.\d+)?\Z")
_RESETS = ("x-sib-ratelimit-reset", "ratelimit-reset", "x-ratelimit-reset")
# The provider writes these itself, from the fields of the call.
_STRUCTURE = frozenset(
    {"from", "to", "cc", "bcc", "sender", "reply-to", "subject", "date", "message-id", "mime-version", "return-path"}
)


class Flaw(NamedTuple):
    """Why a message is not handed over: about this recipient (refused) or about the mailing (deferred, it pauses)."""

    scope: OutcomeScope
    text: str


@dataclass(frozen=True)
class ApiReply:
    """A whole answer: status, headers in lower case, raw body."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @cached_property
    def document(self) -> Any:
        """The body as JSON; None when it is none."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None

    @property
    def words(self) -> str:
        """What the provider says, for people: status, its own code and message; never the request."""
        found = self.document if isinstance(self.document, dict) else {}
        names = ("code", "type", "ErrorCode", "message", "Message", "ErrorMessage")
        said = [str(found[name]) for name in names if isinstance(found.get(name), str | int)]
        return printable(": ".join([f"HTTP {self.status}", *said]))

    @property
    def retry_after(self) -> float | None:
        """Seconds to wait (RFC 9110 section 10.2.3, or the provider's own reset header), at most a day."""
        asked = self.headers.get("retry-after") or next((self.headers[n] for n in _RESETS if n in self.headers), "")
        if _SECONDS.match(asked.strip()):
            seconds = float(asked)
            # A reset may also be told as a POSIX time.
            seconds -= self._sent if seconds > 1e9 else 0
        else:
            seconds = _timestamp(asked) - self._sent if asked else -1
        return min(seconds, DAY) if seconds >= 0 else None

    @property
    def _sent(self) -> float:
        # The answer's own Date, not this machine's clock: a date is only comparable with the clock that wrote it.
        return _timestamp(self.headers.get("date", "")) or float("inf")


def _timestamp(text: str) -> float:
    try:
        return parsedate_to_datetime(text).timestamp()
    except (ValueError, OverflowError):
        return 0.0


class ApiWire(ABC):
    """How one provider words a call and its answer.

    `most` and `heaviest` (bytes) bound one call; `repeatable`: the same bytes sent twice are recognised by the provider
    (an idempotency key stands in them); `utf8_local_parts`: addresses beyond ASCII arrive.
    """

    name: ClassVar[str]
    wants: ClassVar[Wants] = "parts"
    most: ClassVar[int] = 1
    heaviest: ClassVar[int] = 4_000_000
    repeatable: ClassVar[bool] = False
    utf8_local_parts: ClassVar[bool] = False

    def __init__(self, url: str, headers: Mapping[str, str]) -> None:
        self.url, self.headers = url, headers

    def flaw(self, message: Outgoing) -> Flaw | None:
        """Say why this provider would lose or expose `message`; None when it would not."""
        return None

    def common(self, message: Outgoing) -> object:
        """Return what all messages of one call must share."""
        return None

    @abstractmethod
    def entry(self, message: Outgoing, label: str) -> bytes:
        """Return the message in the provider's words, for exactly one recipient."""

    def body(self, messages: Sequence[Outgoing], entries: Sequence[bytes], label: str) -> bytes:
        """Return the body of the call that carries `entries`."""
        return entries[0]

    @abstractmethod
    def read(self, messages: Sequence[Outgoing], reply: ApiReply) -> list[Outcome] | None:
        """Return an outcome per message where the answer speaks of each; None where it does not."""

    def blames_recipient(self, reply: ApiReply) -> bool:
        """Tell whether the refusal of a call with one message is about its address."""
        return False


def flaw_of(message: Outgoing, wire: ApiWire) -> Flaw | None:
    """Say why `message` must not be handed to the provider of `wire`; None when it may."""
    try:
        to = mailed(message)
    except AddressError as error:
        return Flaw("recipient", f"the recipient is not exactly one usable address: {printable(error.what)}")
    if not wire.utf8_local_parts and not to.isascii():
        return Flaw("recipient", f"{wire.name} loses mail to addresses beyond ASCII")
    if wire.wants == "parts":
        found = _flaw_of_parts(parts_of(message))
        if found:
            return found
    return wire.flaw(message)


def _flaw_of_parts(parts: Parts) -> Flaw | None:
    own = own_headers(parts)
    fields = [
        ("sender name", parts.sender_name),
        ("sender", parts.sender),
        ("Reply-To", parts.reply_to),
        ("subject", parts.subject),
        *own,
    ]
    # JSON carries CR and LF happily; the provider may write them into the message (header injection).
    for name, value in fields:
        if controls(value):
            return Flaw("mailing", f"a control character stands in `{printable(name)}`")
    for name, value in own:
        if not _HEADER_NAME.match(name) or not value.isascii():
            return Flaw("mailing", f"the header `{printable(name)}` is not plain ASCII")
    return None


def mailed(message: Outgoing) -> str:
    """Return the one address to write to, its domain in A-labels.

    Raises AddressError for anything else: a list of addresses, a name, a control character, blanks around it.
    """
    found = addresses.parse_address(message.address)
    if found.text != message.address:
        raise AddressError("more stands there than an address")
    return found.text if found.text.isascii() else found.wire


def parts_of(message: Outgoing) -> Parts:
    """Return the message's parts; ProviderError when the caller made MIME bytes instead."""
    if message.parts is None:
        raise ProviderError("the message has no parts", where=f"delivery {message.delivery}", hint="see Provider.wants")
    return message.parts


def own_headers(parts: Parts, dropped: frozenset[str] = frozenset()) -> list[tuple[str, str]]:
    """Return the headers to hand over, unfolded: not those the provider writes itself, nor the `dropped` ones."""
    return [
        (name, _FOLD.sub("", value))
        for name, value in parts.headers
        if name.lower() not in _STRUCTURE | dropped and not name.lower().startswith("content-")
    ]


def outcomes(
    messages: Iterable[Outgoing],
    kind: OutcomeKind,
    scope: OutcomeScope,
    text: str,
    code: int = 0,
    *,
    retry_after: float | None = None,
) -> list[Outcome]:
    """Return the same outcome for each of `messages`."""
    one = Outcome(0, kind, scope, code=code, text=text, retry_after=retry_after)
    return [replace(one, delivery=message.delivery) for message in messages]


def paired(
    messages: Sequence[Outgoing], items: Sequence[Any], mine: Mapping[str, Outgoing], names: Sequence[str]
) -> list[tuple[Outgoing, Any]]:
    """Pair each message with its item of an answer; None for a message without one.

    `names` tells for each item what identifies it ("" if nothing), `mine` whom that means. A named item belongs to its
    message wherever it stands; an unnamed one counts only at its own message's place.
    """
    claimed = {mine[name].delivery: item for name, item in zip(names, items, strict=True) if name in mine}
    for message, item, name in zip(messages, items, names, strict=False):
        if not name:
            claimed.setdefault(message.delivery, item)
    return [(message, claimed.get(message.delivery)) for message in messages]


def blame(words: str) -> OutcomeScope:
    """Return what the refusal of one message is about, where a provider's API says it in words only."""
    found = about(Words("", words))
    return "mailing" if found == "us" else found


def controls(text: str) -> bool:
    """Tell whether a control character, a line separator or a lone surrogate stands in `text`."""
    return bool(_CONTROL.search(text))


def printable(text: str) -> str:
    """Return outside text fit for a log line or a page: no control characters, at most 300 characters."""
    return _CONTROL.sub(" ", text)[:300]


def encoded(value: object) -> bytes:
    """Return compact UTF-8 JSON."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
