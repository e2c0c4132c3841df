"""Articles taken from a feed: shown first, each once, as drafts."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from newsletter.actions import fetch
from newsletter.actions.issues import feed_import
from newsletter.actions.operations.start import init
from newsletter.actions.workspace import Workspace, open_workspace
from newsletter.errors import ContentError, ExchangeError
from tests.cli.conftest import run

FEED = """<?xml version="1.0"?><rss version="2.0"><channel><title>S</title>
<item><title>Un guide : "marchés" # réservés</title><link>https://www.site.example/guide?utm_source=x</link>
<description>Un résumé. Ressource privée : Oui</description><pubDate>Mon, 16 Nov 2020 10:00:00 +0100</pubDate></item>
<item><title>Annoncé d'avance</title><link>https://site.example/avance</link>
<pubDate>Mon, 16 Nov 2099 10:00:00 +0100</pubDate></item>
<item><title>Déjà là</title><link>http://site.example/connu/</link></item></channel></rss>"""


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("import") / "ws"
    init(path)
    return path


@pytest.fixture
def workspace(fresh: Path, tmp_path: Path) -> Iterator[Workspace]:
    shutil.copytree(fresh, tmp_path, dirs_exist_ok=True)
    (tmp_path / "flux.xml").write_text(FEED, "utf-8")
    (tmp_path / "articles" / "connu.md").write_text(
        "---\ntitle: Connu sous un autre titre\ntags: [rtes]\ndate: 2026-11-01\nlink: https://www.site.example/connu\n---\n"
    )
    made = open_workspace(tmp_path)
    yield made
    made.close()


def files(workspace: Workspace) -> set[Path]:
    return set((workspace.root / "articles").rglob("*.md"))


def test_a_look_writes_nothing_and_knows_what_is_here(workspace: Workspace) -> None:
    before = files(workspace)
    harvest = feed_import.look_at_feed(workspace, str(workspace.root / "flux.xml"))
    assert [found.title for found in harvest.new] == ['Un guide : "marchés" # réservés', "Annoncé d'avance"]
    assert [article.slug for _found, article in harvest.known] == ["connu"]
    assert files(workspace) == before


def test_what_is_taken_is_a_draft_and_private_things_are_for_members(workspace: Workspace) -> None:
    harvest = feed_import.look_at_feed(workspace, str(workspace.root / "flux.xml"))
    guide, ahead = feed_import.take_entries(workspace, harvest, ("publication",))
    assert (guide.status, guide.visibility, guide.tags) == ("draft", "members", ("publication",))
    assert (guide.title, guide.summary) == ('Un guide : "marchés" # réservés', "Un résumé.")
    assert guide.date.isoformat() == "2020-11-16"
    assert ahead.date == workspace.today()
    again = feed_import.look_at_feed(workspace, str(workspace.root / "flux.xml"))
    assert again.new == ()
    assert len(again.known) == 3


def test_an_unknown_tag_is_refused_before_anything_is_written(workspace: Workspace) -> None:
    before = files(workspace)
    harvest = feed_import.look_at_feed(workspace, str(workspace.root / "flux.xml"))
    with pytest.raises(ContentError, match="did you mean `rtes`"):
        feed_import.take_entries(workspace, harvest, ("rte",))
    assert files(workspace) == before


@pytest.mark.parametrize(
    "source",
    [
        "http://127.0.0.1/flux",
        "http://[::1]/flux",
        "http://169.254.169.254/latest",
        "http://localhost:1/",
        "https://a:b@site.example/",
        "http://0x7f000001/",
        "http://10.0.0.1/",
    ],
)
def test_no_private_address_is_asked(workspace: Workspace, source: str) -> None:
    with pytest.raises(ExchangeError):
        feed_import.look_at_feed(workspace, source)


@pytest.mark.parametrize("source", ["nope.xml", ".", "file:///etc/passwd", "ftp://site.example/flux"])
def test_what_is_no_file_is_named_in_the_error(workspace: Workspace, source: str) -> None:
    with pytest.raises(ExchangeError, match="cannot be read"):
        feed_import.look_at_feed(workspace, source)


def test_an_error_page_is_no_feed(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch, "fetch_page", lambda url, **_more: fetch.FetchedPage(url, 404, "text/html", b"<html>"))
    with pytest.raises(ExchangeError, match="404"):
        feed_import.look_at_feed(workspace, "https://site.example/flux")


def test_the_command_shows_first_and_writes_with_yes(workspace: Workspace) -> None:
    before, feed = files(workspace), str(workspace.root / "flux.xml")
    shown = run(workspace.root, "articles", "import", feed)
    assert shown.code == 0
    assert "--yes" in shown.out
    assert files(workspace) == before
    done = run(workspace.root, "articles", "import", feed, "--yes", "--json")
    assert [new["visibility"] for new in done.json["new"]] == ["members", "public"]
    assert len(files(workspace)) == len(before) + 2
