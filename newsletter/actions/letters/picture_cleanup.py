"""Published pictures that nothing shows any more, deleted after a long time; in doubt a picture stays.

A picture is shown by every letter that was ever approved, whatever became of it, by the web page of each, and by what
articles, issues and proposals name the original it was made of (texts hold no pictures). It goes when nothing has for
`[retention] pictures_days`.
"""

from __future__ import annotations

import quopri
import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from sqlalchemy.engine import Connection

from newsletter.actions.issues import files as issue_files
from newsletter.actions.letters.pictures import stem
from newsletter.actions.published_pictures import Files
from newsletter.actions.workspace import Workspace
from newsletter.folding import composed_path
from newsletter.model import Article, Issue, Picture
from newsletter.rendering.picture_slots import SLOTS
from newsletter.store import proposals, published_pictures
from newsletter.store.journal import Event, record_event
from newsletter.store.people.retention import DAY

# Only files named by this program: any other file there is left alone.
_OURS = re.compile(r"([0-9a-f]{24})(?:-\d+)?\.(?:jpg|png|webp)")
_STEM = 24
_RUN = re.compile(rb"[0-9a-f]{24,}")


@dataclass(frozen=True, slots=True)
class Swept:
    """The outcome for the published pictures: deleted (and their bytes), unused but not for long enough yet.

    `pictures_held` says in English what keeps all of them: a file that cannot be read might show any.
    """

    pictures_removed: int = 0
    pictures_bytes: int = 0
    pictures_unused: int = 0
    pictures_held: str = ""

    def counts(self) -> dict[str, int | str]:
        """Return the counts by name."""
        return asdict(self)


class _HeldError(Exception):
    """Something that may show pictures cannot be read."""


def sweep_pictures(workspace: Workspace, *, by: str, dry_run: bool = False) -> Swept:
    """Delete the pictures that nothing has shown for the time that the settings say; a rehearsal only counts.

    Checked and deleted under one lock: an approval waits, and then finds its pictures or makes them again.
    """
    originals: dict[tuple[Path, int, int], frozenset[str]] = {}
    try:
        _named(workspace, originals)  # the long part, before the lock is taken
        with workspace.database.turn() as connection:
            return _sweep(workspace, connection, originals, by, dry_run=dry_run)
    except _HeldError as why:
        return Swept(pictures_held=str(why))


def _sweep(
    workspace: Workspace,
    connection: Connection,
    originals: dict[tuple[Path, int, int], frozenset[str]],
    by: str,
    *,
    dry_run: bool,
) -> Swept:
    now = workspace.clock()
    shown = frozen_stems(published_pictures.frozen(connection)) | _named(workspace, originals)
    files = Files(workspace.published())
    names = {*files.names(), *published_pictures.names(connection)}
    unused = {name for name in names if (ours := _OURS.fullmatch(name)) and ours[1] not in shown}
    since = published_pictures.unused(connection)
    due = {name for name in unused if since.get(name, now) <= now - workspace.settings.retention.pictures_days * DAY}
    weight = sum(_weight(files, connection, name) for name in due)
    if not dry_run:
        published_pictures.note_unused(connection, unused - due, now)
        for name in sorted(due):
            published_pictures.remove(connection, name)
            files.remove(name)
        if due:
            detail = {"count": len(due), "bytes": weight}
            record_event(connection, Event(now, "pictures-removed", actor=by, detail=detail))
    return Swept(len(due), weight, len(unused - due))


def frozen_stems(frozen: Iterable[bytes]) -> frozenset[str]:
    """Return all that can be the stem of a picture's name in frozen letters and pages, too many rather than too few."""
    found: set[str] = set()
    for data in frozen:
        # Letters are quoted-printable: a name may be broken over two lines.
        for run in (run for text in (data, quopri.decodestring(data)) for run in _RUN.findall(text)):
            found |= {run[at : at + _STEM].decode() for at in range(len(run) - _STEM + 1)}
    return frozenset(found)


def _named(workspace: Workspace, originals: dict[tuple[Path, int, int], frozenset[str]]) -> frozenset[str]:
    """Return the stems that originals named by articles, issues, proposals or settings have in any slot; _HeldError."""
    pool, (issues, broken) = workspace.pool(), issue_files.list_issues(workspace)
    if errors := [*pool.errors, *broken]:
        raise _HeldError(f"{errors[0].where} cannot be read")
    if not len(pool) and not issues:
        raise _HeldError("there are no articles and issues here")
    with workspace.database.read() as connection:
        offered = proposals.pictures(connection)
    sources = {workspace.settings.network.logo, *offered}
    sources |= {source for article in pool for source in _of_article(article)}
    sources |= {source for summary in issues for source in _of_issue(summary.issue)}
    root = workspace.root.resolve()
    stems: set[str] = set()
    for source in filter(None, sources):
        path = composed_path(root, source).resolve()
        if "://" not in source and path.is_relative_to(root):
            stems |= _stems(path, originals, source)
    return frozenset(stems)


def _stems(path: Path, originals: dict[tuple[Path, int, int], frozenset[str]], source: str) -> frozenset[str]:
    try:
        found = path.stat()
        key = (path, found.st_mtime_ns, found.st_size)
        if key not in originals:
            data = path.read_bytes()
            originals[key] = frozenset(stem(data, slot.width, slot.height) for slot in SLOTS)
    except OSError:
        raise _HeldError(f"{source} cannot be read") from None
    return originals[key]


def _of_article(article: Article) -> Iterator[str]:
    yield from _one(article.picture)
    for speaker in article.speakers:
        yield from _one(speaker.portrait)


def _of_issue(issue: Issue) -> Iterator[str]:
    for plan in [
        *([issue.lead] if issue.lead else []),
        *(plan for section in issue.sections for plan in section.items),
    ]:
        yield from _one(plan.picture)


def _one(picture: Picture | None) -> Iterator[str]:
    if picture:
        yield picture.source


def _weight(files: Files, connection: Connection, name: str) -> int:
    """Return the bytes that a picture takes, in both places together."""
    return (published_pictures.look_up_picture(connection, name) or (0, 0, 0))[2] + files.weight(name)
