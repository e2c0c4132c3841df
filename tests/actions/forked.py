"""`newsletter` in a process of its own that need not start Python: forked from one that has all modules loaded.

A fork can be killed, frozen and told to stop like any process; what it saves is a second of imports each time.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

_LOADED = (
    "newsletter.cli.mailings",
    "newsletter.cli.sending",
    "newsletter.cli.worker",
    "newsletter.jobs.queue",
    "newsletter.providers.smtp",
    "newsletter.rendering.letter",
    "sqlalchemy.dialects.postgresql.psycopg",
    "sqlalchemy.dialects.sqlite.pysqlite",
)
_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload([__name__, *_LOADED])


class Forked:
    """A running command, with the methods of `subprocess.Popen` that the tests use."""

    def __init__(self, arguments: Sequence[str], environ: Mapping[str, str], cwd: Path) -> None:
        self._home = tempfile.TemporaryDirectory(prefix="forked")
        self._said = Path(self._home.name) / "out", Path(self._home.name) / "err"
        self._process = _context.Process(target=_run, args=(list(arguments), dict(environ), str(cwd), *self._said))
        self._process.start()

    @property
    def pid(self) -> int:
        """The number of the process."""
        assert self._process.pid
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """How it ended: None while it runs, minus the signal that killed it."""
        return self._process.exitcode

    def poll(self) -> int | None:
        """Do the same."""
        return self._process.exitcode

    def send_signal(self, number: int) -> None:
        """Send it a signal, if it still runs."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def wait(self) -> int | None:
        """Wait until it has ended and return how."""
        self._process.join()
        return self.returncode

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def communicate(self, timeout: float | None = None) -> tuple[str, str]:
        """Wait until it has ended and return what it said on both streams."""
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired("newsletter", timeout or 0.0)
        out, err = (path.read_text() if path.exists() else "" for path in self._said)
        return out, err


def _run(arguments: Sequence[str], environ: Mapping[str, str], cwd: str, out: Path, err: Path) -> None:
    from newsletter.cli import main

    for stream, path in ((1, out), (2, err)):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), stream)
    os.environ.clear()
    os.environ.update(environ)
    os.chdir(cwd)
    sys.argv = ["newsletter", *arguments]
    main()
