"""Changing `newsletter.toml` from the Studio: comments and order stay, and an invalid value is never written."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.items import AbstractTable
from tomlkit.toml_document import TOMLDocument

from newsletter.actions.workspace import Workspace
from newsletter.errors import Refused, SettingsError
from newsletter.i18n import Sentence
from newsletter.model import Finding
from newsletter.rendering.checks import check_theme
from newsletter.settings import Settings
from newsletter.settings_file import FILE, load_settings, read_env_file
from newsletter.store import journal
from newsletter.store.journal import Event

Change = tuple[tuple[str, ...], Any]


@dataclass(frozen=True, slots=True)
class SettingsDraft:
    """The file as it would be: its text, the settings read from it, and the version it was made from."""

    text: str
    settings: Settings
    seen: str


def version(workspace: Workspace) -> str:
    """Return a digest of the file as it is now: a form carries it, so that two people do not undo each other's work."""
    return hashlib.sha256((workspace.root / FILE).read_bytes()).hexdigest()[:16]


def draft(workspace: Workspace, changes: Sequence[Change], seen: str) -> SettingsDraft:
    """Return what `newsletter.toml` becomes with `changes` (path of keys, value; None takes the key out).

    Raises Refused when the file has changed since `seen`, and SettingsError, naming the field, for a value that cannot
    be used. Nothing is written.
    """
    _unchanged(workspace, seen)
    document = tomlkit.parse((workspace.root / FILE).read_text(encoding="utf-8"))
    for keys, value in changes:
        _set(document, keys, value)
    text = tomlkit.dumps(document)
    return SettingsDraft(text, _validated(workspace.root, text), seen)


def theme_findings(settings: Settings) -> list[Finding]:
    """Return which of the colours in `settings` have too little contrast."""
    return check_theme(settings.theme)


def save_settings(workspace: Workspace, made: SettingsDraft, what: str, by: str) -> None:
    """Put the drafted file in place, whole or not at all, and apply it at once; `what` names the part changed.

    Refused when the file has been saved since the draft was made.
    """
    path = workspace.root / FILE
    with workspace.database.turn() as connection:
        _unchanged(workspace, made.seen)
        beside = path.with_name(f".{FILE}.part")
        with beside.open("w", encoding="utf-8") as file:
            file.write(made.text)
            file.flush()
            os.fsync(file.fileno())
        shutil.copymode(path, beside)
        beside.replace(path)
        workspace.reload()
        now = workspace.database.now(connection)
        journal.record_event(connection, Event(now, "settings-changed", actor=by, detail={"part": what}))


def _unchanged(workspace: Workspace, seen: str) -> None:
    if version(workspace) != seen:
        raise Refused(
            "the settings have changed meanwhile",
            where=FILE,
            hint="reload the page and enter it again",
            said=Sentence("Les réglages ont changé entre-temps. Rechargez la page et refaites votre changement."),
        )


def _validated(root: Path, text: str) -> Settings:
    """Read `text` as the settings of `root`, from a directory of its own: the real file is not touched."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / FILE).write_text(text, encoding="utf-8")
        return load_settings(Path(folder), {**read_env_file(root / ".env"), **os.environ})


def _set(document: TOMLDocument, keys: Sequence[str], value: Any) -> None:
    table: Any = document
    for key in keys[:-1]:
        if key not in table:
            table[key] = tomlkit.table()
        table = table[key]
        if not isinstance(table, (AbstractTable, TOMLDocument)):
            raise SettingsError(
                f"`{key}` is not a table",
                where=FILE,
                hint="correct the file by hand",
                said=Sentence(
                    "Le fichier des réglages ne peut pas recevoir ce changement. Demandez à la personne qui "
                    "l’administre."
                ),
            )
    name = keys[-1]
    if value is None:
        table.pop(name, None)
    elif table.get(name) != value:
        # An unchanged value keeps its spelling and its comment.
        table[name] = _tables(value) if _is_tables(value) else value


def _is_tables(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(one, Mapping) for one in value)


def _tables(rows: Sequence[Mapping[str, Any]]) -> Any:
    made = tomlkit.aot()
    for row in rows:
        table = tomlkit.table()
        table.update(row)
        made.append(table)
    return made
