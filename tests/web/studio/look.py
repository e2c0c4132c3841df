"""Pictures of every page of the Studio in every state, to look at: `python -m tests.web.studio.look DIR [scene...]`."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.browser import chromium
from tests.web.studio import scenes, stage

SCREENS = ((1280, False), (1280, True), (375, False), (375, True))


def walk(page, folder: Path, chosen: list[str]) -> Iterator[str]:
    """Go through all scenes; `chosen` names those to play, all if it is empty."""
    if not chosen or "empty" in chosen:
        with stage.opened(page, stage.fresh(folder / "empty")) as one:
            yield from scenes.at_the_door(one)
            yield from scenes.empty(one)
    if not chosen or set(chosen) - {"empty"}:
        with stage.opened(page, stage.month(folder / "month")) as one:
            one.enter(stage.user(one.workspace, "admin"))
            for scene in scenes.MONTH:
                if not chosen or scene.__name__ in chosen:
                    yield from scene(one)


def main(target: Path, chosen: list[str]) -> None:
    """Write one picture a scene, screen width and theme."""
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        page = browser.new_context(locale="fr-FR").new_page()
        for name in walk(page, Path(folder), chosen):
            for width, dark in SCREENS[:: 3 if "--few" in sys.argv else 1]:
                page.set_viewport_size({"width": width, "height": 900})
                page.emulate_media(color_scheme="dark" if dark else "light")
                page.screenshot(path=target / f"{name}-{width}{'-dark' if dark else ''}.png", full_page=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), [one for one in sys.argv[2:] if not one.startswith("--")])
