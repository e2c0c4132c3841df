"""Two people at one issue, each in a browser of their own: whatever either typed is there afterwards."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from newsletter.actions.issues import versions
from tests.browser import mail_browser as mail_browser
from tests.web.studio.test_board import ISSUE, KEY
from tests.web.studio.test_board import editor as editor
from tests.web.studio.test_board import month as month
from tests.web.studio.test_proof import served as served

pytestmark = pytest.mark.browser
CLAIRE, SAMIR = "Bonjour, écrit Claire.", "La lettre du RTES, dit Samir"


def test_the_later_one_sees_both_texts_and_loses_neither(served, editor):
    open_browser, _proof = served
    claire, samir = (open_browser(viewport={"width": 1280, "height": 900}).new_page() for _who in range(2))
    for page in (claire, samir):
        page.goto(f"{ISSUE}?place=objet")
    samir.get_by_label("Objet du message").fill(SAMIR)
    expect(samir.locator("#enregistre")).to_contain_text("Enregistré à", timeout=15_000)

    claire.get_by_label("Éditorial").fill(CLAIRE)
    expect(claire.get_by_role("heading", level=1)).to_contain_text("Quelqu’un d’autre", timeout=15_000)
    expect(claire.get_by_label("Votre version")).to_have_value(re.compile(re.escape(CLAIRE)))
    expect(claire.get_by_role("region", name="La version enregistrée")).to_contain_text(SAMIR)
    assert versions.issue_version(editor.workspace, KEY).issue.subject == SAMIR, "nothing is written before a choice"

    mine = claire.get_by_label("Votre version")
    before = versions.issue_version(editor.workspace, KEY).issue.subject
    mine.fill(mine.input_value().replace('subject: "La lettre du RTES – novembre 2026"', f'subject: "{before}"'))
    claire.get_by_role("button", name="Enregistrer ma version").click()
    expect(claire.locator(".flash")).to_contain_text("Votre version est enregistrée")
    kept = versions.issue_version(editor.workspace, KEY).issue
    assert kept.editorial == CLAIRE and kept.subject == SAMIR


def test_a_button_pressed_on_an_old_page_moves_nothing_and_says_so(served, editor):
    open_browser, _proof = served
    claire, samir = (open_browser(viewport={"width": 1280, "height": 900}).new_page() for _who in range(2))
    for page in (claire, samir):
        page.goto(ISSUE)
    samir.locator("#i0-0 [value^=retirer]").click()
    expect(samir.locator("#enregistre")).to_contain_text("Article retiré")
    after = versions.issue_version(editor.workspace, KEY).issue
    claire.locator("#i1-1 [value^=descendre]").click()
    expect(claire.get_by_role("heading", level=1)).to_contain_text("Quelqu’un d’autre")
    assert versions.issue_version(editor.workspace, KEY).issue == after
    claire.get_by_role("link", name="Garder cette version").click()
    expect(claire.locator("#s0 .row")).to_have_count(len(after.sections[0].items))
