"""Every page of the Studio in every state: past axe in four looks, no wider than a phone, the focus always seen."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from fastapi import Request
from fastapi.responses import Response
from playwright.sync_api import Browser, Page

from newsletter import resources
from newsletter.web.site import Site
from tests import axe
from tests.browser import mail_browser as mail_browser
from tests.web.studio import scenes, stage
from tests.web.studio.stage import Stage

# One process for all: the last test asks what the others have shown.
pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("scenes")]
BEFORE = (scenes.at_the_door, scenes.empty)  # in a fresh workspace, one after the other
LOOKS = ((1280, False), (375, True), (1280, True), (375, False))
# A second look at the same width differs in its colours alone.
WHOLE, COLOURS = {}, {"runOnly": {"type": "rule", "values": ["color-contrast"]}}
NARROWEST = 320
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


def faults(page: Page, name: str) -> list[str]:
    """Return what is wrong with the page as it stands, in each look."""
    found = []
    for number, (width, dark) in enumerate(LOOKS):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme="dark" if dark else "light")
        rules = WHOLE if number < 2 else COLOURS
        found += [f"{name} {width} {dark} {one}" for one in axe.faults(page, context=CHOSEN, options=rules)]
    for width in (LOOKS[-1][0], NARROWEST):
        page.set_viewport_size({"width": width, "height": 900})
        wider = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        found += [f"{name} is {wider} px wider than {width}"] if wider > 0 else []
    if unseen := page.evaluate(UNSEEN):
        found.append(f"{name}: the focus is not seen on {unseen[:120]}")
    return found


@pytest.fixture(scope="module")
def months(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample month, made once."""
    return stage.month(tmp_path_factory.mktemp("stage") / "month")


@pytest.fixture(scope="module")
def shown() -> Iterator[dict[str, set[str]]]:
    """The templates that each walk in this process has shown."""
    walks: dict[str, set[str]] = {}
    real = Site.page

    def note(site: Site, request: Request, template: str, **values: Any) -> Response:
        walks[list(walks)[-1]].add(template)
        return real(site, request, template, **values)

    with patch.object(Site, "page", note):
        yield walks


def before(page: Page, path: Path, shown: dict[str, set[str]]) -> Iterator[str]:
    """Walk what there is to see in a fresh workspace."""
    shown["fresh"] = set()
    with stage.opened(page, stage.fresh(path)) as one:
        for walk in BEFORE:
            yield from walk(one)


def month(
    page: Page, months: Path, path: Path, scene: Callable[[Stage], Iterator[str]], shown: dict[str, set[str]]
) -> Iterator[str]:
    """Walk one scene of the sample month."""
    shown[scene.__name__] = set()
    shutil.copytree(months, path, dirs_exist_ok=True)
    with stage.opened(page, path) as one:
        one.enter(stage.user(one.workspace, "admin"))
        yield from scene(one)


def test_a_fresh_workspace(page: Page, tmp_path: Path, shown):
    assert [fault for name in before(page, tmp_path, shown) for fault in faults(page, name)] == []


@pytest.mark.parametrize("scene", scenes.MONTH, ids=lambda scene: scene.__name__)
def test_a_workspace_in_use(page: Page, months: Path, tmp_path: Path, shown, scene):
    assert [fault for name in month(page, months, tmp_path, scene, shown) for fault in faults(page, name)] == []


def test_the_scenes_show_every_template(page: Page, months: Path, tmp_path: Path, shown):
    """A page that no scene shows would be looked at by nobody."""
    if "fresh" not in shown:
        list(before(page, tmp_path / "fresh", shown))
    for scene in scenes.MONTH:
        if scene.__name__ not in shown:
            list(month(page, months, tmp_path / scene.__name__, scene, shown))
    folder = resources.templates() / "web"
    pages = {
        f"studio/{path.name}"
        for path in (folder / "studio").glob("*.html")
        if "{% extends" in path.read_text(encoding="utf-8")
    } - {"studio/base.html", "studio/door.html", "studio/settings_base.html"}
    assert pages - set().union(*shown.values()) == set()
