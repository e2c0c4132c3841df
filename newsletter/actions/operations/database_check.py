"""Checking a workspace's database without changing anything."""

from __future__ import annotations

from newsletter.actions.workspace import Workspace
from newsletter.store.engine import checks
from newsletter.store.engine.checks import Check
from newsletter.store.engine.database import Database


def check_database(workspace: Workspace) -> list[Check]:
    """Return every check that was made; an older or unfinished database is a finding and is not migrated."""
    settings = workspace.settings.database
    database = Database(settings.url, workspace.root, durable=settings.durable)
    try:
        with database.read() as connection:
            return checks.run_checks(connection, database.version())
    finally:
        database.close()
