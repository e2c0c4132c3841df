"""The whole schema in one place, for migrations and copies."""

from __future__ import annotations

from newsletter.store.tables import audiences, imports, pages, signin
from newsletter.store.tables.core import metadata

__all__ = ["audiences", "imports", "metadata", "pages", "signin"]
