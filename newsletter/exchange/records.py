"""From lines to records: delimited text with quotes, read so that a wrong quote costs its own line and no other.

`csv.reader` alone is not enough: an unclosed quote silently swallows the rows behind it.
"""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from newsletter.exchange.values import unprotect
from newsletter.i18n import _

QUOTE = '"'
_LONGEST_RECORD = 1000  # lines; beyond it a quote was never meant to stay open


class Record(NamedTuple):
    """One record: the physical line (from 1) it starts on, its cells, and what is wrong with its quotes."""

    line: int
    cells: list[str]
    fault: str = ""


def read_records(lines: Iterable[str], delimiter: str, width: int = 0, first_line: int = 1) -> Iterator[Record]:
    """Yield the records of `lines`; a blank line is a record without cells, except at the end of the file.

    `width` is the number of columns if it is known, `first_line` the number of the first of `lines`.
    The protection of our own exports is taken off.
    """
    source, waiting = iter(lines), deque[str]()
    number = first_line - 1
    blanks: list[int] = []
    while line := waiting.popleft() if waiting else next(source, ""):
        number += 1
        if QUOTE not in line:
            cells, fault, used = line.rstrip("\r\n").split(delimiter), "", 1
            if len(cells) == 1 and not cells[0].strip():
                blanks.append(number)
                continue
        else:
            block = _block(line, delimiter, source, waiting)
            cells, fault, used = _parse(block, delimiter, width)
            waiting.extendleft(reversed(block[used:]))
        for blank in blanks:
            yield Record(blank, [])
        blanks.clear()
        if used > 1 or "'" in line:
            cells = [unprotect(cell) for cell in cells]
        yield Record(number, cells, fault)
        number += used - 1


def _block(line: str, delimiter: str, source: Iterator[str], waiting: deque[str]) -> list[str]:
    """Return `line` and, while a quote stays open, the lines behind it."""
    block = [line]
    is_open = line.count(QUOTE) % 2 == 1 and _strict(line, delimiter) is None
    while is_open and len(block) < _LONGEST_RECORD:
        following = waiting.popleft() if waiting else next(source, "")
        if not following:
            break
        block.append(following)
        is_open = following.count(QUOTE) % 2 == 0
    return block


def _parse(block: list[str], delimiter: str, width: int) -> tuple[list[str], str, int]:
    """Return the cells of the record that starts the block, its fault, and how many lines it takes."""
    text = "".join(block)
    cells = _strict(text, delimiter)
    if cells is not None and (len(block) == 1 or width in (0, len(cells)) or not _swallows(cells, delimiter)):
        rows_inside = len(block) > 1 and _swallows(cells, delimiter)
        fault = _("une cellule contient plusieurs lignes du tableau : vérifiez les guillemets") if rows_inside else ""
        return cells, fault, len(block)
    first = block[0]
    if cells is None and len(block) == 1 and first.count(QUOTE) % 2 == 0:
        return _loose(first, delimiter, width), "", 1
    return _loose(first, delimiter, width), _("un guillemet n’est pas refermé sur cette ligne"), 1


def _swallows(cells: list[str], delimiter: str) -> bool:
    """Tell whether a line inside a cell looks like a row of its own."""
    inside = (line for cell in cells if "\n" in cell or "\r" in cell for line in cell.splitlines())
    return any("@" in line and delimiter in line for line in inside)


def _strict(text: str, delimiter: str) -> list[str] | None:
    try:
        rows = list(csv.reader([text], delimiter=delimiter, strict=True))
    except csv.Error:
        return None
    return rows[0] if len(rows) == 1 else None


def _loose(line: str, delimiter: str, width: int) -> list[str]:
    """Return the best reading of a line whose quotes are wrong: cut at every delimiter, or as `csv` guesses."""
    literal = [cell.strip().strip(QUOTE).replace(QUOTE * 2, QUOTE) for cell in line.rstrip("\r\n").split(delimiter)]
    if len(literal) == width:
        return literal
    try:
        guessed = next(csv.reader([line.rstrip("\r\n")], delimiter=delimiter), [])
    except csv.Error:  # a cell longer than the csv module takes
        return literal
    return guessed if len(guessed) == width else literal
