"""Contacts written as blocks of lines rather than rows: vCard (RFC 6350), LDIF (RFC 2849), Sympa's member.dump.

Each block becomes a row under headers that the vocabulary of subscribers knows, so that everything after is the same.
"""

from __future__ import annotations

import base64
import binascii
import quopri
import re
from collections.abc import Iterable, Iterator, Mapping

from newsletter.exchange.records import Record

Block = tuple[int, dict[str, str]]
_MOST_BLOCKS = 200_000

_VCARD = {
    "email": "email",
    "org": "organisation",
    "title": "fonction",
    "tel": "telephone",
    "categories": "tags",
    "note": "notes",
    "bday": "date de naissance",
    "adr": "adresse postale",
    "url": "site",
}
_LDIF = {
    "mail": "email",
    "givenname": "prenom",
    "sn": "nom",
    "cn": "nom complet",
    "o": "organisation",
    "company": "organisation",
    "title": "fonction",
    "telephonenumber": "telephone",
    "mobile": "mobile",
    "description": "notes",
}
_SYMPA = re.compile(r"(date|email|gecos|reception|visibility|update_date|custom_attribute) \S")


def block_kind(head: str) -> str:
    """Return `vcard`, `ldif` or `sympa` when a file begins as one, or ""."""
    text = head.lstrip("\ufeff \r\n\t")
    if text[:11].lower() == "begin:vcard":
        return "vcard"
    if re.match(r"(version:\s*1\s+)?(#.*\s+)*dn:", text, re.IGNORECASE):
        return "ldif"
    if _SYMPA.match(text) and re.search(r"^email \S+@\S+", text, re.MULTILINE):
        return "sympa"
    return ""


def block_records(lines: Iterable[str], kind: str) -> tuple[tuple[str, ...], list[Record]]:
    """Return the headers and the records of a file of blocks; a card with two addresses keeps both, in one cell."""
    reader = {"vcard": _cards, "ldif": _ldif, "sympa": _sympa}[kind]
    blocks: list[Block] = []
    for block in reader(lines):
        blocks.append(block)
        if len(blocks) >= _MOST_BLOCKS:
            break
    headers: dict[str, None] = {"email": None}
    for _line, cells in blocks:
        headers.update(dict.fromkeys(cells))
    return tuple(headers), [Record(line, [cells.get(header, "") for header in headers]) for line, cells in blocks]


def _unfolded(lines: Iterable[str]) -> Iterator[tuple[int, str]]:
    """Yield the logical lines: one that begins with a blank continues the one before."""
    held, at = "", 0
    for number, line in enumerate(lines, 1):
        text = line.rstrip("\r\n")
        if text[:1] in (" ", "\t") and held:
            held += text[1:]
        elif held.endswith("=") and "QUOTED-PRINTABLE" in held.upper():
            held = held[:-1] + text
        else:
            if at:
                yield at, held
            held, at = text, number
    if at:
        yield at, held


def _cards(lines: Iterable[str]) -> Iterator[Block]:
    start, cells = 0, dict[str, str]()
    for number, line in _unfolded(lines):
        name, _colon, value = line.partition(":")
        key = name.partition(";")[0].rpartition(".")[2].strip().lower()
        if key == "begin" and value.strip().lower() == "vcard":
            start, cells = number, {}
        elif key == "end" and start:
            yield start, cells
            start = 0
        elif start and value:
            _take_property(cells, key, name, value)
    if start and cells:
        yield start, cells


def _take_property(cells: dict[str, str], key: str, name: str, value: str) -> None:
    if "QUOTED-PRINTABLE" in name.upper():
        value = quopri.decodestring(value.encode("latin-1", "replace")).decode("utf-8", "replace")
    parts = [_unescape(part) for part in re.split(r"(?<!\\);", value)]
    if key == "n":
        _join(cells, "nom", parts[0])
        _join(cells, "prenom", parts[1] if len(parts) > 1 else "")
        _join(cells, "civilite", parts[3] if len(parts) > 3 else "")
    elif key == "fn":
        _join(cells, "nom complet", _unescape(value))
    elif key == "org":
        _join(cells, "organisation", parts[0])
    elif key in _VCARD:
        text = " ".join(part for part in parts if part) if key == "adr" else _unescape(value)
        text = re.sub(r"^(tel|mailto):", "", text, flags=re.IGNORECASE)
        _join(cells, _VCARD[key], text, apart="; " if key == "email" else ", ")


def _unescape(text: str) -> str:
    return re.sub(r"\\([nN,;\\:])", lambda found: " " if found[1] in "nN" else found[1], text).strip()


def _join(cells: dict[str, str], header: str, text: str, apart: str = ", ") -> None:
    """Add a value; a second one of the same kind stands behind the first, so that nothing is lost."""
    if text and text not in cells.get(header, ""):
        cells[header] = f"{cells[header]}{apart}{text}" if cells.get(header) else text


def _ldif(lines: Iterable[str]) -> Iterator[Block]:
    start, cells = 0, dict[str, str]()
    for number, line in _unfolded(lines):
        if not line.strip():
            if cells:
                yield start, cells
            start, cells = 0, {}
            continue
        key, _colon, value = line.partition(":")
        if value.startswith(":"):
            value = _base64(value[1:].strip())
        start = start or number
        if header := _LDIF.get(key.strip().lower(), ""):
            _join(cells, header, value.strip(), apart="; " if header == "email" else ", ")
    if cells:
        yield start, cells


def _base64(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return text


def _sympa(lines: Iterable[str]) -> Iterator[Block]:
    start, cells = 0, dict[str, str]()
    for number, line in enumerate(lines, 1):
        text = line.strip()
        if not text:
            if cells:
                yield start, cells
            start, cells = 0, {}
            continue
        key, _blank, value = text.partition(" ")
        start = start or number
        header = _SYMPA_HEADERS.get(key, key)
        _join(cells, header, value.strip())
    if cells:
        yield start, cells


_SYMPA_HEADERS: Mapping[str, str] = {
    "gecos": "gecos",
    "date": "date d inscription unix",
    "update_date": "mise a jour unix",
}
