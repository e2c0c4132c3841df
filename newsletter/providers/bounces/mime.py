"""Takes a message of any bytes apart, in bounded time: headers, readable text, report fields, the copy of our letter.

The standard parser is not used on purpose: on hostile input its time grows with lines times nesting. Here every level
costs one linear scan, and size, depth, parts and headers are capped. Nothing in this module raises on any input.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass

from newsletter.providers.bounces.text import decode_bytes, decode_words, from_html

LIMIT = 512 * 1024
_HEAD, _FIELDS, _VALUE = 48 * 1024, 200, 4096
_DEPTH, _PARTS, _BLOCKS = 8, 50, 50
_TEXT, _JSON = 16 * 1024, 128 * 1024

# Every letter of ours has such a link: a readable part with one is our letter, returned without its headers.
_OUR_LETTER = re.compile(r"/(?:desabonnement|preferences)/")
_GAP = re.compile(rb"\n[ \t]*\n")
_NAME = re.compile(rb"[!-9;-~]{1,80}\Z")
_PARAMETER = re.compile(r""";\s{0,9}([\w.*-]{1,40})\s{0,9}=\s{0,9}(?:"([^"]{0,300})"|([^;\s"]{1,300}))""")
_NOT_BASE64 = bytes(c for c in range(256) if not (chr(c).isalnum() and c < 128) and c not in b"+/")

_REPORTS = ("delivery-status", "global-delivery-status", "feedback-report", "disposition-notification")
_COPIES = ("message/rfc822", "message/global", "text/rfc822-headers", "message/global-headers")


@dataclass(frozen=True, slots=True)
class Headers:
    """Header or report fields in their order: names in lower case, values unfolded, still RFC 2047-encoded."""

    items: tuple[tuple[str, str], ...] = ()

    def get(self, name: str) -> str:
        """Return the first value of `name`, or an empty text."""
        return next((value for key, value in self.items if key == name), "")

    def all(self, *names: str) -> list[str]:
        """Return every value of these names."""
        return [value for key, value in self.items if key in names]

    def words(self, name: str) -> str:
        """Return the first value of `name` as a person reads it."""
        return decode_words(self.get(name))

    def __bool__(self) -> bool:
        return bool(self.items)


@dataclass(frozen=True, slots=True)
class Mail:
    """A message taken apart.

    `report` names the machine-readable part (`delivery-status`, `feedback-report`, `disposition-notification`, or
    empty) and `fields` its blocks; `text` is the first readable part and `more` those beside it, which old mail systems
    use for the reason; `copy` holds the headers of the returned letter; `raw` is the message as it came.
    """

    headers: Headers
    text: str = ""
    report: str = ""
    fields: tuple[Headers, ...] = ()
    copy: Headers = Headers()
    more: str = ""
    raw: bytes = b""


@dataclass(frozen=True, slots=True)
class _Part:
    type: str
    charset: str
    headers: Headers
    body: bytes

    def decoded(self) -> bytes:
        """Return the body without its transfer encoding; a broken encoding leaves what can be read."""
        encoding = self.headers.get("content-transfer-encoding").strip().lower()
        if encoding == "quoted-printable":
            return binascii.a2b_qp(self.body)
        if encoding == "base64":
            clean = self.body.translate(None, _NOT_BASE64)
            # A rest of one character carries no byte and would be refused.
            clean = clean[: len(clean) - (len(clean) % 4 == 1)]
            return binascii.a2b_base64(clean + b"=" * (-len(clean) % 4))
        return self.body

    def text(self) -> str:
        """Return the body as bounded plain text."""
        data = self.decoded()
        # A notification of Amazon SES is one JSON text, which must not be cut; nothing else is read that far.
        limit = _JSON if data[:200].lstrip().startswith(b"{") else _TEXT
        text = decode_bytes(data[: limit * 2], self.charset)[:limit]
        return from_html(text) if self.type == "text/html" else text


def read(raw: bytes) -> Mail:
    """Take the first 512 KB of a message apart."""
    data = raw[:LIMIT].replace(b"\r\n", b"\n").replace(b"\r", b"\n").lstrip(b"\n")
    if data.startswith(b"From "):
        data = data.partition(b"\n")[2]
    headers, body = _split(data)
    plain = html = report = more = ""
    fields: tuple[Headers, ...] = ()
    copy = Headers()
    for number, part in enumerate(_leaves(headers, body, 0)):
        if number >= _PARTS:
            break
        name = part.type.removeprefix("message/").removeprefix("text/")
        if name in _REPORTS:
            report, fields = report or name.removeprefix("global-"), fields or _blocks(part.decoded())
        elif part.type in _COPIES:
            copy = copy or _split(part.decoded().lstrip(b"\n") + b"\n\n")[0]
        elif part.type == "text/html":
            html = html or part.text()
        elif part.type == "text/plain" and not copy:
            text = part.text()
            if not plain.strip():
                plain = text
            elif not _OUR_LETTER.search(text):
                more = (more + "\n\n" + text)[:_TEXT]
    return Mail(headers, plain if plain.strip() else html, report, fields, copy, more, data)


def parse_headers(text: str) -> Headers:
    """Return the headers with which `text` begins: a copy quoted within a readable part."""
    return _split(text.lstrip("\n").encode("utf-8", "replace") + b"\n\n")[0]


def _split(data: bytes) -> tuple[Headers, bytes]:
    if data.startswith(b"\n"):
        return Headers(), data[1:]
    gap = _GAP.search(data, 0, _HEAD)
    head, body = (data[: gap.start()], data[gap.end() :]) if gap else (data[:_HEAD], b"")
    return _headers(head), body


def _headers(head: bytes) -> Headers:
    found: list[tuple[str, str]] = []
    for line in head.split(b"\n"):
        if line[:1] in (b" ", b"\t") and found:
            name, value = found[-1]
            if len(value) < _VALUE:
                found[-1] = (name, value + " " + decode_bytes(line[:_VALUE]).strip())
            continue
        raw_name, colon, raw_value = line.partition(b":")
        if colon and _NAME.match(raw_name) and len(found) < _FIELDS:
            found.append((raw_name.decode("ascii").lower(), decode_bytes(raw_value[:_VALUE]).strip()))
    return Headers(tuple(found))


def _blocks(data: bytes) -> tuple[Headers, ...]:
    """Return the groups of fields of a report: the message's, then one per recipient (RFC 3464 section 2.1)."""
    groups = _GAP.split(data[:_HEAD].strip(b"\n"), maxsplit=_BLOCKS)[:_BLOCKS]
    return tuple(block for group in groups if (block := _headers(group.lstrip(b"\n"))))


def _leaves(headers: Headers, body: bytes, depth: int) -> Iterator[_Part]:
    value = headers.get("content-type")
    type_ = value.partition(";")[0].strip().lower() or "text/plain"
    parameters = {m[1].lower(): m[2] or m[3] or "" for m in _PARAMETER.finditer(value)}
    if type_.startswith("multipart/") and depth < _DEPTH:
        pieces = _pieces(body, parameters.get("boundary", ""))
        for piece in pieces:
            yield from _leaves(*_split(piece), depth + 1)
        if pieces:
            return
        # The boundary promised is not there: what is left may still be read as text.
        type_ = "text/plain"
    yield _Part(type_, parameters.get("charset", ""), headers, body)


def _pieces(body: bytes, boundary: str) -> list[bytes]:
    """Return what stands between the delimiter lines; the last piece of a truncated message counts too."""
    if not boundary:
        return []
    delimiter = b"\n--" + boundary.encode("utf-8", "replace")
    pieces: list[bytes] = []
    for chunk in (b"\n" + body).split(delimiter, _PARTS)[1:]:
        rest, _, content = chunk.partition(b"\n")
        if not rest.strip():
            pieces.append(content)
        elif rest.strip() == b"--":
            break
        elif pieces:
            # A line that only begins like the delimiter belongs to the text.
            pieces[-1] += delimiter + chunk
    return pieces
