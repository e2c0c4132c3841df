"""What was read from the files of a folder, kept until they change.

A file is recognised by its inode, size, and times of content and of state. Because a clock only ticks so often, one
written just before it was read is read again (git calls such an entry racily clean): what is kept is always exact.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

from newsletter.errors import ContentError

T = TypeVar("T")
Stamp: TypeAlias = tuple[int, int, int, int, int]
# nanoseconds a clock may stand still; FAT and old NFS count whole seconds
_FINE, _COARSE = 100_000_000, 2_000_000_000
_SECOND = 1_000_000_000
_MOST = 50_000


class FileCache:
    """Values made of files, or the ContentError that a file gives; for all threads of a process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[tuple[object, str], tuple[Stamp, Any]] = {}

    def folder(
        self, folder: Path, root: Path, make: Callable[[Path, Path], T], *, deep: bool = False
    ) -> Iterator[T | ContentError]:
        """Yield what `make(path, root)` returns for every `*.md` of `folder` (`deep`: and below it), by path."""
        found = sorted(_markdown(str(folder), deep=deep), key=lambda entry: entry[0].replace(os.sep, "\0"))
        for name, stamp in found:
            yield self._value(name, root, stamp, make)

    def one(self, path: Path, root: Path, make: Callable[[Path, Path], T]) -> T:
        """Return `make(path, root)`; raises the ContentError of a file that cannot be read."""
        try:
            stamp = _stamp(path.stat())
        except OSError:
            return make(path, root)
        found = self._value(str(path), root, stamp, make)
        if isinstance(found, ContentError):
            raise found.with_traceback(None)
        return found

    def _value(self, name: str, root: Path, stamp: Stamp, make: Callable[[Path, Path], T]) -> T | ContentError:
        key = (make, name)
        with self._lock:
            kept = self._kept.get(key)
        if kept and kept[0] == stamp:
            found: T | ContentError = kept[1]
            return found
        began = time.time_ns()
        try:
            value: T | ContentError = make(Path(name), root)
        except ContentError as error:
            value = error.with_traceback(None)
        if _settled(stamp, began):
            with self._lock:
                if len(self._kept) >= _MOST:
                    self._kept.clear()
                self._kept[key] = (stamp, value)
        return value


def _markdown(folder: str, *, deep: bool) -> Iterator[tuple[str, Stamp]]:
    """Yield the Markdown files of a folder with their stamps; hidden ones are not articles."""
    try:
        entries = list(os.scandir(folder))
    except OSError:
        return
    for entry in entries:
        if entry.name.startswith("."):
            continue
        if entry.name.endswith(".md") and not entry.is_dir():
            yield entry.path, _entry_stamp(entry)
        elif deep and entry.is_dir(follow_symlinks=False):
            yield from _markdown(entry.path, deep=True)


def _entry_stamp(entry: os.DirEntry[str]) -> Stamp:
    try:
        return _stamp(entry.stat())
    except OSError:  # a dangling link: reading it raises the error
        return _stamp(entry.stat(follow_symlinks=False))


def _stamp(found: os.stat_result) -> Stamp:
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def _settled(stamp: Stamp, now: int) -> bool:
    """Tell whether a change made after `now` would show in the stamp."""
    written = max(stamp[3:])
    return now - written > (_FINE if written % _SECOND else _COARSE)
