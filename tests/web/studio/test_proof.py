"""The link of a person interviewed, and every page of the editors seen in Chromium: axe, 375 pixels, no script."""

from __future__ import annotations

import re
import time

import pytest
from playwright.sync_api import expect

from newsletter.actions.operations.start import load_people
from newsletter.actions.sending import mailings
from newsletter.actions.sending.approval import approve_issue
from newsletter.actions.sending.deliveries import deliver_mailing
from newsletter.store.sending import mailings as store
from newsletter.web.studio.session import COOKIE
from tests.browser import mail_browser as mail_browser
from tests.web.conftest import BASE
from tests.web.server import serving
from tests.web.studio.conftest import Desk, sign_in
from tests.web.studio.test_board import HOSTILE, ISSUE, KEY
from tests.web.studio.test_board import editor as editor
from tests.web.studio.test_board import month as month

DONE = "/studio/numeros/2026-10-lettre/envoi"
ASK = f"{ISSUE}/faire-relire/entretien-helene-vasseur"


def link(editor: Desk) -> str:
    made = editor.post(ASK, nom="Hélène Vasseur-Koné", adresse="").text
    return re.search(r"(/epreuve/[\w-]+)", made)[1]


def test_a_person_interviewed_comments_and_approves_without_an_account(editor):
    path = link(editor)
    editor.client.cookies.clear()
    page = editor.client.get(path)
    assert page.status_code == 200 and page.headers["x-robots-tag"].startswith("noindex")
    seen = re.search(r'name="empreinte" value="(\w+)"', page.text)[1]
    assert "remarque est arrivée" in editor.client.post(path, data={"texte": HOSTILE, "geste": "commenter"}).text
    assert "<script>alert" not in editor.client.get(path).text
    done = editor.client.post(path, data={"texte": "", "geste": "valider", "empreinte": seen})
    assert "vous avez validé" in done.text


def test_what_is_spoken_of_is_named_by_its_title_never_by_its_file(editor):
    path = link(editor)
    editor.client.post(path, data={"texte": "Une virgule en trop", "geste": "commenter"})
    for page in (ASK, ISSUE, f"{ISSUE}/envoi"):
        text = editor.get(page).text
        assert "entretien avec Hélène Vasseur-Koné" in text and "<code>entretien-helene-vasseur</code>" not in text, (
            page
        )


def test_an_approval_of_another_text_is_refused_and_the_words_stay(editor):
    answer = editor.client.post(link(editor), data={"texte": "Mes mots", "geste": "valider", "empreinte": "0" * 64})
    assert answer.status_code == 409 and "Mes mots" in answer.text and "a changé pendant votre lecture" in answer.text


def test_another_site_cannot_answer_for_the_reader(editor):
    foreign = {"Origin": "https://ailleurs.example"}
    answer = editor.client.post(link(editor), data={"texte": "x", "geste": "commenter"}, headers=foreign)
    assert answer.status_code == 403


@pytest.mark.parametrize("path", ["/epreuve/x", "/epreuve/" + "a" * 32, "/epreuve/" + "a" * 32 + "/texte"])
def test_a_link_that_was_never_made_opens_nothing(editor, path):
    assert editor.client.get(path).status_code == 404


@pytest.fixture
def served(editor, mail_browser):
    """A browser of an admin who may send, at the sample month with a mailing that is done."""
    load_people(editor.workspace, 8)
    approve_issue(editor.workspace, "2026-10-lettre", by="Claire", now=True)
    deliver_mailing(
        editor.workspace,
        mailings.begin_mailing(editor.workspace, mailings.current_mailing(editor.workspace, "2026-10-lettre")),
    )
    admin = sign_in(editor, "admin", may_send=True)
    with serving(editor.workspace) as address:

        def open_browser(**options):
            context = mail_browser.new_context(base_url=address, locale="fr-FR", **options)
            secret = admin.client.cookies[COOKIE]
            context.add_cookies([{"name": COOKIE, "value": secret, "url": f"{address}/studio"}])
            return context

        yield open_browser, link(editor)


@pytest.mark.browser
def test_without_a_script_a_letter_is_composed_approved_and_sent(served, editor):
    open_browser, _proof = served
    context = open_browser(java_script_enabled=False, viewport={"width": 375, "height": 800})
    page = context.new_page()
    page.goto(f"{ISSUE}?q=emploi+associatif")
    before = page.locator("#s0 .row").count()
    page.get_by_role("button", name=re.compile("Ajouter à")).first.click()
    expect(page.locator(".flash")).to_contain_text("est dans le numéro")
    page.locator("#s0 [value^=descendre]").first.click()
    expect(page.locator(".flash")).to_contain_text("déplacé")
    page.locator(".flash").get_by_role("button").click()
    assert page.locator(".row").count() > before
    page.get_by_role("link", name="Relire et envoyer").click()
    page.get_by_role("button", name="Donner le bon à tirer").click()
    page.get_by_label("Maintenant").check()
    page.get_by_role("button", name=re.compile("^Programmer")).click()  # without script its words cannot follow
    expect(page.get_by_role("alert")).to_contain_text("c’est bien cela")
    page.get_by_role("button", name=re.compile("Envoyer maintenant à 8")).click()
    expect(page.locator(".departure__sentence")).to_contain_text("8 personnes")
    left = mailings.current_mailing(editor.workspace, KEY)
    with editor.workspace.database.write() as connection:
        store.touch(connection, left.id, not_before=time.time() - 1)
    deliver_mailing(
        editor.workspace, mailings.begin_mailing(editor.workspace, mailings.current_mailing(editor.workspace, KEY))
    )
    page.reload()
    expect(page.get_by_text("Le compte est juste.")).to_be_visible()
    assert page.url.startswith("http://127.0.0.1") and BASE not in page.url
    context.close()
