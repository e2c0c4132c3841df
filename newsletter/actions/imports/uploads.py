"""A file from a browser, of people or of a feed: kept between the rehearsal and the word "import", then gone."""

from __future__ import annotations

import re
import secrets
import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from newsletter.actions.imports import columns, organisations, subscribers
from newsletter.actions.imports.organisations import MemberPlan
from newsletter.actions.imports.refused_rows import forget_refused_rows, keep_refused_rows, refused_csv
from newsletter.actions.workspace import Workspace
from newsletter.errors import NotFound
from newsletter.exchange.plan import ImportPlan, ImportRow
from newsletter.exchange.table import Table
from newsletter.i18n import Sentence
from newsletter.private_files import open_private

FOLDER = ".uploads"
SHOWN = 300
_KEPT_SECONDS = 3600.0
_TOKEN = re.compile(r"[A-Za-z0-9_-]{20,60}")


@dataclass(frozen=True, slots=True)
class RehearsedUpload:
    """What an import of people would do: the plan, the first rows that ask for a look, and the file's token."""

    plan: ImportPlan
    rows: tuple[ImportRow, ...]
    token: str


def keep_upload(workspace: Workspace, content: BinaryIO, name: str) -> str:
    """Store an upload, readable by its owner only, and return its token; older uploads are forgotten."""
    folder = workspace.root / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    sweep_uploads(workspace)
    token = secrets.token_urlsafe(24)
    own = folder / token
    own.mkdir(mode=0o700)
    # The name is shown again and kept with the import: only what a file name needs of it.
    clean = re.sub(r"[^\w. -]+", "_", Path(name).name).strip(". ")[:100] or "file"
    with open_private(own / clean, new=True) as kept:
        shutil.copyfileobj(content, kept)
    return token


def sweep_uploads(workspace: Workspace) -> int:
    """Delete the uploads that nobody imported within an hour, and return how many there were."""
    folder, gone = workspace.root / FOLDER, 0
    for old in folder.iterdir() if folder.is_dir() else ():
        with suppress(FileNotFoundError):  # another process has just imported or deleted it
            if old.is_dir() and workspace.clock() - old.stat().st_mtime > _KEPT_SECONDS:
                shutil.rmtree(old)
                gone += 1
    return gone + forget_refused_rows(workspace)


def rehearse_upload(
    workspace: Workspace,
    token: str,
    publication: str,
    *,
    basis: str,
    by: str,
    choices: Mapping[str, str] | None = None,
) -> RehearsedUpload:
    """Say what would become of every row; nothing is stored of them. Rows that change nobody come last.

    `choices` says what columns are read as, and is remembered for files of the same shape. A file that is refused is
    forgotten at once, unless a choice would let it in.
    """
    asking: list[ImportRow] = []
    plain: list[ImportRow] = []

    def see(row: ImportRow) -> None:
        heap = plain if row.action in ("accept", "merge", "keep") else asking
        if len(heap) < SHOWN:
            heap.append(row)

    path = file(workspace, token)
    source = columns.open_people(workspace, path, choices)
    table = columns.table_of(source)
    if choices is not None and table:
        columns.remember_choices(workspace, table.headers, choices)
        source = columns.open_people(workspace, path)
    plan, _number = subscribers.import_subscribers(
        workspace, source, publication, by=by, dry_run=True, basis=basis, each=see
    )
    if plan.file_action == "refuse" and not table:
        forget_upload(workspace, token)
    return RehearsedUpload(plan, tuple((asking + plain)[:SHOWN]), token)


def carry_out(workspace: Workspace, token: str, publication: str, *, basis: str, by: str) -> tuple[ImportPlan, int]:
    """Import the file for good and forget it; returns the plan and the import's number. NotFound when it is gone.

    The rows that are refused are kept for a day, to be corrected.
    """
    source = columns.open_people(workspace, file(workspace, token))
    reasons: dict[int, str] = {}

    def see(row: ImportRow) -> None:
        if row.action == "reject":
            reasons[row.record] = row.reason

    plan, number = subscribers.import_subscribers(workspace, source, publication, by=by, basis=basis, each=see)
    if number and reasons and isinstance(source.table, Table):
        keep_refused_rows(workspace, number, refused_csv(source.table, reasons))
    if plan.file_action != "refuse":
        forget_upload(workspace, token)
    return plan, number or 0


def members(workspace: Workspace, token: str, *, by: str, dry_run: bool) -> MemberPlan:
    """Import a file of organisations, or rehearse it; the file is forgotten once it is imported or refused."""
    source = organisations.open_organisations(file(workspace, token))
    plan = organisations.import_organisations(workspace, source, by=by, dry_run=dry_run)
    if not dry_run or plan.file_action == "refuse":
        forget_upload(workspace, token)
    return plan


def forget_upload(workspace: Workspace, token: str) -> None:
    """Delete an upload."""
    shutil.rmtree(file(workspace, token).parent)


def file(workspace: Workspace, token: str) -> Path:
    """Return an upload that is still kept; NotFound."""
    own = workspace.root / FOLDER / token
    found = sorted(own.iterdir()) if _TOKEN.fullmatch(token) and own.is_dir() else []
    if not found:
        raise NotFound(
            "this file is not kept any more",
            hint="choose it again",
            said=Sentence("Ce fichier n’est plus gardé. Choisissez-le de nouveau."),
        )
    return found[0]
