"""The story of a month, in Chromium, on `newsletter serve` itself: from a proposal to a balanced receipt."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from newsletter.actions import send, signin, start, team
from newsletter.actions.workspace import Workspace, open_workspace
from tests.browser import mail_browser as mail_browser
from tests.providers.scripted import ScriptedServer

pytestmark = [pytest.mark.browser, pytest.mark.slow]
KEY = "2026-11-lettre"
ISSUE = f"/studio/numeros/{KEY}"
PEOPLE = 600
ELU = "entretien-helene-vasseur"


@dataclass
class Town:
    """A workspace served by a process of its own, which can be killed and started again at the same address."""

    workspace: Workspace
    address: str
    process: subprocess.Popen[bytes] | None = None

    def up(self) -> None:
        port = self.address.rpartition(":")[2]
        command = [sys.executable, "-m", "newsletter", "--workspace", str(self.workspace.root), "serve", "--port", port]
        log = (self.workspace.root / "serve.log").open("ab")
        self.process = subprocess.Popen(command, stdout=log, stderr=log)
        for _try in range(200):
            try:
                urllib.request.urlopen(f"{self.address}/robots.txt", timeout=1).close()
                return
            except OSError:
                assert self.process.poll() is None, (self.workspace.root / "serve.log").read_text()
                time.sleep(0.1)
        pytest.fail("the server did not answer")

    def kill(self) -> None:
        assert self.process
        self.process.kill()
        self.process.wait(10)


@pytest.fixture
def smtp() -> Iterator[ScriptedServer]:
    with ScriptedServer() as server:
        yield server


@pytest.fixture
def town(tmp_path: Path, smtp: ScriptedServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Town]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    settings = {
        "WEB__BASE_URL": f'"{address}"', "SENDING__PROVIDER": '"smtp"', "SENDING__RECALL_MINUTES": "0.02",
        "SENDING__RATE": "80", "SENDING__CONNECTIONS": "2", "SENDING__SMTP__HOST": '"127.0.0.1"',
        "SENDING__SMTP__PORT": str(smtp.port), "SENDING__SMTP__SECURITY": '"none"',
    }  # fmt: skip
    for name, value in settings.items():
        monkeypatch.setenv(f"NEWSLETTER_{name}", value)
    start.init(tmp_path, sample=True)
    workspace = open_workspace(tmp_path)
    start.load_organisations(workspace, tmp_path / "data" / "organisations.csv")
    start.load_people(workspace, PEOPLE)
    made = Town(workspace, address)
    made.up()
    yield made
    made.kill()
    workspace.close()


@pytest.fixture
def page(town: Town, mail_browser: Browser) -> Iterator[Page]:
    """An editor who may send, signed in by the link."""
    user = team.invite(town.workspace, "claire@rtes.example", "admin", may_send=True, name="Claire Morel")
    context = mail_browser.new_context(viewport={"width": 1360, "height": 900}, locale="fr-FR", base_url=town.address)
    found = context.new_page()
    found.goto(signin.link_for(town.workspace, user))
    found.get_by_role("button").click()
    expect(found.get_by_role("heading", level=1)).to_contain_text("Claire Morel")
    yield found
    context.close()


def titles(page: Page, section: int) -> list[str]:
    return page.locator(f"#s{section} .row__title").all_inner_texts()


def test_a_month_from_a_proposal_to_a_balanced_receipt(
    town: Town, page: Page, smtp: ScriptedServer, mail_browser: Browser
):
    accept_the_proposal(page)
    drag_it_into_its_section(page)
    move_it_with_the_keyboard_alone(page)
    mend_a_check(page)
    let_the_elue_validate(page, mail_browser)
    send_a_proof(page, smtp)
    approve_schedule_and_recall(town, page)
    before = len(smtp.recipients())
    send_through_a_crash(town, page)
    settle_what_is_in_doubt(page)

    expect(page.get_by_text("Le compte est juste.")).to_be_visible()
    receipt = send.receipt(town.workspace, KEY)
    assert receipt.balanced and receipt.status == "done" and receipt.candidates == PEOPLE
    letters = Counter(smtp.recipients()[before:])
    assert max(letters.values()) == 1
    # Whoever stood in doubt was in the server's hands or was not; all others got theirs.
    assert receipt.sent >= len(letters) >= receipt.sent - 2 * 100


def accept_the_proposal(page: Page) -> None:
    page.goto("/studio/articles/propositions")
    page.get_by_role("button", name="Retenir").click()
    expect(page.get_by_role("status")).to_contain_text("est prêt pour le prochain numéro")


def drag_it_into_its_section(page: Page) -> None:
    page.goto(f"{ISSUE}?q=Villeurbanne")
    card = page.locator("[data-article=proposition-villeurbanne-textile]")
    expect(card).to_be_visible()
    before = len(titles(page, 1))
    target = page.locator("#i1-1")
    target.scroll_into_view_if_needed()
    card.locator(".pick__meta").hover()
    page.mouse.down()
    box = target.bounding_box()
    assert box
    page.mouse.move(box["x"] + 40, box["y"] + 30, steps=8)
    page.mouse.move(box["x"] + 40, box["y"] + 4, steps=2)
    page.mouse.up()
    expect(page.locator("#s1 .row")).to_have_count(before + 1)
    assert "Villeurbanne" in titles(page, 1)[1]
    expect(page.locator("#enregistre")).to_contain_text("est dans le numéro")


def move_it_with_the_keyboard_alone(page: Page) -> None:
    down = page.locator("#i1-1 [value^=descendre]")
    down.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#i1-2 .row__title")).to_contain_text("Villeurbanne")
    expect(page.locator("#i1-2 [value^=descendre]")).to_be_focused()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#i1-1 .row__title")).to_contain_text("Villeurbanne")
    page.get_by_role("button", name="Annuler la dernière modification").press("Enter")
    expect(page.locator("#i1-2 .row__title")).to_contain_text("Villeurbanne")


def mend_a_check(page: Page) -> None:
    page.get_by_text("Objet, aperçu et éditorial").click()
    subject = page.get_by_label("Objet du message")
    subject.fill("La lettre du RTES de novembre 2026, avec vraiment tout ce qui s’est passé partout")
    long = page.locator("#controles").get_by_role("link", name=re.compile("les messageries le coupent"))
    expect(long).to_be_visible(timeout=15_000)
    expect(page.locator("#enregistre")).to_contain_text("Enregistré à")
    long.click()
    subject.fill("La lettre du RTES – novembre 2026")
    expect(long).to_have_count(0, timeout=15_000)


def let_the_elue_validate(page: Page, browser: Browser) -> None:
    page.goto(f"{ISSUE}/faire-relire/{ELU}")
    page.get_by_label("Nom de la personne").fill("Hélène Vasseur-Koné")
    page.get_by_role("button", name="Faire le lien").click()
    link = page.locator("code.break").inner_text()
    context = browser.new_context(java_script_enabled=False, locale="fr-FR")
    reader = context.new_page()
    reader.goto(link)
    reader.get_by_label("Une remarque").fill("Une virgule en trop au titre <script>alert(1)</script>")
    reader.get_by_role("button", name="Envoyer ma remarque").click()
    expect(reader.get_by_role("status")).to_contain_text("votre remarque est arrivée")
    reader.get_by_role("button", name="je valide").click()
    expect(reader.get_by_role("status")).to_contain_text("vous avez validé")
    context.close()
    page.goto(ISSUE)
    expect(page.locator(".comments")).to_contain_text("Une virgule en trop au titre <script>alert(1)</script>")
    expect(page.locator(".comments .tag--good")).to_have_text("bon à tirer")


def send_a_proof(page: Page, smtp: ScriptedServer) -> None:
    page.get_by_role("link", name="Relire et envoyer").click()
    expect(page.locator(".departure__sentence")).to_contain_text("600 personnes")
    page.get_by_label("Autres adresses").fill("directrice@rtes.example")
    page.get_by_role("button", name="Envoyer l’épreuve").click()
    expect(page.get_by_role("status")).to_contain_text("L’épreuve est partie")
    assert {"claire@rtes.example", "directrice@rtes.example"} <= set(smtp.recipients())


def approve_schedule_and_recall(town: Town, page: Page) -> None:
    page.get_by_role("button", name="Donner le bon à tirer").click()
    expect(page.locator(".signed")).to_contain_text("Claire Morel")
    page.get_by_label("À une heure choisie").check()
    page.get_by_label("Jour et heure").fill("demain 8h")
    page.get_by_role("button", name=re.compile("Envoyer à")).click()
    expect(page.locator(".departure__sentence")).to_contain_text("à 8 h 00")
    shown = page.locator("[data-left]")
    first = shown.inner_text()
    expect(shown).not_to_have_text(first)
    page.get_by_role("button", name="Rappeler l’envoi").click()
    expect(page.get_by_role("status")).to_contain_text("rien n’est parti")
    assert send.receipt(town.workspace, KEY).sent == 0


def send_through_a_crash(town: Town, page: Page) -> None:
    page.get_by_role("button", name="Donner le bon à tirer").click()
    page.get_by_role("button", name=re.compile("Envoyer à 600")).click()
    expect(page.locator("#avance")).to_be_visible(timeout=20_000)
    done = page.locator("[data-n=done]")
    expect(done).to_have_text(re.compile(r"^[1-9]\d+$"), timeout=20_000)
    town.kill()
    halfway = send.receipt(town.workspace, KEY)
    assert halfway.status == "sending" and 0 < halfway.sent < PEOPLE and halfway.open
    town.up()
    # The page finds the server again by itself, and turns into the receipt when the mailing is done.
    expect(page.locator(".departure--done")).to_be_visible(timeout=60_000)


def settle_what_is_in_doubt(page: Page) -> None:
    button = page.get_by_role("button", name="Tous partis")
    if button.count():
        button.click()
    expect(page.get_by_role("heading", name="Reçu")).to_be_visible()
