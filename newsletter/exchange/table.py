"""Any table of people or organisations as rows of text: CSV of every sort, or a workbook; read as it is needed.

A file is never trusted to be what its name says, and nothing in it makes the reader fail: what cannot be read is a
`Refusal` with a sentence for the person who chose the file.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice
from pathlib import Path

from newsletter.errors import ExchangeError
from newsletter.exchange.cards import block_kind, block_records
from newsletter.exchange.column_reading import NOTHING_READ, Reading
from newsletter.exchange.columns import SUBSCRIBERS, Vocabulary
from newsletter.exchange.consent_words import Standing
from newsletter.exchange.layout import DELIMITERS, Layout, lay_out
from newsletter.exchange.lines import Opener, detect, read_lines
from newsletter.exchange.provenance import is_mixed, sheet_standing
from newsletter.exchange.reading import chosen_columns, read_columns
from newsletter.exchange.records import Record, read_records
from newsletter.exchange.values import fold
from newsletter.exchange.workbook import Sheet, is_old_workbook, read_workbook, workbook_kind
from newsletter.i18n import _, ngettext

_SAMPLE = 60  # lines in which a header must stand
_ZIP = b"PK\x03\x04"
_CONTROL = re.compile("[\x01-\x08\x0e-\x1a\x1c-\x1f]")
_SEPARATOR_LINE = re.compile(r'"?sep=([;,\t|:^~#])"?\s*', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Table:
    """A table that was understood; iterating gives its records, as often as wanted.

    `columns` are canonical names, one per header and each once. `encoding` is a codec name, `utf-8+cp1252` for a mixed
    file, or the kind of workbook or card file (then `delimiter` is empty). `notes` are sentences on what was not read.
    `read_as` says how each column is read. `standing` is what the name of its sheet says of everybody in it, and
    `stop_lists` are the sheets beside it that name people who left.
    """

    name: str
    headers: tuple[str, ...]
    columns: tuple[str, ...]
    encoding: str
    delimiter: str
    _read: Callable[[], Iterator[Record]] = field(repr=False, compare=False)
    notes: tuple[str, ...] = ()
    read_as: Reading = NOTHING_READ
    standing: Standing = ""
    stop_lists: tuple[Table, ...] = ()

    def __iter__(self) -> Iterator[Record]:
        """Yield the records below the header; trailing blank lines are none."""
        return self._read()


@dataclass(frozen=True, slots=True)
class Refusal:
    """A file that is not imported, and why, in a French clause without final stop.

    `table` is there when the file was read and only a column must be answered for first.
    """

    name: str
    reason: str
    table: Table | None = None


def read_table(
    source: bytes | Path,
    name: str = "",
    vocabulary: Vocabulary = SUBSCRIBERS,
    choices: Mapping[str, str] | None = None,
) -> Table | Refusal:
    """Return the table in `source` (its bytes, or a path that is read as it goes), or why it is refused.

    `choices` maps headers to what they mean: a canonical name, or a key of `reading.CHOICES`. A column of people that
    looks like a status and is not understood refuses the file until it is chosen for.

    Raises ExchangeError only when a path cannot be opened.
    """
    opener: Opener = partial(io.BytesIO, source) if isinstance(source, bytes) else partial(_open, source)
    name = name or (source.name if isinstance(source, Path) else "")
    with opener() as file:
        head = file.read(4096)
    try:
        table = _table(opener, head, name, vocabulary)
    except ExchangeError as error:
        return Refusal(name, error.what)
    return _understood(table, choices or {}) if vocabulary is SUBSCRIBERS else table


def _table(opener: Opener, head: bytes, name: str, vocabulary: Vocabulary) -> Table:
    _check_kind(head)
    if head.startswith(_ZIP) or is_old_workbook(head):
        return _workbook(opener, name, vocabulary)
    kind = block_kind(head.decode("utf-8", "replace")) if vocabulary is SUBSCRIBERS else ""
    return _blocks(opener, name, kind) if kind else _text(opener, name, vocabulary)


def _understood(table: Table, choices: Mapping[str, str]) -> Table | Refusal:
    """Return the table of people with how its columns are read, or the question that must be answered first."""
    table = replace(table, columns=chosen_columns(table.headers, table.columns, choices))
    reading = read_columns(table.headers, table.columns, table, choices)
    stops = tuple(replace(s, read_as=read_columns(s.headers, s.columns, s, choices)) for s in table.stop_lists)
    table = replace(table, read_as=reading, stop_lists=stops)
    if reason := reading.stop_reason:
        return Refusal(table.name, reason, table)
    if is_mixed(table.name) and not reading.decides and fold("statut") not in choices:
        names = _("le nom du fichier parle de personnes parties et d’autres, et aucune colonne ne les distingue")
        return Refusal(table.name, names, table)
    return table


def _blocks(opener: Opener, name: str, kind: str) -> Table:
    encoding = detect(opener)
    headers, records = block_records(read_lines(opener, encoding), kind)
    if not records:
        raise ExchangeError(_("le fichier est vide"))
    return Table(name, headers, SUBSCRIBERS.columns(headers), kind, "", lambda: iter(records))


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
            (b"\x89png", b"\xff\xd8\xff", b"gif8", b"riff", b"ii*\0", b"mm\0*"),
            _("c’est une image, pas un tableau : demandez le fichier CSV ou .xlsx d’origine"),
        ),
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

    notes = _above(layout.above)
    return Table(name, layout.headers, layout.columns, encoding, delimiter, read, notes)


def _above(texts: Sequence[str]) -> tuple[str, ...]:
    """Return the note on the lines above the table."""
    if not texts:
        return ()
    sentence = ngettext(
        "{n} ligne au-dessus du tableau n’a pas été lue : {texts}",
        "{n} lignes au-dessus du tableau n’ont pas été lues : {texts}",
        len(texts),
    )
    shown = ", ".join(f"« {text[:60]} »" for text in texts[:3])
    return (sentence.format(n=len(texts), texts=shown),)


def _workbook(opener: Opener, name: str, vocabulary: Vocabulary) -> Table:
    with opener() as file:
        data = file.read()
    kind, sheets = workbook_kind(data), read_workbook(data)
    layouts = [(lay_out(sheet.records[:_SAMPLE], vocabulary), sheet) for sheet in sheets]
    known = [(layout, sheet) for layout, sheet in layouts if layout and not sheet.hidden]
    if not known:
        raise _missing(vocabulary) if sheets else ExchangeError(_("le classeur est vide"))
    people = vocabulary is SUBSCRIBERS
    # A sheet of people who left is never the list to import while another one is there.
    layout, sheet = max(known, key=lambda pair: (not (people and sheet_standing(pair[1].name)), pair[0].score))
    stops = [(o, other) for o, other in layouts if people and o and other is not sheet and sheet_standing(other.name)]
    read = {other.name for _layout, other in stops}
    unread = [other for other in sheets if other is not sheet and other.name not in read]
    table = _of_sheet(name, kind, layout, sheet, people=people)
    return replace(
        table,
        notes=(*_above(layout.above), *_unread(unread), *_stop_notes(stops)),
        stop_lists=tuple(_of_sheet(name, kind, one, other, people=True) for one, other in stops),
    )


def _of_sheet(name: str, kind: str, layout: Layout, sheet: Sheet, *, people: bool) -> Table:
    below = sheet.records[layout.first_line - 1 :]
    standing = sheet_standing(sheet.name) if people else ""
    return Table(name, layout.headers, layout.columns, kind, "", lambda: iter(below), standing=standing)


def _unread(sheets: Sequence[Sheet]) -> tuple[str, ...]:
    if not sheets:
        return ()
    counted = (
        ngettext("{name} ({n} ligne)", "{name} ({n} lignes)", n).format(name=one.name, n=n)
        for one in sheets
        for n in [sum(any(record.cells) for record in one.records)]
    )
    return (_("Feuilles non lues : {names}").format(names=", ".join(counted)),)


def _stop_notes(stops: Sequence[tuple[Layout, Sheet]]) -> tuple[str, ...]:
    names = ", ".join(f"« {sheet.name} »" for _layout, sheet in stops)
    return (
        (_("Feuilles lues comme listes de personnes à qui ne pas écrire : {names}").format(names=names),)
        if stops
        else ()
    )
