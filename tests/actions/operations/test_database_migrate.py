"""A migration while letters are leaving: what moves stands still, nobody is lost or doubled, and all goes on."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy.exc import OperationalError

from newsletter.actions.operations import database_check, database_migrate
from newsletter.actions.workspace import open_workspace
from newsletter.errors import Refused, StoreError
from newsletter.store.engine import database as databases
from newsletter.store.engine import halt
from newsletter.store.migrations import run
from tests.actions import counting
from tests.actions.stage import ISSUE, Stage
from tests.postgres import database_name

pytestmark = pytest.mark.slow

VERSION = databases.HEAD


@pytest.fixture(params=["sqlite", "postgresql"])
def stage(request, tmp_path, monkeypatch):
    """An approved letter for 300 people in a database that is, by its number, one version behind."""
    cluster = request.getfixturevalue("postgres") if request.param == "postgresql" else None
    made = Stage(tmp_path / "ws", cluster, people=300)
    made.prepare()
    made.reset()
    if cluster:
        monkeypatch.setenv(
            "NEWSLETTER_DATABASE__URL", f"postgresql+psycopg://postgres@/{database_name('run')}?host={cluster}"
        )
    return made


@pytest.fixture
def later(monkeypatch):
    """A next version of the schema: its migration notes what was going on while it ran."""
    seen = {}

    def upgrade(engine):
        with engine.begin() as connection:
            seen["in flight"] = halt.in_flight(connection)
            seen["moving"] = halt.moving(connection)
            connection.execute(sa.text("UPDATE alembic_version SET version_num = 'later'"))

    monkeypatch.setattr(databases, "HEAD", "later")
    monkeypatch.setattr(database_migrate, "HEAD", "later")
    monkeypatch.setattr(run, "upgrade", upgrade)
    return seen


def status(workspace):
    with workspace.database.read() as connection:
        return connection.execute(sa.text("SELECT status, pause_reason FROM mailings")).one()


def back(workspace):
    """Give the database the number of this program again, so that its commands open it."""
    with workspace.database.write() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = :v"), {"v": VERSION})
    workspace.close()


def test_a_running_mailing_stands_still_for_the_migration_and_is_finished_afterwards(stage, tmp_path, later):
    with counting.counting(tmp_path / "taken") as server:
        sending = stage.send(server, SENDING__RATE=150)
        server.await_messages(40, sending)
        workspace = open_workspace(stage.home)
        made = database_migrate.migrate(workspace)
        assert (made.before, made.after, made.halted) == (VERSION, "later", (ISSUE,))
        assert later == {"in flight": 0, "moving": []}
        stopped = stage.receipt(sending)
        assert 40 <= stopped["sent"] < 300 and stopped["doubtful"] == 0
        assert status(workspace) == ("sending", "")
        back(workspace)
        done = stage.receipt(stage.send(server))
        assert (done["status"], done["sent"], done["doubtful"]) == ("done", 300, 0)
        assert len(server.taken()) == 300 and set(server.taken().values()) == {1}


def test_from_an_older_version_for_real_while_letters_leave(stage, tmp_path):
    with counting.counting(tmp_path / "taken") as server:
        sending = stage.send(server, SENDING__RATE=150)
        server.await_messages(40, sending)
        workspace = open_workspace(stage.home)
        database = databases.Database(workspace.settings.database.url, workspace.root)
        config = Config()
        config.set_main_option("script_location", str(Path(run.__file__).parent))
        config.attributes["engine"] = database.engine
        command.downgrade(config, "0008")  # sending needs nothing that came later
        database.close()
        made = database_migrate.migrate(workspace)
        assert (made.before, made.after, made.halted) == ("0008", VERSION, (ISSUE,))
        assert stage.receipt(sending)["sent"] < 300
        assert [check for check in database_check.check_database(workspace) if not check.ok] == []
        done = stage.receipt(stage.send(server))
        assert (done["status"], done["sent"], done["doubtful"]) == ("done", 300, 0)
        assert len(server.taken()) == 300 and set(server.taken().values()) == {1}


def test_what_does_not_come_to_rest_in_time_is_not_migrated_and_goes_on(stage, later):
    workspace = open_workspace(stage.home)
    database = databases.Database(workspace.settings.database.url, workspace.root)
    with database.write() as connection:
        connection.execute(
            sa.text(
                "UPDATE deliveries SET state = 'handed', token = 'elsewhere:1:1#1', lease_until = 9e12 WHERE id = 7"
            )
        )
    with pytest.raises(Refused, match="1 deliveries are still in flight after 0 s; nothing was migrated"):
        database_migrate.migrate(workspace, patience=0.3)
    assert later == {}
    with database.read() as connection:
        assert halt.moving(connection) == [ISSUE]
    assert database.version() == VERSION
    database.close()


def test_a_migration_killed_in_the_middle_is_called_again_and_lets_go_on_only_what_it_halted(stage, later, monkeypatch):
    workspace = open_workspace(stage.home)
    migrating = run.upgrade

    def power_cut(_engine):
        raise KeyboardInterrupt

    monkeypatch.setattr(run, "upgrade", power_cut)
    with pytest.raises(KeyboardInterrupt):
        database_migrate.migrate(workspace)
    monkeypatch.setattr(run, "upgrade", migrating)
    assert database_migrate.migrate(workspace).halted == (ISSUE,)
    assert status(workspace) == ("approved", "")
    back(workspace)


def test_what_a_person_has_paused_stays_paused(stage, later):
    workspace = open_workspace(stage.home)
    with databases.Database(workspace.settings.database.url, workspace.root).write() as connection:
        connection.execute(sa.text("UPDATE mailings SET status = 'paused', pause_reason = 'une coquille'"))
    assert database_migrate.migrate(workspace).halted == ()
    assert status(workspace) == ("paused", "une coquille")
    workspace.close()


@pytest.mark.parametrize(
    ("raised", "seen"),
    [
        (StoreError("no"), StoreError),
        (OperationalError("ALTER", None, sqlite3.OperationalError("database or disk is full")), StoreError),
        (ValueError("a fault of ours"), ValueError),
    ],
    ids=lambda value: getattr(value, "__name__", type(value).__name__),
)
def test_a_migration_that_fails_lets_go_on_what_it_halted(stage, later, monkeypatch, raised, seen):
    def fail(_engine):
        raise raised

    monkeypatch.setattr(run, "upgrade", fail)
    workspace = open_workspace(stage.home)
    with pytest.raises(seen):
        database_migrate.migrate(workspace)
    with databases.Database(workspace.settings.database.url, workspace.root).read() as connection:
        assert halt.moving(connection) == [ISSUE]
