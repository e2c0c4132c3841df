"""Which SQLite library is used, and what is known of its faults."""

from __future__ import annotations

import sqlite3
import sys
from types import ModuleType

import pytest

from newsletter.store.engine import sqlite_library


@pytest.mark.parametrize(
    ("version", "faulty"),
    [
        ((3, 6, 23), False),
        ((3, 7, 0), True),
        ((3, 40, 1), True),
        ((3, 51, 2), True),
        ((3, 51, 3), False),
        ((3, 53, 4), False),
    ],
)
def test_the_wal_reset_fault_is_known_by_version(version, faulty):
    assert bool(sqlite_library.library_fault(version)) == faulty


@pytest.mark.parametrize(("version", "used"), [((99, 0, 0), True), ((3, 0, 0), False)])
def test_a_library_that_an_extra_brings_is_used_when_it_is_newer(monkeypatch, version, used):
    other = ModuleType("pysqlite3.dbapi2")
    other.sqlite_version_info = version
    monkeypatch.setitem(sys.modules, "pysqlite3.dbapi2", other)
    monkeypatch.setitem(sys.modules, "pysqlite3", ModuleType("pysqlite3"))
    sqlite_library.sqlite_library.cache_clear()
    assert (sqlite_library.sqlite_library() is other) == used
    monkeypatch.undo()
    sqlite_library.sqlite_library.cache_clear()


def test_without_the_extra_pythons_own_is_used(monkeypatch):
    monkeypatch.setitem(sys.modules, "pysqlite3", None)
    monkeypatch.setitem(sys.modules, "pysqlite3.dbapi2", None)
    sqlite_library.sqlite_library.cache_clear()
    assert sqlite_library.sqlite_library() is sqlite3
    monkeypatch.undo()
    sqlite_library.sqlite_library.cache_clear()
