"""The journal is append-only in the database itself, on SQLite and PostgreSQL."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from newsletter.actor import Actor
from newsletter.errors import StoreError
from newsletter.store import journal
from newsletter.store.engine import guards
from newsletter.store.journal import Event
from newsletter.store.tables.core import events

CHANGES = {
    "who": {"actor": "Paul"},
    "which user": {"user_id": 8},
    "which session": {"session": "other"},
    "when": {"at": 1.0},
    "what": {"kind": "user-ended"},
    "on whom": {"subscriber_id": 4},
    "on which letter": {"mailing_id": None},
    "the detail": {"detail": "{}"},
}


@pytest.fixture
def told(database):
    with database.write() as connection:
        detail = {"role": "admin"}
        journal.record_event(
            connection,
            Event(5.0, "user-changed", mailing_id=3, actor=Actor("Alice", 7, "ab12"), detail=detail, key="k"),
        )
    return database


def row(database):
    with database.read() as connection:
        return connection.execute(sa.select(events)).one()._asdict()


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_what_happened_cannot_be_told_otherwise(told, change):
    before = row(told)
    with pytest.raises((DBAPIError, StoreError)), told.write() as connection:
        connection.execute(events.update().values(**change))
    assert row(told) == before


def test_what_happened_cannot_be_removed(told):
    with pytest.raises((DBAPIError, StoreError)), told.write() as connection:
        connection.execute(events.delete())
    assert row(told)["user_id"] == 7


def test_an_erasure_empties_texts_and_leaves_who_and_what(told):
    with told.write() as connection:
        connection.execute(events.update().values(actor="", detail="", key=None))
    left = row(told)
    assert (left["actor"], left["detail"], left["key"]) == ("", "", None)
    assert (left["kind"], left["user_id"], left["session"]) == ("user-changed", 7, "ab12")


def test_the_guards_are_back_after_a_block_without_them(told):
    with told.write() as connection, guards.lifted(connection):
        connection.execute(events.update().values(actor="nobody"))
    with pytest.raises((DBAPIError, StoreError)), told.write() as connection:
        connection.execute(events.delete())


def test_a_copied_database_guards_its_journal_too(told, tmp_path):
    from newsletter.store.engine.copy import fill
    from newsletter.store.engine.database import Database

    target = Database(f"sqlite:///{tmp_path / 'copy.db'}")
    with told.read() as reading:
        fill(reading, "told", target)
    with pytest.raises((DBAPIError, StoreError)), target.write() as connection:
        connection.execute(events.delete())
    target.close()
