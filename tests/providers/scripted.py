"""An SMTP server that follows a script of faults and remembers what it took: threads, loopback, any free port.

with ScriptedServer(Fault("rcpt", b"550 5.1.1 unknown", match=b"gone@")) as server:
    ... send to 127.0.0.1, server.port ...
assert server.recipients() == [...]
"""

from __future__ import annotations

import base64
import contextlib
import select
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

EXTENSIONS = ("PIPELINING", "SIZE 10485760", "8BITMIME", "ENHANCEDSTATUSCODES")


@dataclass
class Fault:
    """What goes wrong at `stage`: banner, ehlo, helo, starttls, auth, mail, rcpt, data, body, dot, rset or quit.

    `answer` is said instead of the normal reply (empty: nothing is said), after `delay` seconds; then the server hangs
    up if `close`. Nothing said and no hanging up is silence: the server reads no more. `after` occasions go well first,
    then `times` go wrong (0 = all); only commands holding `match` count. `body` strikes when the first bytes of a
    message are in. With `keep` a message left without an answer counts as taken: the server had it all.
    """

    stage: str
    answer: bytes = b""
    close: bool = False
    delay: float = 0
    after: int = 0
    times: int = 1
    match: bytes = b""
    keep: bool = False
    seen: int = field(default=0, init=False)

    def strikes(self, stage: str, line: bytes) -> bool:
        if stage != self.stage or self.match not in line:
            return False
        self.seen += 1
        return self.seen > self.after and (not self.times or self.seen <= self.after + self.times)

    @property
    def only_slow(self) -> bool:
        """Whether the normal answer is given after all."""
        return bool(self.delay) and not (self.answer or self.close)

    @property
    def silent(self) -> bool:
        """Whether the client is left waiting."""
        return not (self.answer or self.close or self.delay or self.stage == "body")


@dataclass(frozen=True)
class Taken:
    """One message after its final dot: envelope, the bytes as they stood on the wire, the connection's number."""

    sender: str
    recipients: tuple[str, ...]
    wire: bytes
    connection: int

    @property
    def content(self) -> bytes:
        """The message with dot-stuffing undone."""
        return (b"\r\n" + self.wire).replace(b"\r\n..", b"\r\n.")[2:]


class ScriptedServer:
    """The server; use it as a context manager.

    `taken` lists what it accepted, `connections` counts those that came, `early` those commands that a client wrote
    before the answer to the last one, `commands` every command line in order of arrival.
    """

    def __init__(
        self,
        *faults: Fault,
        extensions: tuple[str, ...] = EXTENSIONS,
        limit: int = 0,
        lax: bool = False,
        tls: ssl.SSLContext | None = None,
        implicit_tls: bool = False,
        login: tuple[str, str] | None = None,
        bodies: bool = True,
    ) -> None:
        """`limit`: 421 after so many messages on a connection; `lax`: 354 to DATA even with no recipient.

        Without `bodies` only the envelopes are remembered, for mailings that would fill the memory.
        """
        self.faults = [replace(fault) for fault in faults]  # so that a table of faults may be played again
        self.extensions, self.limit, self.lax, self.bodies = extensions, limit, lax, bodies
        self.tls, self.implicit_tls, self.login = tls, implicit_tls, login
        self.taken: list[Taken] = []
        self.commands: list[bytes] = []
        self.connections = self.early = 0
        self._lock = threading.Lock()
        self._talks: set[_Talk] = set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._threads = [threading.Thread(target=self._accept, daemon=True)]

    def __enter__(self) -> ScriptedServer:
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            for talk in self._talks:
                with contextlib.suppress(OSError):
                    talk.sock.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5)

    def recipients(self) -> list[str]:
        """Return who was written to, in order; a person written to twice comes twice."""
        with self._lock:
            return [person for message in self.taken for person in message.recipients]

    def fault(self, stage: str, line: bytes) -> Fault | None:
        """Return the fault that strikes now; every fault of the stage counts the occasion."""
        with self._lock:
            striking = [fault for fault in self.faults if fault.strikes(stage, line)]
            return striking[0] if striking else None

    def _accept(self) -> None:
        with contextlib.suppress(OSError):  # the listener was closed
            while True:
                sock, _address = self._listener.accept()
                # Replies to a group are written one by one: none shall wait for the client's delayed acknowledgement.
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                with self._lock:
                    self.connections += 1
                    talk = _Talk(self, sock, self.connections)
                    self._talks.add(talk)
                    self._threads.append(threading.Thread(target=self._serve, args=(talk,), daemon=True))
                self._threads[-1].start()

    def _serve(self, talk: _Talk) -> None:
        try:
            with contextlib.suppress(OSError):  # the client is gone, or was hung up on
                talk.run()
        finally:
            with self._lock:
                self._talks.discard(talk)
            talk.sock.close()


class _HangUp(OSError):
    """The script says that the connection ends here."""


class _Talk:
    """One connection."""

    def __init__(self, server: ScriptedServer, sock: socket.socket, number: int) -> None:
        self.server, self.plain, self.sock, self.number = server, sock, sock, number
        self.buffer = b""
        self.messages = 0
        self.sender: str | None = None
        self.people: list[str] = []

    def run(self) -> None:
        if self.server.implicit_tls:
            self._secure()
        self._say("banner", b"220 scripted ESMTP")
        for line in self._lines():
            with self.server._lock:
                self.server.commands.append(line)
                self.server.early += self._is_more_there()
            verb = line.split(b" ")[0].split(b":")[0].upper().decode("ascii", "replace").lower()
            getattr(self, f"_{verb}", self._unknown)(line)
            if verb == "quit":
                return

    def _lines(self) -> Iterator[bytes]:
        while True:
            while b"\r\n" not in self.buffer:
                self._receive()
            line, self.buffer = self.buffer.split(b"\r\n", 1)
            yield line

    def _is_more_there(self) -> bool:
        waiting = self.sock is self.plain and select.select([self.sock], [], [], 0)[0]
        return bool(self.buffer or (waiting and self.sock.recv(1, socket.MSG_PEEK)))

    def _receive(self) -> None:
        if not (received := self.sock.recv(65536)):
            raise _HangUp
        self.buffer += received

    def _say(self, stage: str, normal: bytes, line: bytes = b"") -> bytes:
        """Give the normal reply or what the script wants; return what was said."""
        return self._play(self.server.fault(stage, line), normal)

    def _play(self, fault: Fault | None, normal: bytes) -> bytes:
        if fault:
            time.sleep(fault.delay)
        if not fault or fault.only_slow:
            self.sock.sendall(normal + b"\r\n")
            return normal
        if fault.answer:
            self.sock.sendall(fault.answer + b"\r\n")
        if fault.close:
            raise _HangUp
        if not fault.answer:
            self._wait_for_the_client_to_give_up()
        return fault.answer

    def _wait_for_the_client_to_give_up(self) -> None:
        while self.sock.recv(65536):
            pass
        raise _HangUp

    def _secure(self) -> None:
        assert self.server.tls
        self.sock = self.server.tls.wrap_socket(self.plain, server_side=True)

    def _ehlo(self, line: bytes) -> None:
        words = [*self.server.extensions]
        if self.server.tls and self.sock is self.plain:
            words.append("STARTTLS")
        if self.server.login:
            words.append("AUTH PLAIN LOGIN")
        lines = ["scripted", *words]
        reply = [f"250{'-' if n < len(lines) else ' '}{text}" for n, text in enumerate(lines, 1)]
        self._say("ehlo", "\r\n".join(reply).encode(), line)

    def _helo(self, line: bytes) -> None:
        self._say("helo", b"250 scripted", line)

    def _starttls(self, line: bytes) -> None:
        if self._say("starttls", b"220 go on", line).startswith(b"220"):
            self._secure()

    def _auth(self, line: bytes) -> None:
        user, password = self.server.login or ("", "")
        good = base64.b64encode(f"\0{user}\0{password}".encode())
        right = line == b"AUTH PLAIN " + good
        self._say("auth", b"235 2.7.0 welcome" if right else b"535 5.7.8 wrong", line)

    def _mail(self, line: bytes) -> None:
        if self.sender is not None:
            self.sock.sendall(b"503 5.5.1 nested MAIL\r\n")
        elif self._say("mail", b"250 2.1.0 ok", line).startswith(b"2"):
            self.sender, self.people = line.split(b"<")[1].split(b">")[0].decode(), []

    def _rcpt(self, line: bytes) -> None:
        if self.sender is None:
            self.sock.sendall(b"503 5.5.1 MAIL first\r\n")
        elif self._say("rcpt", b"250 2.1.5 ok", line).startswith(b"2"):
            self.people.append(line.split(b"<")[1].split(b">")[0].decode())

    def _data(self, line: bytes) -> None:
        if not self.people and not self.server.lax:
            self.sock.sendall(b"554 5.5.1 no valid recipients\r\n")
        elif self._say("data", b"354 go on", line).startswith(b"354"):
            self._body()

    def _body(self) -> None:
        if not self.buffer:
            self._receive()
        fault = self.server.fault("body", b"")
        if fault:
            if fault.answer:
                self.sock.sendall(fault.answer + b"\r\n")
            raise _HangUp
        text, end = bytearray(b"\r\n" + self.buffer), b"\r\n.\r\n"
        while (at := text.find(end, max(0, len(text) - len(self.buffer) - len(end)))) < 0:
            self.buffer = b""
            self._receive()
            text += self.buffer
        wire, self.buffer = bytes(text[2 : at + 2]), bytes(text[at + len(end) :])
        fault = self.server.fault("dot", wire)
        spoilt = fault and not (fault.keep or fault.only_slow or fault.answer.startswith(b"250"))
        if self.people and not spoilt:
            self._keep(wire)
        self._play(fault, b"250 2.0.0 taken" if self.people else b"554 5.5.1 no valid recipients")
        self.messages, self.sender, self.people = self.messages + 1, None, []
        if self.messages == self.server.limit:
            self.sock.sendall(b"421 4.7.0 enough on this connection\r\n")
            raise _HangUp

    def _keep(self, wire: bytes) -> None:
        wire = wire if self.server.bodies else b""
        with self.server._lock:
            self.server.taken.append(Taken(self.sender or "", tuple(self.people), wire, self.number))

    def _rset(self, line: bytes) -> None:
        self.sender, self.people = None, []
        self._say("rset", b"250 2.0.0 ok", line)

    def _quit(self, line: bytes) -> None:
        self._say("quit", b"221 2.0.0 bye", line)

    def _unknown(self, line: bytes) -> None:
        self.sock.sendall(b"500 5.5.2 unknown command\r\n")
