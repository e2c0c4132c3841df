"""The pictures of a letter: which ones it prints, and how one is prepared for mail clients."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator

from PIL import Image, ImageOps, UnidentifiedImageError

from newsletter.errors import RenderingError
from newsletter.i18n import Sentence
from newsletter.model import ComposedIssue, Item, Picture
from newsletter.rendering.body import pictures_of
from newsletter.rendering.picture_slots import BODY, LEAD, LOGO, PORTRAIT, Slot, WantedPicture, slot_of
from newsletter.rendering.view import prints_body, speaks
from newsletter.settings import Network

FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
MAX_BYTES = 20_000_000
MAX_PIXELS = 50_000_000
MAX_RATIO = 2  # the height of a picture without a fixed one, as a multiple of its width
QUALITY = 70  # RGESN 5.2: JPEG 70 is the documented balance of weight and quality
_FLAT_COLOURS = 256
# A file of 160 kB may hold fifty million pixels, which take half a gigabyte: never several of them at a time.
_ONE = threading.Lock()


def wanted_pictures(composed: ComposedIssue, network: Network) -> list[WantedPicture]:
    """Return each picture the issue may print, once, with its slot: (source, width, height or None), in CSS pixels.

    Raises RenderingError for a body that is not well-formed.
    """
    return list(dict.fromkeys(_wanted(composed, network)))


def _wanted(composed: ComposedIssue, network: Network) -> Iterator[WantedPicture]:
    if network.logo:
        yield WantedPicture(network.logo, *LOGO)
    yield from _bodies(composed.editorial_html, f"{composed.path}, body")
    placed: list[tuple[str, Slot | None, Item]] = [("lead", LEAD, composed.lead)] if composed.lead else []
    placed += [(s.layout, slot_of(s.layout), item) for s in composed.sections for item in s.items]
    for layout, slot, item in placed:
        if slot:
            yield from _one(item.picture, slot)
        if speaks(item, layout):
            for speaker in item.article.speakers:
                yield from _one(speaker.portrait, PORTRAIT)
        if prints_body(item, layout):
            yield from _bodies(item.body_html, item.article.where("body"))


def _one(picture: Picture | None, slot: Slot) -> Iterator[WantedPicture]:
    if picture:
        yield WantedPicture(picture.source, *slot)


def _bodies(xhtml: str, where: str) -> Iterator[WantedPicture]:
    yield from (WantedPicture(source, *BODY) for source in pictures_of(xhtml, where))


def fit(data: bytes, width: int, height: int | None) -> tuple[bytes, str, int, int]:
    """Return a picture for a slot of `width` x `height` CSS pixels: (bytes, "jpg" or "png", width, height).

    The file holds twice the slot's pixels for dense screens, never more than the original has; the sizes returned are
    the slot's, in CSS pixels. Orientation is applied, all metadata is dropped, edges beyond the slot's proportions are
    cut; without a height the picture keeps its proportions (twice as high as wide at most). JPEG, or PNG for flat
    graphics: Outlook shows neither WebP nor SVG. Raises RenderingError for anything but PNG, JPEG, WebP and GIF.
    """
    with _ONE:
        return _fit(data, width, height)


def _fit(data: bytes, width: int, height: int | None) -> tuple[bytes, str, int, int]:
    image = _open(data)
    flat = image.getcolors(_FLAT_COLOURS) is not None
    size = _target(image, width, height)
    image = ImageOps.fit(image, size, Image.Resampling.LANCZOS)
    shown = height or round(width * size[1] / size[0])
    out = io.BytesIO()
    if flat:
        image.quantize(_FLAT_COLOURS, method=Image.Quantize.FASTOCTREE).save(out, "PNG", optimize=True)
        return out.getvalue(), "png", width, shown
    paper = Image.new("RGB", image.size, "white")
    paper.paste(image, mask=image.getchannel("A"))
    paper.save(out, "JPEG", quality=QUALITY, optimize=True, progressive=True)
    return out.getvalue(), "jpg", width, shown


def _target(image: Image.Image, width: int, height: int | None) -> tuple[int, int]:
    """Return the file's size in pixels: twice the slot, or the largest cut of the original with its proportions."""
    ratio = height / width if height else min(image.height / image.width, MAX_RATIO)
    wide = min(2 * width, image.width, image.height / ratio)
    return max(1, round(wide)), max(1, round(wide * ratio))


def _open(data: bytes) -> Image.Image:
    """Return the first frame, upright, as RGBA. The header is judged before any pixel is decoded."""
    if len(data) > MAX_BYTES:
        raise _refused(
            f"it weighs {len(data):,} bytes",
            f"give one of less than {MAX_BYTES:,}",
            said=Sentence("elle pèse plus de {size} Mo. Donnez-en une plus légère.", size=MAX_BYTES // 1_000_000),
        )
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            if image.width * image.height > MAX_PIXELS:
                raise _refused(
                    f"it has {image.width} x {image.height} pixels",
                    f"give less than {MAX_PIXELS:,}",
                    said=Sentence(
                        "elle a trop de pixels ({width} × {height}). Réduisez-la.",
                        width=image.width,
                        height=image.height,
                    ),
                )
            image.load()
            return ImageOps.exif_transpose(image).convert("RGBA")
    except UnidentifiedImageError:
        kind = "SVG" if b"<svg" in data[:2000].lower() else "its format"
        raise _refused(
            f"{kind} is not shown by every mail client",
            "give a PNG, JPEG, WebP or GIF",
            said=Sentence(
                "toutes les messageries n’affichent pas ce format. Donnez un fichier JPEG, PNG, WebP ou GIF."
            ),
        ) from None
    except Image.DecompressionBombError:
        raise _refused(
            "it has far too many pixels",
            f"give less than {MAX_PIXELS:,}",
            said=Sentence("elle a beaucoup trop de pixels. Réduisez-la."),
        ) from None
    except (OSError, ValueError, SyntaxError) as error:
        raise _refused(
            f"it is damaged ({error})", "export it again", said=Sentence("elle est abîmée. Exportez-la de nouveau.")
        ) from None


def _refused(why: str, hint: str, said: Sentence) -> RenderingError:
    return RenderingError(f"the picture cannot be used: {why}", hint=hint, said=said)
