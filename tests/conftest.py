"""Fixtures shared by all tests: real parts (a workspace on disk, PostgreSQL, Chromium), no mocks."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

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


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database, on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/test.db"
    from tests.postgres import url

    return url(request.getfixturevalue("postgres"), "test")
