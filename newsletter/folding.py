"""Text folded for searching and sorting: capitals, accents, ligatures, apostrophes and hyphens make no difference."""

from __future__ import annotations

import re
import unicodedata

# Letters that no decomposition takes apart.
LETTERS = {
    "œ": "oe",
    "æ": "ae",
    "ß": "ss",
    "ø": "o",
    "ł": "l",
    "đ": "d",
    "ð": "d",
    "þ": "th",
    "ı": "i",
    "ĳ": "ij",
}
_TABLE = str.maketrans(LETTERS)
# Apostrophes, hyphens, dashes, points, blanks: what stands between two words, or inside one name.
_BETWEEN = re.compile(r"[\s'’‘ʼ`´‐‑‒–—−_.,;:/\\|()«»“”\"·•&+-]+")


def text_key(text: str) -> str:
    """Return by what two names or titles are the same text: one composition (NFC), one blank between words."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def without_accents(text: str) -> str:
    """Return `text` in lower case without accents and ligatures."""
    lower = text.casefold().translate(_TABLE)
    if lower.isascii():
        return lower
    return "".join(c for c in unicodedata.normalize("NFKD", lower) if not unicodedata.combining(c)).translate(_TABLE)


def search_key(text: str) -> str:
    """Return what a search compares: `Lefèvre-Saint-Étienne` is `lefevre saint etienne`."""
    return _BETWEEN.sub(" ", without_accents(text)).strip()


def matches(text: str, sought: str) -> bool:
    """Tell whether every word of `sought` stands in `text`, as a search compares them."""
    key = search_key(text)
    return all(word in key for word in search_key(sought).split())


def sort_key(text: str) -> tuple[str, str]:
    """Return by what a French list is sorted: the letters without accents first, the accents only between equals.

    Of two equal words the one whose last accent differs decides in French tradition, so that `cote, côte, coté, côté`
    is the order (ISO/IEC 14651, French).
    """
    return search_key(text), _accents(text)


def _accents(text: str) -> str:
    """Return the accents of `text`, the last letter's first."""
    found = ["".join(unicodedata.normalize("NFD", c)[1:]) or " " for c in unicodedata.normalize("NFC", text.casefold())]
    return "".join(reversed(found))
