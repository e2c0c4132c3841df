"""Fixtures shared by all tests: real parts (a workspace on disk, PostgreSQL, Chromium), no mocks."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

# A busy machine is slow, and no fault: no test asserts seconds.
settings.register_profile("house", deadline=None)
settings.load_profile("house")

ROOT = Path(__file__).resolve().parent.parent
CI = os.environ.get("CI") == "true"


def missing(what: str, how: str) -> None:
    """Skip the test because `what` is not installed; in CI nothing may be skipped, so fail."""
    reason = f"{what} is not installed: {how}"
    if CI:
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Path]:
    """The socket directory of a PostgreSQL cluster of this test process."""
    from tests.postgres import cluster

    with cluster() as home:
        yield home


# To migrate a database takes longer than most tests: they get a copy of one, or one that is emptied between them.
@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite database at this version with nothing in it."""
    path = tmp_path_factory.mktemp("template") / "template.db"
    _migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres_used_again(postgres: Path) -> str:
    """The name of a database at this version in the cluster."""
    from tests.postgres import url

    _migrate(url(postgres, "again"))
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


def _migrate(url: str) -> None:
    from newsletter.store.engine.database import open_database

    open_database(url).close()
