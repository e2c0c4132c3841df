"""The month's stage: a workspace served by `newsletter serve` in a process of its own, which can be killed."""

from __future__ import annotations

import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Page

from newsletter.actions.team import signin, users
from newsletter.actions.workspace import Workspace
from newsletter.store import proposals
from newsletter.store.proposals import Contact

KEY = "2026-11-lettre"
ISSUE = f"/studio/numeros/{KEY}"
PEOPLE = 6_540
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

    def contacts(self) -> list[Contact]:
        """Return who may propose: the contacts of members."""
        with self.workspace.database.read() as connection:
            rule = self.workspace.rule(self.workspace.settings.publication("flash"))
            return proposals.contacts(connection, rule, self.workspace.today())

    @contextmanager
    def visitor(self, browser: Browser, *, script: bool = True, width: int = 1360) -> Iterator[Page]:
        """A browser of somebody who comes by."""
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            locale="fr-FR",
            base_url=self.address,
            java_script_enabled=script,
            accept_downloads=True,
        )
        try:
            yield context.new_page()
        finally:
            context.close()

    def enter(self, page: Page, address: str, role: str, *, name: str, may_send: bool = False) -> None:
        """Give somebody access and sign them in by their link."""
        user = users.invite_user(self.workspace, address, role, may_send=may_send, name=name)
        page.goto(signin.link_for(self.workspace, user))
        page.get_by_role("button", name="Entrer dans le Studio").click()


def walk(page: Page, name: str, key: str = "Tab") -> None:
    """Press a key until what has the focus is called so; nothing is clicked and nothing is focused from outside."""
    seen = """() => { const e = document.activeElement, by = e.getAttribute('aria-labelledby');
        return by ? by.split(' ').map((id) => document.getElementById(id)?.textContent ?? '').join(' ')
                  : e.getAttribute('aria-label') || e.labels?.[0]?.textContent || e.textContent }"""
    for _n in range(220):
        page.keyboard.press(key)
        if name in " ".join(page.evaluate(seen).split()):
            return
    raise AssertionError(f"`{name}` is out of the keyboard's reach")
