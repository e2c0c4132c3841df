"""Runs the migrations from inside the program, without an alembic.ini."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy.engine import Engine

from newsletter.errors import StoreError


def upgrade(engine: Engine, to: str = "head") -> None:
    """Apply every migration up to `to`; raises StoreError when the database was made by a newer version."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes["engine"] = engine
    try:
        command.upgrade(config, to)
    except CommandError as error:
        raise StoreError(f"the database cannot be migrated: {error}", hint="install the newest version") from None
