"""Files that hold letters or people: readable by the account that runs the service, and by no other of the machine."""

from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO


def open_private(path: Path, *, new: bool = False) -> BinaryIO:
    """Open `path` for writing, empty, with the mode 0600 from its first byte.

    A file that was there with other rights loses them before anything is written. Raises OSError, FileExistsError
    where the file must be `new` and is not.
    """
    flags = os.O_WRONLY | os.O_CREAT | (os.O_EXCL if new else os.O_TRUNC)
    handle = os.open(path, flags, 0o600)
    os.fchmod(handle, 0o600)
    return os.fdopen(handle, "wb")


def write_private(path: Path, content: bytes) -> None:
    """Write `content` into `path`, mode 0600. Raises OSError."""
    with open_private(path) as file:
        file.write(content)


def make_private_folder(path: Path) -> None:
    """Make a folder with the mode 0700, its parents too; one that exists keeps its rights."""
    for missing in [p for p in (*reversed(path.parents), path) if not p.exists()]:
        missing.mkdir(mode=0o700, exist_ok=True)
