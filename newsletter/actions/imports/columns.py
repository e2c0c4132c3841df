"""How the columns of a file of people are read: shown, changed by staff, and remembered for files of the same shape."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from newsletter.actions.imports.field_columns import check_choices, field_choices
from newsletter.actions.imports.subscribers import Source, open_source
from newsletter.actions.workspace import Workspace
from newsletter.errors import ExchangeError
from newsletter.exchange.column_reading import COLUMN_CHOICES
from newsletter.exchange.reading import shape_of
from newsletter.exchange.table import Refusal, Table
from newsletter.i18n import Sentence

REMEMBERED = "import-columns.json"
_MOST_SHAPES = 200


def open_people(workspace: Workspace, path: Path, choices: Mapping[str, str] | None = None) -> Source:
    """Look at a file of people with the choices for its columns: those given, and those remembered for its shape.

    `choices` maps a header to a key of `COLUMN_CHOICES`, or to `field:` and the key of a custom field; Refused for
    another. ExchangeError when the file cannot be opened.
    """
    check_choices(workspace, choices or {})
    source = open_source(path, choices=choices)
    table = table_of(source)
    saved = remembered_choices(workspace, table.headers) if table else {}
    if not saved:
        return source
    both = {**saved, **(choices or {})}
    check_choices(workspace, both)
    return open_source(path, choices=both)


def table_of(source: Source) -> Table | None:
    """Return the table of a file that was read, even when a column must be answered for first."""
    return source.table.table if isinstance(source.table, Refusal) else source.table


def remembered_choices(workspace: Workspace, headers: Sequence[str]) -> dict[str, str]:
    """Return the choices kept for files with these headers."""
    known = (*COLUMN_CHOICES, *field_choices(workspace))
    return {h: choice for h, choice in _load(workspace).get(shape_of(headers), {}).items() if choice in known}


def remember_choices(workspace: Workspace, headers: Sequence[str], choices: Mapping[str, str]) -> None:
    """Keep the choices for files with these headers; only headers are kept, nothing of a person."""
    kept = _load(workspace)
    kept.pop(shape_of(headers), None)
    if choices:
        kept[shape_of(headers)] = dict(choices)
    newest = dict(list(kept.items())[-_MOST_SHAPES:])
    path = workspace.root / REMEMBERED
    part = path.with_name(f".{REMEMBERED}.{os.getpid()}")
    part.write_text(json.dumps(newest, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    part.replace(path)


def _load(workspace: Workspace) -> dict[str, dict[str, str]]:
    path = workspace.root / REMEMBERED
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise ExchangeError(
            "the remembered columns cannot be read",
            where=str(path),
            hint="correct the file, or delete it: the columns are then asked for again",
            said=Sentence("Les choix de colonnes gardés ne peuvent pas être lus. Prévenez l’administrateur."),
        ) from error
    return found if isinstance(found, dict) else {}
