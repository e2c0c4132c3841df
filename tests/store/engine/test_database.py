"""The schema and the transactions, on both databases."""

from __future__ import annotations

import sqlite3
import threading
import time

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from newsletter.errors import StoreError
from newsletter.store.engine.database import HEAD, Database, open_database
from newsletter.store.migrations.run import upgrade
from newsletter.store.tables.core import erasures
from newsletter.store.tables.pages import jobs
from newsletter.store.tables.schema import metadata


def test_the_migrations_make_exactly_the_tables_of_the_code(database):
    with database.engine.connect() as c:
        assert compare_metadata(MigrationContext.configure(c), metadata) == []


def test_a_database_file_is_for_its_owner_only(tmp_path):
    made = open_database(f"sqlite:///{tmp_path / 'a.db'}")
    with made.write() as c:
        c.execute(sa.text("UPDATE alembic_version SET version_num = version_num"))
        assert {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {
            "a.db": 0o600,
            "a.db-wal": 0o600,
            "a.db-shm": 0o600,
        }
    made.close()


def test_a_database_of_the_first_version_is_brought_up_to_date(bare_url):
    old = Database(bare_url)
    upgrade(old.engine, "0001")
    old.close()
    new = open_database(bare_url)
    with new.read() as c:
        assert c.scalar(sa.text("SELECT version_num FROM alembic_version")) == HEAD
        c.execute(sa.text("SELECT count(*) FROM jobs"))
    new.close()


def test_a_database_of_a_later_version_is_refused_with_what_to_do(bare_url):
    later = open_database(bare_url)
    with later.write() as c:
        c.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    later.close()
    with pytest.raises(StoreError, match="install the newest version"):
        open_database(bare_url)


def test_a_failed_transaction_leaves_nothing(database):
    with pytest.raises(ZeroDivisionError), database.write() as c:
        c.execute(erasures.insert().values(fingerprint="x", reason="test", at=0))
        _ = 1 / 0
    with database.read() as c:
        assert c.scalar(sa.select(sa.func.count()).select_from(erasures)) == 0


def test_writers_in_threads_take_turns_and_lose_no_update(database):
    with database.write() as c:
        c.execute(erasures.insert().values(fingerprint="n", reason="0", at=0))

    def add():
        for _ in range(20):
            with database.write() as c:
                row = c.execute(sa.select(erasures.c.at).where(erasures.c.fingerprint == "n").with_for_update()).one()
                c.execute(erasures.update().where(erasures.c.fingerprint == "n").values(at=row.at + 1))

    threads = [threading.Thread(target=add) for _ in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    with database.read() as c:
        assert c.scalar(sa.select(erasures.c.at)) == 80


def test_sqlite_runs_in_wal_mode_with_foreign_keys_and_wipes_what_it_deletes(tmp_path):
    database = open_database("sqlite:///a.db", tmp_path)
    with database.read() as c:
        pragmas = {
            name: c.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "foreign_keys", "secure_delete")
        }
    assert pragmas == {"journal_mode": "wal", "foreign_keys": 1, "secure_delete": 1}
    database.close()


def test_a_locked_database_says_what_to_do(tmp_path):
    database = open_database("sqlite:///a.db", tmp_path)
    with database.engine.connect() as c:
        c.exec_driver_sql("PRAGMA busy_timeout=50")
    other = sqlite3.connect(tmp_path / "a.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match="another process holds the database"), database.write() as c:
        c.execute(erasures.delete())
    other.execute("ROLLBACK")
    database.close()


def test_a_fault_in_our_own_sql_is_no_refusal_of_the_database(database):
    with pytest.raises(sa.exc.DBAPIError), database.read() as c:
        c.execute(sa.text("SELECT nonsense FROM jobs"))


@pytest.mark.parametrize(
    ("url", "hint"),
    [
        ("nonsense", "the database URL cannot be used"),
        ("oracle-of-delphi://x", "the database URL cannot be used"),
        ("sqlite:////nowhere/at/all.db", "check that the directory exists"),
    ],
)
def test_a_url_that_cannot_be_used_is_refused_by_name(url, hint):
    with pytest.raises(StoreError, match=hint):
        open_database(url)


def test_what_is_done_in_a_turn_is_done_by_one_process_at_a_time(database_url, tmp_path):
    """Two openings of the database are as two processes: neither shares a lock with the other."""
    number = tmp_path / "number"
    number.write_text("0")

    def count(database):
        for _ in range(15):
            with database.turn():
                seen = int(number.read_text())
                time.sleep(0.002)
                number.write_text(str(seen + 1))

    processes = [open_database(database_url) for _ in range(2)]
    threads = [threading.Thread(target=count, args=(database,)) for database in processes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for database in processes:
        database.close()
    assert number.read_text() == "30"


def test_a_reader_sees_one_moment_though_others_write_meanwhile(database):
    known = sa.select(jobs.c.name)
    with database.read() as reader:
        before = reader.scalars(known).all()
        with database.write() as writer:
            writer.execute(jobs.insert().values(name="meanwhile", next_at=0))
        assert reader.scalars(known).all() == before
    with database.read() as reader:
        assert reader.scalars(known).all() == [*before, "meanwhile"]


def test_a_connection_that_was_read_with_writes_again_and_sees_what_others_commit(database):
    known = sa.select(jobs.c.name)
    with database.read() as reader:
        reader.execute(known)
    with database.write() as writer:
        writer.execute(jobs.insert().values(name="after", next_at=0))
        if not database.sqlite:
            assert writer.exec_driver_sql("SHOW transaction_isolation").scalar() == "read committed"
    with database.read() as reader:
        assert "after" in reader.scalars(known).all()
