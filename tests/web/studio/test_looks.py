"""The Studio in Chromium: every page past axe, in both themes, on a phone and a desk; by keyboard; without script."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, expect

from newsletter.actions.operations import outbox_view
from newsletter.actions.team import signin, users
from newsletter.actions.workspace import Workspace, open_workspace
from newsletter.store.imports import reviews
from newsletter.store.imports.reviews import Review
from newsletter.store.people import organisations, people
from newsletter.store.people.people import Consent
from tests import axe
from tests.browser import mail_browser as mail_browser
from tests.web.server import serving

pytestmark = pytest.mark.browser
FILE = "email;prénom\nnouvelle@ville.example;Anne\npas une adresse;Zoé\n"


@dataclass
class Served:
    """A workspace on a real server."""

    workspace: Workspace
    address: str

    @contextmanager
    def visitor(self, browser, *, width=1280, dark=False, script=True, signed_in=True) -> Iterator[Page]:
        """A browser, signed in as admin; whatever it asks another host for, and every script error, fails the test."""
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme="dark" if dark else "light",
            locale="fr-FR",
            java_script_enabled=script,
        )
        page, asked, faults = context.new_page(), [], []
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda said: faults.append(said.text) if "Content Security" in said.text else None)
        if signed_in:
            user = users.everybody(self.workspace)[0]
            page.goto(self.local(signin.link_for(self.workspace, user)))
            page.get_by_role("button", name="Entrer dans le Studio").click()
        try:
            yield page
            assert [url for url in asked if not url.startswith((self.address, "http://localhost:8025/images/"))] == []
            assert faults == []
        finally:
            context.close()

    def local(self, link: str) -> str:
        return self.address + link.removeprefix(self.workspace.settings.web.base_url)


@pytest.fixture(scope="module")
def served(tmp_path_factory, sample_workspace) -> Iterator[Served]:
    """The sample month with an admin, two questions and a lost address."""
    path = tmp_path_factory.mktemp("served") / "ws"
    shutil.copytree(sample_workspace, path)
    workspace = open_workspace(path)
    users.invite_user(workspace, "admin@rtes.example", "admin", name="Claire Dubois", may_send=True, by="test")
    users.make_token(workspace, "Site du réseau", "read", "Claire Dubois")
    with workspace.database.write() as c:
        reviews.ask(
            c,
            [
                Review(kind=kind, subject="Mairie de L.", at=1.0, detail={"found": "Mairie de L."})
                for kind in ("organisation", "import-row")
            ],
        )
        place = organisations.find_organisation(c, "Ville de Lille")
        person = people.add_person(
            c, people.Person(address="lost@lille.example", key="lost@lille.example", organisation_id=place.id), 1.0
        )
        people.suppress(c, person, "bounced", Consent("", "bounce"), 2.0)
    with serving(workspace) as address:
        yield Served(workspace, address)
    workspace.close()


def remarks(page: Page) -> list[str]:
    return [f"{page.url} {fault}" for fault in axe.faults(page)]


def test_an_import_is_looked_at_done_and_undone_without_script(served, mail_browser):
    with served.visitor(mail_browser, width=375, script=False) as page:
        page.goto(served.address + "/studio/public/importer")
        page.get_by_label("Fichier", exact=True).set_input_files(
            {"name": "liste.csv", "mimeType": "text/csv", "buffer": FILE.encode()}
        )
        page.get_by_role("button", name="Voir ce que cela donnerait").click()
        expect(page.get_by_role("cell", name="pas une adresse")).to_be_visible()
        page.get_by_role("button", name="Importer").click()
        expect(page.get_by_role("status")).to_contain_text("Ajouts : 1")
        page.get_by_role("button", name="Annuler cette action").click()
        expect(page.get_by_role("status")).to_contain_text("Import annulé")


def test_the_plan_of_an_import_passes_axe(served, mail_browser):
    with served.visitor(mail_browser, width=375, dark=True) as page:
        page.goto(served.address + "/studio/public/importer")
        page.get_by_label("Fichier", exact=True).set_input_files(
            {"name": "liste.csv", "mimeType": "text/csv", "buffer": FILE.encode()}
        )
        page.get_by_role("button", name="Voir ce que cela donnerait").click()
        assert remarks(page) == []


def test_why_somebody_does_not_get_the_flash_is_found_by_keyboard_alone(served, mail_browser):
    with served.visitor(mail_browser) as page:
        page.goto(served.address + "/studio")
        page.keyboard.press("Tab")
        expect(page.locator(":focus")).to_have_text("Aller au contenu")
        walk(page, "Public")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text("Personnes")
        page.get_by_role("searchbox").focus()
        page.keyboard.type("lost@lille.example")
        page.keyboard.press("Enter")
        expect(page.get_by_role("caption")).to_have_text("1 personne")
        walk(page, "lost@lille.example")
        page.keyboard.press("Enter")
        expect(page.locator("main")).to_contain_text("adresse perdue")


def walk(page: Page, text: str) -> None:
    """Press Tab until the element with this text has the focus."""
    for _n in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.innerText || ''").strip() == text:
            return
    raise AssertionError(f"`{text}` is out of the keyboard's reach")


def test_the_theme_page_shows_a_contrast_that_is_too_low_as_one_chooses(served, mail_browser):
    with served.visitor(mail_browser) as page:
        page.goto(served.address + "/studio/reglages/apparence")
        light = page.locator('[data-mode="light"]')
        expect(light.locator("[data-contrast]")).to_have_text("Tous les contrastes sont suffisants.")
        light.get_by_label("Texte", exact=False).first.fill("#eeeeee")
        expect(light.locator("[data-contrast]")).to_contain_text("Texte / Feuille")


def test_a_letter_with_a_script_runs_nothing_in_its_frame(served, mail_browser):
    line = outbox_view.messages(served.workspace, "2026-11-lettre", 1, 1)[0]
    path = served.workspace.root / "outbox" / "2026-11-lettre" / line.file
    path.write_bytes(
        b"Subject: x\r\nContent-Type: text/html\r\n\r\n<p id=p>still</p>"
        b"<script>document.getElementById('p').textContent = 'ran'; parent.document.title = 'ran'</script>\r\n"
    )
    address = f"{served.address}/studio/boite/2026-11-lettre/{line.file}"
    # The browser tells the console that it ran nothing, which is what is wanted here.
    context = mail_browser.new_context(locale="fr-FR")
    page = context.new_page()
    user = users.everybody(served.workspace)[0]
    page.goto(served.local(signin.link_for(served.workspace, user)))
    page.get_by_role("button", name="Entrer dans le Studio").click()
    page.goto(address)
    expect(page.frame_locator("iframe").locator("#p")).to_have_text("still")
    assert "ran" not in page.title()
    context.close()


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_an_article_is_seen_in_its_letter_before_it_is_saved(served, mail_browser, script):
    before = len(served.workspace.pool())
    with served.visitor(mail_browser, script=script) as page:
        page.goto(served.address + "/studio/articles/nouveau?sorte=actualite")
        page.get_by_label("Titre").fill("Une bricothèque ouvre à la médiathèque")
        page.get_by_label("Résumé").fill("On y emprunte une perceuse comme un livre.")
        page.get_by_role("button", name="Voir l’aperçu").click()
        letter = page.frame_locator("iframe[name=apercu-article]")
        expect(letter.get_by_text("Une bricothèque ouvre à la médiathèque").first).to_be_visible()
        expect(page.get_by_label("Titre")).to_have_value("Une bricothèque ouvre à la médiathèque")
    assert len(served.workspace.pool()) == before
