"""Two editors on one file: nothing is lost, and a save can be taken back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from newsletter.actions.issues import versions
from newsletter.actions.operations.start import init
from newsletter.actions.workspace import open_workspace
from newsletter.errors import NotFound, Refused

KEY = "2026-11-lettre"


@pytest.fixture
def workspace(tmp_path):
    init(tmp_path, sample=True)
    return open_workspace(tmp_path)


def test_a_save_keeps_the_files_comments_and_gives_the_next_version(workspace):
    path = workspace.root / "issues" / f"{KEY}.md"
    path.write_text(path.read_text().replace("sections:\n", "sections:  # l'ordre est celui de la lettre\n", 1))
    first = versions.issue_version(workspace, KEY)
    second = versions.save_issue(
        workspace, replace(first.issue, preheader="Un autre aperçu de la lettre"), first.version
    )
    assert second.version != first.version and second.can_undo and not first.can_undo
    text = path.read_text()
    assert "Un autre aperçu de la lettre" in text and "# l'ordre est celui de la lettre" in text


def test_a_save_made_from_an_older_version_gives_both_texts_and_writes_nothing(workspace):
    mine = theirs = versions.issue_version(workspace, KEY)
    versions.save_issue(workspace, replace(theirs.issue, subject="Leur objet"), theirs.version)
    with pytest.raises(versions.Conflict) as caught:
        versions.save_issue(workspace, replace(mine.issue, subject="Mon objet"), mine.version)
    assert "Mon objet" in caught.value.mine and "Leur objet" in caught.value.theirs
    assert versions.issue_version(workspace, KEY).issue.subject == "Leur objet"


def test_saves_are_taken_back_one_by_one_down_to_the_first_text(workspace):
    path = workspace.root / "issues" / f"{KEY}.md"
    original, now = path.read_bytes(), versions.issue_version(workspace, KEY)
    for subject in ("Un", "Deux"):
        now = versions.save_issue(workspace, replace(now.issue, subject=subject), now.version)
    assert versions.undo_issue(workspace, KEY, now.version).issue.subject == "Un"
    last = versions.undo_issue(workspace, KEY, versions.issue_version(workspace, KEY).version)
    assert path.read_bytes() == original and not last.can_undo
    with pytest.raises(Refused, match="nothing to undo"):
        versions.undo_issue(workspace, KEY, last.version)


def test_taking_back_never_wipes_out_what_somebody_else_wrote_since(workspace):
    now = versions.issue_version(workspace, KEY)
    now = versions.save_issue(workspace, replace(now.issue, subject="Un"), now.version)
    path = workspace.root / "issues" / f"{KEY}.md"
    path.write_text(path.read_text().replace("Un", "À la main", 1))
    with pytest.raises(versions.Conflict):
        versions.undo_issue(workspace, KEY, now.version)
    assert "À la main" in path.read_text()


def test_articles_are_edited_alike(workspace):
    now = versions.article_version(workspace, "lyon-cantine-solidaire")
    saved = versions.save_article(workspace, replace(now.article, title="Une autre cantine"), now.version)
    assert saved.article.title == "Une autre cantine"
    back = versions.undo_article(workspace, "lyon-cantine-solidaire", saved.version)
    assert back.article == now.article and back.version == now.version


def test_a_save_that_changes_nothing_keeps_nothing_to_take_back(workspace):
    now = versions.issue_version(workspace, KEY)
    assert versions.save_issue(workspace, now.issue, now.version) == now


def test_a_file_that_was_removed_is_named(workspace):
    now = versions.issue_version(workspace, KEY)
    (workspace.root / now.issue.path).unlink()
    with pytest.raises(NotFound):
        versions.save_issue(workspace, now.issue, now.version)
