"""The pictures of the web pages: WebP beside the JPEG or PNG that mail clients need."""

from __future__ import annotations

import io

from PIL import Image

QUALITY = 74


def webp(data: bytes, width: int) -> bytes:
    """Return the prepared picture `data` as WebP, `width` pixels wide at most, without metadata."""
    with Image.open(io.BytesIO(data)) as image:
        wide = min(width, image.width)
        small = image.convert("RGBA" if image.mode in ("P", "RGBA", "LA") else "RGB")
        small = small.resize((wide, max(1, round(image.height * wide / image.width))), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    small.save(out, "WEBP", quality=QUALITY, method=1)
    return out.getvalue()
