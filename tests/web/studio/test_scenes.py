"""Every page of the Studio in every state: axe finds nothing, no wider than a phone, the focus always seen."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import Request
from fastapi.responses import Response
from playwright.sync_api import Browser, Page

from newsletter import resources
from newsletter.web.site import Site
from tests import axe, run
from tests.browser import mail_browser as mail_browser
from tests.web.studio import scenes, stage
from tests.web.studio.stage import Stage

pytestmark = [pytest.mark.browser, pytest.mark.slow]
# The templates that a scene must show; each page of the Studio stands in one of them, or nobody would look at it.
SHOWN = {
    "home": "error home signed_out signin_link",
    "departing": "board sending",
    "composing": "board_conflict issues proofs proofs_ask",
    "choosing": "audience audience_people audiences fields group groups reports_answers reports_reach",
    "articles": "article articles articles_import articles_new proposals",
    "audience": """
        imports imports_members imports_plan lost organisation organisations people person reports reports_year
        results_table reviews rights""",
    "settings": """
        account outbox outbox_folder outbox_message settings_feeds settings_identity settings_journal
        settings_publication settings_publications settings_sending settings_team settings_theme settings_tokens""",
    "account": "account_security fresh_proof oidc_failed second_factor",
    "fresh": "first signin signin_sent",
}
BEFORE = (scenes.at_the_door, scenes.empty)  # in a fresh workspace, one after the other
# All rules on a wide screen; on a phone those that layout and colours decide. The themes change from state to state.
WIDE, PHONE, NARROWEST = 1280, 375, 320
ON_A_PHONE = {"runOnly": {"type": "rule", "values": ["color-contrast", "scrollable-region-focusable"]}}
# The specimen shows the colours that are being chosen, unreadable ones too; what is wrong with them stands beside it.
CHOSEN = {"exclude": [["[data-specimen]"]]}
# The first thing that can be focused without an outline to show it; empty when there is none.
UNSEEN = """() => {
  const all = 'main :is(a, button, input:not([type=hidden]), select, textarea, summary)';
  for (const e of document.querySelectorAll(all)) {
    if (e.disabled || !e.checkVisibility({ visibilityProperty: true })) continue;
    e.focus({ preventScroll: true, focusVisible: true });
    const outlined = (one) => { const s = one && getComputedStyle(one);
      return s && s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2; };
    const seen = outlined(e) || outlined(e.closest('label'));
    if (document.activeElement === e && !seen) return e.outerHTML;
  }
  document.activeElement?.blur();
  return '';
}"""


@pytest.fixture
def page(mail_browser: Browser) -> Iterator[Page]:
    context = mail_browser.new_context(locale="fr-FR")
    yield context.new_page()
    context.close()


def faults(page: Page, names: Iterator[str]) -> list[str]:
    """Return what is wrong with the page in each state that a walk comes to."""
    return [fault for number, name in enumerate(names) for fault in _of_state(page, name, dark=bool(number % 2))]


def _of_state(page: Page, name: str, *, dark: bool) -> list[str]:
    found = []
    for width, dim, rules in ((WIDE, dark, {}), (PHONE, not dark, ON_A_PHONE)):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme="dark" if dim else "light")
        found += [
            f"{name} {width} {'dark' if dim else 'light'} {one}"
            for one in axe.faults(page, context=CHOSEN, options=rules)
        ]
    for width in (PHONE, NARROWEST):
        page.set_viewport_size({"width": width, "height": 900})
        wider = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        found += [f"{name} is {wider} px wider than {width}"] if wider > 0 else []
    if unseen := page.evaluate(UNSEEN):
        found.append(f"{name}: the focus is not seen on {unseen[:120]}")
    return found


@pytest.fixture(scope="session")
def months() -> Path:
    """The sample month, made once for all processes of the run."""
    return run.once("studio-month", stage.month)


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The templates that were shown since the test began."""
    seen: set[str] = set()
    real = Site.page

    def note(site: Site, request: Request, template: str, **values: Any) -> Response:
        seen.add(template.removeprefix("studio/").removesuffix(".html"))
        return real(site, request, template, **values)

    monkeypatch.setattr(Site, "page", note)
    return seen


def walk_fresh(page: Page, path: Path) -> Iterator[str]:
    """Walk what there is to see in a fresh workspace."""
    with stage.opened(page, stage.fresh(path)) as one:
        for walk in BEFORE:
            yield from walk(one)


def walk_month(page: Page, path: Path, scene: Callable[[Stage], Iterator[str]]) -> Iterator[str]:
    """Walk one scene of the sample month in `path`."""
    with stage.opened(page, path) as one:
        one.enter(stage.user(one.workspace, "admin"))
        yield from scene(one)


@pytest.mark.xdist_group("scene-fresh")
def test_a_fresh_workspace(page: Page, tmp_path: Path, shown: set[str]):
    assert faults(page, walk_fresh(page, tmp_path)) == []
    assert set(SHOWN["fresh"].split()) - shown == set()


@pytest.mark.parametrize(
    "scene",
    [
        pytest.param(one, id=one.__name__, marks=pytest.mark.xdist_group(f"scene-{one.__name__}"))
        for one in scenes.MONTH
    ],
)
def test_a_workspace_in_use(page: Page, months: Path, tmp_path: Path, shown: set[str], scene):
    shutil.copytree(months, tmp_path, dirs_exist_ok=True)
    assert faults(page, walk_month(page, tmp_path, scene)) == []
    assert set(SHOWN[scene.__name__].split()) - shown == set()


def test_the_scenes_show_every_template():
    folder = resources.templates() / "web" / "studio"
    pages = {path.stem for path in folder.glob("*.html") if "{% extends" in path.read_text(encoding="utf-8")}
    assert pages - {"base", "door", "settings_base"} == {name for names in SHOWN.values() for name in names.split()}
