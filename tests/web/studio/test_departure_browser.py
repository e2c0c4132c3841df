"""The send page in a browser: the radio button and the words of the button follow what is typed or picked."""

from __future__ import annotations

import os
import re
import time
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from newsletter.actions.sending import mailings, send_page
from newsletter.store.sending import mailings as store
from newsletter.store.tables.core import deliveries
from newsletter.web.studio.session import COOKIE
from tests.axe import faults
from tests.browser import mail_browser as mail_browser
from tests.web.server import serving
from tests.web.studio.conftest import Desk
from tests.web.studio.test_board import editor as editor
from tests.web.studio.test_board import month as month
from tests.web.studio.test_departure import dated
from tests.web.studio.test_sending import ENVOI, mailing
from tests.web.studio.test_sending import sender as sender

pytestmark = pytest.mark.browser
SHOTS = os.environ.get("SHOTS")


def look(page: Page, name: str) -> None:
    """Keep a picture for the eyes when a directory is named, and let axe look in any case."""
    if SHOTS:
        page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=True)
    assert faults(page) == []


def silence(desk: Desk) -> None:
    begun = mailings.begin_mailing(desk.workspace, mailing(desk))
    with desk.workspace.database.write() as connection:
        values = {"handed_at": time.time(), "answer": "[Errno 111] Connection refused", "tries": 1}
        connection.execute(deliveries.update().where(deliveries.c.mailing_id == begun.id).values(**values))


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (375, "dark")])
def test_an_hour_typed_an_hour_picked_a_recall_and_a_silence(sender, mail_browser, width, scheme):
    proposed = dated(sender, 3)
    with serving(sender.workspace) as address:
        context = mail_browser.new_context(
            base_url=address, locale="fr-FR", viewport={"width": width, "height": 800}, color_scheme=scheme
        )
        secret = sender.client.cookies[COOKIE]
        context.add_cookies([{"name": COOKIE, "value": secret, "url": f"{address}/studio"}])
        page = context.new_page()
        page.goto(ENVOI)
        look(page, f"draft-{width}")
        page.get_by_role("button", name="Donner le bon à tirer").click()
        button = page.locator("#quand-partir button")
        expect(button).to_have_text(f"Programmer pour {send_page.moment_words(proposed)}")
        look(page, f"approved-{width}")

        page.get_by_label("Maintenant").check()
        expect(button).to_have_text("Envoyer maintenant à 20 personnes")
        tomorrow = sender.workspace.today() + timedelta(days=1)
        page.get_by_label("Jour et heure").fill("demain à 10 heures")
        expect(page.get_by_label("À une heure choisie")).to_be_checked()
        expect(button).to_have_text(re.compile("Programmer pour .* à 10 h 00"))
        expect(page.get_by_label("Choisir dans le calendrier")).to_have_value(f"{tomorrow}T10:00")
        page.get_by_label("Choisir dans le calendrier").fill(f"{tomorrow}T11:45")
        expect(button).to_have_text(re.compile("Programmer pour .* à 11 h 45"))
        expect(page.get_by_label("Jour et heure")).to_have_value("")
        page.get_by_label("Jour et heure").fill("mardi")
        expect(page.locator("#heure-lue")).to_contain_text("À quelle heure")
        page.get_by_label("Jour et heure").fill("demain 8h")
        button.click()  # at once, before the words of the button have followed
        expect(page.locator(".departure__sentence")).to_contain_text("à 8 h 00")
        look(page, f"scheduled-{width}")

        page.goto("about:blank")  # the page would otherwise load itself anew
        with sender.workspace.database.write() as connection:
            store.touch(connection, mailing(sender).id, not_before=time.time() - 3 * 3600)
        page.goto(ENVOI)
        expect(page.locator(".departure")).to_contain_text("attend un mot de vous")
        look(page, f"late-{width}")
        page.goto("/studio")
        look(page, f"home-late-{width}")

        with sender.workspace.database.write() as connection:
            store.touch(connection, mailing(sender).id, not_before=time.time() - 1)
        silence(sender)
        page.goto(ENVOI)
        expect(page.get_by_role("alert")).to_contain_text("refuse la connexion")
        look(page, f"silent-{width}")
        with sender.workspace.database.write() as connection:
            one = connection.execute(deliveries.select().where(deliveries.c.state == "queued").limit(1)).first().id
            sent = {"state": "sent", "settled_at": time.time()}
            connection.execute(deliveries.update().where(deliveries.c.id == one).values(**sent))
        expect(page.get_by_role("alert")).to_have_count(0)
        context.close()
