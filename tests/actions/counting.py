"""A real SMTP server in a process of its own that writes down every message it takes, before it says so.

`with counting(store) as server:` runs it; `python -m tests.actions.counting STORE PORT DELAY` is what that starts.
"""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.actions.forked import Forked

ROOT = Path(__file__).resolve().parents[2]

_MESSAGE_ID = re.compile(rb"^Message-ID: <([^>]+)>", re.MULTILINE | re.IGNORECASE)


@dataclass
class Server:
    """A running server: its port, and the file that holds one line per message taken."""

    port: int
    store: Path
    process: subprocess.Popen[bytes]

    def lines(self) -> list[tuple[str, str]]:
        """Return (Message-ID, recipient) of each message taken, in order."""
        return [(fields[0], fields[1]) for fields in self._whole()]

    def moments(self) -> list[float]:
        """Return when each message was taken, in POSIX seconds, in order."""
        return [float(fields[2]) for fields in self._whole()]

    def _whole(self) -> list[list[str]]:
        # The server may be in the middle of a line: it counts once it is whole.
        return [line.split(" ") for line in self.store.read_text().rpartition("\n")[0].splitlines()]

    def taken(self) -> Counter[str]:
        """Return how often each Message-ID was taken."""
        return Counter(message_id for message_id, _recipient in self.lines())

    def await_messages(self, n: int, process: subprocess.Popen[str] | Forked) -> None:
        """Wait until `n` messages were taken, or the sender has ended."""
        while process.poll() is None and len(self.lines()) < n:
            time.sleep(0.002)

    def kill(self) -> None:
        """End it as a power cut would."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


def start(store: Path, port: int = 0, delay: float = 0.0) -> Server:
    """Start a server; `delay` is what each message costs it, in seconds."""
    command = [sys.executable, "-m", "tests.actions.counting", str(store), str(port), str(delay)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT)
    assert process.stdout
    return Server(int(process.stdout.readline()), store, process)


@contextmanager
def counting(store: Path, delay: float = 0.0) -> Iterator[Server]:
    """Run a server that appends to `store`."""
    store.touch()
    server = start(store, delay=delay)
    try:
        yield server
    finally:
        server.kill()


async def _serve(store: str, port: int, delay: float) -> None:
    file = os.open(store, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 counting ESMTP\r\n")
        recipient = b""
        try:
            while line := await reader.readline():
                verb = line[:4].upper()
                if verb == b"EHLO":
                    writer.write(b"250-counting\r\n250-PIPELINING\r\n250 SIZE 10485760\r\n")
                elif verb == b"RCPT":
                    recipient = line.split(b"<")[1].split(b">")[0]
                    writer.write(b"250 2.1.5 ok\r\n")
                elif verb == b"DATA":
                    writer.write(b"354 go on\r\n")
                    text = await reader.readuntil(b"\r\n.\r\n")
                    await asyncio.sleep(delay)
                    found = _MESSAGE_ID.search(text)
                    assert found
                    os.write(file, b"%s %s %.4f\n" % (found[1], recipient, time.time()))
                    writer.write(b"250 2.0.0 taken\r\n")
                elif verb == b"QUIT":
                    writer.write(b"221 2.0.0 bye\r\n")
                    break
                else:
                    writer.write(b"250 2.0.0 ok\r\n")
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the client was killed: what it had not ended is not taken
        finally:
            writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", port, limit=1 << 24)
    print(server.sockets[0].getsockname()[1], flush=True)  # noqa: T201 - the parent reads it
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(sys.argv[1], int(sys.argv[2]), float(sys.argv[3])))
