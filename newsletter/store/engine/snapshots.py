"""The database as one SQLite file: the form of a backup, whatever the engine."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import sqlalchemy as sa

from newsletter.store.engine import copy
from newsletter.store.engine.copy import Progress
from newsletter.store.engine.database import Database
from newsletter.store.engine.sqlite_library import sqlite_library


def as_file(path: Path) -> Database:
    """Return the database in a file, without opening or migrating it."""
    return Database(sa.URL.create("sqlite", database=str(path)))


def save_snapshot(database: Database, path: Path, progress: Progress = lambda *_: None) -> None:
    """Write a snapshot of `database` to a new file at `path`, while others go on writing."""
    if database.sqlite:
        raw = database.engine.raw_connection()
        try:
            with closing(sqlite_library().connect(path)) as target:
                # In one step: it reads one snapshot of the write-ahead log, and no writer waits or restarts it.
                raw.driver_connection.backup(target)  # type: ignore[union-attr] # a connection of that library
        finally:
            raw.close()
    else:
        made = as_file(path)
        try:
            with database.read() as reading:
                copy.fill(reading, "backup", made, progress=progress)
        finally:
            made.close()
    with closing(sqlite_library().connect(path)) as file:
        file.execute("PRAGMA journal_mode=DELETE")  # one file, without a log beside it


def holds_anything(database: Database) -> bool:
    """Tell whether a database has tables, of a workspace or of another program."""
    with database.read() as connection:
        return bool(sa.inspect(connection).get_table_names())
