"""The default provider: letters are laid down as files, nothing leaves the machine.

One directory per label (an issue's key) holds `<delivery>-<address>.eml` for each message, `index.jsonl` with one line
per message written, and `index.html` for people.
"""

from __future__ import annotations

import contextlib
import html
import json
import os
import re
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from newsletter.i18n import _, locale
from newsletter.messages import Outcome, Outgoing
from newsletter.providers import Leaving, ProviderSession, Wants, let_leave
from newsletter.settings import Settings

JOURNAL = "index.jsonl"
PAGE = "index.html"
LISTED = 10_000
_UNSAFE = re.compile(r"[^A-Za-z0-9@._+-]+")
_BATCH = 100

_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1d2b2f}"
    "table{border-collapse:collapse;width:100%}caption{text-align:left;padding-bottom:.5rem}"
    "th,td{text-align:left;padding:.25rem .75rem .25rem 0;border-bottom:1px solid #dad6cc}"
    "td.n{font-variant-numeric:tabular-nums}a{color:#0f4f4a}"
)


def build(settings: Settings) -> OutboxProvider:
    """Return the outbox of `[sending.outbox] path`; a relative path counts from the workspace."""
    return OutboxProvider(settings.root / settings.sending.outbox.path)


@dataclass(frozen=True)
class OutboxProvider:
    """Files under `root`. Idempotent: a message sent again overwrites its own file and doubles nobody."""

    root: Path
    name: str = "outbox"
    wants: Wants = "mime"
    batch: int = _BATCH
    idempotent: bool = True

    def connect(self, label: str = "") -> ProviderSession:
        """Return a session that writes into the directory of `label`, or `messages` without one."""
        return OutboxSession(self.root / (safe_name(label).lstrip(".-") or "messages"))


class OutboxSession:
    """Writes messages into one directory, made readable by its owner only: letters hold personal links."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._journal: int | None = None

    def send(self, batch: Sequence[Outgoing], leaving: Leaving = let_leave) -> Iterator[Outcome]:
        """Write each message whole or not at all; a full disk or a missing right defers it."""
        for message in batch:
            if not leaving((message.delivery,)):
                yield Outcome(message.delivery, "untried", "provider")
                continue
            try:
                name = self._write(message)
            except OSError as error:
                text = _("écriture impossible dans {} : {}").format(self._directory, error.strerror or error)
                yield Outcome(message.delivery, "deferred", "provider", text=text)
            else:
                yield Outcome(message.delivery, "accepted", provider_id=f"{self._directory.name}/{name}")

    def close(self) -> None:
        """Write the page for people; the letters are safe without it, so a fault here loses nothing."""
        if self._journal is None:
            return
        os.close(self._journal)
        self._journal = None
        with contextlib.suppress(OSError):
            writer = f".{os.getpid()}-{threading.get_ident()}"
            _replace(self._directory / PAGE, _page(self._directory).encode(), writer)

    def _write(self, message: Outgoing) -> str:
        if self._journal is None:
            self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._journal = os.open(self._directory / JOURNAL, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        name = file_name(message)
        entry = {
            "delivery": message.delivery,
            "address": message.address,
            "message_id": message.message_id,
            "bytes": len(message.mime),
            "file": name,
        }
        # The line goes first: a line without its file is seen as such, a file without its line would be overlooked.
        os.write(self._journal, json.dumps(entry).encode() + b"\n")
        _replace(self._directory / name, message.mime)
        return name


def safe_name(text: str) -> str:
    """Return `text` as part of a file name: ASCII letters, digits and `@ . _ + -`, at most 100 characters."""
    return _UNSAFE.sub("_", text)[:100]


def file_name(message: Outgoing) -> str:
    """Return the name of the file of `message`: the same for the same delivery, for ever."""
    return f"{message.delivery:06d}-{safe_name(message.address)}.eml"


def entries(directory: Path) -> Iterator[dict[str, str | int]]:
    """Yield the journal's entries, one per file that is there, in the order of their first writing.

    A line torn by a crash or a full disk is left out: its letter is there all the same, under its own name.
    """
    seen = set()
    with (directory / JOURNAL).open(encoding="utf-8", errors="replace") as journal:
        for line in journal:
            try:
                entry = json.loads(line)
            except json.JSONDecodeError:
                continue
            if entry["file"] not in seen and (directory / entry["file"]).exists():
                seen.add(entry["file"])
                yield entry


def _replace(path: Path, content: bytes, writer: str = "") -> None:
    """Write `content` beside `path` and move it there: a reader sees the old file or the new one, never a half.

    `writer` keeps the drafts of several writers of one file apart.
    """
    draft = path.with_name(f".{path.name}{writer}.part")
    try:
        draft.write_bytes(content)
        draft.replace(path)
    except OSError:
        draft.unlink(missing_ok=True)
        raise


def _page(directory: Path) -> str:
    """Return the list of messages in HTML; beyond LISTED messages the journal holds the rest."""
    rows = []
    for entry in islice(entries(directory), LISTED):
        name = html.escape(str(entry["file"]))
        rows.append(
            f'<tr><td class="n">{entry["delivery"]}</td><td><a href="{name}">{html.escape(str(entry["address"]))}</a>'
            f'</td><td class="n">{int(entry["bytes"]) / 1000:.0f} ko</td></tr>'
        )
    title = html.escape(_("Boîte d’envoi : {}").format(directory.name))
    note = _("{} messages déposés ici ; aucun n’est parti.").format(sum(1 for _file in directory.glob("*.eml")))
    if len(rows) == LISTED:
        note += " " + _("Seuls les {} premiers sont listés, {} les contient tous.").format(LISTED, JOURNAL)
    heads = "".join(f'<th scope="col">{head}</th>' for head in (_("N°"), _("Destinataire"), _("Taille")))
    return (
        f'<!doctype html>\n<html lang="{locale()}">\n<head><meta charset="utf-8"><title>{title}</title>\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{_STYLE}</style></head>\n'
        f"<body><main><h1>{title}</h1>\n<table><caption>{note}</caption>\n<thead><tr>{heads}</tr></thead>\n<tbody>\n"
        + "\n".join(rows)
        + "\n</tbody></table></main></body></html>\n"
    )
