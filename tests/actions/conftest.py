from __future__ import annotations

from collections.abc import Iterator

import pytest

from newsletter.store.engine.database import Database, open_database
from tests.actions.returned_mail import World, world


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    made = open_database(database_url)
    yield made
    made.close()


@pytest.fixture
def lille(database_url: str) -> Iterator[World]:
    """A lettre that has left, on SQLite and on PostgreSQL."""
    made = world(database_url)
    yield made
    made.workspace.close()


@pytest.fixture
def quick() -> Iterator[World]:
    """The same on SQLite in memory, for tables of cases."""
    made = world("sqlite://", soft_limit=3)
    yield made
    made.workspace.close()
