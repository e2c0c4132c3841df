"""A throw-away PostgreSQL for benchmarks: the very cluster that the tests use, on a socket, without fsync."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from tests import postgres


@contextmanager
def postgresql() -> Iterator[str]:
    """Start a cluster and give the URL of an empty database in it."""
    with postgres.cluster() as home:
        yield postgres.url(home, "bench")


def empty(url: str) -> None:
    """Take everything out of the database at `url`."""
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    engine.dispose()
