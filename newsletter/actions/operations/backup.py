"""A backup: a snapshot of the database and the workspace's files, in a dated directory of its own. Never a secret."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import tomlkit
from sqlalchemy.engine import make_url

from newsletter import __version__
from newsletter.actions.operations import backup_manifest
from newsletter.actions.operations.backup_manifest import DATABASE, FILES, PARTS
from newsletter.actions.workspace import Workspace
from newsletter.errors import Refused
from newsletter.settings_file import FILE
from newsletter.store.engine import snapshots
from newsletter.store.engine.copy import Progress

_SECRET = frozenset({"password", "sslpassword"})  # the driver also takes them after the `?` of its URL


@dataclass(frozen=True, slots=True)
class Backup:
    """A finished backup: its directory, how many files and bytes, and what was left out (links, a password)."""

    path: Path
    files: int
    bytes: int
    left_out: tuple[str, ...]


def backup(workspace: Workspace, directory: Path, progress: Progress = lambda *_: None) -> Backup:
    """Save the workspace into a new dated directory below `directory`; letters may be sent meanwhile.

    It appears whole or not at all. `.env`, the outbox and uploads are left out: no secret is in a backup.
    """
    moment = workspace.now()
    target = directory / moment.strftime("%Y-%m-%d-%H%M%S")
    if target.exists():
        raise Refused("there is a backup of this second already", where=str(target), hint="run it again")
    try:
        directory.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(prefix=".part-", dir=directory))  # readable by its owner only
    except OSError as error:
        raise Refused(f"cannot write: {error.strerror}", where=str(directory), hint="name another directory") from None
    try:
        # The database first: every picture it names was there before, and is still there when files are copied.
        snapshots.save_snapshot(workspace.database, part / DATABASE, progress)
        left_out = list(_files(workspace.root, part / FILES))
        for path in part.rglob("*"):
            path.chmod(0o700 if path.is_dir() else 0o600)
        schema = workspace.database.version()
        made = backup_manifest.write_manifest(part, moment.isoformat(timespec="seconds"), __version__, schema)
        os.sync()
        part.rename(target)
    except OSError as error:
        shutil.rmtree(part, ignore_errors=True)
        raise Refused(
            f"cannot be saved: {error.strerror}",
            where=str(error.filename or directory),
            hint="correct that, then run it again: nothing is left of this attempt",
        ) from None
    except BaseException:
        shutil.rmtree(part)
        raise
    return Backup(target, len(made.files), sum(entry.bytes for entry in made.files.values()), tuple(left_out))


def _files(root: Path, target: Path) -> Iterator[str]:
    """Copy the workspace's files; yield what is left out, with the reason."""
    target.mkdir()
    for name in PARTS:
        if name == FILE:
            continue  # read below, wherever it lies
        if (root / name).is_symlink():
            yield f"{name} (a link)"
        elif (root / name).is_dir():
            yield from _folder(root, name, target)
    text, cleaned = _settings((root / FILE).read_text(encoding="utf-8"))
    (target / FILE).write_text(text, encoding="utf-8")
    if cleaned:
        yield f"the database's password in {FILE}"


def _folder(root: Path, name: str, target: Path) -> Iterator[str]:
    for folder, folders, names in os.walk(root / name):
        here = Path(folder)
        for inner in [*folders, *names]:
            if (here / inner).is_symlink():
                yield f"{(here / inner).relative_to(root)} (a link)"
        folders[:] = [f for f in folders if not f.startswith(".") and not (here / f).is_symlink()]
        place = target / here.relative_to(root)
        place.mkdir(exist_ok=True)
        for file in names:
            # What begins with a dot is a file being written, or belongs to a tool.
            if not file.startswith(".") and not (here / file).is_symlink():
                with suppress(FileNotFoundError):  # renamed or removed by an editor since it was listed
                    shutil.copyfile(here / file, place / file)


def _settings(text: str) -> tuple[str, bool]:
    """Return `newsletter.toml` without a password in the database's URL, and whether there was one."""
    document = tomlkit.parse(text)
    section = document.get("database", {})
    url = make_url(str(section["url"])) if section.get("url") else None
    if url is None or (url.password is None and not _SECRET & url.query.keys()):
        return text, False
    bare = url._replace(password=None).difference_update_query(_SECRET)
    section["url"] = bare.render_as_string(hide_password=False)
    return tomlkit.dumps(document), True
