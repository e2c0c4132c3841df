"""What may stand between DATA and the final dot: proven once for what all messages share, then for each one's values.

RFC 5321 sections 2.3.8 (line ends) and 4.5.2 (dots at the beginning of a line).
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import NamedTuple

from newsletter.messages import Outgoing

_MARK = b"X"  # stands for a value while frozen pieces are proven
_MOST_LETTERS = 64
_MOST_PIECES = 400  # with the values fewer than one call may write (IOV_MAX, 1024)


class Piece(NamedTuple):
    """One message made ready for the wire: envelope addresses and the body in pieces, CRLF at its end, dots stuffed.

    `size` is the body's, in bytes.
    """

    delivery: int
    sender: bytes
    recipient: bytes
    body: Sequence[bytes]
    size: int


class WireProof:
    """Tells whether messages may leave, reading the pieces that they share once; one thread at a time."""

    def __init__(self) -> None:
        self._proven: dict[int, tuple[tuple[bytes, ...], int]] = {}  # by id; the tuple itself is kept, so the id is its

    def body(self, message: Outgoing) -> tuple[Sequence[bytes], int] | None:
        """Return the body of `message` in pieces and its size, or None if it must not leave."""
        pieces = message.pieces
        if pieces and len(pieces.frozen) <= _MOST_PIECES:
            size = self._frozen_size(pieces.frozen)
            if size and _values_fit(pieces.values):
                return pieces.all(), size + sum(map(len, pieces.values))
        whole = wire_body(pieces.join() if pieces else message.mime)
        return None if whole is None else ((whole,), len(whole))

    def _frozen_size(self, frozen: tuple[bytes, ...]) -> int:
        """Return the size of frozen pieces that fit as they are, 0 for others."""
        known = self._proven.get(id(frozen))
        if known is None:
            if len(self._proven) >= _MOST_LETTERS:
                self._proven.clear()
            known = self._proven[id(frozen)] = frozen, sum(map(len, frozen)) if _frozen_fit(frozen) else 0
        return known[1]


def _frozen_fit(frozen: Sequence[bytes]) -> bool:
    """Tell whether pieces are fit for the wire around whatever values fit: no piece but the first may begin with a dot.

    With a mark for each value, no line end stands half in one piece and half in the next.
    """
    whole = _MARK.join(frozen)
    return wire_body(whole) is whole and frozen[-1].endswith(b"\r\n") and not any(p.startswith(b".") for p in frozen)


def _values_fit(values: Sequence[bytes]) -> bool:
    """Tell whether values are fit wherever they stand: ASCII, whole line ends, no dot at the beginning of a line."""
    text = b"\r\n".join(values)
    return (
        text.isascii()
        and b"\0" not in text
        and text.count(b"\n") == text.count(b"\r\n") == text.count(b"\r")
        and b"\n." not in text
        and not text.startswith(b".")
    )


def wire_body(mime: bytes) -> bytes | None:
    """Return `mime` as it may stand between DATA and the final dot, or None if it must not leave.

    What must not leave: an empty message, NUL, anything beyond ASCII, a CR or LF alone (RFC 5321 section 2.3.8: some
    servers read `LF . CRLF` as the end of the message). Prebuilt bytes pass through without a copy.
    """
    try:
        # One pass in C that knows every kind of line end: three times cheaper than counting CR, LF and CRLF.
        ends = io.IncrementalNewlineDecoder(None, translate=False)
        ends.decode(mime.decode("ascii"), final=True)
    except UnicodeDecodeError:
        return None
    if ends.newlines != "\r\n" or b"\0" in mime:
        return None
    if b"\r\n." in mime or mime.startswith(b"."):
        mime = (b"\r\n" + mime).replace(b"\r\n.", b"\r\n..")[2:]
    return mime if mime.endswith(b"\r\n") else mime + b"\r\n"
