"""Feeds read by themselves: each entry comes once, as a draft, whatever the feed and the editors do to it later."""

from __future__ import annotations

import json
import logging
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from newsletter.actions import fetch
from newsletter.actions.fetch import FetchedPage, Validators
from newsletter.actions.issues import feed_import, feed_reader
from newsletter.actions.operations.start import init
from newsletter.actions.workspace import Workspace, open_workspace
from newsletter.cli import cli
from newsletter.errors import ContentError, ExchangeError, NewsletterError
from newsletter.i18n import speaking
from newsletter.jobs.loop import run_due
from newsletter.jobs.table import TABLE
from tests.cli.conftest import run

URL = "https://www.site.example/feed/"
ITEM = "<item><title>{title}</title><link>{link}</link><guid>{guid}</guid><pubDate>{day}</pubDate>{more}</item>"
PAGE = b"<!doctype html><html><title>Maintenance</title><body>Nous revenons.</body></html>"


@dataclass
class Site:
    """A site on the web: what it answers, by address, and what it was asked."""

    answers: dict[str, FetchedPage | NewsletterError] = field(default_factory=dict)
    asked: list[tuple[str, Validators | None]] = field(default_factory=list)

    def get(self, url: str, *, known: Validators | None = None, **_more: object) -> FetchedPage:
        self.asked.append((url, known))
        answer = self.answers[url]
        if isinstance(answer, NewsletterError):
            raise answer
        if answer.status == 200 and answer.known != Validators() and known == answer.known:
            return FetchedPage(url, 304, "text/plain", b"", answer.known)
        return answer

    def shows(self, *items: str, known: Validators = Validators(), url: str = URL) -> None:  # noqa: B008 - a frozen value
        body = f'<?xml version="1.0"?><rss version="2.0"><channel><title>S</title>{"".join(items)}</channel></rss>'
        self.answers[url] = FetchedPage(url, 200, "application/rss+xml", body.encode(), known)


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("feeds") / "ws"
    init(path)
    with (path / "newsletter.toml").open("a", encoding="utf-8") as file:
        file.write(f'\n[[feeds]]\nurl = "{URL}"\ncategories = {{ "Europe & monde" = "europe", agenda = "agenda" }}\n')
    return path


@pytest.fixture
def workspace(fresh: Path, tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    monkeypatch.setenv("NEWSLETTER_DATABASE__URL", database_url)
    shutil.copytree(fresh, tmp_path / "w")
    made = open_workspace(tmp_path / "w")
    yield made
    made.close()


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Site:
    made = Site()
    monkeypatch.setattr(fetch, "fetch_page", made.get)
    return made


def item(
    workspace: Workspace, n: int = 1, *, title: str = "", link: str = "", guid: str = "", days: int = 1, more: str = ""
) -> str:
    """Return an entry of the feed, published so many days ago."""
    day = workspace.now() - timedelta(days=days)
    return ITEM.format(
        title=title or f"Article {n}",
        link=link or f"https://www.site.example/article-{n}/",
        guid=guid or f"https://www.site.example/?p={n}",
        day=f"{day:%a, %d %b %Y %H:%M:%S +0100}",
        more=more,
    )


def read(workspace: Workspace) -> feed_reader.Brought:
    (brought,) = feed_reader.read_all(workspace)
    return brought


def titles(brought: feed_reader.Brought) -> list[str]:
    return [article.title for article in brought.new]


def files(workspace: Workspace) -> set[Path]:
    return set((workspace.root / "articles").rglob("*.md"))


def test_a_new_entry_becomes_a_draft_as_by_hand_and_comes_once(workspace: Workspace, site: Site) -> None:
    category = "<category>europe &amp; Monde</category><description>Un résumé. Ressource privée : oui</description>"
    site.shows(item(workspace, 1, title="L&amp;#8217;Europe &amp;amp; nous", more=category), item(workspace, 2))
    brought = read(workspace)
    first, second = brought.new
    assert (first.title, first.status, first.tags, first.visibility) == (
        "L’Europe & nous",
        "draft",
        ("europe",),
        "members",
    )
    assert (first.link, first.summary) == ("https://www.site.example/article-1/", "Un résumé.")
    assert second.tags == ("rtes",)
    assert feed_reader.unread(workspace) == {first.slug, second.slug}
    assert [read(workspace).new for _time in range(2)] == [(), ()]
    assert len(files(workspace)) == 2


@pytest.mark.parametrize(
    "again",
    [
        {},
        {"guid": "http://site.example/?p=1"},  # http, and without www
        {"guid": "another identifier altogether"},
        {"link": "http://site.example/article-1"},
        {"link": "https://www.site.example/article-1/?utm_source=rss&amp;utm_medium=rss#more"},
        {"link": "https://www.site.example/2026/11/renamed/"},
        {"title": "Un autre titre"},
        {"days": -400},  # dated ahead
        {"more": "<description>Un texte corrigé.</description>"},
    ],
    ids=str,
)
def test_an_entry_that_changes_is_still_the_same_entry(workspace: Workspace, site: Site, again: dict) -> None:
    site.shows(item(workspace))
    (article,) = read(workspace).new
    before = (workspace.root / article.path).read_bytes()
    site.shows(item(workspace, **again))
    assert read(workspace).new == ()
    assert (workspace.root / article.path).read_bytes() == before


@pytest.mark.parametrize("deed", ["delete", "rename", "rewrite"])
def test_what_an_editor_did_to_an_article_is_not_undone(workspace: Workspace, site: Site, deed: str) -> None:
    site.shows(item(workspace))
    (article,) = read(workspace).new
    path = workspace.root / article.path
    if deed == "rewrite":
        path.write_text("---\ntitle: Autre\ntags: [bref]\ndate: 2026-11-01\nstatus: ready\n---\n", "utf-8")
    elif deed == "rename":
        path.rename(path.with_name("autre-nom.md"))
    else:
        path.unlink()
    after = {path: path.read_bytes() for path in files(workspace)}
    site.shows(item(workspace), item(workspace, 2))
    assert titles(read(workspace)) == ["Article 2"]
    assert after.items() <= {path: path.read_bytes() for path in files(workspace)}.items()
    assert article.slug not in feed_reader.unread(workspace)


def test_what_was_taken_by_hand_and_deleted_does_not_come_back(workspace: Workspace, site: Site) -> None:
    site.shows(item(workspace))
    (article,) = feed_import.take_entries(workspace, feed_import.look_at_feed(workspace, URL))
    (workspace.root / article.path).unlink()
    assert read(workspace).new == ()


def test_an_article_that_is_here_already_is_left_alone_and_remembered(workspace: Workspace, site: Site) -> None:
    path = workspace.root / "articles" / "ici.md"
    path.write_text(
        "---\ntitle: Ici\ntags: [rtes]\ndate: 2026-11-01\nlink: http://site.example/article-1\n---\n", "utf-8"
    )
    site.shows(item(workspace))
    assert read(workspace).new == ()
    path.unlink()
    assert read(workspace).new == ()
    assert feed_reader.unread(workspace) == frozenset()


def test_an_identifier_shared_by_all_entries_hides_none(workspace: Workspace, site: Site) -> None:
    site.shows(*(item(workspace, n, guid="https://www.site.example/") for n in (1, 2, 3)))
    assert len(read(workspace).new) == 3
    site.shows(*(item(workspace, n, guid="https://www.site.example/") for n in (2, 3, 4)))
    assert titles(read(workspace)) == ["Article 4"]
    for n in (5, 6):
        site.shows(item(workspace, n, guid="https://www.site.example/"))
        assert titles(read(workspace)) == [f"Article {n}"]


def test_an_entry_that_stands_in_the_feed_twice_comes_once(workspace: Workspace, site: Site) -> None:
    site.shows(item(workspace), item(workspace, link="http://site.example/article-1"))
    assert len(read(workspace).new) == 1


def test_old_entries_are_no_news_and_a_date_ahead_is_today(workspace: Workspace, site: Site) -> None:
    site.shows(item(workspace, 1, days=61), item(workspace, 2, days=59), item(workspace, 3, days=-400))
    assert [(a.title, a.date == workspace.today()) for a in read(workspace).new] == [
        ("Article 2", False),
        ("Article 3", True),
    ]


def test_a_calendar_brings_what_is_to_come_and_a_date_that_moves_is_the_same_event(
    workspace: Workspace, site: Site
) -> None:
    def shows(*days: int) -> None:
        events = "".join(
            f"BEGIN:VEVENT\r\nUID:{n}\r\nSUMMARY:Atelier {n}\r\nURL:https://site.example/ateliers\r\n"
            f"DTSTART;VALUE=DATE:{workspace.today() + timedelta(days=day):%Y%m%d}\r\nEND:VEVENT\r\n"
            for n, day in enumerate(days)
        )
        text = f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n{events}END:VCALENDAR\r\n"
        site.answers[URL] = FetchedPage(URL, 200, "text/calendar", text.encode())

    shows(-1, 5, 6)
    assert [(a.title, a.tags) for a in read(workspace).new] == [("Atelier 1", ("agenda",)), ("Atelier 2", ("agenda",))]
    shows(-1, 8, 6)
    assert read(workspace).new == ()


def test_a_feed_that_stayed_as_it_was_costs_nothing(workspace: Workspace, site: Site) -> None:
    known = Validators('W/"abc"', "Mon, 16 Nov 2026 10:00:00 GMT")
    site.shows(item(workspace), known=known)
    assert (read(workspace).unchanged, read(workspace).unchanged) == (False, True)
    assert [asked for _url, asked in site.asked] == [Validators(), known]


def test_a_site_that_always_says_that_nothing_changed_is_asked_for_all_once_a_day(
    workspace: Workspace, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    stuck = Validators("", "Sat, 16 Nov 2041 18:11:00 GMT")
    site.shows(item(workspace), known=stuck)
    read(workspace)
    site.shows(item(workspace), item(workspace, 2), known=stuck)
    assert read(workspace).unchanged
    monkeypatch.setattr(feed_reader, "_WHOLE", 0.0)  # the day is over
    assert titles(read(workspace)) == ["Article 2"]


def test_a_flood_is_spread_over_days_and_nothing_of_it_is_lost(
    workspace: Workspace, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed_reader, "MOST_A_DAY", 4)
    site.shows(*(item(workspace, n) for n in range(6)), known=Validators("x"))
    assert (len((brought := read(workspace)).new), brought.later) == (4, 2)
    assert (len((brought := read(workspace)).new), brought.later) == (0, 2)
    monkeypatch.setattr(feed_reader, "_DAY", -1.0)  # the day is over
    assert titles(read(workspace)) == ["Article 4", "Article 5"]
    assert read(workspace).unchanged


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (FetchedPage(URL, 200, "text/html", PAGE), "ce n’est pas un flux RSS ou Atom"),
        (FetchedPage(URL, 500, "text/html", PAGE), "erreur 500"),
        (FetchedPage(URL, 304, "text/html", b""), None),
        (FetchedPage(URL, 200, "text/xml", b"<!DOCTYPE x [<!ENTITY a 'b'>]><rss/>"), "déclarations suspectes"),
        (ExchangeError("it is too slow", where=URL, hint="wait", said="le site est trop lent"), "trop lent"),
    ],
    ids=["a page", "an error", "unchanged", "entities", "slow"],
)
def test_a_feed_that_fails_is_told_once_and_until_it_is_well_again(
    workspace: Workspace,
    site: Site,
    caplog: pytest.LogCaptureFixture,
    answer: FetchedPage | NewsletterError,
    words: str | None,
) -> None:
    site.shows(item(workspace), known=Validators("x"))
    read(workspace)
    caplog.set_level(logging.INFO, "newsletter")
    caplog.clear()  # what came was told too, where an earlier test has left the log open
    site.answers[URL] = answer
    errors = [read(workspace).error for _time in range(3)]
    if words is None:
        assert (errors, feed_reader.failing_feeds(workspace)) == ([None] * 3, ())
        return
    assert all(isinstance(error, ContentError | ExchangeError) for error in errors)
    (told,) = feed_reader.failing_feeds(workspace)
    assert (told.url, words in told.reason) == (URL, True)
    with speaking("en"):
        assert feed_reader.failing_feeds(workspace)[0].reason
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    site.shows(item(workspace), item(workspace, 2), known=Validators("x"))
    assert titles(read(workspace)) == ["Article 2"], "it was asked for whole again"
    assert feed_reader.failing_feeds(workspace) == ()


def test_a_private_address_is_never_asked(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    feed = workspace.settings.feeds[0].model_copy(update={"url": "http://127.0.0.1:1/feed"})
    workspace.settings = workspace.settings.model_copy(update={"feeds": (feed,)})
    assert "private network" in str(read(workspace).error)


def test_a_feed_that_fails_keeps_no_other_back(workspace: Workspace, site: Site) -> None:
    feed, other = workspace.settings.feeds[0], "https://autre.example/flux"
    both = (feed, feed.model_copy(update={"url": other, "tags": ("bref", "rtes")}))
    workspace.settings = workspace.settings.model_copy(update={"feeds": both})
    site.answers[URL] = FetchedPage(URL, 404, "text/html", PAGE)
    site.shows(item(workspace, guid="7"), url=other)
    failed, well = feed_reader.read_all(workspace)
    assert (failed.error is not None, [a.tags for a in well.new]) == (True, [("bref", "rtes")])


def test_a_run_broken_off_between_file_and_database_brings_nothing_twice(
    workspace: Workspace, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.shows(item(workspace), item(workspace, 2))

    def broken(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(feed_reader.feeds, "remember", broken)
        with pytest.raises(KeyboardInterrupt):
            read(workspace)
    assert len(files(workspace)) == 1
    read(workspace)
    assert len(files(workspace)) == 2


def test_many_at_once_bring_each_entry_once(workspace: Workspace, site: Site) -> None:
    site.shows(*(item(workspace, n) for n in range(8)))
    found: list[feed_reader.Brought] = []
    threads = [threading.Thread(target=lambda: found.append(read(workspace))) for _n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(title for brought in found for title in titles(brought)) == [f"Article {n}" for n in range(8)]
    assert len(files(workspace)) == 8


def test_the_job_of_the_table_reads_the_feeds_once_an_hour_and_survives_their_faults(
    workspace: Workspace, site: Site
) -> None:
    (work,) = [work for work in TABLE if work.name == "feeds"]
    site.answers[URL] = FetchedPage(URL, 200, "text/html", PAGE)
    assert work.files, "a machine without articles leaves it to the others"
    assert [run_due(workspace, work, threading.Event()) for _time in range(2)] == [True, False]
    assert len(site.asked) == 1
    assert len(feed_reader.failing_feeds(workspace)) == 1


def test_the_command_brings_what_is_new_and_says_so(fresh: Path, tmp_path: Path) -> None:
    home = shutil.copytree(fresh, tmp_path / "w")
    refused = run(home, "articles", "import", "--feeds", "--json")
    assert refused.code == 1
    (one,) = refused.json["feeds"]
    assert (one["url"], one["new"], one["later"], one["unchanged"]) == (URL, [], 0, False)
    assert "host name is not known" in one["error"]
    for wrong in ((), (URL, "--feeds"), ("--feeds", "--yes"), ("--feeds", "--tag", "rtes")):
        assert run(home, "articles", "import", *wrong).code == 2


def test_the_command_prints_each_new_draft(workspace: Workspace, site: Site) -> None:
    site.shows(item(workspace, 1), item(workspace, 2))
    said = CliRunner().invoke(cli, ["-w", str(workspace.root), "articles", "import", "--feeds"])
    assert (said.exit_code, said.output.count("article-")) == (0, 2)
    again = CliRunner().invoke(cli, ["-w", str(workspace.root), "articles", "import", "--feeds", "--json"])
    assert json.loads(again.output)["feeds"][0]["new"] == []


def test_a_stopping_service_takes_no_more_and_forgets_nothing(workspace: Workspace, site: Site) -> None:
    site.shows(item(workspace), known=Validators("x"))
    stop = threading.Event()
    stop.set()
    assert feed_reader.read_all(workspace, stop) == []
    assert titles(read(workspace)) == ["Article 1"]
