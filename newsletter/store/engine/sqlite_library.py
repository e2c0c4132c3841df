"""Which SQLite library is used: Python's own, or a newer one that the extra `sqlite` brings, and its known faults."""

from __future__ import annotations

import importlib
import sqlite3
from functools import cache
from types import ModuleType

# sqlite.org: two connections that write and checkpoint at one moment may damage the write-ahead log ("WAL-reset").
_WAL_RESET = (3, 7, 0), (3, 51, 2)


@cache
def sqlite_library() -> ModuleType:
    """Return the DB-API module of the newest SQLite at hand; one process must never use two on one file.

    The extra `sqlite` installs pysqlite3, whose wheel holds a library of its own; where no wheel fits the machine,
    Python's is used, which links what the system has.
    """
    try:
        other: ModuleType = importlib.import_module("pysqlite3.dbapi2")
    except ImportError:
        return sqlite3
    return other if other.sqlite_version_info > sqlite3.sqlite_version_info else sqlite3


def library_fault(version: tuple[int, ...] | None = None) -> str:
    """Return the version of the library in use if it may damage a database that several processes write, else ""."""
    found = version or sqlite_library().sqlite_version_info
    first, last = _WAL_RESET
    return ".".join(map(str, found)) if first <= found[:3] <= last else ""
