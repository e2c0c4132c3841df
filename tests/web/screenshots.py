"""Pictures of the reader's pages for the docs: `python -m tests.web.screenshots` writes docs/images/web-*.png."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser

from newsletter.actions import start
from newsletter.actions.workspace import Workspace, open_workspace
from tests.browser import chromium
from tests.conftest import ROOT
from tests.web.conftest import BASE
from tests.web.server import serving

OUT = ROOT / "docs" / "images"
SCREENS = ((375, False), (375, True), (1280, False), (1280, True))
TALLEST, COLOURS = 1900, 64


def pages(workspace: Workspace) -> dict[str, str]:
    """Return the pages to show, by name."""
    with workspace.database.read() as connection:
        first = "SELECT uid FROM subscribers WHERE organisation_id IS NOT NULL ORDER BY id LIMIT 1"
        uid = bytes(connection.exec_driver_sql(first).scalar())
    return {
        "archive": "/",
        "lettre": "/lettres/2026-11-lettre",
        "reservee": "/lettres/2026-12-01-flash",
        "agenda": "/agenda",
        "proposer": workspace.links.proposal(uid).removeprefix(BASE),
        "abonnement": "/abonnement",
        "preferences": workspace.links.preferences(uid).removeprefix(BASE),
        "desabonnement": workspace.links.unsubscribe(uid, "lettre").removeprefix(BASE),
    }


def shoot(browser: Browser, address: str, name: str, path: str, *, width: int, dark: bool) -> None:
    """Write one page as it is seen, in few colours to keep the file small."""
    context = browser.new_context(
        viewport={"width": width, "height": 800}, color_scheme="dark" if dark else "light", locale="fr-FR"
    )
    page = context.new_page()
    page.goto(address + path)
    image = Image.open(io.BytesIO(page.screenshot(full_page=True)))
    context.close()
    seen = image.crop((0, 0, image.width, min(image.height, TALLEST))).convert("RGB")
    target = OUT / f"web-{name}-{width}-{'dark' if dark else 'light'}.png"
    seen.quantize(COLOURS, dither=Image.Dither.NONE).save(target, optimize=True)


def main() -> None:
    """Write every page at every width, light and dark."""
    with tempfile.TemporaryDirectory() as folder:
        start.demo(Path(folder) / "demo", 20)
        workspace = open_workspace(Path(folder) / "demo")
        with serving(workspace) as address, chromium() as browser:
            for name, path in pages(workspace).items():
                for width, dark in SCREENS:
                    shoot(browser, address, name, path, width=width, dark=dark)
        workspace.close()


if __name__ == "__main__":
    main()
