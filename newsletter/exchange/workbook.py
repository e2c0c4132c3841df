"""Workbooks (.xlsx, .xls, .ods) as rows of text, after a check that opening them cannot fill the memory."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from typing import NamedTuple

from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from newsletter.errors import ExchangeError
from newsletter.exchange.records import Record
from newsletter.exchange.swelling import repeats, swollen
from newsletter.exchange.values import cell_text
from newsletter.i18n import _

_MOST_ENTRIES = 2000
_MOST_EXPANDED = 256 << 20  # bytes
_MOST_CELLS = 4_000_000  # the reader lays a sheet out in full, so two cells in far corners would cost gigabytes
_MOST_TEXT = 128 << 20  # characters: the reader gives every cell a copy of a text that the file holds once
_FREE_EXPANDED, _MOST_RATIO = 16 << 20, 200  # below the first nobody is harmed, whatever the ratio
_CHUNK, _TAIL = 1 << 20, 256
_LARGEST_OLD = 32 << 20  # bytes of an .xls, which is not compressed
_OLD = b"\xd0\xcf\x11\xe0"
_REFERENCE = re.compile(rb"""\br\s*=\s*["']([A-Za-z]{0,3})(\d{1,7})["']""")  # of a row or a cell: r="12", r="B12"


class Sheet(NamedTuple):
    """One sheet: its name and its records, with row numbers for lines; `hidden` ones are named, not read."""

    name: str
    records: tuple[Record, ...]
    hidden: bool = False


def is_old_workbook(head: bytes) -> bool:
    """Tell whether a file begins as an .xls does (or a workbook under a password)."""
    return head.startswith(_OLD)


def workbook_kind(data: bytes) -> str:
    """Return `xls`, `ods` or `xlsx`."""
    if is_old_workbook(data):
        return "xls"
    return "ods" if data[30:38] == b"mimetype" and b"opendocument.spreadsheet" in data[:120] else "xlsx"


def read_workbook(data: bytes) -> tuple[Sheet, ...]:
    """Return the sheets that hold anything.

    Raises ExchangeError for a damaged or dangerous archive, or one that is no spreadsheet.
    """
    kind = workbook_kind(data)
    if kind == "xls" and len(data) > _LARGEST_OLD:
        raise _too_big()
    if kind != "xls":
        _check_archive(data, kind)
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        sheets = tuple(
            Sheet(sheet.name, _records(book, sheet.name), sheet.visible != SheetVisibleEnum.Visible)
            for sheet in book.sheets_metadata
            if sheet.typ == SheetTypeEnum.WorkSheet
        )
    except (CalamineError, ValueError, OSError) as error:
        raise _damaged(kind) from error
    except BaseException as error:
        # The Rust reader panics on some damaged files, with an exception that is no Exception and has no import path.
        if type(error).__name__ != "PanicException":
            raise
        raise _damaged(kind) from error
    return tuple(sheet for sheet in sheets if sheet.records)


def _records(book: CalamineWorkbook, name: str) -> tuple[Record, ...]:
    sheet = book.get_sheet_by_name(name)
    if sheet.total_height * sheet.total_width > _MOST_CELLS:
        raise _too_big()
    rows = sheet.to_python(skip_empty_area=False)
    records = [Record(number, [cell_text(cell) for cell in row]) for number, row in enumerate(rows, 1)]
    while records and not any(records[-1].cells):
        records.pop()
    return tuple(records)


def _check_archive(data: bytes, kind: str) -> None:
    """Refuse an archive by what it declares and by what it really holds (a declared size may lie)."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            wanted = "content.xml" if kind == "ods" else "xl/workbook.xml"
            if wanted not in {entry.filename for entry in entries}:
                raise ExchangeError(_("cette archive n’est pas un classeur .xlsx : enregistrez le tableau en CSV"))
            limit = max(_FREE_EXPANDED, min(_MOST_EXPANDED, _MOST_RATIO * len(data)))
            if len(entries) > _MOST_ENTRIES or sum(entry.file_size for entry in entries) > limit:
                raise _too_big()
            for entry in entries:
                limit -= _check_entry(archive, entry, limit)
            if swollen(archive, _MOST_TEXT) or (kind == "ods" and repeats(archive, _MOST_CELLS, _MOST_TEXT)):
                raise _too_big()
    # What zipfile raises at archives that are broken, encrypted (RuntimeError) or packed in a way it does not know.
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, ValueError, RuntimeError, OSError) as error:
        raise ExchangeError(_("ce classeur est abîmé ou protégé par un mot de passe")) from error


def _check_entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, limit: int) -> int:
    """Return the counted size of an entry; raises ExchangeError as soon as it, or the sheet it holds, is too big."""
    size = rows = columns = 0
    tail = b""
    with archive.open(entry) as content:
        while chunk := content.read(_CHUNK):
            size += len(chunk)
            for letters, digits in _REFERENCE.findall(tail + chunk):
                rows, columns = max(rows, int(digits)), max(columns, _column_number(letters))
            tail = chunk[-_TAIL:]
            if size > limit or rows * columns > _MOST_CELLS:
                raise _too_big()
    return size


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


def _damaged(kind: str) -> ExchangeError:
    if kind == "xls":
        return ExchangeError(
            _("cet ancien classeur .xls est abîmé ou protégé par un mot de passe : enregistrez-le en .xlsx ou en CSV")
        )
    return ExchangeError(_("ce classeur est abîmé ou d’un format inconnu"))


def _too_big() -> ExchangeError:
    return ExchangeError(_("ce classeur est trop gros : enregistrez le tableau en CSV"))
