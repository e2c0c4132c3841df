"""What a backup holds: a manifest with the SHA-256 of every file, verified before anything is restored.

A manifest is untrusted input: it may name only files that a backup may hold.
"""

from __future__ import annotations

import hashlib
import json
import stat
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath

from pydantic import TypeAdapter, ValidationError

from newsletter.errors import Refused
from newsletter.settings_file import FILE

MANIFEST, DATABASE, FILES = "manifest.json", "database.db", "files"
PARTS = (FILE, "articles", "issues", "images", "published", "data")
_FORMAT = 1
_MOST_BYTES = 100_000_000
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class BackupEntry:
    """One file of a backup."""

    sha256: str
    bytes: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """When a backup was made, by which version of the program, of which schema; its files by relative path."""

    format: int
    made_at: str
    program: str
    schema: str
    files: Mapping[str, BackupEntry]


def write_manifest(directory: Path, made_at: str, program: str, schema: str) -> Manifest:
    """Write the manifest of everything in `directory` and return it."""
    paths = sorted(path for path in directory.rglob("*") if path.is_file())
    files = {path.relative_to(directory).as_posix(): _entry(path) for path in paths}
    made = Manifest(_FORMAT, made_at, program, schema, files)
    path = directory / MANIFEST
    path.write_text(json.dumps(asdict(made), ensure_ascii=False, indent=1), encoding="utf-8")
    path.chmod(0o600)
    return made


def verify_manifest(directory: Path) -> Manifest:
    """Read the manifest of a backup and compare every file with it; Refused names the first that differs."""
    path = directory / MANIFEST
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise Refused("the manifest is too large", where=str(path), hint="take another backup")
        made = TypeAdapter(Manifest).validate_json(path.read_bytes(), strict=False)
    except FileNotFoundError:
        raise Refused(
            "this is not a backup: it has no manifest",
            where=str(directory),
            hint="name the dated directory that `newsletter backup` made",
        ) from None
    except (ValidationError, OSError):
        raise Refused("the manifest cannot be read", where=str(path), hint="take another backup") from None
    if made.format != _FORMAT:
        raise Refused(f"the backup has format {made.format}", where=str(path), hint="install the newest version")
    for name in (DATABASE, f"{FILES}/{FILE}"):
        if name not in made.files:
            raise Refused(f"the manifest lacks `{name}`", where=str(path), hint="take another backup")
    for name, entry in made.files.items():
        if not _allowed(name):
            raise Refused(
                f"the manifest names `{name}`, which no backup holds", where=str(path), hint="do not trust this backup"
            )
        if not _plain(directory, name) or _entry(directory / name) != entry:
            raise Refused(
                f"`{name}` is missing or not as it was saved", where=str(directory), hint="take another backup"
            )
    return made


def _allowed(name: str) -> bool:
    path = PurePosixPath(name)
    inside = path.as_posix() == name and not any(part.startswith(".") or "\\" in part for part in path.parts)
    below = len(path.parts) > 1 and path.parts[0] == FILES and path.parts[1] in PARTS
    return inside and "\0" not in name and (name == DATABASE or below)


def _plain(directory: Path, name: str) -> bool:
    """Tell whether every step down to the file is a real directory, and the file a real file: no link leads outside."""
    path = directory
    for part in PurePosixPath(name).parts:
        path = path / part
        try:
            mode = path.lstat().st_mode
        except OSError:
            return False
        if not (stat.S_ISDIR(mode) or stat.S_ISREG(mode)):
            return False
    return stat.S_ISREG(mode)


def _entry(path: Path) -> BackupEntry:
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            size += len(chunk)
    return BackupEntry(digest.hexdigest(), size)
