"""A letter is rendered once for its preview, its checks and its approval, and again when anything in it changes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from newsletter import i18n
from newsletter.actions.cache import Kept
from newsletter.actions.issues import versions
from newsletter.actions.letters import editions, previews
from newsletter.actions.operations.start import init
from newsletter.actions.workspace import open_workspace

KEY = "2026-11-lettre"


def test_a_result_is_kept_for_the_same_objects_and_equal_values():
    kept, made = Kept(), []
    one, twin = ["a"], ["a"]

    def make():
        made.append(1)
        return len(made)

    assert [kept.get(make, (one,), ("x",)) for _n in range(2)] == [1, 1]
    assert kept.get(make, (twin,), ("x",)) == 2, "an equal object may stand in another line of its file"
    assert kept.get(make, (one,), ("y",)) == 3
    assert kept.get(make, (one,), ("x",)) == 1


def test_only_the_latest_results_are_kept():
    kept, made = Kept(), []
    for n in range(60):
        kept.get(lambda: made.append(1), (), (n,))
    kept.get(lambda: made.append(1), (), (59,))
    assert len(made) == 60
    kept.get(lambda: made.append(1), (), (0,))
    assert len(made) == 61


@pytest.fixture
def rendered(tmp_path, monkeypatch):
    """A workspace whose files are all settled, and the list of what was rendered."""
    import time

    init(tmp_path, sample=True)
    workspace, calls, real, clock = open_workspace(tmp_path), [], editions.render, time.time_ns
    monkeypatch.setattr("newsletter.content.filecache.time.time_ns", lambda: clock() + 60_000_000_000)
    monkeypatch.setattr(editions, "render", lambda *args, **more: calls.append(1) or real(*args, **more))
    yield workspace, calls
    workspace.close()


def test_preview_checks_and_approval_render_once(rendered):
    workspace, calls = rendered
    first = editions.edition(workspace, KEY)
    previews.issue_look(workspace, KEY)
    assert editions.findings(workspace, KEY) == first.findings
    assert editions.edition(workspace, KEY).content_hash == first.content_hash and len(calls) == 1


def test_an_article_the_issue_and_the_settings_each_make_it_anew(rendered):
    workspace, calls = rendered
    texts = [editions.edition(workspace, KEY).letters[0].text]
    slug = next(plan.slug for section in editions.read_issue(workspace, KEY).sections for plan in section.items)
    file = versions.article_version(workspace, slug)
    versions.save_article(workspace, replace(file.article, title="Un tout autre titre"), file.version)
    texts.append(editions.edition(workspace, KEY).letters[0].text)
    issue = versions.issue_version(workspace, KEY)
    versions.save_issue(workspace, replace(issue.issue, editorial="Tout autre chose."), issue.version)
    texts.append(editions.edition(workspace, KEY).letters[0].text)
    settings = workspace.root / "newsletter.toml"
    settings.write_text(settings.read_text().replace("75 rue Léon Gambetta", "1 place du Marché"))
    workspace.reload()
    texts.append(editions.edition(workspace, KEY).letters[0].text)
    assert len(set(texts)) == 4 and len(calls) == 4


def test_findings_are_told_in_the_language_of_whoever_looks(rendered):
    workspace, _calls = rendered
    issue = versions.issue_version(workspace, KEY)
    versions.save_issue(workspace, replace(issue.issue, subject="Un objet " * 12), issue.version)
    french = editions.findings(workspace, KEY)
    with i18n.speaking("en"):
        assert {f.message for f in editions.findings(workspace, KEY)} != {f.message for f in french}
