"""Fixtures shared by all tests: real parts (a workspace on disk, PostgreSQL, Chromium), no mocks."""

from __future__ import annotations

import os
import shutil
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import settings
from sqlalchemy.engine import Engine

# Where it is switched off, as in many containers, each process of a run compiles the product and its tests again.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# A busy machine is slow, and no fault: no test asserts seconds.
settings.register_profile("house", deadline=None)
# For `make check`: the same properties, tried with fewer examples.
settings.register_profile("quick", deadline=None, max_examples=10)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "house"))

ROOT = Path(__file__).resolve().parent.parent
CI = os.environ.get("CI") == "true"
_LONGEST_NAME = 120


def missing(what: str, how: str) -> None:
    """Skip the test because `what` is not installed; in CI nothing may be skipped, so fail."""
    reason = f"{what} is not installed: {how}"
    if CI:
        pytest.fail(reason)
    pytest.skip(reason)


def pytest_configure(config: pytest.Config) -> None:
    """Make what the processes of this run share, in the first of them."""
    from tests import run

    if not hasattr(config, "workerinput"):
        run.begin()


def pytest_unconfigure(config: pytest.Config) -> None:
    """End what they shared."""
    from tests import postgres, run

    if not hasattr(config, "workerinput"):
        postgres.stop_shared()
        run.end()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest, so that no process works alone at the end; one Chromium for a module's tests."""
    for item in items:
        if item.get_closest_marker("browser") and not item.get_closest_marker("xdist_group"):
            item.add_marker(pytest.mark.xdist_group(item.nodeid.partition("::")[0]))
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


def pytest_make_parametrize_id(val: object) -> str | None:
    """Name a case with a long value by its beginning: pytest would name one of ten megabytes by forty, many times."""
    if not isinstance(val, str | bytes) or len(val) <= _LONGEST_NAME:
        return None
    return f"{ascii(val[:_LONGEST_NAME])[:_LONGEST_NAME]}..."


@pytest.fixture(scope="session")
def postgres() -> Path:
    """The socket directory of the run's PostgreSQL."""
    from tests.postgres import shared

    return shared()


# To migrate a database takes longer than most tests: they get a copy of one, or one that is emptied between them.
@pytest.fixture(scope="session")
def sqlite_template() -> Path:
    """An SQLite database at this version with nothing in it."""
    from tests import run

    return run.once("template.db", _migrate)


@pytest.fixture(scope="session", autouse=True)
def copied_schema(sqlite_template: Path) -> Iterator[None]:
    """A new SQLite database is copied from one that was migrated; every other one is migrated as the product does."""
    from newsletter.store.migrations import run as migrations

    real = migrations.upgrade

    def upgrade(engine: Engine, to: str = "head") -> None:
        if engine.dialect.name != "sqlite" or to != "head" or not _copied(engine, sqlite_template):
            real(engine, to)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(migrations, "upgrade", upgrade)
        yield


@pytest.fixture(scope="session")
def postgres_used_again(postgres: Path) -> str:
    """The name of a database at this version in the cluster."""
    from tests.postgres import migrated_url

    migrated_url(postgres, "again")
    return "again"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database with nothing in it, at this version, on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "test.db")
        return f"sqlite:///{tmp_path}/test.db"
    from tests.postgres import emptied

    return emptied(request.getfixturevalue("postgres"), request.getfixturevalue("postgres_used_again"))


@pytest.fixture(params=["sqlite", "postgresql"])
def bare_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database without any table, on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/test.db"
    from tests.postgres import url

    return url(request.getfixturevalue("postgres"), "test")


def _copied(engine: Engine, template: Path) -> bool:
    """Copy the template into a database that holds nothing yet; tell whether it was one."""
    with engine.connect() as connection:
        if connection.exec_driver_sql("SELECT count(*) FROM sqlite_master").scalar():
            return False
    raw = engine.raw_connection()
    with closing(sqlite3.connect(template)) as source, closing(raw):
        source.backup(raw.driver_connection)
    return True


def _migrate(path: Path) -> None:
    from newsletter.store.engine.database import open_database

    open_database(f"sqlite:///{path}").close()
