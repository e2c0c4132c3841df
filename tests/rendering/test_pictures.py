"""Pictures made fit for mail clients, and what is no picture."""

from __future__ import annotations

import io
import struct
import time
import zlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from newsletter.errors import RenderingError
from newsletter.model import Picture
from newsletter.rendering import pictures
from newsletter.rendering.pictures import fit, wanted_pictures
from tests.rendering import samples


def noise(size=(1200, 800), mode="RGB"):
    return Image.effect_noise(size, 80).convert(mode)


def encoded(image, kind="JPEG", **options):
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def opened(data):
    return Image.open(io.BytesIO(data))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
@pytest.mark.parametrize("slot", [(276, 156), (96, 96), (576, 288)])
def test_every_format_becomes_jpeg_or_png_at_twice_the_slot(kind, slot):
    image = Image.radial_gradient("L").resize((1400, 1400)) if kind == "GIF" else noise((1400, 1400))
    data, extension, width, height = fit(encoded(image, kind), *slot)
    assert (width, height) == slot
    assert extension in ("jpg", "png")
    assert opened(data).format == {"jpg": "JPEG", "png": "PNG"}[extension]
    assert opened(data).size == (2 * slot[0], 2 * slot[1])


def test_without_a_height_the_proportions_are_kept():
    data, _, width, height = fit(encoded(noise((600, 900))), 112, None)
    assert (width, height) == (112, 168)
    assert opened(data).size == (224, 336)


def test_a_picture_is_never_made_larger_than_it_is():
    data, _, width, height = fit(encoded(noise((300, 300))), 276, 156)
    assert (width, height) == (276, 156)
    assert opened(data).size == (300, 170)


def test_an_endless_strip_is_cut():
    _, _, width, height = fit(encoded(noise((100, 3000))), 112, None)
    assert (width, height) == (112, 224)


def test_photographs_become_jpeg_and_flat_graphics_png():
    assert fit(encoded(noise(mode="RGB").convert("P").convert("RGB"), "PNG"), 168, 112)[1] in ("jpg", "png")
    assert (
        fit(encoded(Image.effect_mandelbrot((800, 600), (-2, -1, 1, 1), 9).convert("1"), "PNG"), 168, 112)[1] == "png"
    )
    colours = Image.merge("RGB", [noise((800, 600), "L") for _ in range(3)])
    assert fit(encoded(colours, "PNG"), 168, 112)[1] == "jpg"


def test_orientation_is_applied_and_metadata_dropped():
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "Appareil"
    exif[0x8825] = {1: "N", 2: (48.0, 51.0, 24.0)}
    image = Image.new("RGB", (400, 200), "white")
    image.paste("red", (0, 0, 200, 200))
    data, _, width, height = fit(encoded(image, exif=exif), 100, None)
    assert (width, height) == (100, 200)
    upright = opened(data).convert("RGBA")
    assert upright.getpixel((100, 20))[1] < 60 < upright.getpixel((100, 380))[1]
    assert b"Appareil" not in data
    assert not dict(opened(data).getexif())


def test_transparency_of_a_photograph_becomes_white():
    image = Image.merge("RGBA", [*[noise((400, 400), "L") for _ in range(3)], Image.new("L", (400, 400), 0)])
    data, extension, *_ = fit(encoded(image, "PNG"), 100, 100)
    assert extension == "jpg"
    assert min(opened(data).convert("RGB").getpixel((100, 100))) > 250


def test_a_transparent_logo_stays_transparent():
    image = Image.new("RGBA", (400, 200), (0, 0, 0, 0))
    image.paste((15, 79, 74, 255), (50, 50, 350, 150))
    data, extension, *_ = fit(encoded(image, "PNG"), 160, None)
    assert extension == "png"
    assert opened(data).convert("RGBA").getpixel((2, 2))[3] == 0


def test_the_same_picture_gives_the_same_bytes():
    data = samples.draw("une")
    assert fit(data, 576, 288) == fit(data, 576, 288)


def bomb(width, height):
    """A PNG header that promises many pixels."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + header
    promise = struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk))
    return b"\x89PNG\r\n\x1a\n" + promise + struct.pack(">I", 1) + b"IDAT"


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "SVG"),
        (b"<?xml version='1.0'?><svg/>", "SVG"),
        (b"%PDF-1.4", "format"),
        (b"", "format"),
        (b"\x89PNG\r\n\x1a\n", "format|damaged"),
        (encoded(noise((50, 50)), "BMP"), "format"),
        (encoded(noise((50, 50)), "TIFF"), "format"),
        (encoded(noise())[:2000], "damaged"),
        (bomb(10_000, 9_000), "pixels"),
        (bomb(60_000, 60_000), "pixels"),
        (b"\0" * (pictures.MAX_BYTES + 1), "weighs"),
    ],
    ids=["svg", "xml", "pdf", "empty", "header", "bmp", "tiff", "cut", "large", "bomb", "heavy"],
)
def test_what_is_no_safe_picture_is_refused_with_a_reason(data, why):
    with pytest.raises(RenderingError, match=why) as caught:
        fit(data, 276, 156)
    assert caught.value.hint


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 3000), st.binary(min_size=1, max_size=8))
def test_damage_anywhere_gives_a_picture_or_a_reason_never_a_crash(place, damage):
    data = encoded(noise((80, 60)))
    broken = data[: place % len(data)] + damage + data[place % len(data) + len(damage) :]
    try:
        assert fit(broken, 40, 30)[2:] == (40, 30)
    except RenderingError as error:
        assert "picture" in error.what


def test_pictures_are_decoded_one_at_a_time(monkeypatch):
    inside, most = [], []

    def slowly(data):
        inside.append(data)
        most.append(len(inside))
        time.sleep(0.02)
        inside.pop()
        return Image.new("RGBA", (40, 20))

    monkeypatch.setattr(pictures, "_open", slowly)
    with ThreadPoolExecutor(8) as pool:
        assert len(list(pool.map(lambda n: pictures.fit(b"%d" % n, 20, None), range(8)))) == 8
    assert max(most) == 1


def test_every_picture_of_a_letter_is_wanted_once_in_its_slot():
    wanted = [tuple(w) for w in wanted_pictures(samples.lettre(), samples.NETWORK)]
    assert ("images/une.jpg", 576, 288) in wanted
    assert ("images/actualite-0.jpg", 168, 112) in wanted
    assert ("images/territoire-0.jpg", 276, 156) in wanted
    assert ("images/guide-1.jpg", 112, None) in wanted
    assert ("images/camille.jpg", 96, 96) in wanted
    assert len(wanted) == len(set(wanted)) == 13


def test_the_logo_and_the_pictures_of_a_printed_text_are_wanted_too():
    item = samples.item("x", link="", body_html='<p><img src="images/plan.png" alt="Le plan" /></p>', body_text="x")
    network = samples.NETWORK.model_copy(update={"logo": "images/logo.png"})
    wanted = wanted_pictures(samples.issue(samples.section("Vie", "briefs", item)), network)
    assert [w.key for w in wanted] == ["images/logo.png@160", "images/plan.png@576"]


def test_a_layout_without_pictures_wants_none():
    item = replace(samples.item("x"), picture=Picture("images/a.jpg", "a"))
    for layout in ("briefs", "calls", "agenda"):
        assert wanted_pictures(samples.issue(samples.section("x", layout, item)), samples.NETWORK) == []
