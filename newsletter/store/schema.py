"""The whole schema in one place, for migrations and copies."""

from __future__ import annotations

from newsletter.store import tables_people, tables_web
from newsletter.store.tables import metadata

__all__ = ["metadata", "tables_people", "tables_web"]
