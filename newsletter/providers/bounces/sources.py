"""Where bounces lie on disk: single files, directories, mbox files, Maildirs; read one message at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from newsletter.errors import MailboxError
from newsletter.providers.bounces.mime import LIMIT

_SUFFIXES = frozenset({"", ".eml", ".mail", ".mbox", ".mbx", ".msg"})
_LINE = 64 * 1024


def read_sources(paths: Iterable[Path]) -> Iterator[tuple[str, bytes]]:
    """Yield (name, message) of every message under `paths`, each cut after 512 KB.

    A path is a message, an mbox file (`name#3` is its third message), a Maildir, or a directory searched for files
    ending in .eml, .mail, .mbox, .mbx, .msg or nothing. Raises MailboxError when one cannot be read.
    """
    for path in paths:
        try:
            for file in _files(path) if path.is_dir() else [path]:
                yield from _messages(file)
        except OSError as error:
            raise MailboxError(
                f"this cannot be read: {error.strerror or error}",
                where=str(error.filename or path),
                hint="give a message, an mbox file, a Maildir or a directory of messages",
            ) from None


def _files(directory: Path) -> Iterator[Path]:
    # `tmp` of a Maildir holds messages still being written, and its index files are no messages.
    maildir = [directory / name for name in ("new", "cur")]
    if all(part.is_dir() for part in maildir):
        for part in maildir:
            yield from sorted(file for file in part.iterdir() if file.is_file())
        return
    for child in sorted(directory.iterdir()):
        if child.name.startswith("."):
            continue
        if child.is_dir() and not child.is_symlink():
            yield from _files(child)
        elif child.is_file() and (child.suffix.lower() in _SUFFIXES):
            yield child


def _messages(path: Path) -> Iterator[tuple[str, bytes]]:
    with path.open("rb") as file:
        start = file.read(5)
        if start != b"From ":
            yield str(path), start + file.read(LIMIT - len(start))
            return
        file.readline()
        number, size, blank = 1, 0, False
        lines: list[bytes] = []
        while line := file.readline(_LINE):
            if blank and line.startswith(b"From "):
                yield f"{path}#{number}", b"".join(lines)
                number, lines, size, blank = number + 1, [], 0, False
                continue
            blank = line in (b"\n", b"\r\n")
            if size < LIMIT:
                # mboxrd: each line of a body that begins with `From ` was given one `>`.
                lines.append(line[1:] if line.startswith(b">") and line.lstrip(b">").startswith(b"From ") else line)
                size += len(line)
        yield f"{path}#{number}", b"".join(lines)[:LIMIT]
