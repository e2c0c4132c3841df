"""Each journey of a reader in Chromium: by keyboard, at 320 pixels, in the dark, without JavaScript, past axe."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Page, expect

from tests import axe
from tests.browser import mail_browser as mail_browser
from tests.web.conftest import BASE
from tests.web.server import serving

pytestmark = pytest.mark.browser
ADDRESS = "jeanne.martin@ville.example"


@pytest.fixture
def site(town) -> Iterator[str]:
    with serving(town.workspace) as address:
        yield address


@contextmanager
def visitor(browser, *, script: bool = False, width: int = 375, dark: bool = False) -> Iterator[Page]:
    """A reader's browser; whatever it asks another host for fails the test."""
    context = browser.new_context(
        viewport={"width": width, "height": 800},
        java_script_enabled=script,
        locale="fr-FR",
        color_scheme="dark" if dark else "light",
    )
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    try:
        yield page
        assert all(url.startswith("http://127.0.0.1:") for url in asked)
        assert context.cookies() == []
    finally:
        context.close()


def path_of(link: str) -> str:
    return link.removeprefix(BASE)


@pytest.mark.parametrize("script", [False, True])
def test_a_reader_subscribes_confirms_changes_leaves_and_comes_back(town, site, mail_browser, script):
    with visitor(mail_browser, script=script) as page:
        page.goto(site + "/abonnement")
        page.get_by_label("La lettre du RTES").check()
        page.get_by_label("Adresse électronique").fill(ADDRESS)
        town.clock.ahead += 5
        page.get_by_role("button", name="M’abonner").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Vérifiez votre messagerie")

        page.goto(site + town.link("/confirmation/"))
        page.get_by_role("button", name="Je confirme").click()
        expect(page.get_by_role("status")).to_contain_text("La lettre du RTES")

        page.get_by_role("link", name="Voir et changer mes choix").click()
        expect(page.get_by_label("La lettre du RTES")).to_be_checked()
        page.get_by_label("Prénom").fill("Jeanne")
        page.get_by_role("button", name="Enregistrer").click()
        expect(page.get_by_role("status")).to_contain_text("enregistrés")

        with town.workspace.database.read() as connection:
            uid = bytes(connection.exec_driver_sql("SELECT uid FROM subscribers").scalar())
        page.goto(site + path_of(town.workspace.links.unsubscribe(uid, "lettre")))
        assert town.state(ADDRESS) == "active"
        page.get_by_role("button", name="Me désabonner").click()
        expect(page.get_by_role("status")).to_contain_text("Vous ne recevrez plus")
        assert town.state(ADDRESS) == "left"
        page.get_by_role("button", name="Annuler").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Abonnement rétabli")
        assert town.state(ADDRESS) == "active"


def test_the_form_is_filled_and_sent_with_the_keyboard_alone(town, site, mail_browser):
    with visitor(mail_browser) as page:
        page.goto(site + "/abonnement")
        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name="Aller au contenu")).to_be_focused()
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        page.keyboard.press("Space")
        for _field in range(2):
            page.keyboard.press("Tab")
        page.keyboard.type(ADDRESS)
        town.clock.ahead += 5
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text("Vérifiez votre messagerie")
    assert town.state(ADDRESS) == "pending"


def test_a_mistake_is_said_at_the_top_and_beside_the_field(town, site, mail_browser):
    with visitor(mail_browser) as page:
        page.goto(site + "/abonnement")
        page.get_by_label("Adresse électronique").fill("jeanne")
        town.clock.ahead += 5
        page.get_by_role("button", name="M’abonner").click()
        expect(page.get_by_role("alert")).to_contain_text("Vérifiez l’adresse")
        expect(page.get_by_label("Adresse électronique")).to_have_attribute("aria-invalid", "true")
        page.get_by_role("link", name=re.compile("Vérifiez l’adresse")).click()
        expect(page.get_by_label("Adresse électronique")).to_be_focused()


def test_somebody_sees_and_then_erases_their_data(town, site, mail_browser):
    person = town.person(ADDRESS, lettre="active")
    with visitor(mail_browser) as page:
        page.goto(site + path_of(town.workspace.links.preferences(person.uid)))
        assert ADDRESS not in page.content()
        page.get_by_role("button", name="Recevoir une copie").click()
        page.goto(site + town.link("/mes-donnees/"))
        expect(page.get_by_text(ADDRESS).first).to_be_visible()
        page.goto(site + path_of(town.workspace.links.preferences(person.uid)))
        page.get_by_role("button", name="Effacer mes données").click()
        page.goto(site + town.link("/effacement/"))
        page.get_by_role("button", name="Effacer définitivement").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Données effacées")
    with town.workspace.database.read() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM subscribers").scalar() == 0


def pages_of(town) -> dict[str, str]:
    """Every kind of public page of a reader, by name."""
    person = town.person(ADDRESS, lettre="active", flash="active")
    leave = path_of(town.workspace.links.unsubscribe(person.uid, "lettre"))
    town.ask("other@ville.example")
    confirm = town.link("/confirmation/")
    preferences = path_of(town.workspace.links.preferences(person.uid))
    town.client.post(preferences + "/copie")
    record = town.link("/mes-donnees/")
    town.client.post(preferences + "/effacement")
    return {
        "subscribe": "/abonnement",
        "frame": "/abonnement/formulaire",
        "confirm": confirm,
        "leave": leave,
        "preferences": preferences,
        "record": record,
        "erase": town.link("/effacement/"),
        "gone": "/preferences/x",
        "legal": "/mentions-legales",
        "privacy": "/confidentialite",
        "accessibility": "/accessibilite",
        "missing": "/nothing",
        "english": "/abonnement?lang=en",
    }


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_axe_finds_nothing_on_any_page(town, site, mail_browser, dark):
    found = {}
    with visitor(mail_browser, script=True, dark=dark) as page:
        for name, path in pages_of(town).items():
            page.goto(site + path)
            found[name] = axe.faults(page)
    assert not any(found.values()), found


def test_no_page_scrolls_sideways_at_320_pixels(town, site, mail_browser):
    wide = []
    with visitor(mail_browser, script=True, width=320) as page:
        for name, path in pages_of(town).items():
            page.goto(site + path)
            if page.evaluate("document.documentElement.scrollWidth") > 320:
                wide.append(name)
    assert wide == []


def test_the_answer_after_leaving_passes_axe_too(town, site, mail_browser):
    person = town.person(ADDRESS, lettre="active")
    with visitor(mail_browser, script=True) as page:
        page.goto(site + path_of(town.workspace.links.unsubscribe(person.uid, "lettre")))
        page.get_by_role("button", name="Me désabonner").click()
        assert axe.faults(page) == []
        page.get_by_label("Autre raison").check()
        page.get_by_role("button", name="Envoyer").click()
        expect(page.get_by_role("status")).to_contain_text("Merci")
