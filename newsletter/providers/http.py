"""What the HTTP providers share: packing calls, one POST without retries, and what each fault means for each message.

A provider file says how a call is worded and how its answer reads (`wire.Wire`); the rest is decided here, once:

- nothing of the body was written (refused, no such host, TLS): certainly not taken, `deferred`;
- the body was begun and no whole answer came: `unknown`. A provider with an idempotency key is asked again with the
  same bytes, which settles it;
- 408, 425, 429, and 503 with Retry-After: `deferred` until the moment the provider names;
- any other 5xx may come from a front server after the messages were taken: `unknown`;
- 401, 402, 403, 404 and redirects concern the account or the address of the API: `deferred` with scope `mailing`, so
  that the mailing pauses and nobody is lost;
- another 4xx refuses the call as a whole: nothing was taken, so it is cut in halves until the culprit stands alone. Its
  words then tell whether it is about that recipient, about us, or unclear (`blame`).
"""

from __future__ import annotations

import io
import re
from base64 import b64encode
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError

from newsletter.errors import ProviderError
from newsletter.messages import Outcome, Outgoing
from newsletter.providers import Leaving, ProviderSession, Wants, let_leave, unready
from newsletter.providers.wire import ApiReply, ApiWire, blame, controls, flaw_of, outcomes, printable
from newsletter.settings import Settings

CONNECT_SECONDS = 10.0
ANSWER_BYTES = 4_000_000
REPEATS = 2

_BUSY = frozenset({408, 425, 429})
_ACCOUNT = frozenset({401, 402, 403, 404, 405, 407, 415})
_LOST_BEHIND = frozenset({502, 504})


@dataclass(frozen=True, slots=True)
class HttpProvider:
    """A provider over HTTP, ready to connect.

    `idempotent` is False throughout: a key vouches for a call of many messages and half an hour, not for one message
    for ever. What a key can settle, the session settles before it answers.
    """

    wire: ApiWire
    batch: int
    timeout: float
    idempotent: bool = False

    @property
    def name(self) -> str:
        return self.wire.name

    @property
    def wants(self) -> Wants:
        return self.wire.wants

    def connect(self, label: str = "") -> ProviderSession:
        """Return a session; `label` files the messages at the provider and never holds personal data."""
        return HttpSession(self.wire, self.timeout, re.sub(r"[^A-Za-z0-9._-]", "-", label)[:60])


class _Lost(Exception):  # noqa: N818 - an answer that got lost, seen only inside this file
    """No whole answer came; `begun` tells whether anything of the body was written."""

    def __init__(self, begun: bool, text: str) -> None:
        super().__init__(text)
        self.begun, self.text = begun, text


class _Body(io.BytesIO):
    """A request body that knows whether its sending was begun: before that, nobody can have taken anything."""

    begun = False

    def read(self, size: int | None = -1) -> bytes:
        self.begun = True
        return super().read(size)


class HttpSession:
    """One thread's way to a provider; requests opens and reopens the connection by itself."""

    def __init__(self, wire: ApiWire, timeout: float, label: str) -> None:
        self._wire, self._timeout, self._label = wire, timeout, label
        self._http = requests.Session()
        # A retried POST is a second letter: requests and urllib3 must not retry anything.
        for scheme in ("https://", "http://"):
            self._http.mount(scheme, HTTPAdapter(max_retries=0))
        # Without this, a ~/.netrc entry would silently replace the Authorization header.
        self._http.auth = _as_it_is

    def send(self, batch: Sequence[Outgoing], leaving: Leaving = let_leave) -> Iterator[Outcome]:
        """Send `batch`; one Outcome per message, faults included. See the contract in `newsletter.providers`."""
        sound = []
        for message in batch:
            found = flaw_of(message, self._wire)
            if found:
                yield from outcomes([message], "refused" if found.scope == "recipient" else "deferred", *found)
            else:
                sound.append(message)
        calls = deque(_packed(self._wire, sound, self._label))
        while calls:
            messages, entries = calls.popleft()
            if not leaving([message.delivery for message in messages]):
                calls.appendleft((messages, entries))
                yield from _untried(calls, "the mailing stops")
                return
            settled = self._call(messages, entries)
            if settled is None:
                half = len(messages) // 2
                calls.extendleft([(messages[half:], entries[half:]), (messages[:half], entries[:half])])
                continue
            yield from settled
            stop = next((o for o in settled if o.scope not in ("recipient", "unclear")), None)
            if stop:
                # What stopped this call would stop the next ones, or make more of them doubtful.
                yield from _after(stop, calls)
                return

    def close(self) -> None:
        """Free the connection; safe to call twice, and `send` would open a new one."""
        self._http.close()

    def _call(self, messages: Sequence[Outgoing], entries: Sequence[bytes]) -> list[Outcome] | None:
        body = self._wire.body(messages, entries, self._label)
        try:
            reply = self._post(body)
        except _Lost as lost:
            if not lost.begun:
                return outcomes(messages, "deferred", "provider", lost.text)
            return self._ask_again(messages, body, lost.text)
        if reply.status in _LOST_BEHIND:
            return self._ask_again(messages, body, reply.words)
        return _judge(self._wire, messages, reply)

    def _ask_again(self, messages: Sequence[Outgoing], body: bytes, why: str) -> list[Outcome]:
        """Settle a lost answer by repeating the very same bytes where the provider recognises them."""
        for _attempt in range(REPEATS if self._wire.repeatable else 0):
            try:
                found = self._wire.read(messages, self._post(body))
            except _Lost:
                continue
            if found:
                return found
        return outcomes(messages, "unknown", "provider", f"no answer that can be read: {why}")

    def _post(self, body: bytes) -> ApiReply:
        stream = _Body(body)
        try:
            with self._http.post(
                self._wire.url,
                data=stream,
                # identity: a compressed answer could unfold to any size.
                headers={"Accept-Encoding": "identity", "User-Agent": "lettre-reseau", **self._wire.headers},
                timeout=(min(CONNECT_SECONDS, self._timeout), self._timeout),
                allow_redirects=False,
                stream=True,
            ) as response:
                received = bytearray()
                for chunk in response.iter_content(65_536):
                    received += chunk
                    if len(received) > ANSWER_BYTES:
                        raise _Lost(True, f"the answer exceeds {ANSWER_BYTES} bytes")
                headers = {name.lower(): value for name, value in response.headers.items()}
                return ApiReply(response.status_code, headers, bytes(received))
        except (requests.RequestException, HTTPError) as error:
            raise _Lost(stream.begun, printable(f"{type(error).__name__}: {error}")) from None


def _untried(calls: Iterable[tuple[Sequence[Outgoing], Sequence[bytes]]], why: str) -> list[Outcome]:
    return outcomes([message for waiting, _ in calls for message in waiting], "untried", "provider", why)


def _after(stop: Outcome, calls: Iterable[tuple[Sequence[Outgoing], Sequence[bytes]]]) -> list[Outcome]:
    """Return what becomes of the calls behind one that stopped: a provider that is away has them wait as long."""
    text = f"not tried after: {stop.text}"
    if stop.scope == "mailing":
        return _untried(calls, text)
    rest = [message for waiting, _ in calls for message in waiting]
    return outcomes(rest, "deferred", stop.scope, text, retry_after=stop.retry_after)


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _judge(wire: ApiWire, messages: Sequence[Outgoing], reply: ApiReply) -> list[Outcome] | None:
    """Return what an answer means for each message; None to cut the call in halves and try those."""
    found = wire.read(messages, reply)
    if found is not None:
        return found
    status, wait = reply.status, reply.retry_after
    if status in _BUSY or (status == 503 and wait is not None):
        return outcomes(messages, "deferred", "provider", reply.words, status, retry_after=wait)
    if status >= 500:
        return outcomes(messages, "unknown", "provider", reply.words, status)
    if status < 300:
        text = f"{reply.words}: the answer is not the provider's; is `base_url` right?"
        return outcomes(messages, "unknown", "mailing", text, status)
    if status < 400 or status in _ACCOUNT:
        return outcomes(messages, "deferred", "mailing", reply.words, status)
    if len(messages) > 1:
        return None
    if wire.blames_recipient(reply):
        return outcomes(messages, "refused", "recipient", reply.words, status)
    return outcomes(messages, "refused", blame(reply.words), reply.words, status)


def _packed(
    wire: ApiWire, messages: Iterable[Outgoing], label: str
) -> Iterator[tuple[Sequence[Outgoing], Sequence[bytes]]]:
    """Cut `messages` into calls by number, by measured bytes, and by what a call must share."""
    inside: list[Outgoing] = []
    entries: list[bytes] = []
    for message in messages:
        entry = wire.entry(message, label)
        full = len(inside) >= wire.most or sum(map(len, entries)) + len(entry) > wire.heaviest
        if inside and (full or wire.common(message) != wire.common(inside[0])):
            yield inside, entries
            inside, entries = [], []
        inside.append(message)
        entries.append(entry)
    if inside:
        yield inside, entries


def required(settings: Settings, secret: str) -> str:
    """Return the secret `secret`; ProviderError names its variable when it is missing or no header value."""
    value = settings.secret(secret)
    if not value or not value.isascii() or controls(value):
        raise ProviderError(
            f"provider `{settings.sending.provider}` has no usable secret",
            where=f"NEWSLETTER_{secret.upper()}",
            hint="set this environment variable, or write it into `.env`",
            said=unready(f"NEWSLETTER_{secret.upper()}"),
        )
    return value


def option(settings: Settings, name: str, default: str = "") -> str:
    """Return `[sending.options] name`; ProviderError when it is missing and there is no default."""
    value = settings.sending.options.get(name, default)
    if not value:
        raise ProviderError(
            f"provider `{settings.sending.provider}` needs `{name}`",
            where=f"[sending.options] {name}",
            hint="add it to newsletter.toml",
            said=unready(name),
        )
    return value


def basic(user: str, password: str) -> str:
    """Return the value of an Authorization header (RFC 7617)."""
    return "Basic " + b64encode(f"{user}:{password}".encode()).decode()


def base_url(settings: Settings, default: str) -> str:
    """Return the API's root, `[sending.options] base_url` or `default`; plain http only to this machine."""
    url = option(settings, "base_url", default).rstrip("/")
    parts = urlsplit(url)
    local = parts.hostname in ("localhost", "127.0.0.1", "::1")
    if not parts.hostname or not (parts.scheme == "https" or (parts.scheme == "http" and local)):
        raise ProviderError(
            f"`{url}` would carry the key in clear",
            where="[sending.options] base_url",
            hint="use https",
            said=unready("base_url"),
        )
    return url


def provider(settings: Settings, wire: ApiWire) -> HttpProvider:
    """Return the provider of `wire`; `[sending.options]` may set `batch` (up to the API's limit) and `timeout`."""
    numbers = {"batch": "50", "timeout": "60"}
    read = {}
    for name, default in numbers.items():
        text = option(settings, name, default)
        if not re.fullmatch(r"\d{1,4}(\.\d{1,3})?", text) or float(text) <= 0:
            raise ProviderError(
                f"`{text}` is no number",
                where=f"[sending.options] {name}",
                hint=f"e.g. {default}",
                said=unready(name),
            )
        read[name] = float(text)
    return HttpProvider(wire, max(1, min(int(read["batch"]), wire.most)), read["timeout"])
