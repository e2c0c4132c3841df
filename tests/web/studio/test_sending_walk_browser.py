"""The send page in a browser while things go wrong: nobody answers, one person or the sender is refused, doubt.

`SHOTS=DIR` keeps pictures of every state, wide and narrow, light and dark.
"""

from __future__ import annotations

import os
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from newsletter.actions.sending import corrections, mailings
from newsletter.actions.sending.deliveries import deliver_mailing
from newsletter.settings import Sending
from newsletter.store.tables.core import deliveries
from newsletter.web.studio.session import COOKIE
from tests.axe import faults
from tests.browser import mail_browser as mail_browser
from tests.providers.scripted import Fault, ScriptedServer
from tests.web.server import serving
from tests.web.studio.conftest import Desk
from tests.web.studio.test_board import KEY
from tests.web.studio.test_board import editor as editor
from tests.web.studio.test_board import month as month
from tests.web.studio.test_sending import ENVOI, approve, its_hour_has_come, leave, mailing
from tests.web.studio.test_sending import sender as sender

pytestmark = pytest.mark.browser
SHOTS = os.environ.get("SHOTS")
SCREENS = ((1280, "light"), (1280, "dark"), (375, "light"), (375, "dark"))
POISON = b"554 5.7.1 Message rejected by the content filter of this authority"
OURS = b"553 5.7.1 <lettre@rtes.example>: Sender address rejected: not owned by user lettre"


def look(page: Page, name: str) -> None:
    """Let axe and the width be looked at, and keep pictures for the eyes when a directory is named."""
    for width, scheme in SCREENS if SHOTS else SCREENS[::3]:
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{name}: too wide at {width}"
        if SHOTS:
            page.screenshot(path=Path(SHOTS) / f"{name}-{width}-{scheme}.png", full_page=True)
    assert faults(page) == []


@contextmanager
def at_the_page(desk: Desk, browser) -> Iterator[Page]:
    with serving(desk.workspace) as address:
        context = browser.new_context(base_url=address, locale="fr-FR")
        secret = desk.client.cookies[COOKIE]
        context.add_cookies([{"name": COOKIE, "value": secret, "url": f"{address}/studio"}])
        try:
            yield context.new_page()
        finally:
            context.close()  # the page's stream of events would otherwise keep the server from ending


def by_way_of(desk: Desk, port: int) -> None:
    """Let the workspace send through an SMTP server on this port."""
    old = desk.workspace.settings.sending
    smtp = {**old.smtp.model_dump(), "host": "127.0.0.1", "port": port, "security": "none"}
    made = Sending.model_validate({**old.model_dump(), "provider": "smtp", "connections": 1, "smtp": smtp})
    desk.workspace.settings = desk.workspace.settings.model_copy(update={"sending": made})


def underway(desk: Desk) -> None:
    approve(desk)
    leave(desk)
    its_hour_has_come(desk)
    mailings.begin_mailing(desk.workspace, mailing(desk))


def deliver_by(desk: Desk, *faults: Fault) -> list[str]:
    """Deliver what is due through a server with these faults; return who was served."""
    with ScriptedServer(*faults, bodies=False) as server:
        by_way_of(desk, server.port)
        deliver_mailing(desk.workspace, mailing(desk))
        return server.recipients()


@contextmanager
def nobody_answering(desk: Desk) -> Iterator[None]:
    """Let a sender try in vain for the length of the block."""
    with ScriptedServer() as gone:
        by_way_of(desk, gone.port)
    stop, mine = threading.Event(), mailing(desk)
    trying = threading.Thread(target=lambda: deliver_mailing(desk.workspace, mine, stop=stop))
    trying.start()
    try:
        yield
    finally:
        stop.set()
        trying.join()


def count(page: Page, name: str):
    return page.locator(f".equation [data-n={name}]")


def test_the_provider_is_down_and_back_one_person_is_refused_and_tried_again(sender, mail_browser):
    underway(sender)
    with at_the_page(sender, mail_browser) as page, nobody_answering(sender):
        page.goto(ENVOI)
        expect(page.get_by_role("alert")).to_contain_text("refuse la connexion")
        look(page, "down")
        page.goto("/studio")
        look(page, "down-home")
    with at_the_page(sender, mail_browser) as page:
        page.goto(ENVOI)
        served = deliver_by(sender, Fault("dot", POISON, after=18))
        (poisoned,) = corrections.list_refused(sender.workspace, KEY)
        assert len(served) == 19 and poisoned.address not in served
        expect(page.locator(".departure--done")).to_be_visible(timeout=10_000)
        expect(count(page, "refused")).to_have_text("1")
        page.locator("details.refused summary").click()
        look(page, "poison")
        page.get_by_role("button", name="Réessayer pour 1 personne").click()
        look(page, "retry")
        assert deliver_by(sender) == [poisoned.address]
        expect(count(page, "sent")).to_have_text("20", timeout=10_000)
        look(page, "done")


def test_a_refused_sender_pauses_the_mailing_and_doubtful_people_are_settled_one_by_one(sender, mail_browser):
    underway(sender)
    deliver_by(sender, Fault("mail", OURS, times=0, after=8))
    with at_the_page(sender, mail_browser) as page:
        page.goto(ENVOI)
        expect(page.locator(".departure--paused")).to_contain_text("corrigez la cause, puis reprenez l’envoi")
        expect(count(page, "refused")).to_have_text("0")
        look(page, "ours")
        page.goto("/studio")
        expect(page.locator("main")).to_contain_text("Sender address rejected")
        look(page, "ours-home")
        page.goto(ENVOI)
        page.get_by_role("button", name="Reprendre l’envoi").click()
        with sender.workspace.database.write() as connection:
            waiting = deliveries.c.state.in_(("queued", "deferred"))
            some = [row.id for row in connection.execute(deliveries.select().where(waiting).limit(3))]
            values = {"state": "doubtful", "settled_at": time.time(), "handed_at": time.time()}
            connection.execute(deliveries.update().where(deliveries.c.id.in_(some)).values(**values))
        deliver_by(sender)
        page.goto(ENVOI)
        look(page, "doubtful")
        page.get_by_role("button", name="Tenir pour parti").first.click()
        expect(count(page, "doubtful")).to_have_text("2")
        page.get_by_role("button", name=re.compile(r"Renvoyer\s:")).first.click()
        look(page, "resending")
        deliver_by(sender)
        page.goto(ENVOI)
        page.get_by_role("button", name="Tous partis").click()
        look(page, "settled")
        expect(page.get_by_text("Le compte est juste.")).to_be_visible()
        expect(count(page, "sent")).to_have_text("20")
