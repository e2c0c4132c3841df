"""The sentences of the product and their English: `python -m tests.translations` adds what is new to en.po."""

from __future__ import annotations

import ast
import io
from collections.abc import Iterator

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po

from tests.conftest import ROOT

CATALOGUE = ROOT / "newsletter" / "locales" / "en.po"
SOURCES = ("newsletter/**/*.py", "templates/**/*.html", "templates/**/*.j2")
# `say` is `_` with the typography of pages, `Sentence` is said later; `_n` of the report takes the number first.
KEYWORDS = {"_": (0,), "say": (0,), "Sentence": (0,), "ngettext": (0, 1), "_n": (1, 2)}
_IN_TEMPLATES = {"_": None, "ngettext": (1, 2)}
_JINJA = {"trimmed": "true", "trim_blocks": "true", "lstrip_blocks": "true"}


def sentences() -> Iterator[tuple[str | tuple[str, str], str, int]]:
    """Yield each sentence (or singular and plural), the file it stands in, and its line."""
    for pattern in SOURCES:
        for path in sorted(ROOT.glob(pattern)):
            read = _of_code if path.suffix == ".py" else _of_template
            for message, line in read(path.read_bytes()):
                yield message, str(path.relative_to(ROOT)), line


def _of_template(source: bytes) -> Iterator[tuple[str | tuple[str, str], int]]:
    for line, message, _comments, _context in extract("jinja2", io.BytesIO(source), _IN_TEMPLATES, options=_JINJA):
        yield message, line


def _of_code(source: bytes) -> Iterator[tuple[str | tuple[str, str], int]]:
    # Babel's own extractor sees no call within an f-string before Python 3.12.
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    for node in sorted(calls, key=lambda call: (call.lineno, call.col_offset)):
        if isinstance(node.func, ast.Name) and node.func.id in KEYWORDS:
            given = [node.args[place] for place in KEYWORDS[node.func.id]]
            found = tuple(arg.value for arg in given if isinstance(arg, ast.Constant) and isinstance(arg.value, str))
            if len(found) == len(given):
                yield (found[0], found[1]) if len(found) > 1 else found[0], node.lineno


def catalogue() -> Catalog:
    """Return the English catalogue as it is."""
    with CATALOGUE.open("rb") as file:
        return read_po(file, locale="en")


def main() -> None:
    """Bring en.po up to date: new sentences come without a translation, those that nobody says any more go."""
    old = catalogue()
    new = Catalog(
        locale="en",
        project="newsletter",
        version="1",
        language_team="English",
        fuzzy=False,
        header_comment="# English of the product, beside the French, which is its own message id.",
        copyright_holder="the newsletter project",
        last_translator="the newsletter project",
        msgid_bugs_address="see CONTRIBUTING.md",
        creation_date=old.creation_date,
        revision_date=old.creation_date,
    )
    for message, path, _line in sentences():
        known = old.get(message[0] if isinstance(message, tuple) else message)
        # A sentence that has got a plural has to be said anew.
        same = known is not None and isinstance(known.id, tuple) == isinstance(message, tuple)
        new.add(message, known.string if known and same else None, locations=[(path, None)])
    with CATALOGUE.open("wb") as file:
        write_po(file, new, width=116, sort_by_file=True, include_lineno=False)


if __name__ == "__main__":
    main()
