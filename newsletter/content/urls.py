"""Links as front matter may hold them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urlsplit


def is_url(text: str, schemes: Iterable[str]) -> bool:
    """Tell whether `text` is an absolute link of one of the `schemes`, without blanks or quotes."""
    if re.search(r"[\s<>\"\\`]", text):
        return False
    try:
        parts = urlsplit(text)
        host = parts.hostname
        bool(parts.port)
    except ValueError:
        return False
    if parts.scheme not in schemes:
        return False
    return bool(host) if parts.scheme in ("http", "https") else bool(parts.path)
