"""From the page of a member's contact to an item of the next issue: two clicks of an editor, or two commands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

import pytest
from playwright.sync_api import Browser, Page, expect

from newsletter.actions.issues import files
from newsletter.actions.team import signin, users
from newsletter.store import proposals as store
from tests.browser import mail_browser as mail_browser
from tests.cli.conftest import run
from tests.web.conftest import BASE, Town
from tests.web.server import serving

pytestmark = pytest.mark.browser
TITLE = "Un atelier de réparation ouvre ses portes"
SUMMARY = "Depuis septembre, dix habitants réparent ce qui allait à la benne. La ville prête le local."


@pytest.fixture
def site(sent: Town) -> Iterator[str]:
    with serving(sent.workspace) as address:
        yield address


def visitor(browser: Browser, *, script: bool) -> Page:
    context = browser.new_context(java_script_enabled=script, locale="fr-FR", viewport={"width": 1280, "height": 900})
    return context.new_page()


def propose(town: Town, site: str, page: Page) -> str:
    """Send a proposal as a contact of a member would, from the link in their Flash; returns its article."""
    with town.workspace.database.read() as connection:
        rule = town.workspace.rule(town.workspace.settings.publication("flash"))
        contact = store.contacts(connection, rule, town.workspace.today())[0]
    page.goto(town.workspace.links.proposal(contact.uid).replace(BASE, site))
    page.get_by_label("Titre").fill(TITLE)
    page.get_by_label("Résumé").fill(SUMMARY)
    page.get_by_role("button", name="Voir l’aperçu").click()
    expect(page.get_by_role("heading", name=TITLE)).to_be_visible()
    page.get_by_role("button", name="Envoyer à l’équipe").click()
    expect(page.get_by_role("heading", name="Merci, nous l’avons reçue")).to_be_visible()
    (article,) = [a.slug for a in town.workspace.pool() if a.title == TITLE]
    return article


def items(town: Town, issue: str) -> list[str]:
    found = files.read_issue(town.workspace, issue)
    return [item.slug for section in found.sections for item in section.items]


@pytest.mark.parametrize("script", [False, True])
@pytest.mark.parametrize("publication", ["flash", "lettre"])
def test_two_clicks_of_an_editor(sent: Town, site: str, mail_browser: Browser, script: bool, publication: str) -> None:
    page = visitor(mail_browser, script=script)
    article = propose(sent, site, page)
    user = users.invite_user(sent.workspace, "claire@rtes.example", "editor", name="Claire Morel")
    page.goto(signin.link_for(sent.workspace, user).replace(BASE, site))
    page.get_by_role("button").click()

    page.goto(f"{site}/studio/articles/propositions")
    offer = page.locator(f"form[action$='/propositions/{proposal(sent, article)}']")
    offer.get_by_role("button", name="Retenir").click()
    expect(page.get_by_role("status").first).to_contain_text("est prêt pour le prochain numéro")

    page.goto(f"{site}/studio/numeros?publication={publication}")
    page.get_by_label("Jour de parution").fill("2026-12-22")
    page.get_by_role("button", name="Créer le numéro").click()
    issue = re.search(r"/studio/numeros/([\w-]+)", page.url)[1]
    expect(page.get_by_text(TITLE).first).to_be_visible()
    page.context.close()
    assert article in items(sent, issue)


def proposal(town: Town, article: str) -> str:
    with town.workspace.database.read() as connection:
        return next(row.uid for row in store.list_proposals(connection, ("sent",)) if row.article == article)


@pytest.mark.parametrize("publication", ["flash", "lettre"])
def test_two_commands(sent: Town, site: str, mail_browser: Browser, publication: str) -> None:
    page = visitor(mail_browser, script=False)
    article = propose(sent, site, page)
    page.context.close()
    root = sent.workspace.root
    accepted = run(root, "proposals", "accept", proposal(sent, article), "--json")
    assert (accepted.code, accepted.json["outcome"]) == (0, "accepted")
    made = run(root, "issues", "new", publication, "--date", "2026-12-22", "--json")
    assert made.code == 0
    (issue,) = [s.issue.key for s in files.list_issues(sent.workspace)[0] if s.issue.date == date(2026, 12, 22)]
    assert article in items(sent, issue)
