"""One-click POSTs at 300 a second, on an idle server and while another process sends a mailing of 10,000.

The ratio is the 99th percentile of the answer time to that of the idle server; a failed POST fails the benchmark.
"""

from __future__ import annotations

import http.client
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from newsletter.actions.operations import start
from newsletter.actions.sending import mailings
from newsletter.actions.workspace import Workspace, open_workspace

PEOPLE, RATE, SECONDS, CONNECTIONS = 10_000, 300, 20, 32
_BODY = b"List-Unsubscribe=One-Click"
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def run() -> Iterator[dict[str, Any]]:
    """Yield the 99th percentile idle and under way, in seconds."""
    with tempfile.TemporaryDirectory() as folder:
        directory = Path(folder) / "demo"
        start.demo(directory, PEOPLE, deliver=False)
        workspace = open_workspace(directory)
        paths = _paths(workspace)
        idle_ones, busy_ones = paths[: RATE * SECONDS // 2], paths[RATE * SECONDS // 2 :][: RATE * SECONDS]
        with _served(directory) as address:
            idle = _p99(address, idle_ones, RATE)
            yield {"what": f"one-click p99, idle server, {RATE}/s", "seconds": idle, "ratio": 1.0}
            with _run(directory, "send", start.LETTRE, "--now", "--yes"):
                busy = _p99(address, busy_ones, RATE)
                sent = mailings.mailing_receipt(workspace, start.LETTRE).sent
            what = f"one-click p99 while {sent} of {PEOPLE} letters left"
            yield {"what": what, "seconds": busy, "ratio": busy / idle}
        workspace.close()


def _paths(workspace: Workspace) -> list[str]:
    with workspace.database.read() as connection:
        uids = connection.exec_driver_sql("SELECT uid FROM subscribers ORDER BY id DESC").scalars().all()
    return [urlsplit(workspace.links.unsubscribe(bytes(uid), "lettre")).path for uid in uids]


@contextmanager
def _run(directory: Path, *arguments: str) -> Iterator[Path]:
    """Run a `newsletter` command beside the block and end it there; gives the file of what it says."""
    log = directory.parent / f"{arguments[0]}.log"
    command = [sys.executable, "-m", "newsletter", "-w", str(directory), *arguments]
    with log.open("w") as out, subprocess.Popen(command, stdout=out, stderr=out) as process:
        try:
            yield log
        finally:
            process.terminate()


@contextmanager
def _served(directory: Path) -> Iterator[str]:
    with _run(directory, "serve", "--port", "0") as log:
        while not (found := re.search(r"running on http://(\S+)", log.read_text())):
            time.sleep(0.1)
        yield found[1]


def _p99(address: str, paths: list[str], rate: float) -> float:
    """Post to every path at a steady rate; the time counts from when a POST was due, so that queues show."""
    took: list[float] = [0.0] * len(paths)
    failures: list[str] = []
    begin = time.monotonic() + 0.2

    def post(first: int) -> None:
        connection = http.client.HTTPConnection(address, timeout=30)
        for number in range(first, len(paths), CONNECTIONS):
            due = begin + number / rate
            time.sleep(max(0.0, due - time.monotonic()))
            connection.request("POST", paths[number], _BODY, _FORM)
            answer = connection.getresponse()
            answer.read()
            took[number] = time.monotonic() - due
            if answer.status != 200:
                failures.append(f"{answer.status} for POST number {number}")
        connection.close()

    threads = [threading.Thread(target=post, args=(first,)) for first in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise SystemExit(f"{len(failures)} POSTs failed: {failures[0]}")
    return sorted(took)[int(len(took) * 0.99)]
