"""Quoted-printable as a relay never has to change it (RFC 2045 section 6.7): lines of 76, CRLF, ASCII."""

from __future__ import annotations

import re

SOFT = b"=\r\n"

_NEWLINE = re.compile(r"\r\n|\r|\n")
_CODED = tuple(
    bytes([code]) if (33 <= code <= 126 and code != 61) or code in (9, 32) else b"=%02X" % code for code in range(256)
)
_PLAIN = re.compile(r"(?!\.|From )[ -<>-~]{0,75}\Z")


def value(text: str) -> bytes:
    """Return `text`, one line without CR or LF, fit to stand between two soft breaks."""
    return text.encode("ascii") if _PLAIN.match(text) else SOFT.join(_soft_lines(text.encode()))


def fragment(text: str) -> bytes:
    """Return `text` fit to stand at the beginning of a line; its own last line is left open."""
    *closed, last = _NEWLINE.split(text)
    lines = [SOFT.join(_soft_lines(line.encode(), closed=True)) for line in closed]
    return b"\r\n".join([*lines, SOFT.join(_soft_lines(last.encode()))])


def _soft_lines(raw: bytes, *, closed: bool = False) -> list[bytes]:
    """Cut one line into pieces of at most 75 characters, never inside `=XX`.

    A leading `.` (SMTP transparency) and `From ` (mbox) are encoded, so that no relay has to change a byte; so is a
    blank at the end of a `closed` line, which transport may strip.
    """
    coded = b"".join(map(_CODED.__getitem__, raw))
    if closed and coded[-1:] in (b" ", b"\t"):
        coded = coded[:-1] + b"=%02X" % raw[-1]
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
