"""The story of a month, in Chromium, on `newsletter serve` itself: from three proposals to the year's figures."""

from __future__ import annotations

import socket
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from newsletter.actions.operations import start
from newsletter.actions.sending import mailings
from newsletter.actions.workspace import open_workspace
from tests.browser import mail_browser as mail_browser
from tests.providers.scripted import ScriptedServer
from tests.web.studio import month_sending as sending
from tests.web.studio import month_writing as writing
from tests.web.studio.month import KEY, PEOPLE, Town

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def smtp() -> Iterator[ScriptedServer]:
    with ScriptedServer(bodies=False) as server:
        yield server


@pytest.fixture
def town(tmp_path: Path, smtp: ScriptedServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Town]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    settings = {
        "WEB__BASE_URL": f'"{address}"',
        "SENDING__PROVIDER": '"smtp"',
        "SENDING__RECALL_MINUTES": "0.02",
        "SENDING__RATE": "500",
        "SENDING__CONNECTIONS": "4",
        "SENDING__LEASE_SECONDS": "10",
        "SENDING__SMTP__HOST": '"127.0.0.1"',
        "SENDING__SMTP__PORT": str(smtp.port),
        "SENDING__SMTP__SECURITY": '"none"',
    }
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
    with town.visitor(mail_browser) as found:
        town.enter(found, "claire@rtes.example", "admin", name="Claire Morel", may_send=True)
        expect(found.get_by_role("heading", level=1)).to_contain_text("Claire Morel")
        yield found


def test_a_month_from_three_proposals_to_the_figures_of_the_year(
    town: Town, page: Page, smtp: ScriptedServer, mail_browser: Browser, tmp_path_factory: pytest.TempPathFactory
):
    folder = tmp_path_factory.mktemp("desk")
    writing.propose_without_script(town, mail_browser)
    writing.accept_two_and_decline_one(town, page)
    writing.import_a_feed(page, folder)
    writing.drag_it_into_its_section(page)
    writing.compose_with_the_keyboard_alone(page)
    writing.mend_a_check(page)
    writing.let_the_elue_validate(page, mail_browser)

    sending.send_a_proof(page, smtp)
    sending.approve_schedule_and_recall(town, page)
    before = len(smtp.recipients())
    sending.send_through_a_crash(town, page)
    sending.settle_what_is_in_doubt(page)
    receipt = mailings.mailing_receipt(town.workspace, KEY)
    assert receipt.balanced and receipt.status == "done" and receipt.candidates == PEOPLE
    letters = Counter(smtp.recipients()[before:])
    assert max(letters.values()) == 1
    # Whoever stood in doubt was in the server's hands or was not; all others got theirs.
    assert receipt.sent >= len(letters) >= receipt.sent - 4 * 100

    with town.visitor(mail_browser) as staff:
        town.enter(staff, "ines@rtes.example", "staff", name="Inès Caron")
        sending.find_why_somebody_gets_no_flash(town, staff)
        sending.export_the_years_figures(town, staff, folder)
