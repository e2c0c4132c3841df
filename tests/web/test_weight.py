"""What a phone has to fetch: every public page stays light, compressed where nothing secret stands in it."""

from __future__ import annotations

import re

import pytest

from newsletter.actions.archive import public_letters
from tests.web.conftest import Town
from tests.web.public.test_archive import FLASH, LETTRE, key_of, reader

BUDGET = 50_000
PAGES = [
    "/",
    "/?q=territoire",
    LETTRE,
    "/lettres.rss",
    "/articles.rss",
    "/agenda",
    "/abonnement",
    "/abonnement/formulaire",
    "/mentions-legales",
    FLASH,
]


def plain(town: Town, path: str) -> bytes:
    answer = town.client.get(path, headers={"Accept-Encoding": "identity"})
    assert "Content-Encoding" not in answer.headers
    return answer.content


@pytest.mark.parametrize("path", PAGES)
def test_a_public_page_and_its_style_stay_within_the_budget(standing: Town, path: str) -> None:
    assert len(plain(standing, path)) < BUDGET


def test_a_letter_of_28_items_leaves_room(standing: Town) -> None:
    page = plain(standing, LETTRE)
    assert len(public_letters.read_letter(standing.workspace, "2026-11-lettre").page.items) == 28
    assert len(page) < 0.9 * BUDGET


def test_a_personal_page_stays_within_the_budget(standing: Town) -> None:
    person = reader(standing)
    links = standing.workspace.links
    for url in (links.preferences(person.uid), links.unsubscribe(person.uid, "lettre"), links.proposal(person.uid)):
        assert len(plain(standing, url.partition("8025")[2])) < BUDGET
    assert len(plain(standing, f"{FLASH}?cle={key_of(standing, person)}")) < BUDGET


def test_the_style_sheets_of_a_page_stay_within_the_budget_together(standing: Town) -> None:
    page = plain(standing, LETTRE).decode()
    styles = re.findall(r'rel="stylesheet" href="([^"]+)"', page)
    assert styles
    assert sum(len(plain(standing, path)) for path in styles) < BUDGET


def test_a_link_of_an_item_is_named_by_its_words_and_the_items_heading(standing: Town) -> None:
    page = plain(standing, LETTRE).decode()
    identifiers = re.findall(r' id="([^"]+)"', page)
    assert len(identifiers) == len(set(identifiers))
    links = re.findall(r'<a [^>]*id="([^"]+)" aria-labelledby="([^"]+)"', page)
    assert len(links) > 28
    for own, names in links:
        first, heading = names.split()
        assert first == own
        assert re.search(rf'<h[23] [^>]*id="{heading}"', page)


@pytest.mark.parametrize("path", ["/", LETTRE, "/articles.rss", "/abonnement"])
def test_a_public_page_is_compressed_for_who_takes_it(standing: Town, path: str) -> None:
    answer = standing.client.get(path, headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in answer.headers["Vary"]
    assert int(answer.headers["Content-Length"]) < len(answer.content) / 2
    head = standing.client.head(path, headers={"Accept-Encoding": "gzip"})
    assert (head.status_code, head.content) == (200, b"")


def test_nothing_secret_is_compressed_beside_what_others_may_choose(standing: Town) -> None:
    token = standing.workspace.links.preferences(reader(standing).uid).partition("8025")[2]
    for path in (token, "/studio/connexion"):
        answer = standing.client.get(path, headers={"Accept-Encoding": "gzip"})
        assert answer.status_code == 200
        assert "Content-Encoding" not in answer.headers


def test_pictures_are_not_compressed_again(standing: Town) -> None:
    name = re.search(rb"/images/[\w-]+\.webp", plain(standing, LETTRE))[0].decode()
    assert "Content-Encoding" not in standing.client.get(name, headers={"Accept-Encoding": "gzip"}).headers
