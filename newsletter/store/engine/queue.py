"""Procrastinate's tables, created and upgraded from the SQL that it ships, and the number of its workers.

It keeps no version of its schema. The name of the last of its migrations that was applied is in the comment of
its main table, where backups keep it.
"""

from __future__ import annotations

from importlib.resources import files

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from newsletter.errors import StoreError
from newsletter.store.engine.database import Database

SILENT_SECONDS = 20.0  # a worker not heard of for that long is gone
_LOCK = 7_267_268
_MARK = "lettre-reseau: "


def prepare(database: Database) -> None:
    """Bring the queue's tables to the installed version of Procrastinate; a no-op when they have it already.

    Raises StoreError when a newer version, or another program, has made them.
    """
    steps = _migrations()
    while True:
        with database.write() as connection:
            # Workers that start together must not both create the tables.
            connection.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
            if not _exists(connection, "procrastinate_jobs"):
                _run(connection, _sql("schema.sql"), steps[-1])
                return
            behind = steps[_position(connection, steps) + 1 :]
            if not behind:
                return
            # Each in a transaction of its own, as Procrastinate means it.
            _run(connection, _sql("migrations", f"{behind[0]}.sql"), behind[0])


def workers(connection: Connection) -> int:
    """Return how many workers have been heard of lately; each counts once for every queue it listens to."""
    if not _exists(connection, "procrastinate_workers"):
        return 0
    query = "SELECT count(*) FROM procrastinate_workers WHERE last_heartbeat > now() - make_interval(secs => :secs)"
    return int(connection.scalar(sa.text(query), {"secs": SILENT_SECONDS}) or 0)


def _exists(connection: Connection, table: str) -> bool:
    return connection.scalar(sa.text("SELECT to_regclass(:name)"), {"name": table}) is not None


def _position(connection: Connection, steps: list[str]) -> int:
    """Return the index in `steps` of the last migration that was applied."""
    query = sa.text("SELECT obj_description('procrastinate_jobs'::regclass, 'pg_class')")
    comment = connection.scalar(query) or ""
    name = comment.removeprefix(_MARK)
    if name in steps:
        return steps.index(name)
    if comment.startswith(_MARK):
        hint = "install the version of `procrastinate` that made them, or a newer one"
        raise StoreError(f"the queue's tables are newer than this installation: {name}", hint=hint)
    hint = "give the newsletter a database of its own, or drop these tables: they hold no content"
    raise StoreError("the tables `procrastinate_*` were made by something else", hint=hint)


def _run(connection: Connection, sql: str, name: str) -> None:
    plain = connection.execution_options(no_parameters=True)
    plain.exec_driver_sql(sql)
    plain.exec_driver_sql(f"COMMENT ON TABLE procrastinate_jobs IS '{_MARK}{name}'")


def _migrations() -> list[str]:
    """Return the names of Procrastinate's migrations, oldest first."""
    found = files("procrastinate").joinpath("sql", "migrations").iterdir()
    return sorted(entry.name.removesuffix(".sql") for entry in found if entry.name.endswith(".sql"))


def _sql(*path: str) -> str:
    return files("procrastinate").joinpath("sql", *path).read_text(encoding="utf-8")
