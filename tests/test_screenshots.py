"""The documentation's pictures are what the product draws today; `make screenshots` draws them again."""

from __future__ import annotations

import re

import pytest
from PIL import Image, ImageChops, ImageDraw
from playwright.sync_api import Browser

from tests import screenshots
from tests.browser import mail_browser as mail_browser
from tests.conftest import ROOT
from tests.screenshots import OUT

REDRAW = "look at what changed, then `make screenshots` and commit docs/images"
GRAIN = 8  # pixels: the ink of half a letter; what a font's hinting moves stays within
VISIBLE = 40  # of 255: a square of that grain has become lighter or darker
TOLERATED = 0.003  # of all squares: some figures of a clock or a hash, less than a heading
TALLER = 0.01


def change(kept: Image.Image, drawn: Image.Image) -> str:
    """Return in words what a reader would see changed from one picture to the other; empty if nothing."""
    if kept.width != drawn.width or abs(kept.height - drawn.height) > TALLER * kept.height:
        return f"{kept.width}x{kept.height} became {drawn.width}x{drawn.height}"
    height = min(kept.height, drawn.height)
    grains = (kept.width // GRAIN, height // GRAIN)
    one, other = (
        image.convert("L").crop((0, 0, image.width, height)).resize(grains, Image.Resampling.BOX)
        for image in (kept, drawn)
    )
    counts = ImageChops.difference(one, other).histogram()
    share = sum(counts[VISIBLE:]) / sum(counts)
    return f"{share:.2%} of it looks different" if share > TOLERATED else ""


@pytest.mark.browser
@pytest.mark.slow
def test_every_picture_shows_the_product_as_it_is(mail_browser: Browser):
    changed, names = {}, set()
    for name, drawn in screenshots.drawn(mail_browser):
        names.add(f"{name}.png")
        path = OUT / f"{name}.png"
        found = change(Image.open(path), drawn) if path.exists() else "it is missing"
        if found:
            changed[path.name] = found
    assert not changed, REDRAW
    assert {path.name for path in OUT.iterdir()} == names, "nothing draws these any more: `make screenshots`"


def test_every_picture_is_shown_in_a_document():
    documents = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    shown = {name for path in documents for name in re.findall(r"images/([\w-]+\.png)", path.read_text("utf-8"))}
    assert {path.name for path in OUT.iterdir()} <= shown


KEPT = "studio-compose.png"


def _other_heading(image: Image.Image) -> Image.Image:
    """Other words where the page's title stands."""
    pen = ImageDraw.Draw(image)
    top = 180
    pen.rectangle((16, top, 620, top + 50), fill=image.getpixel((8, top)))
    pen.text((20, top + 8), "Toutes les lettres", fill="#1b2a2a", font_size=32)
    return image


def _moved(image: Image.Image) -> Image.Image:
    """One more line above all the rest."""
    return ImageChops.offset(image, 0, 22)


def _taller(image: Image.Image) -> Image.Image:
    return image.resize((image.width, image.height + 40))


def _without_its_panel(image: Image.Image) -> Image.Image:
    image.paste(image.getpixel((8, 400)), (1000, 240, 1280, 420))
    return image


@pytest.mark.parametrize("doctored", [_other_heading, _moved, _taller, _without_its_panel])
def test_a_page_that_changed_its_words_or_its_layout_is_seen(doctored):
    kept = Image.open(OUT / KEPT).convert("RGB")
    assert change(kept, doctored(kept.copy()))


def _hinted(image: Image.Image) -> Image.Image:
    """Strokes a third of a pixel further right and softer, as another version of the fonts draws them."""
    return Image.blend(image, ImageChops.offset(image, 1, 0), 0.33)


def _other_greens(image: Image.Image) -> Image.Image:
    return image.point(lambda level: min(255, level + 3))


def _other_seconds(image: Image.Image) -> Image.Image:
    ImageDraw.Draw(image).text((400, 700), "17 s", fill="#a0401a", font_size=20)
    return image


@pytest.mark.parametrize("doctored", [_hinted, _other_greens, _other_seconds])
def test_another_browsers_way_to_draw_the_same_is_no_change(doctored):
    kept = Image.open(OUT / KEPT).convert("RGB")
    assert not change(kept, doctored(kept.copy()))
