"""Tables out: CSV that a French Excel opens with a double click, or plain CSV; harmless in a spreadsheet either way."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal

from newsletter.exchange.values import protect

Flavour = Literal["excel", "plain"]

_BLOCK = 1000  # rows per piece: an export of a million people is never whole in memory


def write_table(
    columns: Sequence[str], rows: Iterable[Mapping[str, str]], flavour: Flavour = "excel"
) -> Iterator[bytes]:
    """Yield the pieces of a CSV file: a header, then one line per row; a column that a row lacks is left empty.

    `excel` is UTF-8 with a byte order mark and semicolons, `plain` UTF-8 and commas. Every cell passes through
    `values.protect`, which our own import takes off again: reading the file back gives the same values.
    """
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";" if flavour == "excel" else ",", lineterminator="\r\n")
    if flavour == "excel":
        text.write("\ufeff")
    writer.writerow([protect(column) for column in columns])
    for number, row in enumerate(rows, 1):
        writer.writerow([protect(row.get(column, "")) for column in columns])
        if number % _BLOCK == 0:
            yield _take(text)
    yield _take(text)


def _take(text: io.StringIO) -> bytes:
    piece = text.getvalue().encode()
    text.seek(0)
    text.truncate()
    return piece
