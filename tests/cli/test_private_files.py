"""Files that hold letters or people are readable by their owner only, whatever the umask of the account."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from newsletter.actions.imports import uploads
from newsletter.actions.imports.refused_rows import keep_refused_rows
from newsletter.actions.issues import versions
from newsletter.actions.letters.editions import preview
from newsletter.actions.workspace import Workspace, open_workspace
from newsletter.private_files import make_private_folder, open_private, write_private
from tests.actions.stage import ISSUE
from tests.cli.conftest import run
from tests.workspaces import copy_sample


@pytest.fixture
def careless() -> Iterator[None]:
    """An account whose files are for everyone."""
    before = os.umask(0)
    yield
    os.umask(before)


def readable_by_others(root: Path) -> list[str]:
    """Return the files below `root` that another account could read, folders on their way included."""
    found = []
    for path in root.rglob("*"):
        way = [path, *(p for p in path.parents if root in p.parents or p == root)]
        if path.is_file() and all(part.stat().st_mode & 0o077 for part in way):
            found.append(str(path.relative_to(root)))
    return sorted(found)


@pytest.fixture
def workspace(tmp_path, careless) -> Iterator[Workspace]:
    opened = open_workspace(copy_sample(tmp_path / "ws", 5, deliver=False))
    yield opened
    opened.close()


def test_a_preview_of_a_letter_is_for_its_owner(workspace, tmp_path):
    preview(workspace, ISSUE, tmp_path / "preview" / "members")
    assert len(list((tmp_path / "preview").rglob("*"))) > 4
    assert readable_by_others(tmp_path / "preview") == []
    # Into a folder that is for everyone, the files still are not.
    (tmp_path / "open").mkdir()
    preview(workspace, ISSUE, tmp_path / "open")
    assert readable_by_others(tmp_path / "open") == []


def test_the_texts_kept_for_undoing_and_the_files_of_an_import_are_for_their_owner(workspace):
    root = workspace.root
    before = {*root.rglob("*")}
    article = next(iter((root / "articles").glob("*.md")))
    text = article.read_text("utf-8").rstrip() + "\n\nUne ligne de plus.\n"
    versions.save_article_text(workspace, article.stem, text, versions.article_version(workspace, article.stem).version)
    uploads.keep_upload(workspace, io.BytesIO(b"Email\na@b.example\n"), "gens.csv")
    keep_refused_rows(workspace, 7, b"Email\n")
    made = [path for path in root.rglob("*") if path not in before and path.is_file() and ".db" not in path.name]
    assert len(made) == 3
    assert all(path.stat().st_mode & 0o077 == 0 for path in made)


def test_an_export_of_the_people_is_for_its_owner_even_where_an_older_file_was_not(workspace, tmp_path):
    out = tmp_path / "people.csv"
    out.write_text("old")
    out.chmod(0o644)
    done = run(workspace.root, "subscribers", "export", "--out", str(out))
    assert done.code == 0, done.err
    assert out.stat().st_mode & 0o777 == 0o600
    assert b"@" in out.read_bytes()


def test_a_file_that_must_be_new_is_not_overwritten(tmp_path, careless):
    write_private(tmp_path / "a", b"one")
    with pytest.raises(FileExistsError):
        open_private(tmp_path / "a", new=True)
    assert (tmp_path / "a").read_bytes() == b"one"
    make_private_folder(tmp_path / "b" / "c")
    assert [(tmp_path / name).stat().st_mode & 0o777 for name in ("b", "b/c")] == [0o700, 0o700]
