"""The SMTP conversation after the handshake: bounded replies, pipelined transactions, and a sharp edge of doubt.

RFC 5321 (commands, replies, sizes), RFC 1870 (SIZE), RFC 2920 (PIPELINING), RFC 2034 (enhanced status codes).
"""

from __future__ import annotations

import contextlib
import re
import socket
import ssl
import time
from typing import Literal, NamedTuple

from newsletter.providers.smtp_body import Piece

Stage = Literal["mail", "rcpt", "data", "dot"]

_ENVELOPE: tuple[Stage, ...] = ("mail", "rcpt", "data")
_REPLY = re.compile(rb"([2-5][0-9][0-9])(?:([ -])(.*))?\Z", re.DOTALL)
_STATUS = re.compile(r"([245]\.[0-9]{1,3}\.[0-9]{1,3})(?:\s|\Z)")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f]+")
_NO_COMMANDS = (b"", b"", b"")  # they were written behind the last message
_MAX_LINE = 4096
_MAX_LINES = 100
_MAX_TEXT = 500
_QUIT_SECONDS = 5.0


class SmtpReply(NamedTuple):
    """One answer of the peer: its code, and its text as it came, lines joined by LF."""

    code: int
    raw: bytes = b""

    @property
    def text(self) -> str:
        """The text for people: UTF-8 or else Latin-1, one line, no control characters, at most 500 characters."""
        try:
            text = self.raw.decode()
        except UnicodeDecodeError:
            text = self.raw.decode("latin-1")
        if text.isprintable():
            return text[:_MAX_TEXT].strip()
        return _UNPRINTABLE.sub(" ", text)[:_MAX_TEXT].strip()

    @property
    def status(self) -> str:
        """The enhanced status code (`5.1.1`), or an empty text: one of another class than the reply is not believed."""
        found = _STATUS.match(self.text)
        return found[1] if found and found[1][0] == str(self.code)[0] else ""


class Answer(NamedTuple):
    """The reply that settled a transaction, and the stage that it was given at; only a 2xx to the `dot` accepts."""

    stage: Stage
    reply: SmtpReply


class Closing(ConnectionError):  # noqa: N818 - the peer's word, not ours: it is what 421 says
    """The peer said 421: it took nothing that it had not acknowledged before, and hangs up."""

    def __init__(self, reply: SmtpReply) -> None:
        self.reply = reply
        super().__init__(f"421 {reply.text}")


class SmtpWire:
    """A connection whose handshake is done; one thread at a time.

    Every failure is an OSError. `settled` counts transactions with an answer; `doubt` is true exactly while a whole
    message may have reached the peer without an answer. After an OSError the wire is of no more use.
    """

    def __init__(self, sock: socket.socket, *, timeout: float, pipelining: bool, size: bool) -> None:
        self._sock, self._timeout, self._pipelining, self._size = sock, timeout, pipelining, size
        sock.settimeout(timeout)
        self._plain = not isinstance(sock, ssl.SSLSocket)
        self._buffer = b""
        self._owed = b""
        self._ahead = False
        self.settled = 0
        self.doubt = False
        self.broken = False

    def transact(self, piece: Piece, following: Piece | None = None) -> Answer:
        """Send `piece` and return the answer that settles it.

        With pipelining the envelope of `following`, which must then be the next piece, goes behind the final dot
        (RFC 2920 section 3.1). Raises OSError when the connection or the conversation breaks.
        """
        answer = self._open(piece) or self._deliver(piece, following)
        self.settled += 1
        return answer

    def quit(self) -> None:
        """Say QUIT if the peer still listens, and close; never raises, waits a few seconds at most."""
        with contextlib.suppress(OSError):
            if not (self.broken or self._ahead or self.doubt):
                self._sock.settimeout(min(self._timeout, _QUIT_SECONDS))
                self._sock.sendall(self._owed + b"QUIT\r\n" if self._pipelining else b"QUIT\r\n")
                self.reply()
        self.drop()

    def drop(self) -> None:
        """Close at once: what was begun is not accepted."""
        self.broken = True
        with contextlib.suppress(OSError):
            self._sock.close()

    def reply(self) -> SmtpReply:
        """Read one answer, of one line or several.

        Raises Closing for a 421, TimeoutError, and ConnectionError for the end of the stream or for what is no reply.
        """
        deadline = time.monotonic() + self._timeout
        line = self._line(deadline)
        if line[3:4] == b" " and line[:3].isdigit() and b"200" <= line[:3] < b"600":  # nearly all of them
            return self._weighed(SmtpReply(int(line[:3]), line[4:]))
        code, lines = b"", list[bytes]()
        while len(lines) < _MAX_LINES:
            found = _REPLY.match(line)
            if not found or found[1] != (code or found[1]):
                raise ConnectionAbortedError(f"no SMTP reply: {line[:80]!r}")
            code = found[1]
            lines.append(found[3] or b"")
            if found[2] != b"-":
                return self._weighed(SmtpReply(int(code), b"\n".join(lines)))
            line = self._line(deadline)
        raise ConnectionAbortedError(f"a reply of more than {_MAX_LINES} lines")

    @staticmethod
    def _weighed(reply: SmtpReply) -> SmtpReply:
        if reply.code == 421:
            raise Closing(reply)
        return reply

    def _line(self, deadline: float) -> bytes:
        while (end := self._buffer.find(b"\n")) < 0:
            if len(self._buffer) > _MAX_LINE:
                raise ConnectionAbortedError("a reply without end")
            if time.monotonic() > deadline:
                raise TimeoutError("timed out")
            received = self._sock.recv(_MAX_LINE)
            if not received:
                raise ConnectionResetError("closed by the peer")
            self._buffer += received
        line, self._buffer = self._buffer[:end], self._buffer[end + 1 :]
        return line.removesuffix(b"\r")

    def _commands(self, piece: Piece) -> tuple[bytes, bytes, bytes]:
        size = b" SIZE=%d" % piece.size if self._size else b""
        return b"MAIL FROM:<%b>%b\r\n" % (piece.sender, size), b"RCPT TO:<%b>\r\n" % piece.recipient, b"DATA\r\n"

    def _open(self, piece: Piece) -> Answer | None:
        """Give the envelope; return the first refusal, or None when the peer waits for the body."""
        commands = _NO_COMMANDS if self._ahead else self._commands(piece)
        if not self._ahead:
            self._reset(b"".join(commands) if self._pipelining else b"")
        self._ahead = False
        refusal: Answer | None = None
        codes: dict[Stage, int] = {}
        for stage, command in zip(_ENVELOPE, commands, strict=True):
            try:
                if not self._pipelining:
                    self._sock.sendall(command)
                reply = self._expect(stage)
            except OSError:
                if not refusal:
                    raise
                # The person was refused before the line broke: that answer stands, the wire does not.
                self.broken = True
                return refusal
            codes[stage] = reply.code
            if reply.code >= 400:
                refusal = refusal or Answer(stage, reply)
                if not self._pipelining:
                    break
        if refusal:
            self._owe(codes)
        return refusal

    def _owe(self, codes: dict[Stage, int]) -> None:
        """Note what ends a refused transaction: RSET, or a lone dot if the peer asks for a body all the same.

        RFC 2920 section 3.1 wants the dot when DATA got 354 with no recipient. With a recipient a lone dot would
        deliver an empty message: then only hanging up is safe.
        """
        if codes.get("data") != 354:
            self._owed = b"RSET\r\n"
        elif codes["rcpt"] >= 400:
            self._owed = b".\r\n"
        else:
            self.broken = True

    def _reset(self, group: bytes) -> None:
        """Write what is owed to the last transaction together with `group`, and read the answer to the former."""
        owed, self._owed = self._owed, b""
        if owed or group:
            self._sock.sendall(owed + group)
        if owed:
            self.reply()

    def _expect(self, stage: Stage) -> SmtpReply:
        """Read the answer to `stage`; an answer of the wrong kind means that answers and commands are out of step."""
        reply = self.reply()
        good = reply.code == 354 if stage == "data" else 200 <= reply.code < 300
        if not good and reply.code < 400:
            raise ConnectionAbortedError(f"out of step: {reply.code} {reply.text} to {stage.upper()}")
        return reply

    def _deliver(self, piece: Piece, following: Piece | None) -> Answer:
        if self._buffer:
            raise ConnectionAbortedError("out of step: an answer to nothing before the message")
        ahead = b"".join(self._commands(following)) if following and self._pipelining else b""
        try:
            self._write(piece, b".\r\n" + ahead)
            self._ahead = bool(ahead)
        except ConnectionError:
            # The answer that explains it (552, 421) may be waiting to be read.
            self.broken = True
        try:
            reply = self._expect("dot")
        except Closing:
            self.doubt = False
            raise
        if not self.doubt and reply.code < 400:
            raise ConnectionAbortedError(f"out of step: {reply.code} before the message was whole")
        self.doubt = False
        return Answer("dot", reply)

    def _write(self, piece: Piece, end: bytes) -> None:
        """Write a body and what ends it; `doubt` is set once its end may have reached the peer, and not before."""
        sent = 0
        if self._plain:
            # One call, no copy of the body; how much of it left is then known to the byte.
            sent = self._sock.sendmsg([*piece.body, end])
            self.doubt = sent > piece.size
            if sent == piece.size + len(end):
                return
        if sent < piece.size:
            self._sock.sendall(memoryview(b"".join(piece.body))[sent:])
            sent = piece.size
        self.doubt = True
        self._sock.sendall(end[sent - piece.size :])
