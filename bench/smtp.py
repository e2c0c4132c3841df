"""Sending through SMTP: our pipelined sessions against Postfix's own load generator, into the same smtp-sink.

smtp-source writes one constant message again and again; we send prebuilt bytes to one recipient a message, with the
guard, the answers read and judged. Runs alternate; the medians give the ratio.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from statistics import median

from newsletter.messages import Outgoing
from newsletter.providers.smtp import SmtpProvider
from newsletter.settings import Smtp

SIZE = 65_000
CONNECTIONS = 4
SOURCE_SESSIONS = 16
ROUNDS = 3
PATIENCE = 120


def find(name: str) -> str | None:
    """Return the path of a Postfix tool, or None."""
    return shutil.which(name, path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin:/opt/homebrew/bin")


def tool(name: str) -> str:
    """Return the path of a Postfix tool; SystemExit says how to get it."""
    found = find(name)
    if not found:
        raise SystemExit(f"{name} is missing: install Postfix (Debian: apt-get install postfix)")
    return found


def message(number: int, size: int = SIZE) -> bytes:
    """Return a MIME message of some `size` bytes, CRLF, in lines of quoted-printable length."""
    head = (
        f"From: RTES <lettre@example.org>\r\nTo: reader{number}@example.org\r\nSubject: La lettre\r\n"
        f"Message-ID: <{number}.bench@example.org>\r\nMIME-Version: 1.0\r\nContent-Type: text/html\r\n\r\n"
    ).encode()
    line = b"les collectivites du reseau echangent sur l'achat responsable, et partagent\r\n"
    return head + line * (size // len(line))


def outgoing(number: int) -> Outgoing:
    """Return the message of recipient `number`, prebuilt."""
    return Outgoing(
        delivery=number,
        address=f"reader{number}@example.org",
        message_id=f"<{number}.bench@example.org>",
        return_path="bounces@example.org",
        key=str(number),
        mime=message(number),
    )


@contextmanager
def sink(*options: str) -> Iterator[int]:
    """Run smtp-sink with `options` on a free loopback port, never as root, and yield the port."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    user = ["-u", "nobody"] if os.geteuid() == 0 else []
    process = subprocess.Popen([tool("smtp-sink"), *user, *options, f"127.0.0.1:{port}", "256"])
    try:
        wait_for(port)
        yield port
    finally:
        process.terminate()
        process.wait()


def wait_for(port: int) -> None:
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise SystemExit("smtp-sink does not listen")


def ours(port: int, count: int, connections: int = CONNECTIONS) -> float:
    """Send `count` messages over `connections` threads and return messages a second."""
    provider = SmtpProvider(
        Smtp(host="127.0.0.1", port=port, security="none", messages_per_connection=1000), "", "localhost", None
    )
    ready = [outgoing(number) for number in range(1000)]
    taken = [0] * connections

    def drain(mine: int) -> None:
        session = provider.connect()
        for start in range(mine * 100, count, connections * 100):
            batch: Sequence[Outgoing] = [ready[n % 1000] for n in range(start, min(start + 100, count))]
            taken[mine] += sum(outcome.kind == "accepted" for outcome in session.send(batch))
        session.close()

    threads = [threading.Thread(target=drain, args=(mine,)) for mine in range(connections)]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    seconds = time.perf_counter() - start
    if sum(taken) != count:
        raise SystemExit(f"only {sum(taken)} of {count} were accepted")
    return count / seconds


def postfix(port: int, count: int, *, keep: bool = True) -> float:
    """Send `count` messages of the same size with smtp-source and return messages a second.

    `keep` (`-d`) lets its sessions keep their connections, as ours do: the anchor. Without it each message opens one.
    """
    command = [tool("smtp-source"), *(["-d"] if keep else []), "-s", str(SOURCE_SESSIONS), "-l", str(SIZE)]
    command += ["-m", str(count), "-f", "bounces@example.org", "-t", "reader@example.org", f"127.0.0.1:{port}"]
    start = time.perf_counter()
    subprocess.run(command, check=True, timeout=PATIENCE)
    return count / (time.perf_counter() - start)


def postfix_connecting(port: int, count: int) -> float:
    """Send with smtp-source opening a connection for every message."""
    return postfix(port, count, keep=False)


def run(count: int = 10_000, rounds: int = ROUNDS) -> list[dict[str, object]]:
    """Return rows `what`, `seconds` (median, per message) and `ratio` (speed against smtp-source's)."""
    rates: dict[Callable[[int, int], float], list[float]] = {ours: [], postfix: []}
    for _ in range(rounds):
        for sender, found in rates.items():
            with sink() as port:
                found.append(sender(port, count))
    mine, theirs = median(rates[ours]), median(rates[postfix])
    return [
        {"what": f"SMTP, {SIZE // 1000} KB, {CONNECTIONS} connections", "seconds": 1 / mine, "ratio": mine / theirs},
        {"what": f"smtp-source -d, {SOURCE_SESSIONS} sessions", "seconds": 1 / theirs, "ratio": 1.0},
    ]


if __name__ == "__main__":
    for row in run():
        print(f"{row['what']:40} {row['seconds']:.6f} s  {row['ratio']:.2f}x")
