"""Where a table starts and how it is cut: each delimiter is tried on the first lines, and the best reading is kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from newsletter.addresses import parse_address
from newsletter.errors import AddressError
from newsletter.exchange.columns import Vocabulary
from newsletter.exchange.records import Record
from newsletter.exchange.values import clean

DELIMITERS = (";", ",", "\t", "|")

_NAMED, _HINTED, _BARE = 1000, 500, 100  # how much a header in plain words is worth against none


@dataclass(frozen=True, slots=True)
class Layout:
    """How a table stands: the line its rows start on, its headers ("" without one) and their canonical names."""

    first_line: int
    headers: tuple[str, ...]
    columns: tuple[str, ...]
    score: int


def lay_out(records: Sequence[Record], vocabulary: Vocabulary) -> Layout | None:
    """Return how the table that starts with `records` is laid out, or None when the required column is not there."""
    found = _with_header(records, vocabulary)
    if found is None and vocabulary.loose is not None:
        found = _hinted(records, vocabulary) or _without_header(records, vocabulary)
    return found


def _with_header(records: Sequence[Record], vocabulary: Vocabulary) -> Layout | None:
    for index, record in enumerate(records):
        names = [vocabulary.name(cell) for cell in record.cells]
        if vocabulary.required in names and not _addresses(record):
            score = _NAMED + 10 * len(set(names) - {""}) + min(len(names), 9)
            return _below(records, index, vocabulary, score)
    return None


def _hinted(records: Sequence[Record], vocabulary: Vocabulary) -> Layout | None:
    """Return the layout when a header merely speaks of an address, as `Mail de l’élu`, above a column of addresses."""
    for index, (record, below) in enumerate(pairwise(records)):
        for at in _addresses(below):
            hint = vocabulary.hints(record.cells[at]) if at < len(record.cells) else False
            if hint and not _addresses(record):
                return _below(records, index, vocabulary, _HINTED, at)
    return None


def _without_header(records: Sequence[Record], vocabulary: Vocabulary) -> Layout | None:
    """Return the layout of a table known only by a column of addresses.

    The first row of its width is taken for a header only if it is made of different words without a digit or at sign.
    """
    counts = Counter(at for record in records for at in _addresses(record))
    if not counts:
        return None
    at, count = max(counts.items(), key=lambda item: (item[1], -item[0]))
    width = max(len(record.cells) for record in records if at in _addresses(record))
    first = next(index for index, record in enumerate(records) if len(record.cells) == width)
    if _reads_as_header(records[first]):
        return _below(records, first, vocabulary, _BARE + count, at)
    headers = ("",) * width
    return Layout(records[first].line, headers, _columns(headers, vocabulary, at), _BARE + count)


def _reads_as_header(record: Record) -> bool:
    cells = [clean(cell) for cell in record.cells]
    words = all(cell and "@" not in cell and not any(map(str.isdigit, cell)) for cell in cells)
    return words and len(set(cells)) == len(cells)


def _below(
    records: Sequence[Record], index: int, vocabulary: Vocabulary, score: int, required_at: int | None = None
) -> Layout:
    """Return the layout of a table whose header is `records[index]`."""
    header = records[index]
    headers = tuple(clean(cell) for cell in header.cells)
    first_line = records[index + 1].line if index + 1 < len(records) else header.line + 1
    return Layout(first_line, headers, _columns(headers, vocabulary, required_at), score)


def _columns(headers: tuple[str, ...], vocabulary: Vocabulary, required_at: int | None) -> tuple[str, ...]:
    columns = vocabulary.columns(headers)
    if required_at is None:
        return columns
    return (*columns[:required_at], vocabulary.required, *columns[required_at + 1 :])


def _addresses(record: Record) -> tuple[int, ...]:
    """Return the positions of the cells that are addresses."""
    return tuple(at for at, cell in enumerate(record.cells) if "@" in cell and _is_address(cell))


def _is_address(cell: str) -> bool:
    try:
        parse_address(cell)
    except AddressError:
        return False
    return True
