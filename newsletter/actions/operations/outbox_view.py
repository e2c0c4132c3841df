"""The outbox of trial mode, read like a mailbox: folders, messages, one message taken apart."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from itertools import islice
from pathlib import Path

from newsletter.actions.workspace import Workspace
from newsletter.errors import NotFound
from newsletter.i18n import Sentence
from newsletter.providers import outbox

_NAME = re.compile(r"[A-Za-z0-9@_+-][A-Za-z0-9@._+-]{0,150}")


@dataclass(frozen=True, slots=True)
class Folder:
    """A directory of the outbox: an issue's key, `notices` or `messages`."""

    name: str
    messages: int
    changed: float


@dataclass(frozen=True, slots=True)
class OutboxLine:
    """A message in a list."""

    file: str
    address: str
    bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxMessage:
    """One message: its raw headers, its text and its HTML. All of it comes from outside: show it as text."""

    subject: str
    headers: tuple[tuple[str, str], ...]
    text: str
    html: str


def folders(workspace: Workspace) -> list[Folder]:
    """Return the folders that hold messages, the newest first."""
    root = _root(workspace)
    found = [path for path in root.iterdir() if (path / outbox.JOURNAL).is_file()] if root.is_dir() else []
    made = [Folder(p.name, _count(p), (p / outbox.JOURNAL).stat().st_mtime) for p in found]
    return sorted(made, key=lambda folder: folder.changed, reverse=True)


def messages(workspace: Workspace, folder: str, start: int, limit: int) -> Sequence[OutboxLine]:
    """Return up to `limit` messages of a folder from the one numbered `start` (0-based); NotFound."""
    entries = islice(outbox.entries(_folder(workspace, folder)), start, start + limit)
    return [OutboxLine(str(e["file"]), str(e["address"]), int(e["bytes"])) for e in entries]


def message(workspace: Workspace, folder: str, file: str) -> OutboxMessage:
    """Return one message; NotFound."""
    path = _folder(workspace, folder) / file
    if not _NAME.fullmatch(file) or path.suffix != ".eml" or not path.is_file():
        raise NotFound(
            "there is no such message",
            where=file,
            hint="go back to the folder",
            said=Sentence("Ce message n’est plus dans la boîte. Revenez à la liste."),
        )
    parsed = message_from_bytes(path.read_bytes(), _class=EmailMessage, policy=policy.default)
    headers = tuple((name, str(value)) for name, value in parsed.items())
    return OutboxMessage(
        subject=str(parsed.get("Subject", "")), headers=headers, text=_part(parsed, "plain"), html=_part(parsed, "html")
    )


def _part(parsed: EmailMessage, kind: str) -> str:
    part = parsed.get_body((kind,))
    return str(part.get_content()) if part is not None else ""


def _root(workspace: Workspace) -> Path:
    return workspace.root / workspace.settings.sending.outbox.path


def _folder(workspace: Workspace, name: str) -> Path:
    path = _root(workspace) / name
    if not _NAME.fullmatch(name) or not (path / outbox.JOURNAL).is_file():
        raise NotFound(
            "there is no such folder",
            where=name,
            hint="go back to the outbox",
            said=Sentence("Cet envoi n’est plus dans la boîte. Revenez à la liste."),
        )
    return path


def _count(path: Path) -> int:
    return sum(1 for file in path.iterdir() if file.suffix == ".eml" and not file.name.startswith("."))
