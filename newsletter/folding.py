"""Text folded for searching and sorting: capitals, accents, ligatures, apostrophes and hyphens make no difference."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

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
# What classes of letters hold, for Python's regular expressions and for PostgreSQL's: marks that decomposition
# leaves, and what separates two words or inside one name (blanks, apostrophes, hyphens, points).
COMBINING = r"\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
SEPARATORS = (
    r"\u0009-\u000d\u0020\u00a0\u2000-\u200b\u2028\u2029\u202f\u205f\u3000"
    r"\u0027\u2018\u2019\u02bc\u0060\u00b4\u2010-\u2015\u2212_.,;:/\u005c|()"
    r"\u00ab\u00bb\u201c\u201d\u0022\u00b7\u2022&+\u002d"
)
_MARKS = re.compile(f"[{COMBINING}]")
_BETWEEN = re.compile(f"[{SEPARATORS}]+")


def text_key(text: str) -> str:
    """Return the form in which names or titles are compared: one composition (NFC), one blank between words."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def without_accents(text: str) -> str:
    """Return `text` in lower case without accents and ligatures."""
    if text.isascii():
        return text.lower()
    return _MARKS.sub("", unicodedata.normalize("NFKD", text).lower().translate(_TABLE))


def search_key(text: str) -> str:
    """Return what a search compares: `Lefèvre-Saint-Étienne` is `lefevre saint etienne`."""
    return _BETWEEN.sub(" ", without_accents(text)).strip(" ")


def matches(text: str, sought: str) -> bool:
    """Tell whether every word of `sought` is in `text`, as a search compares them."""
    key = search_key(text)
    return all(word in key for word in search_key(sought).split())


def sort_key(text: str) -> tuple[str, str]:
    """Return the sort key of a French list: the letters without accents first, the accents only between equals.

    Of two equal words the one whose last accent differs decides in French tradition, so that `cote, côte, coté, côté`
    is the order (ISO/IEC 14651, French).
    """
    return search_key(text), _accents(text)


def _accents(text: str) -> str:
    """Return the accents of `text`, the last letter's first."""
    found = ["".join(unicodedata.normalize("NFD", c)[1:]) or " " for c in unicodedata.normalize("NFC", text.casefold())]
    return "".join(reversed(found))


def composed_path(root: Path, name: str) -> Path:
    """Return the file that `name` means below `root`, whatever the composition of its letters (NFC, NFD) on the disk.

    A Mac, or an archive made on one, writes `é` as two characters. Without such a file it is the path as named.
    """
    path = root / name
    if name.isascii() or path.exists():
        return path
    found = root
    for part in Path(name).parts:
        wanted = unicodedata.normalize("NFC", part)
        exact = found / part
        there = found.iterdir() if not exact.exists() and found.is_dir() else iter(())
        found = next((one for one in there if unicodedata.normalize("NFC", one.name) == wanted), exact)
    return found
