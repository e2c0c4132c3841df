"""Articles taken from a feed: shown first, each once, as drafts."""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

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


SHARED = """<?xml version="1.0"?><rss version="2.0"><channel><title>S</title>
<item><title>Visite 1</title><link>https://site.example/agenda</link></item>
<item><title>Visite 2</title><link>https://site.example/agenda</link>
<enclosure url="https://site.example/i.png" type="image/png" length="3"/></item></channel></rss>"""


def calendar(*events: tuple[str, str]) -> str:
    body = "".join(
        f"BEGIN:VEVENT\nUID:{title}\nSUMMARY:{title}\nDTSTART:{start}\nURL:https://site.example/agenda\nEND:VEVENT\n"
        for title, start in events
    )
    return f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\n{body}END:VCALENDAR\n"


def test_entries_that_lead_to_one_page_are_taken_apart_and_known_by_their_titles(workspace: Workspace) -> None:
    (workspace.root / "deux.xml").write_text(SHARED, "utf-8")
    source = str(workspace.root / "deux.xml")
    assert len(feed_import.take_entries(workspace, feed_import.look_at_feed(workspace, source))) == 2
    again = feed_import.look_at_feed(workspace, source)
    assert (len(again.new), len(again.known)) == (0, 2)


def test_an_event_at_another_time_under_a_known_address_is_new(workspace: Workspace) -> None:
    source = workspace.root / "agenda.ics"
    source.write_text(calendar(("Visite 1", "20301210T090000Z"), ("Visite 2", "20301211T090000Z")), "utf-8")
    feed_import.take_entries(workspace, feed_import.look_at_feed(workspace, str(source)))
    source.write_text(calendar(("Visite 1", "20301210T090000Z"), ("Autre visite", "20310113T090000Z")), "utf-8")
    found = feed_import.look_at_feed(workspace, str(source))
    assert [one.title for one in found.new] == ["Autre visite"]


def test_a_series_that_is_here_is_known_when_its_next_date_has_come(workspace: Workspace) -> None:
    source = workspace.root / "agenda.ics"
    rule = "DTSTART:20250107T090000Z\nRRULE:FREQ=WEEKLY"
    source.write_text(calendar(("Permanence", "x")).replace("DTSTART:x", rule), "utf-8")
    (article,) = feed_import.take_entries(workspace, feed_import.look_at_feed(workspace, str(source)))
    assert article.event
    assert article.event.start.date() >= workspace.today()
    source.write_text(source.read_text("utf-8").replace("20250107", "20250108"), "utf-8")
    assert not feed_import.look_at_feed(workspace, str(source)).new


def test_a_picture_is_kept_with_the_draft_and_one_that_cannot_be_had_is_left_out(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    (workspace.root / "deux.xml").write_text(SHARED, "utf-8")
    picture = io.BytesIO()
    Image.new("RGB", (40, 30), "teal").save(picture, "PNG")
    asked: list[str] = []

    def get(url: str, **_more: object) -> fetch.FetchedPage:
        asked.append(url)
        return fetch.FetchedPage(url, 200, "image/png", picture.getvalue())

    monkeypatch.setattr(fetch, "fetch_page", get)
    source = str(workspace.root / "deux.xml")
    _, drawn = feed_import.take_entries(workspace, feed_import.look_at_feed(workspace, source))
    assert asked == ["https://site.example/i.png"]
    assert drawn.picture
    assert (workspace.root / drawn.picture.source).is_file()


def test_what_was_left_out_is_said_by_the_command(workspace: Workspace) -> None:
    source = workspace.root / "agenda.ics"
    source.write_text(calendar(("Bonne", "20301210T090000Z"), ("Cassée", "x")), "utf-8")
    done = run(workspace.root, "articles", "import", str(source))
    assert "Events that cannot be read, left out: « Cassée » (1)." in done.out
