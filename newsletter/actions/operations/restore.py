"""Restoring a backup: verified first, unpacked beside, and only then put in place of the present workspace."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy.engine import make_url

from newsletter.actions.operations import backup_manifest
from newsletter.actions.operations.backup_manifest import DATABASE, FILES, PARTS, Manifest
from newsletter.actions.sending.going_back import Remembered, left_since
from newsletter.errors import Refused
from newsletter.i18n import _, speaking
from newsletter.settings_file import load_settings, read_env_file
from newsletter.store.engine import checks, copy, halt, snapshots
from newsletter.store.engine.copy import Progress
from newsletter.store.engine.database import HEAD, UNFINISHED, Database


@dataclass(frozen=True, slots=True)
class Restored:
    """A restored workspace: the backup's time, how many files, the issues paused, where the former workspace is.

    `since` is what the departure logs of this workspace tell of messages that left after the backup: the ledger has it
    now. `unknown` are issues that left under approvals that the backup does not have, with how many messages.
    """

    made_at: str
    files: int
    paused: tuple[str, ...]
    aside: Path | None
    since: Remembered = field(default_factory=Remembered)
    unknown: Mapping[str, int] = field(default_factory=dict)


def restore(root: Path, source: Path, *, force: bool = False, progress: Progress = lambda *_: None) -> Restored:
    """Make `root` the workspace of the backup in `source`; its settings name the database.

    Raises Refused when the backup is not as it was saved, or when there is a workspace already; with `force` that one
    is moved aside. `.env` and the outbox stay. What was about to be sent is paused: what left since is not known here.
    """
    manifest = backup_manifest.verify_manifest(source)
    root.mkdir(parents=True, exist_ok=True)
    root = root.resolve()
    # As the restored settings name it, in the environment of the restored workspace.
    settings = load_settings(source / FILES, {**read_env_file(root / ".env"), **os.environ})
    target = Database(settings.database.url, root)
    part = Path(tempfile.mkdtemp(prefix=".restore-", dir=root))
    try:
        there = _occupied(root, target)
        if there and not force:
            raise Refused(
                f"there is a workspace already: {', '.join(there)}",
                where=str(root),
                hint="restore into an empty directory, or add --force to move this one aside",
            )
        _lay_down(source, part, manifest)
        paused = _ready(part / DATABASE, manifest, settings.network.locale)
        aside = _move_aside(root, target) if there else None
        for name in PARTS:
            if (part / FILES / name).exists():
                (part / FILES / name).rename(root / name)
        _put(part / DATABASE, target, manifest, progress)
        since, unknown = left_since(target, root / "departures")
    finally:
        target.close()
        shutil.rmtree(part)
    return Restored(manifest.made_at, len(manifest.files), paused, aside, since, unknown)


def _file(target: Database) -> Path:
    return Path(make_url(target.engine.url).database or "")


def _occupied(root: Path, target: Database) -> list[str]:
    found = [name for name in PARTS if (root / name).exists()]
    # For SQLite only the file is looked at: opening the database would create it.
    full = _file(target).exists() if target.sqlite else snapshots.holds_anything(target)
    return [*found, target.engine.url.render_as_string(hide_password=True)] if full else found


def _lay_down(source: Path, part: Path, manifest: Manifest) -> None:
    for name in manifest.files:
        (part / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source / name, part / name)
    shutil.copyfile(source / backup_manifest.MANIFEST, part / backup_manifest.MANIFEST)
    backup_manifest.verify_manifest(part)  # the copied files, not those read a moment ago


def _ready(path: Path, manifest: Manifest, locale: str) -> tuple[str, ...]:
    """Bring the saved database to this version, check it, and pause what was about to be sent."""
    database = snapshots.as_file(path)
    try:
        database.migrate()
        with database.write() as connection:
            wrong = next((check for check in checks.run_checks(connection, HEAD) if not check.ok), None)
            if wrong:
                raise Refused(
                    f"the saved database fails the check `{wrong.name}`: {wrong.fault}",
                    where=str(path.name),
                    hint="take another backup",
                )
            with speaking(locale):
                words = _("Rétabli depuis la sauvegarde du {moment} : ce qui est parti depuis n’est pas connu ici.")
            why = words.format(moment=manifest.made_at)
            return tuple(halt.halt(connection, why))
    finally:
        database.close()


def _move_aside(root: Path, target: Database) -> Path:
    aside = root / time.strftime(".before-restore-%Y-%m-%d-%H%M%S")
    aside.mkdir(mode=0o700)
    if not target.sqlite:
        try:  # before anything is moved: if it fails, nothing has changed
            _keep_former(target, aside / DATABASE)
        except BaseException:
            shutil.rmtree(aside)
            raise
    for name in PARTS:
        if (root / name).exists():
            (root / name).rename(aside / name)
    if target.sqlite:
        for path in _file(target).parent.glob(f"{_file(target).name}*"):
            if path.name.removeprefix(_file(target).name) in ("", "-wal", "-shm", "-journal"):
                shutil.move(path, aside / path.name)
    elif not target.version().startswith(UNFINISHED):
        copy.clear(target)
    return aside


def _keep_former(target: Database, path: Path) -> None:
    version = target.version()
    if version and not version.startswith(UNFINISHED):
        target.migrate()
        snapshots.save_snapshot(target, path)


def _put(path: Path, target: Database, manifest: Manifest, progress: Progress) -> None:
    if target.sqlite:
        _file(target).parent.mkdir(parents=True, exist_ok=True)
        path.chmod(0o600)
        shutil.move(path, _file(target))
        return
    saved = snapshots.as_file(path)
    try:
        with saved.quiet() as reading:
            copy.fill(reading, f"backup {manifest.files[DATABASE].sha256}", target, anew=True, progress=progress)
    finally:
        saved.close()
