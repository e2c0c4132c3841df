"""Editing files from a browser: every save names the version it was made from, so that two editors lose nothing.

The file stays the source of truth. A save made from an older version changes nothing and gives both texts; each save
keeps what it replaced, so that it can be taken back.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from newsletter.actions.issues.files import read_issue
from newsletter.actions.workspace import Workspace
from newsletter.content import article as articles
from newsletter.content import frontmatter
from newsletter.content import issue as issues
from newsletter.errors import NotFound, Refused
from newsletter.i18n import Sentence
from newsletter.model import Article, Issue
from newsletter.private_files import make_private_folder, write_private

KEPT = 50
_UNDO = ".newsletter/undo"


@dataclass(frozen=True, slots=True)
class IssueVersion:
    """An issue as its file has it, the version of that file, and whether a save can be undone."""

    issue: Issue
    version: str
    can_undo: bool


@dataclass(frozen=True, slots=True)
class ArticleVersion:
    """An article as its file has it, the version of that file, and whether a save can be undone."""

    article: Article
    version: str
    can_undo: bool


class Conflict(Refused):
    """Another user saved the same file meanwhile: `mine` and `theirs` are whole texts, and nothing was written."""

    def __init__(self, path: str, mine: str, theirs: str) -> None:
        self.mine, self.theirs = mine, theirs
        super().__init__("another user saved this file meanwhile", where=path, hint="compare both, then save again")


def issue_version(workspace: Workspace, key: str) -> IssueVersion:
    """Read an issue for editing; NotFound, ContentError."""
    issue = read_issue(workspace, key)
    path = workspace.root / issue.path
    return IssueVersion(issue, _version(path), bool(_kept(workspace, path)))


def save_issue(workspace: Workspace, issue: Issue, version: str) -> IssueVersion:
    """Write an issue made from `version` of its file; Conflict when the file is another one by now."""
    _save(workspace, workspace.root / issue.path, version, lambda path: issues.write_issue(path, issue))
    return issue_version(workspace, issue.key)


def save_issue_text(workspace: Workspace, key: str, text: str, version: str) -> IssueVersion:
    """Write the whole text of an issue, as a Conflict gave it; ContentError for a text that is no issue."""
    path = workspace.root / read_issue(workspace, key).path
    _save(workspace, path, version, _whole(text, issues.read_issue))
    return issue_version(workspace, key)


def article_version(workspace: Workspace, slug: str) -> ArticleVersion:
    """Read an article for editing; NotFound, ContentError."""
    article = workspace.pool().find(slug)
    path = workspace.root / article.path
    return ArticleVersion(article, _version(path), bool(_kept(workspace, path)))


def save_article(workspace: Workspace, article: Article, version: str) -> ArticleVersion:
    """Write an article made from `version` of its file; Conflict when the file is another one by now."""
    _save(workspace, workspace.root / article.path, version, lambda path: articles.write_article(path, article))
    return article_version(workspace, article.slug)


def save_article_text(workspace: Workspace, slug: str, text: str, version: str) -> ArticleVersion:
    """Write the whole text of an article, as a Conflict gave it; ContentError for a text that is no article."""
    path = workspace.root / workspace.pool().find(slug).path
    _save(workspace, path, version, _whole(text, articles.read_article))
    return article_version(workspace, slug)


def undo_issue(workspace: Workspace, key: str, version: str) -> IssueVersion:
    """Undo the last save of an issue; Refused when there is none, Conflict when the file changed since."""
    _undo(workspace, workspace.root / read_issue(workspace, key).path, version)
    return issue_version(workspace, key)


def undo_article(workspace: Workspace, slug: str, version: str) -> ArticleVersion:
    """Undo the last save of an article; Refused when there is none, Conflict when the file changed since."""
    _undo(workspace, workspace.root / workspace.pool().find(slug).path, version)
    return article_version(workspace, slug)


def _version(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except FileNotFoundError:
        raise NotFound(
            "this file no longer exists",
            where=path.name,
            hint="it has been removed or renamed",
            said=Sentence("Ce fichier n’est plus là : quelqu’un l’a retiré ou renommé. Revenez à la liste."),
        ) from None


def _save(workspace: Workspace, path: Path, version: str, write: Callable[[Path], object]) -> None:
    # Comparing the version and writing are one step, for other web processes too.
    with workspace.database.turn():
        before = path.read_bytes() if path.exists() else b""
        if _version(path) != version:
            raise Conflict(path.name, _text_of(path, write), before.decode(errors="replace"))
        write(path)
        if path.read_bytes() != before:
            _keep(workspace, path, before)


def _whole(text: str, read: Callable[[Path, Path], object]) -> Callable[[Path], None]:
    """Return a function that writes `text` into a file once `read` has found it valid."""

    def write(path: Path) -> None:
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder) / path.name
            copy.write_text(text, encoding="utf-8")
            read(copy, copy.parent)
        frontmatter.save_document(path, text)

    return write


def _text_of(path: Path, write: Callable[[Path], object]) -> str:
    """Return what `write` would have made of the file, without touching it."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / path.name
        copy.write_bytes(path.read_bytes())
        write(copy)
        return copy.read_text(encoding="utf-8")


def _folder(workspace: Workspace, path: Path) -> Path:
    return workspace.root / _UNDO / path.relative_to(workspace.root).with_suffix("")


def _kept(workspace: Workspace, path: Path) -> list[Path]:
    return sorted(_folder(workspace, path).glob("*.md"))


def _keep(workspace: Workspace, path: Path, before: bytes) -> None:
    folder = _folder(workspace, path)
    make_private_folder(folder)
    kept = _kept(workspace, path)
    number = int(kept[-1].stem) + 1 if kept else 1
    write_private(folder / f"{number:06d}.md", before)
    for old in kept[: max(0, len(kept) + 1 - KEPT)]:
        old.unlink()


def _undo(workspace: Workspace, path: Path, version: str) -> None:
    with workspace.database.turn():
        kept = _kept(workspace, path)
        if not kept:
            raise Refused(
                "there is nothing to undo",
                where=path.name,
                hint="no save is kept of this file",
                said=Sentence("Il n’y a rien à annuler."),
            )
        last = kept[-1]
        if _version(path) != version:
            raise Conflict(path.name, last.read_text(encoding="utf-8"), path.read_text(encoding="utf-8"))
        temporary = path.with_name(f".{path.name}.undo")
        temporary.write_bytes(last.read_bytes())
        shutil.copymode(path, temporary)
        temporary.replace(path)
        last.unlink()
