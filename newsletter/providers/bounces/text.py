"""Bytes and markup made readable, in linear time, and folded so that one pattern serves every spelling."""

from __future__ import annotations

import binascii
import html
import re
import unicodedata
from functools import lru_cache

# Only these are believed: some of Python's codecs are slow on hostile input, and "us-ascii" is often a lie.
_CHARSETS = {
    "iso-8859-1": "cp1252",
    "latin1": "cp1252",
    "windows-1252": "cp1252",
    "iso-8859-15": "iso-8859-15",
    "utf-16": "utf-16",
    "utf-16le": "utf-16-le",
    "macintosh": "mac-roman",
    "cp850": "cp850",
}
_WORD = re.compile(r"=\?([\w-]{1,40})(?:\*[\w-]{0,20})?\?([bBqQ])\?([^?\s]{0,800})\?=")
_BETWEEN = re.compile(r"(\?=)[ \t]{1,9}(?==\?)")
_BREAK = re.compile(r"</?(?:p|div|br|tr|li|h[1-6]|hr|table)\b[^<>]{0,2000}>", re.IGNORECASE)
_TAG = re.compile(r"<[^<>]*>")
_QUOTED = ("<blockquote", 'id="divrplyfwdmsg"', 'class="gmail_quote')
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]+")
_BLANKS = re.compile(r"[^\S\n]+")


def one_of(*patterns: str) -> re.Pattern[str]:
    """Return one pattern that finds any of `patterns` in a folded text; `^` and `$` stand at lines."""
    return re.compile("|".join(patterns), re.MULTILINE)


def decode_bytes(data: bytes, charset: str = "") -> str:
    """Return `data` as text: by its charset if that is a usual one, else UTF-8 if it is, else Windows-1252."""
    codec = _CHARSETS.get(charset.strip().lower())
    if codec:
        return data.decode(codec, "replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        # UTF-8 that ends within a character was cut there; any other fault means that it was another charset.
        cut = error.reason == "unexpected end of data" and charset.strip().lower() in ("utf-8", "utf8")
        return data.decode("utf-8" if cut else "cp1252", "replace")


def decode_words(value: str) -> str:
    """Return a header's value with its RFC 2047 encoded words decoded; a broken word stays as it stands."""
    return _WORD.sub(_word, _BETWEEN.sub(r"\1", value))


def _word(match: re.Match[str]) -> str:
    try:
        data = match[3].encode("ascii")
        if match[2] in "qQ":
            return decode_bytes(binascii.a2b_qp(data, header=True), match[1])
        return decode_bytes(binascii.a2b_base64(data + b"=" * (-len(data) % 4)), match[1])
    except (binascii.Error, UnicodeEncodeError):
        return match[0]


def from_html(markup: str) -> str:
    """Return the visible text of `markup`, without styles, scripts, and what a mail program quoted below the answer."""
    lower = markup.lower()
    if len(lower) == len(markup):
        ends = [at for mark in _QUOTED if (at := lower.find(mark)) > 0]
        markup = markup[: min(ends)] if ends else markup
    for name in ("style", "script", "title"):
        markup = _without(markup, name)
    return html.unescape(_TAG.sub("", _BREAK.sub("\n", markup))).strip()


def _without(markup: str, name: str) -> str:
    """Drop every `<name ...>...</name>`; one that is never closed ends the text."""
    first, *rest = re.split(rf"<{name}\b", markup, flags=re.IGNORECASE)
    close = re.compile(rf"</{name}\s{{0,9}}>", re.IGNORECASE)
    return first + "".join(piece[end.end() :] for piece in rest if (end := close.search(piece)))


def fold(text: str) -> str:
    """Return `text` in lower case without accents, with plain apostrophes and single blanks; line ends are kept."""
    return _BLANKS.sub(" ", "".join(c if c < "\x80" else _plain(c) for c in text).lower())


@lru_cache(maxsize=4096)
def _plain(character: str) -> str:
    """Return the base of one character: one by one, since normalising a long run of accents at once is quadratic."""
    if character in "\u2018\u2019":
        return "'"
    return "".join(c for c in unicodedata.normalize("NFKD", character) if not unicodedata.combining(c))[:3]


def one_line(text: str, limit: int = 500) -> str:
    """Return `text` safe to store and show: one line, no control or direction characters, at most `limit` long."""
    return _BLANKS.sub(" ", _CONTROL.sub(" ", text[: limit * 4])).strip()[:limit]
