"""From bytes to lines of text: which encoding a file is in, and its physical lines, one at a time.

A file may hold lines of two encodings, for instance when two exports were pasted together: a line that is no UTF-8 is
then read in the older encoding that fits the file's accents best.
"""

from __future__ import annotations

import codecs
import io
import re
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from typing import BinaryIO

Opener = Callable[[], BinaryIO]

_CHUNK = 1 << 20
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
# Windows, old Mac and DOS programs; the letters tell them apart, because each has them at other byte values.
_OLD = ("cp1252", "mac_roman", "cp850")
_ACCENTS = "éèàçêôîâûëïù"
_PHYSICAL = re.compile(rb"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")


def detect(opener: Opener) -> str:
    """Return the encoding: a codec name, or `utf-8+cp1252` when lines of both kinds are found."""
    with opener() as file:
        head = file.read(4096)
        marked = next((name for bom, name in _BOMS if head.startswith(bom)), "")
        name = marked or _unmarked_utf16(head) or "utf-8"
        if name.startswith("utf-16"):
            return name
        file.seek(0)
        decoder = codecs.getincrementaldecoder("utf-8")()
        try:
            for chunk in iter(partial(file.read, _CHUNK), b""):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return _detect_old(opener)
    return name


def read_lines(opener: Opener, encoding: str) -> Iterator[str]:
    """Yield the physical lines with their ends (LF, CRLF or CR), without a byte order mark; reads as it goes."""
    old = encoding.removeprefix("utf-8+")
    with opener() as file:
        lines: Iterator[str]
        if old in _OLD:
            lines = (_decode(part, old) for raw in file for part in _PHYSICAL.findall(raw))
        else:
            name = "utf-8" if encoding == "utf-8-sig" else encoding
            # An empty `newline` cuts at the three line ends and, unlike str.splitlines, at nothing else.
            lines = io.TextIOWrapper(file, encoding=name, errors="replace", newline="")
        yield next(lines, "").removeprefix("\ufeff")
        yield from lines


def _unmarked_utf16(head: bytes) -> str:
    """Return the UTF-16 flavour of a file without byte order mark: Latin text has every other byte NUL."""
    low, high = head[0:64:2], head[1:64:2]
    if len(head) < 4 or bool(head[0]) == bool(head[1]):
        return ""
    if high.count(0) > 0.8 * len(high) and low.count(0) < 0.2 * len(low):
        return "utf-16-le"
    return "utf-16-be" if low.count(0) > 0.8 * len(low) and high.count(0) < 0.2 * len(high) else ""


def _detect_old(opener: Opener) -> str:
    counts: Counter[int] = Counter()
    modern = False
    with opener() as file:
        for raw in file:
            for part in _PHYSICAL.findall(raw) if not raw.isascii() else ():
                if _is_utf8(part):
                    modern = modern or not part.isascii()
                else:
                    counts.update(part)
    old = max(_OLD, key=lambda name: sum(counts[byte] for byte in _ACCENTS.encode(name)))
    return f"utf-8+{old}" if modern else old


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _decode(raw: bytes, old: str) -> str:
    for name in ("utf-8", old):
        try:
            return raw.decode(name)
        except UnicodeDecodeError:
            continue
    return raw.decode("latin-1")  # five byte values have no meaning in cp1252; every byte has one here
