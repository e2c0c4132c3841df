"""A real PostgreSQL for tests: one throw-away cluster per test process, on a socket in a short path, without fsync."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

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
    home = Path(tempfile.mkdtemp(prefix="pg", dir="/tmp"))
    binaries = _binaries()
    if os.geteuid() == 0:
        shutil.chown(home, "postgres", "postgres")
    data = str(home / "d")
    _as_postgres(str(binaries / "initdb"), "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync")
    options = f"-c listen_addresses='' -c unix_socket_directories={home} -c fsync=off -c max_connections=60"
    options += "".join(f" -c {setting}" for setting in settings)
    _as_postgres(str(binaries / "pg_ctl"), "-D", data, "-w", "-l", str(home / "log"), "-o", options, "start")
    try:
        yield home
    finally:
        _as_postgres(str(binaries / "pg_ctl"), "-D", data, "-m", "immediate", "-w", "stop")
        shutil.rmtree(home, ignore_errors=True)


def url(home: Path, name: str) -> str:
    """Return the SQLAlchemy URL of the database `name`, made anew and empty."""
    with psycopg.connect(f"host={home} user=postgres dbname=postgres", autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        connection.execute(f'CREATE DATABASE "{name}"')
    return _url(home, name)


def emptied(home: Path, name: str) -> str:
    """Return the SQLAlchemy URL of the database `name`, its rows and connections gone, its tables as they were."""
    others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()"
    tables = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
    with psycopg.connect(f"host={home} user=postgres dbname={name}") as connection:
        connection.execute(others, (name,))
        connection.execute("SET session_replication_role = replica")  # in whatever order, without foreign keys
        for (table,) in connection.execute(tables).fetchall():
            connection.execute(f'DELETE FROM "{table}"')
        connection.execute("SELECT setval(oid, 1, false) FROM pg_class WHERE relkind = 'S'")
    return _url(home, name)


def _url(home: Path, name: str) -> str:
    return f"postgresql+psycopg://postgres@/{name}?host={home}"
