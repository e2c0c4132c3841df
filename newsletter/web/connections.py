"""Connections that cannot be held for nothing: time-outs for a request's head and body, caps per address and in all.

Uvicorn waits for a request without end, so a thousand half-sent ones take every file that the process may open. Here
each connection has so long for a head, a least pace for a body, and so long for taking an answer; and where a cap is
reached the connection that has waited longest gives way to the new one, so that a new visitor is served even while
somebody holds as many connections as the server takes.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import math
import resource
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, cast

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from newsletter.networks import network_of, plain_address
from newsletter.settings_web import Web

log = logging.getLogger("newsletter.connections")

# Files that the process opens besides connections: the database's, mail under way, and connections that the accept
# loop has taken (up to three rounds of BACKLOG) before they are counted here.
OTHER_FILES = 450
BACKLOG = 100
SWEEP_SECONDS = 0.5
# What a connection is waited for, and why one was ended.
HEAD, BODY, ANSWER = "late head", "late body", "answer not taken"
GAVE_WAY, REFUSED = "gave way", "refused"
TELL_SECONDS = 60.0
_BUSY = (
    b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 5\r\n"
    b"Content-Type: text/plain; charset=utf-8\r\nContent-Length: 0\r\n\r\n"
)
_LATE = (
    b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n"
    b"Content-Type: text/plain; charset=utf-8\r\nContent-Length: 0\r\n\r\n"
)


@dataclass(frozen=True)
class ConnectionLimits:
    """How long a connection is waited for, in seconds, and how many there may be.

    A body has `body_seconds` and one more for each `body_pace` bytes of it; `trusted` proxies bring many visitors and
    have no cap per address.
    """

    most: int = 500
    most_per_address: int = 50
    head_seconds: float = 10.0
    body_seconds: float = 20.0
    body_pace: int = 500
    answer_seconds: float = 30.0
    trusted: tuple[str, ...] = ()

    def is_trusted(self, address: str) -> bool:
        """Tell whether the connection comes from a proxy named in the settings, or from no network at all."""
        if not address:
            return True
        ip = ipaddress.ip_address(plain_address(address))
        return any(ip in ipaddress.ip_network(proxy, strict=False) for proxy in self.trusted)


def connection_limits(web: Web) -> ConnectionLimits:
    """Return the limits of the settings, within the files that the process may open."""
    files = allow_open_files(web.connections + OTHER_FILES)
    most = max(16, min(web.connections, files - OTHER_FILES))
    if most < web.connections:
        log.warning("only %d connections are taken: the process may open %d files (LimitNOFILE)", most, files)
    per_address = min(web.connections_per_ip, most)
    return ConnectionLimits(most=most, most_per_address=per_address, trusted=web.trusted_proxies)


def allow_open_files(wanted: int) -> int:
    """Raise the process's limit of open files to `wanted` if that is permitted; return what it is."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return wanted
    if soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return soft


def bounded_protocol(limits: ConnectionLimits) -> type[asyncio.Protocol]:
    """Return what uvicorn takes as `http`: a protocol with these limits, which another process can unpickle."""
    return cast(type[asyncio.Protocol], partial(BoundedProtocol, watch=ConnectionWatch(limits)))


@dataclass
class ConnectionWatch:
    """Ends what is overdue in one process, and says once a minute how many connections were ended, and why."""

    limits: ConnectionLimits
    clock: Callable[[], float] = time.monotonic
    sweeping: bool = False
    last: float = -math.inf
    counts: Counter[str] = field(default_factory=Counter)

    def begin(self, loop: asyncio.AbstractEventLoop, connections: set[Any]) -> None:
        """Look at the connections again and again, as long as there are any."""
        if not self.sweeping:
            self.sweeping = True
            loop.call_later(SWEEP_SECONDS, self.sweep, loop, connections)

    def sweep(self, loop: asyncio.AbstractEventLoop, connections: set[Any]) -> None:
        """End what is overdue now."""
        now = self.clock()
        for connection in list(connections):
            if isinstance(connection, BoundedProtocol) and (why := connection.overdue(now)):
                connection.cut(why)
        if self.counts and (now - self.last >= TELL_SECONDS or not connections):
            words = ", ".join(f"{count} {why}" for why, count in sorted(self.counts.items()))
            log.warning("connections ended early: %s", words)
            self.counts.clear()
            self.last = now
        self.sweeping = False
        if connections:
            self.begin(loop, connections)


class BoundedProtocol(H11Protocol):
    """One connection of uvicorn that knows for what it waits, since when, and ends when that takes too long."""

    def __init__(self, *args: Any, watch: ConnectionWatch, **more: Any) -> None:
        super().__init__(*args, **more)
        self.watch = watch
        self.address = self.group = ""
        self.waiting = HEAD  # or BODY, or nothing while the application works
        self.since = watch.clock()
        self.taken = 0  # bytes of the body under way
        self.stalled: float | None = None  # since when the visitor takes nothing of the answer
        self.closing: float | None = None
        self.aborted = False  # it is gone at the next turn of the loop

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Count the connection, and let one that waits give way where a cap is reached."""
        others = [other for other in self.connections if isinstance(other, BoundedProtocol) and not other.aborted]
        super().connection_made(transport)
        if self.client:
            self.address, self.group = self.client[0], network_of(self.client[0])
        self.watch.begin(self.loop, self.connections)
        limits = self.watch.limits
        same = [other for other in others if other.group == self.group]
        if len(same) >= limits.most_per_address and not limits.is_trusted(self.address):
            crowd: Sequence[BoundedProtocol] = same
        elif len(others) >= limits.most:
            crowd = _largest_group(others)
        else:
            return
        if victim := _longest_waiting(crowd):
            victim.cut(GAVE_WAY)
        else:
            self.transport.write(_BUSY)
            self.cut(REFUSED)

    def data_received(self, data: bytes) -> None:
        """Take bytes of a request and see what the next ones are waited for."""
        if self.transport.is_closing():
            return
        super().data_received(data)
        if self.waiting == BODY:
            self.taken += len(data)
        self._note()

    def on_response_complete(self) -> None:
        """Begin to wait for the next request."""
        super().on_response_complete()
        self._note()

    def pause_writing(self) -> None:
        """Note since when the visitor takes nothing of the answer."""
        super().pause_writing()
        self.stalled = self.watch.clock()

    def resume_writing(self) -> None:
        """Forget it: the visitor has taken some."""
        super().resume_writing()
        self.stalled = None

    def _note(self) -> None:
        state = self.conn.their_state
        # After an answer the rest of a body that the application did not read is waited for as well.
        waiting = BODY if state is h11.SEND_BODY else HEAD if state is h11.IDLE else ""
        if waiting != self.waiting:
            self.waiting, self.since, self.taken = waiting, self.watch.clock(), 0

    def can_give_way(self) -> bool:
        """Tell whether the visitor, not the application, is what is waited for."""
        return not self.aborted and (bool(self.waiting) or self.transport.is_closing())

    def overdue(self, now: float) -> str:
        """Return what took too long at `now`, or an empty text."""
        limits = self.watch.limits
        if self.closing is None and self.transport.is_closing():
            self.closing = now
        if any(since is not None and now - since > limits.answer_seconds for since in (self.closing, self.stalled)):
            return ANSWER
        if self.closing is not None:
            return ""
        if self.waiting == HEAD and now - self.since > limits.head_seconds:
            return HEAD
        if self.waiting == BODY and now - self.since > limits.body_seconds + self.taken / limits.body_pace:
            return BODY
        return ""

    def cut(self, why: str) -> None:
        """End the connection; who has begun a request that did not come whole is told so."""
        self.watch.counts[why] += 1
        if why in (ANSWER, GAVE_WAY):
            self.aborted = True
            self.transport.abort()
            return
        unanswered = self.cycle is None or not self.cycle.response_started
        if (why == HEAD and self.conn.trailing_data[0]) or (why == BODY and unanswered):
            self.transport.write(_LATE)
        if self.cycle and not self.cycle.response_complete:
            # The application is not to write into a connection that has said its last word.
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self._unset_keepalive_if_required()
        self.transport.close()


def _largest_group(others: Iterable[BoundedProtocol]) -> Sequence[BoundedProtocol]:
    """Return the connections of the visitor that has most of those that can give way."""
    waiting = [other for other in others if other.can_give_way()]
    largest = Counter(other.group for other in waiting).most_common(1)
    return [other for other in waiting if other.group == largest[0][0]]


def _longest_waiting(crowd: Iterable[BoundedProtocol]) -> BoundedProtocol | None:
    """Return the connection that has waited longest; none while all are being answered."""
    return min((other for other in crowd if other.can_give_way()), key=lambda other: other.since, default=None)
