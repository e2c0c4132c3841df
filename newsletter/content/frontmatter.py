"""Markdown files with YAML front matter: read safely with line numbers, written so that all that is unchanged is kept.

Reading uses YAML's syntax and nothing more: scalars stay text (no `no` that becomes False, no `12:30` that becomes
750), and tags, anchors and aliases are refused, so nothing can be constructed and nothing can grow.
"""

from __future__ import annotations

import os
import re
import tempfile
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from newsletter.content import field_words
from newsletter.content.merge import Plain, block_text
from newsletter.content.yaml_nodes import Node, read_nodes
from newsletter.errors import ContentError
from newsletter.french import slugify
from newsletter.i18n import Sentence

MAX_BYTES = 200_000
_FENCE = re.compile(r"---[ \t]*\n")
_END = re.compile(r"^---[ \t]*(?:\n|\Z)", re.MULTILINE)
# Recipient slots are filled after rendering: one in an article would carry a reader's own links to a stranger's site.
# A word joiner inside would vanish in the text part, so it does not hide one.
_SLOT = re.compile("\u2060*".join("qz7slot"), re.IGNORECASE)
# Controls, what XML cannot hold, line ends that only some programs know, and marks that turn the reading direction.
_FORBIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff\ud800-\udfff]"
)


@dataclass(frozen=True, slots=True)
class Document:
    """A file taken apart: `fields` by name, `head` and `body` as written (line ends as \\n), `crlf` if they were."""

    path: str
    fields: dict[str, Node]
    head: str
    body: str
    body_line: int
    crlf: bool = False

    @property
    def lines(self) -> dict[str, int]:
        """The line of every field, and of `body`."""
        return {name: node.line for name, node in self.fields.items()} | {"body": self.body_line}

    def with_values(self, values: Mapping[str, Plain], body: str) -> str:
        """Return the file's text with `values` laid over its fields (None removes one) and another `body`.

        A field whose value is the same keeps its bytes; a changed one keeps its comments and unknown keys.
        """
        blocks, rest = _blocks(self.head, self.fields), dict(values)
        parts = [blocks.pop("", "")]
        for name, block in blocks.items():
            parts.append(block_text(name, rest.pop(name), block) if name in rest else block)
        parts += [block_text(name, value) for name, value in rest.items()]
        body = body.replace("\r\n", "\n")
        same = clean(self.body, f"{self.path}:{self.body_line}").strip() == body.strip()
        text = join("".join(parts), self.body if same else "\n" + body.strip() + "\n")
        return text.replace("\n", "\r\n") if self.crlf else text


def join(head: str, body: str) -> str:
    """Return a file's text made of the YAML `head` and the Markdown `body`."""
    head = head if head.endswith("\n") or not head else head + "\n"
    return f"---\n{head}---\n{body}"


def name_of(document: Document, what: str) -> str:
    """Return the name that a file gives `what` it holds ("an article"), its stem; ContentError if it cannot be one."""
    stem = Path(document.path).stem
    if stem != slugify(stem, 200):
        hint = f"call the file `{slugify(stem)}.md`"
        raise ContentError(
            f"`{stem}` cannot name {what}",
            where=document.path,
            hint=hint,
            said=field_words.file_name(stem),
        )
    return stem


def load_document(path: Path, root: Path) -> Document:
    """Read the file at `path`, which must lie in `root`.

    Raises ContentError: not there, outside, over 200 kB, not UTF-8, controls inside, no valid YAML mapping.
    """
    name = relative(path, root)
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise ContentError(
            f"the file cannot be read: {error.strerror}",
            where=name,
            hint="check its name and permissions",
            said=Sentence("Le fichier ne peut pas être lu. Vérifiez son nom et ses droits."),
        ) from None
    if len(raw) > MAX_BYTES:
        raise ContentError(
            f"the file is larger than {MAX_BYTES // 1000} kB",
            where=name,
            hint="shorten it",
            said=Sentence("Le fichier dépasse {size} Ko. Raccourcissez-le.", size=MAX_BYTES // 1000),
        )
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise ContentError(
            "the file is not UTF-8",
            where=f"{name}:{line}",
            hint="save it as UTF-8",
            said=Sentence(
                "Le fichier n’est pas enregistré en UTF-8. Enregistrez-le ainsi depuis votre éditeur de texte."
            ),
        ) from None
    return parse_document(text, name)


def relative(path: Path, root: Path) -> str:
    """Return `path` as seen from `root`, with slashes; ContentError if it lies outside (symbolic links followed)."""
    try:
        return path.resolve().relative_to(root.resolve()).as_posix()
    except ValueError:
        raise ContentError(
            "the file lies outside the workspace",
            where=str(path),
            hint="move it inside",
            said=Sentence("Ce fichier est hors de l’espace de travail. Déplacez-le à l’intérieur."),
        ) from None


def parse_document(text: str, name: str) -> Document:
    """Take the `text` of the file `name` apart; ContentError names the line."""
    crlf = "\r\n" in text and text.count("\r\n") == text.count("\n")
    text = text.replace("\r\n", "\n")
    clean(text, name, numbered=True)
    start = _FENCE.match(text)
    end = _END.search(text, start.end()) if start else None
    if not start or not end:
        raise ContentError(
            "there is no front matter",
            where=f"{name}:1",
            hint="begin with a line `---`, then fields, then `---`",
            said=Sentence("Le fichier doit commencer par ses champs, entre deux lignes « --- »."),
        )
    head = text[start.end() : end.start()]
    root = read_nodes(head, name)
    if not isinstance(root.value, dict):
        raise ContentError(
            "the front matter holds no fields",
            where=f"{name}:2",
            hint="write `title: ...` and so on",
            said=Sentence(
                "Les champs du début du fichier ne sont pas lisibles : un par ligne, avec un deux-points, comme "
                "« title: Mon titre »."
            ),
        )
    return Document(name, root.value, head, text[end.end() :], text.count("\n", 0, end.end()) + 1, crlf)


def clean(text: str, where: str, *, numbered: bool = False) -> str:
    """Return `text` in Unicode's composed form (NFC), with \\n as line end.

    Raises ContentError for control characters, U+2028 and its like, direction marks, and recipient slots; with
    `numbered`, the line is added to `where`.
    """
    text = text.replace("\r\n", "\n")
    for pattern, what in ((_FORBIDDEN, "an invisible character"), (_SLOT, "a word kept for recipients' links")):
        found = pattern.search(text)
        if found:
            place = f"{where}:{text.count(chr(10), 0, found.start()) + 1}" if numbered else where
            name = f"U+{ord(found[0]):04X}" if len(found[0]) == 1 else f"`{found[0]}`"
            raise ContentError(
                f"{what} ({name}) is not allowed",
                where=place,
                hint="delete it",
                said=Sentence(
                    "Le texte contient un caractère invisible ou un mot réservé ({sign}). Supprimez-le.", sign=name
                ),
            )
    return unicodedata.normalize("NFC", text)


def save_document(path: Path, text: str, *, new: bool = False) -> None:
    """Put `text` at `path` in one step: a reader sees the old file or the new one, never a part of it.

    Raises ContentError if it cannot be written, or if `new` and the file exists.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(text.encode("utf-8"))
                file.flush()
                os.fsync(file.fileno())
            Path(name).chmod(path.stat().st_mode & 0o777 if path.exists() else 0o644)
            if new:
                os.link(name, path)  # fails where a file exists, in one step
            else:
                Path(name).replace(path)
        finally:
            Path(name).unlink(missing_ok=True)
    except OSError as error:
        raise ContentError(
            f"the file cannot be written: {error.strerror}",
            where=path.name,
            hint="check its name and permissions",
            said=Sentence(
                "Le fichier ne peut pas être enregistré sur le serveur. Prévenez la personne qui l’administre."
            ),
        ) from None


def _blocks(head: str, fields: Mapping[str, Node]) -> dict[str, str]:
    """Cut the head into the lines of each field; what comes before the first one is under an empty name."""
    lines = head.splitlines(keepends=True)
    starts = [(node.line - 2, name) for name, node in fields.items()]
    blocks = {"": "".join(lines[: starts[0][0]] if starts else lines)}
    for (start, name), (stop, _) in pairwise([*starts, (len(lines), "")]):
        blocks[name] = "".join(lines[start:stop])
    return blocks
