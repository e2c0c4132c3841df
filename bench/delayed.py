"""Sending to a server that is far away: 25 ms each way, our pipelined sessions against one exchange per command.

Every byte passes a relay in a process of its own that holds it back for 25 ms in each direction. What counts then is
how often a sender waits for an answer: `python -m bench.delayed`.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median

from bench import smtp
from bench.peers import with_aiosmtplib

DELAY = 0.025
COUNT = 600


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Carry bytes on, each held back by DELAY; order is kept, and how much is under way is not limited."""
    loop, last = asyncio.get_running_loop(), 0.0
    queue: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

    async def write() -> None:
        while True:
            due, data = await queue.get()
            await asyncio.sleep(due - loop.time())
            if not data:
                writer.close()
                return
            writer.write(data)
            await writer.drain()

    out = asyncio.create_task(write())
    while True:
        try:
            data = await reader.read(1 << 16)
        except ConnectionError:
            data = b""
        last = max(last, loop.time() + DELAY)
        queue.put_nowait((last, data))
        if not data:
            break
    await out


async def _relay(target: int) -> None:
    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", target)
        await asyncio.gather(_carry(reader, back), _carry(there, writer), return_exceptions=True)

    server = await asyncio.start_server(meet, "127.0.0.1", 0, backlog=256)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


@contextmanager
def far(port: int) -> Iterator[int]:
    """Give the port of a relay to `port` that holds every byte back."""
    command = [sys.executable, "-m", "bench.delayed", str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout
        try:
            yield int(process.stdout.readline())
        finally:
            process.terminate()


def run(count: int = COUNT, rounds: int = smtp.ROUNDS) -> list[dict[str, object]]:
    """Return rows `what`, `seconds` (median, per message of one connection) and `ratio` to aiosmtplib's speed."""
    rates: dict[str, list[float]] = {}
    for _ in range(rounds):
        for connections in (4, 16):
            with smtp.sink() as port, far(port) as there:
                rates.setdefault(f"newsletter, {connections} connections, 25 ms each way", []).append(
                    smtp.ours(there, count, connections) / connections
                )
        with smtp.sink() as port, far(port) as there:
            rates.setdefault("aiosmtplib, 16 connections, 25 ms each way", []).append(
                with_aiosmtplib(there, count) / smtp.SOURCE_SESSIONS
            )
    base = median(rates["aiosmtplib, 16 connections, 25 ms each way"])
    return [
        {"what": name, "seconds": 1 / median(found), "ratio": median(found) / base} for name, found in rates.items()
    ]


if __name__ == "__main__":
    if sys.argv[1:]:
        asyncio.run(_relay(int(sys.argv[1])))
    else:
        for row in run():
            print(f"{row['what']:50} {row['seconds']:.4f} s a message and connection  {row['ratio']:.2f}x")
