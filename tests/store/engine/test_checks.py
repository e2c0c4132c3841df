"""Whatever is wrong in a database is found and named; a sound one passes, on both engines."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from newsletter.store.engine import checks
from newsletter.store.engine.database import HEAD, open_database
from newsletter.store.sending import mailings
from tests.store.helpers import NOW, mailing, member, subscribe


@pytest.fixture
def database(bare_url):
    """A database of its own: these tests damage its tables."""
    made = open_database(bare_url)
    yield made
    made.close()


@pytest.fixture
def filled(database):
    with database.write() as c:
        subscribe(c, 5, organisation_id=member(c))
        made = mailing(c)
        c.execute(sa.text("UPDATE deliveries SET state = 'sent', token = NULL"))
        mailings.change_mailing(c, made.id, "done", only=("sending",), ended_at=NOW, receipt='{"candidates": 5}')
    return database


def faults(database, version=HEAD):
    with database.read() as c:
        return {check.name: check.fault for check in checks.run_checks(c, version) if not check.ok}


def test_a_sound_database_passes_every_check(filled):
    assert faults(filled) == {}


def test_another_version_is_all_there_is_to_say(filled):
    assert faults(filled, "0001") == {"version": f"the schema is `0001`, not `{HEAD}`"}
    assert faults(filled, "") == {"version": f"the schema is `none`, not `{HEAD}`"}


@pytest.mark.parametrize(
    ("statements", "name", "words"),
    [
        (("DROP INDEX ix_deliveries_subscriber",), "schema", "add index ix_deliveries_subscriber"),
        (("DROP TABLE comments",), "schema", "add table comments"),
        (("UPDATE subscriptions SET to_at = from_at - 1 WHERE id = 2",), "spans", "span 2 ends before it begins"),
        (
            (
                "INSERT INTO subscriptions (subscriber_id, publication, state, basis, role, from_at, to_at) "
                "VALUES (1, 'lettre', 'left', '', '', 1, 99999999999)",
            ),
            "spans",
            "reaches into the next",
        ),
        (
            (
                "DROP INDEX uq_subscriptions_open",
                "INSERT INTO subscriptions (subscriber_id, publication, state, basis, role, from_at) "
                "VALUES (1, 'lettre', 'active', '', '', 99999999999)",
            ),
            "spans",
            "subscriber 1 has two open spans of `lettre`",
        ),
        (("UPDATE deliveries SET state = 'lost' WHERE id = 1",), "receipts", "does not balance: 1 in no known state"),
        (("UPDATE deliveries SET state = 'queued' WHERE id = 1",), "receipts", "is done, yet 1 deliveries are open"),
        (("DELETE FROM deliveries WHERE id = 1",), "receipts", "has 4 deliveries; its stored receipt says 5"),
        (("UPDATE deliveries SET state = 'handed' WHERE id = 3",), "claims", "delivery 3 is held without token"),
    ],
)
def test_what_is_wrong_is_named(filled, statements, name, words):
    with filled.write() as c:
        for statement in statements:
            c.execute(sa.text(statement))
    assert words in faults(filled)[name]


def test_a_row_that_names_a_missing_one_is_found(filled):
    with filled.engine.connect() as c:
        if filled.sqlite:
            c.exec_driver_sql("PRAGMA foreign_keys=OFF")
        else:
            c.exec_driver_sql("ALTER TABLE variants DROP CONSTRAINT fk_variants_mailing_id")
        if not filled.sqlite:
            c.exec_driver_sql("UPDATE variants SET mailing_id = 77")
            c.commit()
    if filled.sqlite:
        raw = filled.engine.raw_connection()
        raw.cursor().execute("PRAGMA foreign_keys=OFF")
        raw.cursor().execute("UPDATE variants SET mailing_id = 77")
        raw.cursor().execute("PRAGMA foreign_keys=ON")
        raw.close()
    assert faults(filled)["foreign-keys"] == "1 rows of `variants` name a missing row of `mailings`"


def test_a_damaged_file_is_told_by_the_engine(tmp_path):
    database = open_database("sqlite:///damaged.db", tmp_path)
    with database.write() as c:
        subscribe(c, 2000)
    raw = database.engine.raw_connection()
    raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    page = raw.cursor().execute("SELECT rootpage FROM sqlite_master WHERE name = 'ix_deliveries_open'").fetchone()[0]
    index = (
        raw.cursor().execute("SELECT rootpage FROM sqlite_master WHERE name = 'uq_subscriptions_open'").fetchone()[0]
    )
    size = raw.cursor().execute("PRAGMA page_size").fetchone()[0]
    raw.close()
    database.close()
    with (tmp_path / "damaged.db").open("r+b") as file:
        file.seek((page - 1) * size)
        empty = file.read(size)
        file.seek((index - 1) * size)
        file.write(empty)
    assert faults(database)["engine"]
    database.close()


def test_a_sequence_that_would_give_an_id_again_is_found(filled):
    if filled.sqlite:
        return  # SQLite takes the next id from the rows themselves
    with filled.write() as c:
        c.execute(sa.text("SELECT setval('events_id_seq', 1, false), setval('subscribers_id_seq', 2)"))
    assert faults(filled)["sequences"] == (
        "the sequence of `events` is behind its newest id; the sequence of `subscribers` is behind its newest id"
    )
