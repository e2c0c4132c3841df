"""Bringing the database to this version while letters may be leaving: halt, wait, migrate, resume."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from newsletter.actions.sending.claims import recover
from newsletter.actions.workspace import Workspace
from newsletter.errors import Refused
from newsletter.store.engine import halt
from newsletter.store.engine.database import HEAD, UNFINISHED, Database

HALTED = "the database is being migrated"
PATIENCE_SECONDS = 120.0
_NAP = 0.2


@dataclass(frozen=True, slots=True)
class Migrated:
    """From which version to which (empty: there was none), and the issues that were halted meanwhile."""

    before: str
    after: str
    halted: tuple[str, ...]


def migrate(workspace: Workspace, *, patience: float = PATIENCE_SECONDS) -> Migrated:
    """Bring the schema to this version; mailings are paused meanwhile and go on afterwards.

    Waits `patience` seconds for what is in flight, then raises Refused with nothing changed. Interrupted, it is simply
    called again: what it had halted goes on then too.
    """
    settings = workspace.settings.database
    database = Database(settings.url, workspace.root, durable=settings.durable)
    try:
        before = database.version()
        if before and before != HEAD and not before.startswith(UNFINISHED):
            _stand_still(database, patience, workspace.departures)
        try:
            database.migrate()
        except Exception:  # whatever it was, what has been halted goes on before the error is raised
            _go_on(database)
            raise
        return Migrated(before, HEAD, tuple(_go_on(database)))
    finally:
        database.close()


def _stand_still(database: Database, patience: float, logs: Path) -> None:
    with database.write() as connection:
        halt.halt(connection, HALTED)
    end = time.monotonic() + patience
    while True:
        recover(database, logs=logs)  # a sender that has ended must not block the migration
        with database.read() as connection:
            held = halt.in_flight(connection)
        if not held:
            return
        if time.monotonic() > end:
            _go_on(database)
            raise Refused(
                f"{held} deliveries are still in flight after {patience:.0f} s; nothing was migrated",
                hint="stop the senders (`newsletter serve`, `worker`, `send`), or allow more time with --patience",
            )
        time.sleep(_NAP)


def _go_on(database: Database) -> list[str]:
    with database.write() as connection:
        return halt.go_on(connection, HALTED)
