"""Pictures for the documentation: `python -m tests.screenshots [letters] [studio]` writes docs/images/*.png.

Of the Studio only the best are kept there; `python -m tests.web.studio.look DIR` shows every page in every state.
"""

from __future__ import annotations

import io
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser

from newsletter.actions.letters import SAMPLE_ADDRESS, edition, personal
from newsletter.actions.start import init
from newsletter.actions.workspace import open_workspace
from tests.browser import chromium, letter_page
from tests.conftest import ROOT
from tests.web.studio import look

OUT = ROOT / "docs" / "images"
WIDTHS = (375, 640)
TALLEST = 3600  # pixels; what lies below repeats what is seen
COLOURS = 192
# By scene: the file's name, the width and height of the screen, and whether it is dark.
STUDIO = {
    "accueil-admin": (("studio-home", 1280, 1190, False),),
    "article": (("studio-article", 1280, 1000, False),),
    "composer": (
        ("studio-compose", 1280, 900, False), ("studio-compose-dark", 1280, 900, True),
        ("studio-compose-phone", 375, 900, False),
    ),
    "envoi-programme": (("studio-send", 1280, 860, False),),
    "envoi-douteux": (("studio-receipt", 1280, 1040, False),),
    "personne": (("studio-person", 1280, 860, False),),
    "chiffres": (("studio-figures", 1280, 1060, False), ("studio-figures-phone-dark", 375, 900, True)),
}  # fmt: skip


def letters() -> Iterator[tuple[str, str, Mapping[str, bytes]]]:
    """Yield name, HTML and pictures by URL of the sample workspace's lettre and Flash, as a sample reader gets them."""
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory)
        init(root, sample=True)
        workspace = open_workspace(root)
        for name, key in (("lettre", "2026-11-lettre"), ("flash", "2026-11-17-flash")):
            made = edition(workspace, key)
            values = personal(workspace, made.publication, key, "parts").values(
                SAMPLE_ADDRESS, bytes(16), 0, workspace.now()
            )
            files = {p.url: (workspace.published() / Path(p.url).name).read_bytes() for p in made.pictures.values()}
            yield name, made.skeletons[0].parts(values).html, files
        workspace.close()


def shoot(browser: Browser, html: str, files: Mapping[str, bytes], path: Path, *, width: int, dark: bool) -> None:
    """Write what a reader sees of a letter on a screen `width` pixels wide, in few colours to keep the file small."""
    with letter_page(browser, html, files, width=width, dark=dark) as page:
        image = Image.open(io.BytesIO(page.screenshot(full_page=True)))
    seen = image.crop((0, 0, image.width, min(image.height, TALLEST))).convert("RGB")
    seen.quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)


def shoot_studio(browser: Browser) -> None:
    """Write the best pages of the Studio as they are seen on a screen, before one scrolls."""
    page = browser.new_context(locale="fr-FR").new_page()
    scenes = ["home", "articles", "composing", "departing", "audience"]
    with tempfile.TemporaryDirectory() as directory:
        for scene in look.walk(page, Path(directory), scenes):
            for name, width, height, dark in STUDIO.get(scene, ()):
                page.set_viewport_size({"width": width, "height": height})
                page.emulate_media(color_scheme="dark" if dark else "light")
                page.wait_for_timeout(800)  # the letter in its frame is drawn after the page
                image = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
                image.quantize(COLOURS, dither=Image.Dither.NONE).save(OUT / f"{name}.png", optimize=True)


def main(chosen: Sequence[str]) -> None:
    """Write every letter at every width, light and dark, and the pages of the Studio; or one of the two."""
    OUT.mkdir(parents=True, exist_ok=True)
    with chromium() as browser:
        if not chosen or "letters" in chosen:
            for name, html, files in letters():
                for width in WIDTHS:
                    for dark in (False, True):
                        path = OUT / f"{name}-{width}-{'dark' if dark else 'light'}.png"
                        shoot(browser, html, files, path, width=width, dark=dark)
        if not chosen or "studio" in chosen:
            shoot_studio(browser)


if __name__ == "__main__":
    main(sys.argv[1:])
