"""Pictures of the letters for the documentation: `python -m tests.screenshots` writes docs/images/*.png."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser

from newsletter.actions.letters import SAMPLE_ADDRESS, edition, personal
from newsletter.actions.start import init
from newsletter.actions.workspace import open_workspace
from tests.browser import chromium, letter_page
from tests.conftest import ROOT

OUT = ROOT / "docs" / "images"
WIDTHS = (375, 640)
TALLEST = 3600  # pixels; what lies below repeats what is seen
COLOURS = 192


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


def main() -> None:
    """Write every letter at every width, light and dark."""
    OUT.mkdir(parents=True, exist_ok=True)
    with chromium() as browser:
        for name, html, files in letters():
            for width in WIDTHS:
                for dark in (False, True):
                    path = OUT / f"{name}-{width}-{'dark' if dark else 'light'}.png"
                    shoot(browser, html, files, path, width=width, dark=dark)


if __name__ == "__main__":
    main()
