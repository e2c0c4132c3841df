"""Where a table starts and how it is cut: each delimiter is tried on the first lines, and the best reading is kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from newsletter.addresses import parse_address, parse_mailbox
from newsletter.errors import AddressError
from newsletter.exchange.columns import Vocabulary
from newsletter.exchange.records import Record
from newsletter.exchange.values import clean

DELIMITERS = (";", ",", "\t", "|")

_NAMED, _HINTED, _BARE = 1000, 500, 100  # how much a header in plain words is worth against none


@dataclass(frozen=True, slots=True)
class Layout:
    """How a table stands: the line its rows start on, its headers ("" without one) and their canonical names.

    `above` are the texts of the lines over the table, which are not read.
    """

    first_line: int
    headers: tuple[str, ...]
    columns: tuple[str, ...]
    score: int
    above: tuple[str, ...] = ()


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

    The row above is taken for a header only if it is as wide and made of different words without a digit.
    """
    counts = Counter(at for record in records for at in _addresses(record, named=True))
    if not counts:
        return None
    at, count = max(counts.items(), key=lambda item: (item[1], -item[0]))
    width = max(len(record.cells) for record in records if "@" in "".join(record.cells))
    # Nothing above the first at sign is a person, and everything from there on may be one.
    first = next(index for index, record in enumerate(records) if any("@" in cell for cell in record.cells))
    if first and len(records[first - 1].cells) == width and _reads_as_header(records[first - 1]):
        return _below(records, first - 1, vocabulary, _BARE + count, at)
    headers = ("",) * width
    return Layout(
        records[first].line, headers, _columns(headers, vocabulary, at), _BARE + count, _texts(records[:first])
    )


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
    return Layout(first_line, headers, _columns(headers, vocabulary, required_at), score, _texts(records[:index]))


def _texts(records: Sequence[Record]) -> tuple[str, ...]:
    """Return the texts of the lines that are not read, without the blank ones."""
    texts = (" ".join(clean(cell) for cell in record.cells if cell.strip()) for record in records)
    return tuple(text for text in texts if text)


def _columns(headers: tuple[str, ...], vocabulary: Vocabulary, required_at: int | None) -> tuple[str, ...]:
    columns = vocabulary.columns(headers)
    if required_at is None:
        return columns
    return (*columns[:required_at], vocabulary.required, *columns[required_at + 1 :])


def _addresses(record: Record, *, named: bool = False) -> tuple[int, ...]:
    """Return the positions of the cells that are addresses, or with `named` a name and an address."""
    return tuple(at for at, cell in enumerate(record.cells) if "@" in cell and _is_address(cell, named=named))


def _is_address(cell: str, *, named: bool) -> bool:
    try:
        parse_mailbox(cell) if named else parse_address(cell)
    except AddressError:
        return False
    return True
