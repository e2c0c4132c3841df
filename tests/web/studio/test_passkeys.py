"""Passkeys in Chromium with a virtual authenticator: made, entered with, proven by; and what opens nothing."""

from __future__ import annotations

import json
import socket

import pytest
from playwright.sync_api import Page, expect

from newsletter.actions.operations.start import init
from newsletter.actions.team import passkeys, signin, users
from newsletter.actions.workspace import open_workspace
from newsletter.errors import Refused
from newsletter.store.team import factors
from newsletter.store.team.factors import Passkey
from newsletter.web.studio.session import COOKIE
from tests.browser import mail_browser as mail_browser
from tests.web.server import serving

ADD, ENTER = "Ajouter une clé d’accès", "Entrer avec ma clé d’accès"
DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def studio(tmp_path, monkeypatch, mail_browser):
    """A workspace served under the name it calls itself, which is what passkeys are bound to; an admin of it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    monkeypatch.setenv("NEWSLETTER_WEB__BASE_URL", f"http://localhost:{port}")
    init(tmp_path)
    workspace = open_workspace(tmp_path)
    user = users.invite_user(workspace, "claire@rtes.example", "admin", may_send=True, name="Claire", by="test")
    context = mail_browser.new_context(base_url=f"http://localhost:{port}", locale="fr-FR")
    page = context.new_page()
    page.set_default_timeout(60_000)
    # The virtual device would answer the browser's own suggestion before anybody presses a button.
    page.add_init_script("window.PublicKeyCredential.isConditionalMediationAvailable = async () => false")
    with serving(workspace, port=port):
        yield workspace, user, page
        context.close()
    workspace.close()


def authenticator(page: Page, **other):
    """Give the browser a device that recognises its user."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable", {"enableUI": False})
    made = session.send("WebAuthn.addVirtualAuthenticator", {"options": {**DEVICE, **other}})
    return session, made["authenticatorId"]


def enter_by_link(workspace, user, page):
    page.goto(signin.link_for(workspace, user))
    page.get_by_role("button", name="Entrer dans le Studio").click()


@pytest.mark.browser
def test_a_passkey_is_made_enters_proves_and_is_removed(studio):
    workspace, user, page = studio
    authenticator(page)
    enter_by_link(workspace, user, page)
    page.goto("/studio/compte/securite")
    page.get_by_label("Nom de la clé").fill("Mon portable")
    page.get_by_role("button", name=ADD).click()
    expect(page.get_by_text("La clé d’accès est ajoutée")).to_be_visible()
    expect(page.get_by_text("Mon portable").first).to_be_visible()

    page.goto("/studio")
    page.locator(".who summary").click()
    page.get_by_role("button", name="Se déconnecter").click()
    page.goto("/studio/connexion")
    page.get_by_role("button", name=ENTER).click()
    page.wait_for_url("**/studio")
    expect(page.locator(".who summary")).to_have_text("Claire")

    with workspace.database.write() as connection:  # an hour goes by
        connection.exec_driver_sql("UPDATE sessions SET proved_at = proved_at - 4000")
    page.goto("/studio/reglages/cles")
    page.get_by_label("Pour quoi").fill("Site du réseau")
    page.get_by_role("button", name="Faire la clé").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("C’est bien vous")
    page.get_by_role("button", name="Avec ma clé d’accès").click()
    expect(page.get_by_text("elle ne sera plus montrée")).to_be_visible()
    assert [token.name for token in users.tokens(workspace)] == ["Site du réseau"]

    page.goto("/studio/compte/securite")
    page.get_by_role("button", name="Retirer : Mon portable").click()
    expect(page.get_by_text("Aucune clé d’accès")).to_be_visible()
    page.context.clear_cookies()
    page.goto("/studio/connexion")
    page.get_by_role("button", name=ENTER).click()
    expect(page.get_by_text("n’ouvre rien ici")).to_be_visible()


@pytest.mark.browser
def test_a_mailed_link_is_completed_by_the_passkey(studio):
    workspace, user, page = studio
    authenticator(page)
    enter_by_link(workspace, user, page)
    page.goto("/studio/compte/securite")
    page.get_by_role("button", name=ADD).click()
    expect(page.get_by_text("La clé d’accès est ajoutée")).to_be_visible()
    page.context.clear_cookies()
    enter_by_link(workspace, user, page)
    expect(page.get_by_role("heading", level=1)).to_have_text("Encore une preuve")
    page.get_by_role("button", name="Avec ma clé d’accès").click()
    page.wait_for_url("**/studio")


@pytest.mark.browser
def test_a_device_that_does_not_know_its_user_adds_no_passkey(studio):
    workspace, user, page = studio
    authenticator(page, isUserVerified=False)
    enter_by_link(workspace, user, page)
    page.goto("/studio/compte/securite")
    page.get_by_role("button", name=ADD).click()
    expect(page.get_by_text("La clé d’accès n’a pas été créée")).to_be_visible()
    assert COOKIE in {cookie["name"] for cookie in page.context.cookies()}


@pytest.fixture
def workspace(tmp_path):
    init(tmp_path)
    made = open_workspace(tmp_path)
    yield made
    made.close()


ANSWERS = {
    "nothing": "",
    "no JSON": "{",
    "a list": "[]",
    "an unknown key": json.dumps({"id": "AAAA", "response": {}}),
    "a key without an answer": json.dumps({"id": "a2V5"}),
    "an answer that is no text": json.dumps({"id": "a2V5", "response": {"clientDataJSON": 7}}),
    "an answer that is no JSON": json.dumps({"id": "a2V5", "response": {"clientDataJSON": "AAAA"}}),
    "a challenge of somebody else": json.dumps(
        {"id": "a2V5", "response": {"clientDataJSON": "eyJjaGFsbGVuZ2UiOiJBQUFBIn0"}}
    ),
}


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
def test_what_no_browser_of_a_user_answered_opens_nothing(workspace, answer):
    user = users.invite_user(workspace, "claire@rtes.example", "admin", by="test")
    with workspace.database.write() as connection:
        factors.add_passkey(connection, Passkey("a2V5", user.id, b"key", 0, "Clé", 1.0, None))
    with pytest.raises(Refused):
        signin.sign_in_by_passkey(workspace, answer)


def test_the_options_of_the_sign_in_page_name_nobody(workspace):
    user = users.invite_user(workspace, "claire@rtes.example", "admin", by="test")
    with workspace.database.write() as connection:
        factors.add_passkey(connection, Passkey("a2V5", user.id, b"key", 0, "Clé", 1.0, None))
    options = json.loads(passkeys.ask_options(workspace, passkeys.SIGN_IN))
    assert options["allowCredentials"] == []
    assert options["userVerification"] == "required"
    own = json.loads(passkeys.ask_options(workspace, "x", user.id))
    assert [one["id"] for one in own["allowCredentials"]] == ["a2V5"]
