"""Header values as bytes may carry them: validated, RFC 2047 words, folded here and never by the standard library.

CPython's folding encodes List-Unsubscribe URLs (python/cpython#85725) and loses blanks of French subjects, so every
header is written here. Whatever comes from outside is refused when it could end a header or start another.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from itertools import groupby

from newsletter import addresses
from newsletter.errors import AddressError, MessageError

LINE = 76  # RFC 2047 section 2: the limit of a line that holds an encoded word
WORD = 75  # ... and of the word itself
URI_LIMIT = 900
FOLD = "\r\n "
ELLIPSIS = "…"

_QUOTED = 200  # a quoted string has one line: a longer name becomes encoded words
_LONGEST_NAME = 9  # of a header name before a phrase, with its colon and blank: List-Id
_LONGEST_TITLE = 70
_LONGEST_LABEL = 170

_FORBIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_PRINTABLE = re.compile(r"[ -~]*\Z")
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]+\Z")
_LOCAL = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_MESSAGE_ID = re.compile(rf"<{_LOCAL}@{_LABEL}(?:\.{_LABEL})*>\Z")
_URI = re.compile(r"https?://[!#-+\--;=?-Z\[\]_a-z~]+\Z")
_TRIAL_URI = re.compile(r"http://(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?/")
_DATE = re.compile(r"[A-Z][a-z]{2}, \d{1,2} [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d [+-]\d{4}\Z")
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*\Z")
_LIST_LABEL = re.compile(rf"{_LABEL}(?:\.{_LABEL})+\Z")


def clean(text: str, name: str) -> str:
    """Return `text` if it is allowed on one line of the header or slot `name`.

    Raises MessageError for control characters, NUL, CR, LF, U+0085, U+2028, U+2029 and lone surrogates: such a value
    could end the header and start another one.
    """
    found = _FORBIDDEN.search(text)
    if found:
        raise MessageError(
            f"the value holds the control character U+{ord(found[0]):04X}", where=name, hint="remove it at its source"
        )
    return text


def address(text: str, name: str) -> str:
    """Return the address `text` in the form for a header: pure ASCII, the domain as A-labels (IDNA 2008).

    Raises MessageError for anything that is no plain `local@domain`, and for a local part outside ASCII, which needs
    SMTPUTF8 at every hop (RFC 6531).
    """
    try:
        wire = addresses.wire_address(clean(text, name))
    except AddressError as error:
        raise MessageError(f"`{text}` is not a usable address: {error.what}", where=name, hint="correct it") from None
    return _ascii(wire, text, name)


def mailbox(text: str, name: str) -> tuple[str, str]:
    """Split `RTES <lettre@rtes.fr>`, or a bare address, into display name and address; it raises as `address` does."""
    try:
        display, found = addresses.parse_mailbox(clean(text, name))
    except AddressError as error:
        raise MessageError(f"`{text}` is not a usable sender: {error.what}", where=name, hint="correct it") from None
    return display, _ascii(found.wire, found.text, name)


def uri(text: str, name: str) -> str:
    """Return the web address `text` if it is allowed unencoded between `<` and `>`, or in a link.

    Raises MessageError unless it is http or https, pure ASCII, without blanks, quotes or commas, and below 900
    characters (some receivers cut header lines at 998 bytes, and a folded URI is a dead one).
    """
    if not _URI.match(text):
        clean(text, name)
        raise MessageError(f"`{text[:80]}` is not a usable web address", where=name, hint="percent-encode it")
    if len(text) >= URI_LIMIT:
        raise MessageError(f"the web address has {len(text)} characters", where=name, hint=f"stay under {URI_LIMIT}")
    return text


def one_click(text: str, name: str) -> str:
    """Return a URI fit for one-click unsubscription: https (RFC 8058 section 3.1), or this machine for a trial."""
    uri(text, name)
    if not text.startswith("https://") and not _TRIAL_URI.match(text):
        raise MessageError("one-click unsubscription needs https", where=name, hint="set [web] base_url to https://...")
    return text


def identifier(text: str, name: str) -> str:
    """Return `text` if it is a Message-ID with its angle brackets (RFC 5322 section 3.6.4, without quoted parts)."""
    if not _MESSAGE_ID.match(text):
        raise MessageError(
            f"`{clean(text, name)}` is no message identifier", where=name, hint="write <name@example.org>"
        )
    return text


def dated(text: str) -> str:
    """Return `text` if it is a Date header value (RFC 5322 section 3.3), as `email.utils.format_datetime` makes it."""
    if not _DATE.match(text):
        raise MessageError(
            f"`{clean(text, 'Date')}` is no RFC 5322 date", where="Date", hint="make it by email.utils.format_datetime"
        )
    return text


def language(tag: str) -> str:
    """Return `tag` if it is a language tag such as `fr` (RFC 3282)."""
    if not _LANGUAGE.match(tag):
        raise MessageError(f"`{tag}` is no language tag", where="Content-Language", hint="use `fr`")
    return tag


def unstructured(text: str, name: str) -> str:
    """Return `text` as the folded value of the header `name`: plain ASCII where it can be, else RFC 2047 words."""
    first = LINE - len(name) - 2
    if _PRINTABLE.match(clean(text, name)) and "=?" not in text:
        lines = _fold(text, first)
        if lines:
            return "\r\n ".join(lines)
    return "\r\n ".join(_words(text, first))


def phrase(text: str, name: str) -> str:
    """Return `text` as a display name at the start of the header `name`: atoms, a quoted string or RFC 2047 words.

    A name too long for one encoded word keeps its plain words plain, one or several a line: the blank between a plain
    and an encoded word is shown by every reader, while some show the one between two encoded words too, against RFC
    2047 section 6.2. Where two encoded words must meet, they are cut behind a blank.
    """
    first = LINE - len(name) - 2
    if _PRINTABLE.match(clean(text, name)) and "=?" not in text and len(text) <= _QUOTED:
        lines = _fold(text, first) if _ATOMS.match(text) else []
        return FOLD.join(lines) if lines else '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
    whole = _words(text, min(WORD, first), at_blanks=True)
    return FOLD.join(whole if len(whole) == 1 else _pack(_mixed(text) or whole, first))


def _mixed(text: str) -> list[str]:
    """Return the words of a phrase, plain ones plain and each run of others encoded; nothing for irregular blanks."""
    words = text.split(" ")
    if not all(words):
        return []
    runs = [(plain, list(run)) for plain, run in groupby(words, key=_is_plain)]
    encoded = (run if plain else _words(" ".join(run), WORD - _LONGEST_NAME, at_blanks=True) for plain, run in runs)
    return [word for run in encoded for word in run]


def _is_plain(word: str) -> bool:
    return bool(_ATOMS.match(word)) and "=?" not in word


def _pack(words: Sequence[str], first: int) -> list[str]:
    """Return lines of as many words as fit, the first line of at most `first` characters."""
    lines = [words[0]]
    for word in words[1:]:
        if len(lines[-1]) + 1 + len(word) <= (first if len(lines) == 1 else LINE - 1):
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def mailbox_line(display: str, wire: str, name: str) -> str:
    """Return the value of the header `name`: the phrase of `display`, if any, and `<wire>`, folded when it is long."""
    if not display:
        return f"<{wire}>"
    shown = phrase(display, name)
    used = len(shown.rpartition("\n")[2]) + (0 if "\r\n" in shown else len(name) + 2)
    return f"{shown}{' ' if used + len(wire) + 3 <= LINE else FOLD}<{wire}>"


def list_id(title: str, label: str) -> str:
    """Return a List-Id value: `La lettre du RTES <lettre.rtes.fr>` (RFC 2919: at most 255 octets, a dotted label).

    A title too long for one encoded word is shortened there: the phrase is optional, and only for people to read.
    """
    if not _LIST_LABEL.match(label) or len(label) > _LONGEST_LABEL:
        raise MessageError(
            f"`{label[:80]}` is no list identifier", where="List-Id", hint="use a label such as lettre.example.org"
        )
    return mailbox_line(_shortened(clean(title, "List-Id")), label, "List-Id")


def _shortened(title: str) -> str:
    """Return `title` so that it fits one encoded word, cut behind a whole word if it must be."""
    room = _payload(LINE - len("List-Id: "))
    if len(title.encode()) <= room or (_PRINTABLE.match(title) and len(title) <= _LONGEST_TITLE):
        return title
    short = title.encode()[: room - len(ELLIPSIS.encode())].decode(errors="ignore")
    whole, blank, _rest = short.rpartition(" ")
    return (whole if blank else short).rstrip(" ,;:-") + ELLIPSIS


def _ascii(wire: str, text: str, name: str) -> str:
    if not wire.isascii():
        raise MessageError(
            f"the part before the @ of `{text}` is not ASCII", where=name, hint="ask for an ASCII address"
        )
    return wire


def _fold(text: str, first: int) -> list[str]:
    """Return the lines of an ASCII value, or nothing when no fold keeps every blank as it is."""
    if len(text) <= first and text == text.strip():
        return [text]
    words = text.split(" ")
    if not all(words):
        return []
    lines, room = [words[0]], first
    for word in words[1:]:
        if len(lines[-1]) + 1 + len(word) <= room:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
            room = LINE - 1
    return lines if len(lines[0]) <= first and all(len(line) < LINE for line in lines) else []


def _words(text: str, first: int, *, at_blanks: bool = False) -> list[str]:
    """Return `text` as RFC 2047 B-words, cut between code points, the first of at most `first` characters.

    With `at_blanks` a word ends after a blank wherever it holds one.
    """
    chunks, room = [b""], _payload(first)
    for character in text:
        raw = character.encode()
        if len(chunks[-1]) + len(raw) > room:
            cut = chunks[-1].rfind(b" ") + 1 if at_blanks else 0
            chunks[-1:] = [chunks[-1][:cut], chunks[-1][cut:]] if cut else [chunks[-1], b""]
            room = _payload(WORD)
        chunks[-1] += raw
    return [f"=?utf-8?b?{base64.b64encode(chunk).decode()}?=" for chunk in chunks]


def _payload(width: int) -> int:
    """Return how many bytes an encoded word of `width` characters holds: 12 of them are its delimiters."""
    return (width - 12) // 4 * 3
