"""Any table of people or organisations as rows of text: CSV of every sort, or a workbook; read as it is needed.

A file is never trusted to be what its name says, and nothing in it makes the reader fail: what cannot be read is a
`Refusal` with a sentence for the person who chose the file.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path

from newsletter.errors import ExchangeError
from newsletter.exchange.columns import SUBSCRIBERS, Vocabulary
from newsletter.exchange.layout import DELIMITERS, Layout, lay_out
from newsletter.exchange.lines import Opener, detect, read_lines
from newsletter.exchange.records import Record, read_records
from newsletter.exchange.workbook import read_workbook
from newsletter.i18n import _

_SAMPLE = 60  # lines in which a header must stand
_ZIP = b"PK\x03\x04"
_CONTROL = re.compile("[\x01-\x08\x0e-\x1a\x1c-\x1f]")
_SEPARATOR_LINE = re.compile(r'"?sep=([;,\t|:^~#])"?\s*', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Table:
    """A table that was understood; iterating gives its records, as often as wanted.

    `columns` are canonical names, one per header and each once. `encoding` is a codec name, `utf-8+cp1252` for a mixed
    file, or `xlsx` (then `delimiter` is empty). `notes` are sentences on what was not read.
    """

    name: str
    headers: tuple[str, ...]
    columns: tuple[str, ...]
    encoding: str
    delimiter: str
    _read: Callable[[], Iterator[Record]] = field(repr=False, compare=False)
    notes: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[Record]:
        """Yield the records below the header; trailing blank lines are none."""
        return self._read()


@dataclass(frozen=True, slots=True)
class Refusal:
    """A file that is no table of the wanted kind, and why, in a French clause without final stop."""

    name: str
    reason: str


def read_table(source: bytes | Path, name: str = "", vocabulary: Vocabulary = SUBSCRIBERS) -> Table | Refusal:
    """Return the table in `source` (its bytes, or a path that is read as it goes), or why it is refused.

    Raises ExchangeError only when a path cannot be opened.
    """
    opener: Opener = partial(io.BytesIO, source) if isinstance(source, bytes) else partial(_open, source)
    name = name or (source.name if isinstance(source, Path) else "")
    with opener() as file:
        head = file.read(4096)
    try:
        _check_kind(head)
        if head.startswith(_ZIP):
            return _workbook(opener, name, vocabulary)
        return _text(opener, name, vocabulary)
    except ExchangeError as error:
        return Refusal(name, error.what)


def _open(path: Path) -> io.BufferedReader:
    try:
        return path.open("rb")
    except OSError as error:
        raise ExchangeError(_("le fichier ne peut pas être ouvert"), where=str(path)) from error


def _check_kind(head: bytes) -> None:
    """Raise ExchangeError for a file that is known not to be a table."""
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if not text.strip(b"\0"):
        raise ExchangeError(_("le fichier est vide"))
    for signs, sentence in _foreign_kinds():
        if text.startswith(signs):
            raise ExchangeError(sentence)


def _foreign_kinds() -> tuple[tuple[tuple[bytes, ...], str], ...]:
    return (
        ((b"%pdf",), _("c’est un document PDF, pas un tableau : demandez le fichier CSV ou .xlsx d’origine")),
        (
            (b"<!doctype", b"<html", b"<head", b"<body", b"<table", b"<?xml", b"<!--", b"<meta"),
            _("c’est une page web, pas un tableau : refaites l’export, la session a peut-être expiré"),
        ),
        (
            (b"\xd0\xcf\x11\xe0",),
            _("c’est un ancien classeur .xls ou un classeur protégé : enregistrez-le en .xlsx ou en CSV"),
        ),
        (
            (b"\x89png", b"\xff\xd8\xff", b"gif8", b"riff", b"ii*\0", b"mm\0*"),
            _("c’est une image, pas un tableau : demandez le fichier CSV ou .xlsx d’origine"),
        ),
        ((b"begin:vcard",), _("ce sont des cartes de visite vCard : exportez les contacts en CSV")),
        ((b"{\\rtf", b"\x1f\x8b", b"7z\xbc\xaf", b"rar!", b"sqlite format"), _no_table()),
        ((b"[{", b'{"', b'{ "', b"{\n"), _("c’est un fichier JSON, pas un tableau : exportez les contacts en CSV")),
    )


def _no_table() -> str:
    return _("ce n’est pas un tableau : enregistrez-le en CSV ou en .xlsx")


def _missing(vocabulary: Vocabulary) -> ExchangeError:
    if vocabulary is SUBSCRIBERS:
        return ExchangeError(_("aucune colonne ne contient d’adresse électronique : nommez-la « email »"))
    return ExchangeError(_("aucune colonne ne contient le nom des organisations : nommez-la « nom »"))


def _text(opener: Opener, name: str, vocabulary: Vocabulary) -> Table:
    encoding = detect(opener)
    start = list(islice(read_lines(opener, encoding), _SAMPLE))
    if not any(line.strip() for line in start):
        raise ExchangeError(_("le fichier est vide"))
    stated = _SEPARATOR_LINE.fullmatch(start[0])
    best: tuple[Layout, str] | None = None
    for delimiter in (stated[1],) if stated else DELIMITERS:
        layout = lay_out(list(read_records(start, delimiter)), vocabulary)
        if layout and (best is None or layout.score > best[0].score):
            best = layout, delimiter
    if best is None:
        noise = len(_CONTROL.findall("".join(start)[:4096])) > 8
        raise ExchangeError(_no_table()) if noise else _missing(vocabulary)
    layout, delimiter = best

    def read() -> Iterator[Record]:
        lines = islice(read_lines(opener, encoding), layout.first_line - 1, None)
        return read_records(lines, delimiter, len(layout.headers), layout.first_line)

    return Table(name, layout.headers, layout.columns, encoding, delimiter, read)


def _workbook(opener: Opener, name: str, vocabulary: Vocabulary) -> Table:
    with opener() as file:
        sheets = read_workbook(file.read())
    layouts = [(lay_out(sheet.records[:_SAMPLE], vocabulary), sheet) for sheet in sheets]
    known = [(layout, sheet) for layout, sheet in layouts if layout]
    if not known:
        raise _missing(vocabulary) if sheets else ExchangeError(_("le classeur est vide"))
    layout, sheet = max(known, key=lambda pair: pair[0].score)
    below = sheet.records[layout.first_line - 1 :]
    unread = [other.name for other in sheets if other is not sheet]
    notes = (_("Feuilles non lues : {names}").format(names=", ".join(unread)),) if unread else ()
    return Table(name, layout.headers, layout.columns, "xlsx", "", lambda: iter(below), notes)
