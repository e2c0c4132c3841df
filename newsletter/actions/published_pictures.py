"""Where published pictures are kept: files of this machine, or the database, which every web process reads.

A name is made of what is in the picture, so a picture never changes and may be cached for ever.
"""

from __future__ import annotations

import io
import os
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from PIL import Image, UnidentifiedImageError

from newsletter.errors import NotFound, RenderingError
from newsletter.i18n import Sentence
from newsletter.store import published_pictures
from newsletter.store.engine.database import Database

if TYPE_CHECKING:
    from newsletter.actions.workspace import Workspace

MOST_BYTES = 4_000_000
FORMATS = {"jpg": "JPEG", "png": "PNG", "webp": "WEBP"}
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,119}\.(?:jpg|png|webp)")


@dataclass(frozen=True, slots=True)
class StoredPicture:
    """A kept picture: its size in pixels and in bytes."""

    width: int
    height: int
    weight: int


class Media(Protocol):
    """A place for published pictures."""

    def look(self, name: str) -> StoredPicture | None:
        """Return the sizes of a picture, or None when it is not kept."""

    def read(self, name: str) -> bytes | None:
        """Return the bytes of a picture, or None when it is not kept or `name` is no name of a picture."""

    def put(self, name: str, data: bytes) -> StoredPicture:
        """Keep a picture; RenderingError for what is not what its name says, or is too heavy."""

    def names(self) -> Iterator[str]:
        """Yield the names of all kept pictures, in order."""


@dataclass(frozen=True, slots=True)
class Files:
    """Pictures in a directory."""

    folder: Path

    def look(self, name: str) -> StoredPicture | None:
        """See `Media`."""
        data = self.read(name)
        try:
            return None if data is None else _judge(name, data)
        except RenderingError:
            return None  # a damaged file is made again

    def read(self, name: str) -> bytes | None:
        """See `Media`."""
        path = self.folder / name
        return path.read_bytes() if names_picture(name) and path.is_file() else None

    def put(self, name: str, data: bytes) -> StoredPicture:
        """See `Media`."""
        stored = _judge(name, data)
        write_picture(self.folder / name, data)
        return stored

    def weight(self, name: str) -> int:
        """Return the bytes of a kept picture, 0 when it is not here."""
        path = self.folder / name
        return path.stat().st_size if names_picture(name) and path.is_file() else 0

    def remove(self, name: str) -> None:
        """Take a picture away, if it is here."""
        if names_picture(name):
            (self.folder / name).unlink(missing_ok=True)

    def names(self) -> Iterator[str]:
        """See `Media`."""
        if self.folder.is_dir():
            yield from sorted(path.name for path in self.folder.iterdir() if names_picture(path.name))


@dataclass(frozen=True, slots=True)
class InDatabase:
    """Pictures in the database; those that files still hold from earlier are read there."""

    database: Database
    files: Files

    def look(self, name: str) -> StoredPicture | None:
        """See `Media`."""
        with self.database.read() as connection:
            found = published_pictures.look_up_picture(connection, name) if names_picture(name) else None
        return StoredPicture(*found) if found else None

    def read(self, name: str) -> bytes | None:
        """See `Media`."""
        if not names_picture(name):
            return None
        with self.database.read() as connection:
            found = published_pictures.read_picture(connection, name)
        return self.files.read(name) if found is None else found

    def put(self, name: str, data: bytes) -> StoredPicture:
        """See `Media`."""
        stored = _judge(name, data)
        with self.database.write() as connection:
            now = self.database.now(connection)
            published_pictures.save_picture(connection, name, data, (stored.width, stored.height), now)
        return stored

    def names(self) -> Iterator[str]:
        """See `Media`."""
        with self.database.read() as connection:
            yield from list(published_pictures.names(connection))


def write_picture(path: Path, data: bytes) -> None:
    """Put a file in place, whole or not at all, whoever else writes the same one at this moment."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}")
    temporary.write_bytes(data)
    temporary.replace(path)


def names_picture(text: str) -> bool:
    """Tell whether a text from outside can be the name of a published picture."""
    return _NAME.fullmatch(text) is not None


def required(place: Media, name: str) -> bytes:
    """Return the bytes of a picture that was published; NotFound when somebody took it away."""
    data = place.read(name)
    if data is None:
        raise NotFound(
            "a published picture is gone",
            where=name,
            hint="preview or approve the issue again",
            said=Sentence("Une image publiée n’est plus là. Rouvrez l’aperçu du numéro, ou redonnez le bon à tirer."),
        )
    return data


def gather(workspace: Workspace) -> tuple[int, int]:
    """Bring pictures kept at the other place to where the settings say; returns (brought, there already)."""
    here = workspace.media
    files = Files(workspace.published())
    there: Media = files if isinstance(here, InDatabase) else InDatabase(workspace.database, files)
    brought = known = 0
    for name in there.names():
        data = there.read(name)
        if here.look(name) is not None or data is None:
            known += 1
            continue
        here.put(name, data)
        brought += 1
    return brought, known


def _judge(name: str, data: bytes) -> StoredPicture:
    """Return the sizes of a picture that is what its name says."""
    if not names_picture(name):
        raise RenderingError("this is no name of a published picture", where=name[:120], hint="rename it")
    if len(data) > MOST_BYTES:
        raise RenderingError(
            f"the picture weighs {len(data):,} bytes", where=name, hint=f"give one of less than {MOST_BYTES:,}"
        )
    try:
        with Image.open(io.BytesIO(data), formats=(FORMATS[name.rpartition(".")[2]],)) as image:
            return StoredPicture(image.width, image.height, len(data))
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        raise RenderingError("the file is not the picture that its name says", where=name, hint="make it again") from (
            None
        )
