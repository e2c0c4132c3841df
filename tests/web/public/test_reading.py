"""Reading again, the agenda and proposing in Chromium: with and without JavaScript, at 320 pixels, past axe."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, expect

from newsletter.store.tables.core import subscribers
from tests import axe
from tests.browser import mail_browser as mail_browser
from tests.web.conftest import BASE, Town
from tests.web.server import serving
from tests.web.test_journeys import visitor

pytestmark = pytest.mark.browser
LETTRE, FLASH = "/lettres/2026-11-lettre", "/lettres/2026-12-01-flash"


@contextmanager
def open_site(town: Town) -> Iterator[str]:
    with serving(town.workspace) as address:
        yield address


@pytest.fixture(scope="module")
def site(standing: Town) -> Iterator[str]:
    with open_site(standing) as address:
        yield address


def contact(town: Town):
    """Somebody at a member: reads the Flash, may propose."""
    with town.workspace.database.read() as connection:
        return connection.execute(sa.select(subscribers).where(subscribers.c.organisation_id.is_not(None))).first()


def path_of(link: str) -> str:
    return link.removeprefix(BASE)


@pytest.mark.parametrize("script", [False, True])
def test_a_reader_searches_opens_a_letter_and_jumps_to_a_section(site, mail_browser, script):
    with visitor(mail_browser, script=script) as page:
        page.goto(site)
        page.get_by_label("Chercher dans les lettres").fill("régie")
        page.get_by_role("button", name="Chercher").click()
        expect(page.get_by_role("status")).to_contain_text("1 numéro")
        page.get_by_role("link", name=re.compile("La lettre du RTES")).click()
        page.get_by_role("link", name="Les actualités des territoires").click()
        assert page.url.endswith("#rubrique-2")
        expect(page.get_by_role("heading", name="Les actualités des territoires")).to_be_in_viewport()
        pictures = page.evaluate("[...document.images].map(i => [i.loading, i.alt !== null, i.width > 0])")
        assert pictures and all(alt and width for _lazy, alt, width in pictures)


@pytest.mark.parametrize("script", [False, True])
def test_an_event_is_taken_from_the_agenda_into_a_calendar(site, mail_browser, script):
    with visitor(mail_browser, script=script) as page:
        page.goto(site)
        page.get_by_role("navigation").get_by_role("link", name="Agenda").click()
        with page.expect_download() as download:
            page.get_by_role("link", name="Ajouter à mon agenda").first.click()
        assert download.value.suggested_filename.endswith(".ics")
        assert b"BEGIN:VEVENT" in download.value.path().read_bytes()


@pytest.mark.parametrize("script", [False, True])
def test_a_contact_of_a_member_asks_for_the_link_to_a_members_letter(sent, mail_browser, script):
    with open_site(sent) as site, visitor(mail_browser, script=script) as page:
        page.goto(site + FLASH)
        page.get_by_label("Votre adresse électronique").fill(contact(sent).address)
        page.get_by_role("button", name="Recevoir mon lien").click()
        expect(page.get_by_role("status")).to_contain_text("vient de lui être envoyé")
        page.goto(site + sent.link("/lettres/"))
        expect(page.get_by_role("heading", level=1)).to_contain_text("Flash hebdo")


def test_the_language_follows_the_browser_and_the_switch_with_every_link(site, mail_browser):
    context = mail_browser.new_context(locale="en-GB", viewport={"width": 375, "height": 800})
    page = context.new_page()
    page.goto(site)
    expect(page.get_by_role("heading", level=1)).to_have_text("All letters")
    page.get_by_role("link", name="Français").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Toutes les lettres")
    page.get_by_role("navigation").get_by_role("link", name="S’abonner").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("S’abonner")
    context.close()


def announce(town: Town) -> None:
    """Announce more events than one page of the agenda holds."""
    sample = next(a for a in town.workspace.pool() if a.event)
    text = (town.workspace.root / sample.path).read_text("utf-8")
    for n in range(21):
        text = re.sub(r"start: \S+", f"start: {date.today() + timedelta(days=n + 1)}", text)  # noqa: DTZ011 - any days
        (town.workspace.root / "articles" / f"annonce-{n:02d}.md").write_text(re.sub(r"\n +end: .*", "", text), "utf-8")


def walk(town: Town, site: str, page: Page) -> Iterator[str]:
    """Stop at every page of reading and proposing, as they look on the way; yields its name."""
    person = contact(town)
    addresses = {
        "archive": "/",
        "found": "/?q=régie",
        "nothing found": "/?q=licorne",
        "english": "/?lang=en",
        "letter": LETTRE,
        "members' letter": path_of(town.workspace.links.web_version("2026-12-01-flash", person.uid)),
        "agenda": "/agenda",
        "agenda's end": "/agenda?page=2",
        "locked": FLASH,
    }
    announce(town)
    for name, path in addresses.items():
        page.goto(site + path)
        yield name
    page.get_by_role("button", name="Recevoir mon lien").click()
    yield "no address"
    page.get_by_label("Votre adresse électronique").fill(person.address)
    page.get_by_role("button", name="Recevoir mon lien").click()
    yield "asked"
    page.goto(site + path_of(town.workspace.links.proposal(person.uid)))
    yield "propose"
    page.get_by_role("button", name="Voir l’aperçu").click()
    yield "propose, with faults"
    page.get_by_label("Titre").fill("Un atelier de réparation ouvre ses portes")
    page.get_by_label("Résumé").fill("Depuis septembre, dix habitants réparent ce qui allait à la benne.")
    page.get_by_role("button", name="Garder comme brouillon").click()
    yield "draft"
    page.get_by_role("button", name="Voir l’aperçu").click()
    yield "preview"
    page.get_by_role("button", name="Envoyer à l’équipe").click()
    yield "receipt"


@pytest.mark.parametrize(("width", "dark"), [(375, False), (1280, True)])
def test_axe_finds_nothing_and_no_page_scrolls_sideways_at_320_pixels(sent, mail_browser, width, dark):
    found, wide, seen = [], [], 0
    with open_site(sent) as site, visitor(mail_browser, script=True, width=width, dark=dark) as page:
        for name in walk(sent, site, page):
            seen += 1
            found += [f"{name}: {fault}" for fault in axe.faults(page)]
            page.set_viewport_size({"width": 320, "height": 800})
            if page.evaluate("document.documentElement.scrollWidth") > 320:
                wide.append(name)
            page.set_viewport_size({"width": width, "height": 800})
    assert (found, wide, seen) == ([], [], 16)
