"""The form on the network's own site, in Chromium: as a frame, and by JSON from a page of that site and of no other."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser import mail_browser as mail_browser
from tests.web.conftest import Town, opened
from tests.web.server import serving

pytestmark = pytest.mark.browser
ADDRESS = "jeanne.martin@ville.example"
ASK = """async ([site, address]) => {
  const offer = await (await fetch(site + '/api/v1/abonnement')).json();
  await new Promise(done => setTimeout(done, 2100));
  const body = JSON.stringify({email: address, publications: [offer.publications[0].key], form: offer.form});
  const headers = {'Content-Type': 'application/json'};
  return (await fetch(site + '/api/v1/abonnement', {method: 'POST', headers, body})).status;
}"""


class _Site(BaseHTTPRequestHandler):
    """Any other website: its front page holds the frame named in the query."""

    def do_GET(self) -> None:
        frame = self.path.partition("?")[2]
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(f'<!doctype html><iframe src="{frame}" title="Lettre" width="375" height="900">'.encode())

    def log_message(self, *_args: object) -> None:
        """Say nothing."""


@pytest.fixture
def website() -> Iterator[str]:
    """The address of another website."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Site) as server:
        threading.Thread(target=server.serve_forever).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def town(fresh_workspace: Path, tmp_path: Path, website: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Town]:
    """A workspace whose network has that website."""
    monkeypatch.setenv("NEWSLETTER_NETWORK__WEBSITE", website)
    shutil.copytree(fresh_workspace, tmp_path, dirs_exist_ok=True)
    with opened(tmp_path) as made:
        yield made


@pytest.mark.parametrize("script", [False, True])
def test_the_form_works_in_a_frame(town: Town, website: str, mail_browser, script: bool) -> None:
    with serving(town.workspace) as site:
        context = mail_browser.new_context(java_script_enabled=script, locale="fr-FR")
        page = context.new_page()
        page.goto(f"{website}/?{site}/abonnement/formulaire")
        form = page.frame_locator("iframe")
        form.get_by_label("La lettre du RTES").check()
        form.get_by_label("Adresse électronique").fill(ADDRESS)
        town.clock.ahead += 5
        form.get_by_role("button", name="M’abonner").click()
        expect(form.get_by_role("heading", level=1)).to_have_text("Vérifiez votre messagerie")
        # No other page of ours can be framed.
        page.goto(f"{website}/?{site}/abonnement")
        expect(page.frame_locator("iframe").get_by_role("button", name="M’abonner")).to_have_count(0)
        context.close()
    assert town.link("/confirmation/")


def test_the_networks_site_may_call_the_endpoint_and_no_other_site(town: Town, website: str, mail_browser) -> None:
    with serving(town.workspace) as site:
        page = mail_browser.new_context(locale="fr-FR").new_page()
        page.goto(website)
        assert page.evaluate(ASK, [site, ADDRESS]) == 202
        page.goto(website.replace("127.0.0.1", "localhost"))
        refused = page.evaluate(f"(arguments) => ({ASK})(arguments).catch(() => 'refused')", [site, ADDRESS])
        assert refused == "refused"
        page.context.close()
    assert town.link("/confirmation/")
