"""Small writes that share a transaction: each gets its own result or its own error, and nothing half."""

from __future__ import annotations

import sqlite3
from functools import partial

import pytest
import sqlalchemy as sa

from newsletter.errors import NotFound, StoreError
from newsletter.store.engine.database import open_database
from newsletter.store.tables.core import erasures


def keep(name, connection):
    connection.execute(erasures.insert().values(fingerprint=name, reason="test", at=0))
    return name


def fail(name, connection):
    keep(name, connection)
    raise NotFound(name)


def kept(database):
    with database.read() as c:
        return sorted(c.execute(sa.select(erasures.c.fingerprint)).scalars())


def test_each_gets_its_result_in_order(database):
    assert database.together([partial(keep, name) for name in "bca"]) == ["b", "c", "a"]
    assert kept(database) == ["a", "b", "c"]
    assert database.together([]) == []


def test_on_sqlite_a_crowd_costs_one_commit(tmp_path):
    database = open_database("sqlite:///a.db", tmp_path)
    commits = []
    sa.event.listen(database.engine, "commit", commits.append)
    database.together([partial(keep, str(n)) for n in range(30)])
    assert len(commits) == 1
    database.close()


ERRORS = {
    "one of ours": fail,
    "the database's": lambda name, connection: connection.execute(sa.text("SELECT nonsense FROM jobs")),
    "a double": lambda name, connection: keep("a", connection),
}


@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize("kind", ERRORS)
def test_whoever_raises_takes_nobody_else_along(database, kind, place):
    with database.write() as connection:
        keep("a", connection)
    steps = [partial(keep, "b"), partial(keep, "c")]
    steps.insert(place, partial(ERRORS[kind], "x"))
    answers = database.together(steps)
    assert isinstance(answers.pop(place), Exception)
    assert answers == ["b", "c"]
    assert kept(database) == ["a", "b", "c"]


def test_a_lone_step_that_raises_leaves_nothing(database):
    (answer,) = database.together([partial(fail, "x")])
    assert isinstance(answer, NotFound)
    assert kept(database) == []


def test_a_database_that_refuses_has_refused_them_all_after_one_wait(tmp_path):
    database = open_database("sqlite:///a.db", tmp_path)
    with database.engine.connect() as c:
        c.exec_driver_sql("PRAGMA busy_timeout=50")
    other = sqlite3.connect(tmp_path / "a.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    answers = database.together([partial(keep, name) for name in "ab"])
    assert all(isinstance(answer, StoreError) for answer in answers)
    assert answers[0] is answers[1]
    other.execute("ROLLBACK")
    assert kept(database) == []
    database.close()
