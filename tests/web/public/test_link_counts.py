"""Counted links: off by default; switched on, totals and nothing else, and never a way to another site."""

from __future__ import annotations

import email
import re
from collections.abc import Iterator
from email.policy import default
from pathlib import Path

import pytest
import sqlalchemy as sa

from newsletter.actions.archive import link_counts as archive_link_counts
from newsletter.actions.archive.link_counts import Bursts
from newsletter.actions.operations import start
from newsletter.actions.sending import mailings
from newsletter.actions.sending.approval import approve_issue
from newsletter.actions.sending.deliveries import deliver_mailing
from newsletter.store.tables.pages import link_counts
from tests.web.conftest import Town, opened
from tests.web.studio.conftest import looking as looking
from tests.web.studio.conftest import sign_in
from tests.workspaces import copy_sample

ISSUE = "2026-11-lettre"


@pytest.fixture(scope="module")
def counting_workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample letter, sent with its links counted."""
    path = tmp_path_factory.mktemp("counting") / "ws"
    copy_sample(path, 12, deliver=False)
    settings = path / "newsletter.toml"
    text = settings.read_text("utf-8")
    assert "count_links = false" in text
    settings.write_text(text.replace("count_links = false", "count_links = true"), "utf-8")
    workspace = start.open_workspace(path)
    deliver_mailing(workspace, mailings.begin_mailing(workspace, approve_issue(workspace, ISSUE, by="a", now=True)))
    workspace.close()
    return path


@pytest.fixture
def counting(counting_workspace: Path) -> Iterator[Town]:
    """It on the web, its totals at zero, and a visitor like any other."""
    with opened(counting_workspace) as town:
        with town.workspace.database.write() as connection:
            connection.execute(link_counts.update().values(n=0))
        town.client.headers["User-Agent"] = "Mozilla/5.0"
        yield town


def letter(town: Town, kind: str = "html") -> str:
    mail = next((town.workspace.root / "outbox" / ISSUE).glob("*.eml"))
    return email.message_from_bytes(mail.read_bytes(), policy=default).get_body((kind,)).get_content()


def counted_links(town: Town) -> list[str]:
    return list(dict.fromkeys(re.findall(r'href="http://localhost:8025(/l/[^"]+)"', letter(town))))


def total(town: Town) -> int:
    return sum(link.n for link in archive_link_counts.totals(town.workspace, ISSUE))


def test_a_letter_has_no_counted_link_by_default(standing: Town) -> None:
    assert "/l/" not in letter(standing).replace("/lettres/", "")
    assert "Aucun traceur" in letter(standing)
    with standing.workspace.database.read() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(link_counts)) == 0


def test_switched_on_every_link_of_an_item_is_counted_and_the_footer_says_so(counting: Town) -> None:
    page = letter(counting)
    places = counted_links(counting)
    assert len(places) > 10
    assert "Aucun traceur" not in page
    assert "de façon anonyme" in page
    own = [url for url in re.findall(r'href="(http[^"]+)"', page) if "/l/" not in url]
    urls = {link.url for link in archive_link_counts.totals(counting.workspace, ISSUE)}
    assert urls.isdisjoint(own)
    assert any("/desabonnement/" in url for url in own)
    assert "/l/" not in letter(counting, "plain").replace("/lettres/", "")


def test_every_link_leads_where_the_text_says_it_does(counting: Town) -> None:
    plain = letter(counting, "plain")
    for place in counted_links(counting):
        answer = counting.client.get(place, follow_redirects=False)
        assert answer.status_code == 302
        assert answer.headers["location"] in plain
        assert "set-cookie" not in answer.headers


def test_a_visit_is_one_more_and_the_share_of_its_section_grows(counting: Town) -> None:
    place = counted_links(counting)[0]
    for _ in range(2):
        counting.client.get(place, follow_redirects=False)
    found = archive_link_counts.totals(counting.workspace, ISSUE)
    assert [link.n for link in found if link.n] == [2]
    assert archive_link_counts.shares(found)[found[0].section] == 1.0


@pytest.mark.parametrize("agent", ["", "Googlebot/2.1", "python-requests/2", "curl/8", "Barracuda link scanner"])
def test_robots_are_led_on_and_not_counted(counting: Town, agent: str) -> None:
    answer = counting.client.get(counted_links(counting)[0], headers={"User-Agent": agent}, follow_redirects=False)
    assert (answer.status_code, total(counting)) == (302, 0)


def test_head_is_not_counted(counting: Town) -> None:
    answer = counting.client.head(counted_links(counting)[0], follow_redirects=False)
    assert (answer.status_code, total(counting)) == (302, 0)


def test_a_scanner_that_follows_every_link_counts_as_three_visits_at_most(counting: Town) -> None:
    for place in counted_links(counting):
        counting.client.get(place, follow_redirects=False)
    assert total(counting) == archive_link_counts.MOST


@pytest.mark.parametrize(
    "path",
    [
        f"/l/{ISSUE}/1",
        f"/l/{ISSUE}/https%3A%2F%2Fevil.example",
        f"/l/{ISSUE}/99999999999999999999",
        f"/l/{ISSUE}/-1",
        f"/l/{ISSUE}/9999999999",
        "/l/a%00b/1",
        f"/l/{ISSUE}/١",
        "/l/nope/1",
        f"/l/{ISSUE}/1?url=https://evil.example",
        "/l/'%20OR%201=1/1",
    ],
)
def test_no_address_but_the_stored_ones_is_led_to(counting: Town, path: str) -> None:
    answer = counting.client.get(path, follow_redirects=False)
    assert answer.status_code == 404
    assert "location" not in answer.headers


def test_what_is_stored_holds_no_person_and_no_time() -> None:
    assert set(link_counts.c.keys()) == {"mailing_id", "number", "section", "url", "n"}


def test_the_approved_letter_is_still_recognised(counting: Town) -> None:
    mailing = mailings.current_mailing(counting.workspace, ISSUE)
    assert mailing is not None
    assert not mailings.changed_since_approval(counting.workspace, mailing)


def test_a_burst_is_one_sources_and_passes() -> None:
    bursts = Bursts()
    assert [bursts.too_many("1.2.3.4", "a", 0.0) for _ in range(5)] == [False, False, False, True, True]
    assert not bursts.too_many("5.6.7.8", "a", 0.0)
    assert not bursts.too_many("1.2.3.4", "b", 0.0)
    assert not bursts.too_many("1.2.3.4", "a", archive_link_counts.WINDOW)


def test_editors_see_the_share_of_each_section_and_how_it_was_counted(counting: Town) -> None:
    editor = sign_in(counting, "editor")
    page = f"/studio/numeros/{ISSUE}/envoi"
    assert "Aucune visite pour l’instant" in editor.get(page).text
    places = counted_links(counting)
    for place in (places[0], places[0], places[-1]):
        counting.client.get(place, follow_redirects=False)
    text = editor.get(page).text
    assert "ni les robots" in text
    shown = re.findall(r'<td class="number">(\d+) %</td>', text)
    assert sorted(part for part in shown if part != "0") == ["33", "67"]


def test_where_nothing_is_counted_the_studio_says_nothing_of_it(looking) -> None:
    assert "Liens suivis" not in looking.get(f"/studio/numeros/{ISSUE}/envoi").text
