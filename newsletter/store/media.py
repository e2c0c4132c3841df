"""Published pictures kept in the database, so that any web process serves them without files of its own."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from newsletter.store.tables_web import media


def save(connection: Connection, name: str, data: bytes, pixels: tuple[int, int], now: float) -> bool:
    """Keep the picture `name` with its (width, height) in pixels; tells whether it was new.

    The name is made of the content, so one that is there already stays as it is.
    """
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    values = {"name": name, "data": data, "width": pixels[0], "height": pixels[1], "created_at": now}
    query = insert(media).values(values).on_conflict_do_nothing().returning(media.c.name)
    return connection.execute(query).first() is not None


def look(connection: Connection, name: str) -> tuple[int, int, int] | None:
    """Return (width, height, bytes) of the picture `name` without reading it, or None."""
    columns = (media.c.width, media.c.height, sa.func.length(media.c.data))
    row = connection.execute(sa.select(*columns).where(media.c.name == name)).first()
    return (row[0], row[1], row[2]) if row else None


def read(connection: Connection, name: str) -> bytes | None:
    """Return the bytes of the picture `name`, or None."""
    found: bytes | None = connection.scalar(sa.select(media.c.data).where(media.c.name == name))
    return found


def names(connection: Connection) -> Iterator[str]:
    """Yield the names of all pictures, in order."""
    yield from connection.scalars(sa.select(media.c.name).order_by(media.c.name))
