"""The sentences of the product and their English: `python -m tests.translations` adds what is new to en.po."""

from __future__ import annotations

import io
from collections.abc import Iterator

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po

from tests.conftest import ROOT

CATALOGUE = ROOT / "newsletter" / "locales" / "en.po"
# What readers see: public pages, the mails they get, and the verbs that speak to them.
SOURCES = (
    "templates/web/*.html",
    "templates/web/public/**/*.html",
    "templates/email/notice.*.j2",
    "newsletter/web/*.py",
    "newsletter/actions/applications.py",
    "newsletter/actions/subscribe.py",
    "newsletter/actions/choices.py",
    "newsletter/addresses.py",
)
_JINJA = {"trimmed": "true", "trim_blocks": "true", "lstrip_blocks": "true"}


def sentences() -> Iterator[tuple[str | tuple[str, str], str, int]]:
    """Yield each sentence (or singular and plural), the file it stands in, and its line."""
    for pattern in SOURCES:
        for path in sorted(ROOT.glob(pattern)):
            method, options = ("python", {}) if path.suffix == ".py" else ("jinja2", _JINJA)
            source = io.BytesIO(path.read_bytes())
            for line, message, _comments, _context in extract(method, source, {"_": None, "ngettext": (1, 2)},
                                                              options=options):  # fmt: skip
                yield message, str(path.relative_to(ROOT)), line


def catalogue() -> Catalog:
    """Return the English catalogue as it is."""
    if not CATALOGUE.exists():
        return Catalog(locale="en", project="newsletter", fuzzy=False)
    with CATALOGUE.open("rb") as file:
        return read_po(file, locale="en")


def main() -> None:
    """Bring en.po up to date: new sentences are added without a translation, translations are kept."""
    old, new = catalogue(), Catalog(locale="en", project="newsletter", fuzzy=False)
    for message, path, _line in sentences():
        known = old.get(message[0] if isinstance(message, tuple) else message)
        new.add(message, known.string if known else None, locations=[(path, None)])
    for known in old:
        if known.id and known.string and known.id not in new:
            new.add(known.id, known.string, locations=known.locations)
    with CATALOGUE.open("wb") as file:
        write_po(file, new, width=116, sort_output=True, omit_header=False, include_lineno=False)


if __name__ == "__main__":
    main()
