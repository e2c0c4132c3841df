"""The database of a workspace: one engine, one write lock, transactions that begin as writers.

SQLite runs in WAL mode with foreign keys, a busy timeout and `BEGIN IMMEDIATE`; one in-process lock keeps threads from
waiting inside SQLite. PostgreSQL runs the same statements; there the time is the server's.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, OperationalError

from newsletter.errors import StoreError
from newsletter.store.engine.folding import add_folding_function
from newsletter.store.engine.sqlite_library import sqlite_library
from newsletter.store.tables.schema import metadata

HEAD = "0012"
UNFINISHED = "copy-"  # prefix of the version of a database that a copy is still filling
_ONE_MOMENT: dict[str, Any] = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
_T = TypeVar("_T")
_log = logging.getLogger(__name__)
_MISSING_DRIVER = "install the extra `postgres`: pip install 'lettre-reseau[postgres]'"


class Database:
    """A workspace's database; `read()` and `write()` give connections inside one transaction each."""

    def __init__(self, url: str | sa.URL, root: Path | None = None, *, durable: bool = True) -> None:
        try:
            parsed = make_url(url)
            sqlite = parsed.get_backend_name() == "sqlite"
            if sqlite and parsed.database and parsed.database != ":memory:" and root:
                parsed = parsed.set(database=str(root / parsed.database))
            options: dict[str, Any] = {}
            if not sqlite or parsed.database not in (None, "", ":memory:"):
                # The connection used last is taken first: its page cache is warm, and those of the others stay small.
                options["pool_use_lifo"] = True
            if sqlite:
                options["module"] = sqlite_library()
            else:
                options |= {"pool_pre_ping": True, "pool_size": 10, "max_overflow": 20}
            # Errors end up in logs, and parameters are addresses.
            self.engine: Engine = sa.create_engine(parsed, hide_parameters=True, **options)
        except (ArgumentError, NoSuchModuleError) as error:
            raise StoreError(
                f"the database URL cannot be used: {error}", where="[database] url", hint="see the operator guide"
            ) from None
        except ModuleNotFoundError as error:
            raise StoreError(
                f"the driver `{error.name}` is not installed", where="[database] url", hint=_MISSING_DRIVER
            ) from None
        self.sqlite = sqlite
        # SQLite's readers see one snapshot anyhow; set at BEGIN, it costs PostgreSQL no extra statement.
        self._readers = self.engine if sqlite else self.engine.execution_options(**_ONE_MOMENT)
        self._lock = threading.RLock()
        if sqlite:
            _prepare_sqlite(self.engine, durable)

    @contextmanager
    def write(self, *, keep: bool = True) -> Iterator[Connection]:
        """Give a connection in a transaction that holds the write lock from its first statement; commit at the end.

        Without `keep` all of it is taken back: a rehearsal takes the same steps.
        """
        alone = self._lock if self.sqlite else nullcontext()
        with alone, _explained(self.engine), self.engine.connect() as connection:
            if self.sqlite:
                connection.info["immediate"] = True
            try:
                with connection.begin() as transaction:
                    yield connection
                    if not keep:
                        transaction.rollback()
            finally:
                connection.info.pop("immediate", None)

    def together(self, steps: Sequence[Callable[[Connection], _T]]) -> list[_T | Exception]:
        """Run many small writes in one transaction and return the outcome of each, in order, once all is committed.

        A step that raises does not undo the others: all is rolled back, and each runs again in its own transaction. A
        step may run twice, and must touch nothing but the connection. An error of the database fails them all.
        """
        # PostgreSQL has no single write lock to save, and a shared transaction would hold the locks of many rows.
        if self.sqlite and len(steps) > 1:
            try:
                with self.write() as connection:
                    return [step(connection) for step in steps]
            except Exception as error:  # noqa: BLE001 - whose it is comes out when each runs alone
                # NotFound comes from a step; a plain StoreError from the database, and each would wait for it again.
                if type(error) is StoreError:
                    return [error] * len(steps)
                _log.info("a shared transaction is undone, each step runs alone: %s", error)
        return [self._alone(step) for step in steps]

    def _alone(self, step: Callable[[Connection], _T]) -> _T | Exception:
        try:
            with self.write() as connection:
                return step(connection)
        except Exception as error:  # noqa: BLE001 - returned, for the caller to raise
            return error

    @contextmanager
    def turn(self) -> Iterator[Connection]:
        """Like `write()`, but for one process of the workspace at a time: work outside the database is guarded too.

        SQLite has one writer anyhow; on PostgreSQL a lock is held until the transaction ends.
        """
        with self.write() as connection:
            if not self.sqlite:
                connection.execute(sa.text("SELECT pg_advisory_xact_lock(7267268)"))
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Give a connection for reading that sees one snapshot from first to last statement, while others write.

        PostgreSQL refuses a write through it. To see what others have written since, read again.
        """
        with _explained(self.engine), self._readers.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def quiet(self) -> Iterator[Connection]:
        """Give a connection for reading while all writers wait; other readers go on."""
        with self.write() as connection:
            if not self.sqlite:  # `write` has locked SQLite whole
                names = ", ".join(metadata.tables)
                connection.exec_driver_sql("SET LOCAL lock_timeout = '30s'")
                connection.exec_driver_sql(f"LOCK TABLE {names} IN SHARE ROW EXCLUSIVE MODE")
            yield connection

    def now(self, connection: Connection) -> float:
        """Return the time in POSIX seconds: the database's on PostgreSQL, so that several machines agree."""
        if self.sqlite:
            return time.time()
        return float(connection.scalar(sa.text("SELECT extract(epoch FROM clock_timestamp())")) or 0)

    def connect_arguments(self) -> dict[str, Any]:
        """Return the driver's connection arguments, password included: for another pool on the same database."""
        return dict(self.engine.dialect.create_connect_args(self.engine.url)[1])

    def version(self) -> str:
        """Return the version of the schema; an empty text when there is none yet."""
        with _explained(self.engine), self.engine.connect() as connection:
            try:
                return connection.scalar(sa.text("SELECT version_num FROM alembic_version")) or ""
            except DBAPIError:
                return ""

    def migrate(self) -> None:
        """Bring the schema to this version; a no-op when it has it already.

        Raises StoreError when it is newer, or when a copy into this database has not been finished.
        """
        current = self.version()
        if current == HEAD:
            return
        if current.startswith(UNFINISHED):
            raise StoreError(
                "a copy into this database has not been finished",
                where=self.engine.url.render_as_string(hide_password=True),
                hint="run the same `newsletter database copy` or `restore` again",
            )
        from newsletter.store.migrations.run import upgrade

        with self._lock, _explained(self.engine):
            upgrade(self.engine)

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()


def open_database(url: str, root: Path | None = None, *, durable: bool = True) -> Database:
    """Open and migrate the database at `url`; a relative SQLite path counts from `root`."""
    database = Database(url, root, durable=durable)
    database.migrate()
    return database


def _prepare_sqlite(engine: Engine, durable: bool) -> None:
    @sa.event.listens_for(engine, "do_connect")
    def _private(_dialect: Any, _record: Any, arguments: Sequence[Any], _options: Any) -> None:
        # SQLite would make the file readable by every account of the machine; its WAL takes over the file's rights.
        if engine.url.database not in (None, "", ":memory:") and not str(arguments[0]).startswith("file:"):
            with suppress(OSError):  # SQLite itself reports what is wrong with the place
                os.close(os.open(arguments[0], os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))

    @sa.event.listens_for(engine, "connect")
    def _connect(raw: Any, _record: Any) -> None:
        add_folding_function(raw)
        raw.isolation_level = None  # transactions are begun below, not guessed by the driver
        for pragma in (
            "journal_mode=WAL",
            f"synchronous={'FULL' if durable else 'NORMAL'}",
            "foreign_keys=ON",
            "busy_timeout=30000",
            "secure_delete=ON",
            "cache_size=-4000",
        ):
            raw.execute(f"PRAGMA {pragma}").close()

    @sa.event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # A reader that later writes would fail with SQLITE_BUSY at once; so writers begin as writers.
        connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.info.get("immediate") else "BEGIN")


# SQLite reports a bug in the code (a wrong column) by the same class as a full disk; only these come from outside.
_HINTS = {
    "disk is full": "free some space, then run the same command again: nothing is lost",
    "disk i/o": "check the disk, then run the same command again",
    "locked": "another process holds the database; wait for it, then run the same command again",
    "unable to open": "check that the directory exists and can be written",
    "readonly": "check the rights of the database file and of its directory",
    "interrupted": "run the same command again",
}


@contextmanager
def _explained(engine: Engine) -> Iterator[None]:
    """Raise a StoreError for a database that refuses within the block."""
    try:
        yield
    except OperationalError as error:
        raise _explain(error, engine) from error.orig


def _explain(error: OperationalError, engine: Engine) -> Exception:
    """Return the StoreError for a database that refuses; an error in the program's own SQL passes unchanged."""
    text = str(error.orig).strip().splitlines()[0] if error.orig else str(error)
    hint = next((hint for part, hint in _HINTS.items() if part in text.lower()), "")
    if not hint and engine.dialect.name == "sqlite":
        return error
    where = engine.url.render_as_string(hide_password=True)
    return StoreError(f"the database refused: {text}", where=where, hint=hint or "run the same command again")
