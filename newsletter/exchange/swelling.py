"""How long the texts of a workbook are once every cell holds its own: a file stores a repeated text only once."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Mapping
from xml.parsers import expat

_SHARED = "xl/sharedstrings.xml"
_SMALLEST_CELL = 15  # bytes of `<c><v>0</v></c>`


def swollen(archive: zipfile.ZipFile, limit: int) -> bool:
    """Tell whether the cells of `archive` may hold more than `limit` characters of shared texts.

    Every entry must have been counted before. Raises ValueError for shared texts that are not well-formed.
    """
    shared = [e for e in archive.infolist() if e.filename.replace("\\", "/").lower() == _SHARED]
    if len(shared) > 1:
        raise ValueError("the shared texts are there twice")
    lengths = _lengths(archive, shared[0]) if shared else []
    # A relation may name any entry as a sheet.
    others = [entry for entry in archive.infolist() if entry not in shared]
    cells = sum(entry.file_size for entry in others) // _SMALLEST_CELL
    # Most files cannot come near the limit, and need no second reading.
    if max(lengths, default=0) * cells <= limit:
        return False
    try:
        return sum(_repeated(archive, entry, lengths) for entry in others) > limit
    except ValueError:
        return True  # the reader is less strict than we are, so nothing vouches for this file


def _lengths(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> list[int]:
    """Return the number of characters of each shared text, in order."""
    found: list[int] = []

    def start(name: str, _attributes: Mapping[str, str]) -> None:
        if _local(name) == "si":
            found.append(0)

    def text(data: str) -> None:
        if found:
            found[-1] += len(data)

    _parse(archive, entry, start, lambda _name: None, text)
    return found


def _repeated(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, lengths: list[int]) -> int:
    """Return how many characters of shared texts the cells of one sheet name."""
    total, shared = 0, False
    number: list[str] | None = None

    def start(name: str, attributes: Mapping[str, str]) -> None:
        nonlocal shared, number
        if _local(name) == "c":
            shared = attributes.get("t") == "s"
        elif _local(name) == "v" and shared:
            number = []

    def end(name: str) -> None:
        nonlocal total, number
        if _local(name) == "v" and number is not None:
            digits, number = "".join(number).strip(), None
            index = int(digits) if digits.isdecimal() and len(digits) < 10 else len(lengths)
            total += lengths[index] if index < len(lengths) else 0

    def text(data: str) -> None:
        if number is not None:
            number.append(data)

    _parse(archive, entry, start, end, text)
    return total


def repeats(archive: zipfile.ZipFile, most_cells: int, most_text: int) -> bool:
    """Tell whether the repeated rows and cells of an .ods would unfold to more cells or characters than allowed.

    Empty cells and rows at the end of a sheet are not unfolded by the reader, and not counted.
    """
    counted = _Unfolded()
    _parse(archive, archive.getinfo("content.xml"), counted.start, counted.end, counted.text)
    return counted.cells > most_cells or counted.characters > most_text


class _Unfolded:
    """Counts the cells and characters of OpenDocument sheets once every repetition is written out."""

    def __init__(self) -> None:
        self.cells = self.characters = 0
        self._rows = self._height = self._width = 0
        self._repeat = self._columns = 1
        self._column = self._filled = self._length = self._row_text = 0

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        """Begin a sheet, a row or a cell."""
        local = _local(name)
        if local == "table":
            self._height = self._width = self._rows = 0
        elif local == "table-row":
            self._repeat = _number(attributes.get("table:number-rows-repeated", "1"))
            self._column = self._filled = self._row_text = 0
        elif local in ("table-cell", "covered-table-cell"):
            self._length = 1 if "office:value-type" in attributes else 0
            self._columns = _number(attributes.get("table:number-columns-repeated", "1"))

    def end(self, name: str) -> None:
        """Count a cell, a row or a sheet."""
        local = _local(name)
        if local in ("table-cell", "covered-table-cell"):
            self._column += self._columns
            if self._length:
                self._filled = self._column
                self._row_text += self._length * self._columns
        elif local == "table-row":
            self._rows += self._repeat
            if self._filled:
                self._height, self._width = self._rows, max(self._width, self._filled)
                self.characters += self._row_text * self._repeat
        elif local == "table":
            self.cells += self._height * self._width

    def text(self, data: str) -> None:
        """Count the characters of the cell."""
        self._length += len(data)


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 10 else 1 << 30


def _parse(
    archive: zipfile.ZipFile,
    entry: zipfile.ZipInfo,
    start: Callable[[str, Mapping[str, str]], None],
    end: Callable[[str], None],
    text: Callable[[str], None],
) -> None:
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, text
    parser.StartDoctypeDeclHandler = _no_doctype
    try:
        with archive.open(entry) as content:
            parser.ParseFile(content)
    except expat.ExpatError as error:
        raise ValueError(f"{entry.filename} is not well-formed: {error}") from None


def _no_doctype(*_declared: object) -> None:
    raise ValueError("no workbook declares a document type")


def _local(name: str) -> str:
    return name.rpartition(":")[2]
