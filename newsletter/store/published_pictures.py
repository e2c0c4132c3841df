"""Published pictures kept in the database, so that any web process serves them without files of its own."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Set as AbstractSet

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from newsletter.store.tables.core import variants
from newsletter.store.tables.pages import archive_pages, media, unused_pictures


def save_picture(connection: Connection, name: str, data: bytes, pixels: tuple[int, int], now: float) -> bool:
    """Keep the picture `name` with its (width, height) in pixels; tells whether it was new.

    The name is made of the content, so one that is there already stays as it is.
    """
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    values = {"name": name, "data": data, "width": pixels[0], "height": pixels[1], "created_at": now}
    query = insert(media).values(values).on_conflict_do_nothing().returning(media.c.name)
    return connection.execute(query).first() is not None


def look_up_picture(connection: Connection, name: str) -> tuple[int, int, int] | None:
    """Return (width, height, bytes) of the picture `name` without reading it, or None."""
    columns = (media.c.width, media.c.height, sa.func.length(media.c.data))
    row = connection.execute(sa.select(*columns).where(media.c.name == name)).first()
    return (row[0], row[1], row[2]) if row else None


def read_picture(connection: Connection, name: str) -> bytes | None:
    """Return the bytes of the picture `name`, or None."""
    found: bytes | None = connection.scalar(sa.select(media.c.data).where(media.c.name == name))
    return found


def names(connection: Connection) -> Iterator[str]:
    """Yield the names of all pictures, in order."""
    yield from connection.scalars(sa.select(media.c.name).order_by(media.c.name))


def remove(connection: Connection, name: str) -> None:
    """Delete a picture, and the notes about it."""
    connection.execute(media.delete().where(media.c.name == name))
    connection.execute(unused_pictures.delete().where(unused_pictures.c.name == name))


def frozen(connection: Connection) -> Iterator[bytes]:
    """Yield every letter and every web page that was ever frozen, whatever became of its mailing."""
    for column in (variants.c.skeleton, archive_pages.c.content):
        for (value,) in connection.execute(sa.select(column).execution_options(yield_per=20)):
            yield value.encode() if isinstance(value, str) else value


def unused(connection: Connection) -> dict[str, float]:
    """Return the pictures that nothing showed at the last check, and since when (POSIX seconds)."""
    return {row.name: row.since for row in connection.execute(sa.select(unused_pictures))}


def note_unused(connection: Connection, names: AbstractSet[str], now: float) -> None:
    """Note that these pictures, and no others, are shown by nothing; one noted before keeps its time."""
    known = unused(connection)
    for name in known.keys() - names:
        connection.execute(unused_pictures.delete().where(unused_pictures.c.name == name))
    if new := [{"name": name, "since": now} for name in sorted(names - known.keys())]:
        connection.execute(unused_pictures.insert(), new)
