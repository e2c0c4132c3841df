"""What all processes of one test run share: a directory, things made once in it, locks between the processes."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

_FOLDER = "TEST_RUN_FOLDER"
_ENOUGH = 8 << 30  # bytes of memory that a run may fill
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "alone")


def begin() -> None:
    """Make the run's directory; the processes that this one starts find it by the environment."""
    memory = Path("/dev/shm")
    # Half of the time of a test with a database went into waiting for the disk.
    if "TMPDIR" not in os.environ and memory.is_dir() and shutil.disk_usage(memory).free > _ENOUGH:
        os.environ["TMPDIR"], tempfile.tempdir = str(memory), None
    # A short path: the sockets of PostgreSQL lie in it, and theirs may have 107 bytes.
    os.environ[_FOLDER] = tempfile.mkdtemp(prefix="run")
    folder().chmod(0o755)


def end() -> None:
    """Remove the run's directory."""
    shutil.rmtree(folder(), ignore_errors=True)
    del os.environ[_FOLDER]


def folder() -> Path:
    """Return the directory of this run."""
    return Path(os.environ[_FOLDER])


@contextmanager
def locked(name: str) -> Iterator[None]:
    """Keep the other processes of the run out of the block of that name."""
    with (folder() / f"{name}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def once(name: str, make: Callable[[Path], object]) -> Path:
    """Return what `make(path)` makes, called by the first process that asks; tests copy it and leave it as it is."""
    path = folder() / name
    with locked(name):
        if not path.exists():
            half = folder() / f"{name}.half"
            shutil.rmtree(half, ignore_errors=True)
            make(half)
            half.rename(path)
    return path
