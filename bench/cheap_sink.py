"""An SMTP server that takes everything and costs a fifth of smtp-sink: one process, one thread, epoll, no copies.

`python -m bench.cheap_sink PORT` serves until it is ended. Behind it the sender is the limit, not the server: it reads
commands only where one can stand, looks for the final dot in the last bytes of what has come, and answers a pipelined
group with one write. It believes its client: a benchmark's sink, no mail server.
"""

from __future__ import annotations

import select
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

ROOM = 1 << 20
END = b"\r\n.\r\n"
_ANSWERS = {b"EHLO": b"250-cheap\r\n250-PIPELINING\r\n250 SIZE 100000000\r\n", b"DATA": b"354 go on\r\n"}
_OK = b"250 2.0.0 ok\r\n"


class _Talk:
    """One connection: whether a message is coming in, and what of a line or of its end has come already."""

    __slots__ = ("inside", "rest", "sock")

    def __init__(self, sock: socket.socket) -> None:
        self.sock, self.inside, self.rest = sock, False, b""

    def read(self, room: memoryview) -> bool:
        """Take what has come and answer it; False when the client has gone."""
        try:
            count = self.sock.recv_into(room)
        except BlockingIOError:
            return True
        except OSError:
            return False
        if not count:
            return False
        if self.inside and room[max(0, count - len(END)) : count] != END and not self._may_end(room, count):
            return True
        answer = self._answer(self.rest + bytes(room[:count]))
        if answer:
            self.sock.sendall(answer)
        return True

    def _may_end(self, room: memoryview, count: int) -> bool:
        """Tell whether the message ends within what has come; keep the bytes in which its end may have begun."""
        tail = self.rest + bytes(room[:count])
        if END in tail:
            return True
        self.rest = tail[-len(END) :]
        return False

    def _answer(self, text: bytes) -> bytes:
        answers = []
        while text:
            if self.inside:
                end = text.find(END)
                if end < 0:
                    self.rest = text[-len(END) :]
                    return b"".join(answers)
                text, self.inside = text[end + len(END) :], False
                answers.append(_OK)
                continue
            line, found, rest = text.partition(b"\r\n")
            if not found:
                break
            text, verb = rest, line[:4].upper()
            self.inside = verb == b"DATA"
            answers.append(_ANSWERS.get(verb, _OK))
            if self.inside:
                text = b"\r\n" + text if text else text
        self.rest = text
        return b"".join(answers)


def serve(port: int) -> None:
    """Serve for ever."""
    listener = socket.create_server(("127.0.0.1", port), backlog=256)
    poll = select.epoll()
    poll.register(listener, select.EPOLLIN)
    talks: dict[int, _Talk] = {}
    room = memoryview(bytearray(ROOM))
    while True:
        for number, _event in poll.poll():
            if number == listener.fileno():
                sock, _address = listener.accept()
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                sock.sendall(b"220 cheap ESMTP\r\n")
                talks[sock.fileno()] = _Talk(sock)
                poll.register(sock, select.EPOLLIN)
            elif not talks[number].read(room):
                poll.unregister(number)
                talks.pop(number).sock.close()


@contextmanager
def cheap_sink() -> Iterator[int]:
    """Run it in a process of its own on a free loopback port and yield the port."""
    from bench.smtp import wait_for

    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    process = subprocess.Popen([sys.executable, "-m", "bench.cheap_sink", str(port)])
    try:
        wait_for(port)
        yield port
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    serve(int(sys.argv[1]))
