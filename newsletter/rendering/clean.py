"""Text from outside made safe for a letter: characters, slots and addresses of links."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

from newsletter.hosts import ascii_host

SCHEMES = frozenset({"https", "http", "mailto", "tel"})

_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff\u2028\u2029]")
_BLANKS = re.compile(r"[ \t\r\n]+")
_KEPT_LINES = frozenset({"body", "body_html", "body_text", "editorial_html", "editorial_text"})

T = TypeVar("T")


def text(value: str, *, lines: bool = False) -> str:
    """Return `value` in NFC, without control characters, on one line unless `lines` is set.

    A recipient slot written by an author is broken up: an article must never receive a reader's address or token.
    """
    value = _NO_XML.sub(" ", unicodedata.normalize("NFC", value)).replace("qz7slot-", "qz7 slot-")
    return value if lines else _BLANKS.sub(" ", value).strip(" ")


def tree(value: T) -> T:
    """Return a copy of a frozen model value with every text in it cleaned, however deep it is."""
    cleaned: Any = _clean(value, "")
    return cleaned  # type: ignore[no-any-return]  # the same type as came in


def _clean(value: Any, name: str) -> Any:
    if type(value) is str:
        return text(value, lines=name in _KEPT_LINES)
    if isinstance(value, tuple):
        return tuple(_clean(part, name) for part in value)
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{f.name: _clean(getattr(value, f.name), f.name) for f in fields(value)})
    return value


def href(url: str) -> str:
    """Return `url` if a letter may link to it (https, http, mailto, tel), else an empty text.

    Blanks and quotes are percent-encoded; a scheme is never guessed, so that `javascript:` in any disguise is no link.
    """
    url = ascii_host(url.strip())
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    scheme, colon, rest = url.partition(":")
    if not colon or scheme.lower() not in SCHEMES or not rest.strip("/"):
        return ""
    if parts.scheme in ("http", "https") and not parts.netloc:
        return ""
    return quote(url, safe="".join(chr(code) for code in range(0x21, 0x7F) if chr(code) not in "\"'<>\\^`{|}"))
