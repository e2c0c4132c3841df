"""Audience files: one Markdown file of `audiences/` each; front matter `title` and `for`, a note as body."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from newsletter.audience import LONGEST_FORMULA, Audience, formula
from newsletter.content import frontmatter
from newsletter.content.fields import Fields
from newsletter.content.filecache import FileCache
from newsletter.content.frontmatter import Document, name_of
from newsletter.content.merge import Plain, block_text
from newsletter.errors import ContentError
from newsletter.folding import sort_key

FOLDER = "audiences"


def read_audience(path: Path, root: Path) -> Audience:
    """Return the audience in the file `path` of the workspace `root`; ContentError names file, line and field."""
    return _parse(frontmatter.load_document(path, root))


def read_audiences(root: Path, files: FileCache | None = None) -> tuple[Audience, ...]:
    """Return every audience of `audiences/*.md`, by title.

    Raises the ContentError of a file that cannot be read: a rule that is not understood could mean "no".
    """
    found = []
    for loaded in (files or FileCache()).folder(root / FOLDER, root, read_audience):
        if isinstance(loaded, ContentError):
            raise loaded.with_traceback(None)
        found.append(loaded)
    return tuple(sorted(found, key=lambda audience: (sort_key(audience.title), audience.key)))


def write_audience(path: Path, audience: Audience) -> Audience:
    """Write an audience and return it as read back; comments and unknown keys of an existing file stay.

    Raises ContentError, with nothing written, for invalid values.
    """
    name = f"{FOLDER}/{path.name}"
    values: dict[str, Plain] = {"title": audience.title, "for": formula(audience.rule) or "everyone"}
    if path.exists():
        document = replace(frontmatter.load_document(path, path.parent), path=name)
        text = document.with_values(values, audience.note)
    else:
        head = "".join(block_text(key, value) for key, value in values.items())
        text = frontmatter.join(head, f"\n{audience.note.strip()}\n" if audience.note.strip() else "")
    written = _parse(frontmatter.parse_document(text, name))
    path.parent.mkdir(exist_ok=True)
    frontmatter.save_document(path, text)
    return written


def _parse(document: Document) -> Audience:
    fields = Fields.of(document)
    key = name_of(document, "an audience")
    title = fields.text("title", 120, required=True)
    fields.text("for", LONGEST_FORMULA, required=True)
    found = Audience(
        key=key,
        title=title,
        rule=fields.audience("for"),
        path=document.path,
        note=frontmatter.clean(document.body, f"{document.path}:{document.body_line}").strip(),
    )
    fields.close()
    return found
