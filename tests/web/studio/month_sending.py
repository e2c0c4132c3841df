"""The month, second half: proof, bon à tirer, a recall, a departure through a crash, the receipt, staff's questions."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

from playwright.sync_api import Page, expect

from newsletter.actions.sending import mailings
from tests.providers.scripted import ScriptedServer
from tests.web.studio.month import KEY, PEOPLE, Town

SHOWN = "6\N{NARROW NO-BREAK SPACE}540"


def send_a_proof(page: Page, smtp: ScriptedServer) -> None:
    page.get_by_role("link", name="Relire et envoyer").click()
    expect(page.locator(".departure__sentence")).to_contain_text(f"{SHOWN} personnes")
    page.get_by_label("Autres adresses").fill("directrice@rtes.example")
    page.get_by_role("button", name="Envoyer l’épreuve").click()
    expect(page.get_by_role("status")).to_contain_text("L’épreuve est partie")
    assert {"claire@rtes.example", "directrice@rtes.example"} <= set(smtp.recipients())


def approve_schedule_and_recall(town: Town, page: Page) -> None:
    page.get_by_role("button", name="Donner le bon à tirer").click()
    expect(page.locator(".signed")).to_contain_text("Claire Morel")
    page.get_by_label("Jour et heure").fill("demain 8h")
    page.get_by_role("button", name=re.compile("Programmer")).click()
    expect(page.locator(".departure__sentence")).to_contain_text("à 8 h 00")
    shown = page.locator("[data-left]")
    first = shown.inner_text()
    expect(shown).not_to_have_text(first)
    page.get_by_role("button", name="Rappeler l’envoi").click()
    expect(page.get_by_role("status")).to_contain_text("rien n’est parti")
    assert mailings.mailing_receipt(town.workspace, KEY).sent == 0


def send_through_a_crash(town: Town, page: Page) -> None:
    """The server dies in the middle; the page finds the next one by itself and ends with the receipt."""
    page.get_by_role("button", name="Donner le bon à tirer").click()
    page.get_by_label("Maintenant").check()
    page.get_by_role("button", name=re.compile(r"Envoyer maintenant à 6.540")).click()
    done = page.locator("[data-n=done]")
    expect(done).to_have_text(re.compile(r"^[1-9]"), timeout=30_000)
    seen = done.inner_text()
    expect(done).not_to_have_text(seen, timeout=10_000)
    town.kill()
    halfway = mailings.mailing_receipt(town.workspace, KEY)
    assert halfway.status == "sending" and 0 < halfway.sent < PEOPLE and halfway.open
    town.up()
    expect(page.locator(".departure--done")).to_be_visible(timeout=120_000)


def settle_what_is_in_doubt(page: Page) -> None:
    button = page.get_by_role("button", name="Tous partis")
    if button.count():
        button.click()
    expect(page.get_by_role("heading", name="Reçu")).to_be_visible()
    expect(page.get_by_text("Le compte est juste.")).to_be_visible()


def find_why_somebody_gets_no_flash(town: Town, page: Page) -> None:
    """An authority leaves; staff finds, from the address alone, why its contact gets no Flash any more."""
    contact = town.contacts()[-1]
    search(page, contact.address)
    flash = page.locator(".card", has=page.get_by_role("heading", name="Flash"))
    expect(flash).to_contain_text("contact d’une organisation adhérente")
    page.locator(".lead").get_by_role("link").click()
    page.get_by_label("Dernier jour").fill(f"{town.workspace.today().year - 1}-12-31")
    page.locator("form", has=page.get_by_label("Dernier jour")).get_by_role("button").click()
    expect(page.get_by_role("status")).to_contain_text("Fin d’adhésion enregistrée")
    search(page, contact.address)
    expect(flash).to_contain_text("ne reçoit pas")
    expect(flash).to_contain_text("organisation non adhérente")


def search(page: Page, address: str) -> None:
    page.get_by_role("navigation", name="Studio").get_by_role("link", name="Public").click()
    page.get_by_role("searchbox").fill(address)
    page.get_by_role("searchbox").press("Enter")
    page.locator("td", has_text=address).get_by_role("link").click()


def export_the_years_figures(town: Town, page: Page, folder: Path) -> None:
    page.get_by_role("navigation", name="Studio").get_by_role("link", name="Chiffres").click()
    page.get_by_role("link", name="Rapport de l’année").click()
    with page.expect_download() as started:
        page.get_by_role("link", name="CSV").click()
    file = folder / "rapport.csv"
    started.value.save_as(file)
    text = file.read_bytes().decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text), delimiter=";"))
    found = {row[0]: row for row in rows if row}
    assert str(PEOPLE) in found["subscribers_end"] and found["issues_lettre"]
