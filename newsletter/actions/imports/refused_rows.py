"""The rows of a file that were refused, as a file in the shape that came, with the reason in a column more."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from newsletter.actions.workspace import Workspace
from newsletter.errors import NotFound
from newsletter.exchange.table import Table
from newsletter.exchange.values import protect
from newsletter.i18n import Sentence, _
from newsletter.private_files import write_private

FOLDER = ".refused-rows"
_KEPT_SECONDS = 86400.0


def refused_csv(table: Table, reasons: Mapping[int, str]) -> bytes:
    """Return the records of `table` whose numbers are in `reasons`, under its own headers and « À corriger ».

    UTF-8 with a mark, which Excel opens; the delimiter of the file, or a semicolon for a workbook. A file without
    headers gets none.
    """
    text = io.StringIO()
    writer = csv.writer(text, delimiter=table.delimiter or ";", lineterminator="\r\n")
    if any(table.headers):
        writer.writerow([*map(protect, table.headers), _("À corriger")])
    for number, record in enumerate(table, 1):
        if number in reasons:
            cells = [*record.cells, *[""] * (len(table.headers) - len(record.cells))]
            writer.writerow([*map(protect, cells), reasons[number]])
    return text.getvalue().encode("utf-8-sig")


def keep_refused_rows(workspace: Workspace, number: int, content: bytes) -> None:
    """Keep the refused rows of an import for a day, readable by their owner only."""
    folder = workspace.root / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    write_private(folder / f"{number}.csv", content)


def refused_rows(workspace: Workspace, number: int) -> bytes:
    """Return the refused rows of an import; NotFound when they are not kept any more."""
    path = _path(workspace, number)
    if not path.is_file():
        raise NotFound(
            f"the refused rows of import {number} are not kept any more",
            hint="import the file again: rows that are there already change nothing",
            said=Sentence("Les lignes refusées de cet import ne sont plus gardées. Importez de nouveau le fichier."),
        )
    return path.read_bytes()


def has_refused_rows(workspace: Workspace, number: int) -> bool:
    """Tell whether the refused rows of an import can be downloaded."""
    return _path(workspace, number).is_file()


def forget_refused_rows(workspace: Workspace) -> int:
    """Delete the refused rows that are older than a day, and return of how many imports."""
    folder, gone = workspace.root / FOLDER, 0
    for old in folder.glob("*.csv") if folder.is_dir() else ():
        with suppress(FileNotFoundError):  # another process has just deleted it
            if workspace.clock() - old.stat().st_mtime > _KEPT_SECONDS:
                old.unlink()
                gone += 1
    return gone


def _path(workspace: Workspace, number: int) -> Path:
    return workspace.root / FOLDER / f"{number}.csv"
