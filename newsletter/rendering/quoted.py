"""Quoted-printable as a relay never has to change it (RFC 2045 section 6.7): lines of 76, CRLF, ASCII."""

from __future__ import annotations

import re

SOFT = b"=\r\n"

_NEWLINE = re.compile(r"\r\n|\r|\n")
_CODED = tuple(
    bytes([code]) if (33 <= code <= 126 and code != 61) or code in (9, 32) else b"=%02X" % code for code in range(256)
)
_PRINTABLE = re.compile(r"[ -~]*\Z")


def value(text: str) -> bytes:
    """Return `text`, one line without CR or LF, encoded to go between two soft breaks."""
    return SOFT.join(_cut(_code(text)))


def fragment(text: str) -> bytes:
    """Return `text` encoded for the beginning of a line; its own last line is left open."""
    *closed, last = map(_code, _NEWLINE.split(text))
    return b"\r\n".join([*(SOFT.join(_cut(_close(line))) for line in closed), SOFT.join(_cut(last))])


def _code(line: str) -> bytes:
    if _PRINTABLE.match(line):  # a recipient's values nearly always are: most of the time of a message is spent here
        return line.replace("=", "=3D").encode("ascii")
    return b"".join(map(_CODED.__getitem__, line.encode()))


def _close(coded: bytes) -> bytes:
    """Encode a blank at the end of a line, which transport may strip."""
    return coded[:-1] + b"=%02X" % coded[-1] if coded.endswith((b" ", b"\t")) else coded


def _cut(coded: bytes) -> list[bytes]:
    """Cut one line into pieces of at most 75 characters, never inside `=XX`.

    A leading `.` (SMTP transparency) and `From ` (mbox) are encoded, so that no relay has to change a byte.
    """
    lines: list[bytes] = []
    at = 0
    while True:
        lead = b""
        if coded.startswith((b".", b"From "), at):
            lead = b"=%02X" % coded[at]
            at += 1
        end = at + 75 - len(lead)
        if end >= len(coded):
            return [*lines, lead + coded[at:]]
        inside = coded.rfind(b"=", end - 2, end)
        end = end if inside < 0 else inside
        lines.append(lead + coded[at:end])
        at = end
