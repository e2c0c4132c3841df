"""A real PostgreSQL for tests: one throw-away cluster per run, on a socket in a short path, without fsync."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from tests import run
from tests.conftest import missing


def _binaries() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not found:
        missing("PostgreSQL", "apt-get install postgresql")
    return found[-1]


def _as_postgres(*command: str) -> None:
    # PostgreSQL refuses to run as root, as which containers and CI do.
    prefix = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.geteuid() == 0 else []
    subprocess.run([*prefix, *command], check=True, stdout=subprocess.DEVNULL, cwd="/tmp")


def restart(home: Path, mode: str) -> None:
    """Stop the cluster of `home` ("fast", or "immediate" as a power cut would) and start it again."""
    control, log = str(_binaries() / "pg_ctl"), str(home / "log")
    _as_postgres(control, "-D", str(home / "d"), "-w", "-m", mode, "-l", log, "restart")


@contextmanager
def cluster(*settings: str) -> Iterator[Path]:
    """Start a cluster and give the directory of its socket; `settings` (`name=value`) override those of the tests."""
    home = _start(*settings)
    try:
        yield home
    finally:
        _stop(home)


def shared() -> Path:
    """Return the directory of the socket of the run's cluster, which the first process that asks has started."""
    note = run.folder() / "postgres"
    with run.locked("postgres"):
        if not note.exists():
            home = _start()
            note.write_text(str(home))
            _make_template(home)
    return Path(note.read_text())


def stop_shared() -> None:
    """Stop the run's cluster, if a test asked for one."""
    note = run.folder() / "postgres"
    if note.exists():
        _stop(Path(note.read_text()))


def _start(*settings: str) -> Path:
    home = Path(tempfile.mkdtemp(prefix="pg", dir="/tmp"))
    binaries = _binaries()
    if os.geteuid() == 0:
        shutil.chown(home, "postgres", "postgres")
    data = str(home / "d")
    _as_postgres(str(binaries / "initdb"), "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync")
    # Nothing has to outlive a power cut here; every process of the run has some connections.
    options = f"-c listen_addresses='' -c unix_socket_directories={home} -c fsync=off -c max_connections=200"
    options += "".join(f" -c {setting}" for setting in settings)
    _as_postgres(str(binaries / "pg_ctl"), "-D", data, "-w", "-l", str(home / "log"), "-o", options, "start")
    return home


def _stop(home: Path) -> None:
    _as_postgres(str(_binaries() / "pg_ctl"), "-D", str(home / "d"), "-m", "immediate", "-w", "stop")
    shutil.rmtree(home, ignore_errors=True)


# A copy of a migrated database takes a tenth of the time of its migrations.
MIGRATED = "migrated"


def _make_template(home: Path) -> None:
    from newsletter.store.engine.database import open_database

    with _server(home) as connection:
        connection.execute(f"CREATE DATABASE {MIGRATED}")
    open_database(_url(home, MIGRATED)).close()


@contextmanager
def _server(home: Path) -> Iterator[psycopg.Connection]:
    with psycopg.connect(f"host={home} user=postgres dbname=postgres", autocommit=True) as connection:
        yield connection


def database_name(name: str) -> str:
    """Return what the database `name` of this test process is called: every process of a run has its own."""
    return f"{name}_{run.WORKER}"


def url(home: Path, name: str, template: str = "template1") -> str:
    """Return the SQLAlchemy URL of this process's database `name`, made as a copy of `template`: without any table."""
    own = database_name(name)
    with _server(home) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{own}" WITH (FORCE)')
        connection.execute(f'CREATE DATABASE "{own}" TEMPLATE "{template}"')
    return _url(home, own)


def migrated_url(home: Path, name: str) -> str:
    """Return the same of a database at this version with nothing in it; `home` is the run's cluster."""
    return url(home, name, MIGRATED)


def emptied(home: Path, name: str) -> str:
    """Return the URL of this process's database `name`, its rows and connections gone, its tables as they were."""
    own = database_name(name)
    others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()"
    tables = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
    with psycopg.connect(f"host={home} user=postgres dbname={own}") as connection:
        connection.execute(others, (own,))
        connection.execute("SET session_replication_role = replica")  # in whatever order, without foreign keys
        for (table,) in connection.execute(tables).fetchall():
            connection.execute(f'DELETE FROM "{table}"')
        connection.execute("SELECT setval(oid, 1, false) FROM pg_class WHERE relkind = 'S'")
    return _url(home, own)


def _url(home: Path, name: str) -> str:
    return f"postgresql+psycopg://postgres@/{name}?host={home}"
