"""Taking typed fields out of front matter: each refusal names file, line, field and what to write instead."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from datetime import date as day
from enum import StrEnum
from typing import NoReturn, TypeVar

from newsletter.audience import LONGEST_FORMULA, AudienceRule
from newsletter.audience_parser import parse_rule
from newsletter.content import field_words
from newsletter.content.frontmatter import Document, clean
from newsletter.content.urls import is_url
from newsletter.content.yaml_nodes import Node
from newsletter.errors import AudienceError, ContentError, nearest
from newsletter.hosts import ascii_host
from newsletter.i18n import Sentence
from newsletter.model import Picture
from newsletter.paris import PARIS

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}\Z")
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(:\d{2})?( ?(Z|[+-]\d{2}:?\d{2}))?\Z")
_YEARS = range(1990, 2101)
_Word = TypeVar("_Word", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class UnknownKey:
    """An unknown key of the front matter: kept in the file, and worth a hint."""

    path: str
    line: int
    name: str
    hint: str


@dataclass(slots=True)
class Fields:
    """One mapping of the front matter; every key that is read is known, the others are in `unknown`."""

    path: str
    nodes: dict[str, Node]
    prefix: str = ""
    line: int = 1
    unknown: list[UnknownKey] = field(default_factory=list)
    _asked: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, document: Document) -> Fields:
        """Return the top fields of `document`."""
        return cls(document.path, document.fields)

    def close(self) -> None:
        """Note the keys that were not read; called when all fields are read."""
        for name, node in self.nodes.items():
            if name not in self._asked:
                found = UnknownKey(self.path, node.line, self.prefix + name, nearest(name, self._asked))
                self.unknown.append(found)

    def where(self, name: str) -> str:
        """Return `path:line, field`."""
        node = self.nodes.get(name)
        return f"{self.path}:{node.line if node else self.line}, {self.prefix}{name}"

    def fail(self, name: str, what: str, hint: str, said: Sentence) -> NoReturn:
        """Raise the ContentError about field `name`."""
        raise ContentError(what, where=self.where(name), hint=hint, said=said)

    def node(self, name: str) -> Node | None:
        """Return the field as written, or None if it is missing or empty."""
        self._asked.add(name)
        node = self.nodes.get(name)
        return None if node is None or node.value in (None, "", [], {}) else node

    def text(self, name: str, limit: int, *, required: bool = False) -> str:
        """Return a line of text, blanks collapsed, at most `limit` characters."""
        node = self.node(name)
        text = self._line(name, node, limit) if node else ""
        if required and not text:
            self.fail(name, f"`{self.prefix}{name}` is missing", f"add `{name}: ...`", said=field_words.missing(name))
        return text

    def texts(self, name: str, limit: int = 200, most: int = 30) -> tuple[str, ...]:
        """Return a list of texts; a single text is a list of one."""
        node = self.node(name)
        if node is None:
            return ()
        nodes = node.value if isinstance(node.value, list) else [node]
        if len(nodes) > most:
            self.fail(
                name,
                f"`{self.prefix}{name}` holds more than {most} entries",
                "shorten the list",
                said=field_words.too_many(name, most),
            )
        found = [self._line(name, item, limit) for item in nodes if item.value is not None]
        return tuple(dict.fromkeys(found))

    def word(self, name: str, kind: type[_Word], default: _Word) -> _Word:
        """Return one of the words of `kind`."""
        text = self.text(name, 50)
        return self._known(name, text, kind) if text else default

    def words(self, name: str, kind: type[_Word]) -> tuple[_Word, ...]:
        """Return some of the words of `kind`."""
        return tuple(self._known(name, text, kind) for text in self.texts(name, 50))

    def one_of(self, name: str, known: Sequence[str]) -> str:
        """Return one of the `known` texts, or an empty one."""
        text = self.text(name, 50)
        if text and text not in known:
            self.fail(name, f"`{text}` is unknown", nearest(text, known), said=field_words.unknown(text, name))
        return text

    def number(self, name: str) -> int | None:
        """Return a whole number from 1 to 99999."""
        text = self.text(name, 50)
        if text and not re.fullmatch(r"[1-9][0-9]{0,4}", text):
            self.fail(
                name, f"`{text}` is no number", "write digits only, such as 142", said=field_words.no_number(text)
            )
        return int(text) if text else None

    def truth(self, name: str) -> bool:
        """Return whether the field says `true` (or `yes`)."""
        text = self.text(name, 10).lower()
        if text not in ("", "true", "yes", "false", "no"):
            self.fail(
                name, f"`{text}` is neither true nor false", "write `true` or `false`", said=field_words.no_truth(text)
            )
        return text in ("true", "yes")

    def date(self, name: str, *, required: bool = False) -> day | None:
        """Return a day; of a moment, its day in Paris."""
        text = self.text(name, 50, required=required)
        return self._moment(name, text)[0].date() if text else None

    def moment(self, name: str) -> tuple[datetime, bool] | None:
        """Return an aware time in Europe/Paris, and whether only a day was given (then it is its midnight)."""
        text = self.text(name, 50)
        return self._moment(name, text) if text else None

    def url(self, name: str, schemes: Iterable[str] = ("https", "http", "mailto", "tel")) -> str:
        """Return an absolute link."""
        text = self.text(name, 2000)
        if text and not is_url(text, schemes):
            hint = (
                f"write `https://{text}`" if text.startswith("www.") else "write a whole address, such as https://..."
            )
            self.fail(
                name,
                f"`{text[:80]}` is no link that can be followed from a letter",
                hint,
                said=field_words.no_link(text[:80]),
            )
        return ascii_host(text)

    def audience(self, name: str) -> AudienceRule:
        """Return the rule of an audience, written as a formula; without the field, everyone."""
        text = self.text(name, LONGEST_FORMULA)
        try:
            return parse_rule(text)
        except AudienceError as error:
            raise ContentError(error.what, where=self.where(name), hint=error.hint, said=error.said) from None

    def child(self, name: str) -> Fields | None:
        """Return the mapping in field `name`."""
        node = self.node(name)
        return self._child(name, node, f"{self.prefix}{name}.") if node else None

    def children(self, name: str, most: int) -> list[Fields]:
        """Return the mappings of the list in field `name`."""
        return [self._child(name, node, f"{self.prefix}{name}.") for node in self.items(name, most)]

    def items(self, name: str, most: int) -> list[Node]:
        """Return the elements of the list in field `name`."""
        node = self.node(name)
        if node is None:
            return []
        if not isinstance(node.value, list):
            self.fail(
                name,
                f"`{self.prefix}{name}` must be a list",
                "begin each entry with `- `",
                said=field_words.no_list(name),
            )
        if len(node.value) > most:
            self.fail(
                name,
                f"`{self.prefix}{name}` holds more than {most} entries",
                "shorten the list",
                said=field_words.too_many(name, most),
            )
        return node.value

    def picture(self, name: str) -> Picture | None:
        """Return `{src, alt, credit}` or `{src, decorative: true}`; a single text is the `src`."""
        node = self.node(name)
        if node is None:
            return None
        if isinstance(node.value, str):
            return Picture(self._source(name, self._line(name, node, 2000)))
        inner = self._child(name, node, f"{self.prefix}{name}.")
        source = inner._source("src", inner.text("src", 2000, required=True))
        picture = Picture(source, inner.text("alt", 500), inner.truth("decorative"), inner.text("credit", 200))
        if picture.alt and picture.decorative:
            inner.fail(
                "decorative",
                "a decorative picture has no alternative text",
                "keep `alt` or `decorative`",
                said=field_words.decorative(),
            )
        inner.close()
        return picture

    def _child(self, name: str, node: Node, prefix: str) -> Fields:
        if not isinstance(node.value, dict):
            self.fail(
                name,
                f"`{prefix[:-1]}` must hold fields",
                "write `key: value` lines, indented",
                said=field_words.no_fields(name),
            )
        return Fields(self.path, node.value, prefix, node.line, self.unknown)

    def _line(self, name: str, node: Node, limit: int) -> str:
        if not isinstance(node.value, str):
            self.fail(
                name, f"`{self.prefix}{name}` must be a text", "put it between quotes", said=field_words.no_text(name)
            )
        text = re.sub(r"[ \t\n]+", " ", clean(node.value, self.where(name))).strip()
        if len(text) > limit:
            self.fail(
                name,
                f"`{self.prefix}{name}` is longer than {limit} characters",
                "shorten it",
                said=field_words.too_long(name, limit),
            )
        return text

    def _known(self, name: str, text: str, kind: type[_Word]) -> _Word:
        try:
            return kind(text)
        except ValueError:
            self.fail(
                name,
                f"`{text}` is unknown",
                nearest(text, [word.value for word in kind]),
                said=field_words.unknown(text, name),
            )

    def _source(self, name: str, text: str) -> str:
        inside = re.fullmatch(r"[^\s:\\/][^:\\]*", text) and ".." not in text.split("/")
        if not inside and not is_url(text, ("https",)):
            self.fail(
                name,
                f"`{text[:80]}` is no picture",
                "name a file such as images/x.jpg, or an https address",
                said=field_words.no_picture(text[:80]),
            )
        return text

    def _moment(self, name: str, text: str) -> tuple[datetime, bool]:
        only_day = bool(_DAY.match(text))
        try:
            if not only_day and not _MOMENT.match(text):
                raise ValueError(text)
            given = datetime.fromisoformat(re.sub(r" (?=[Z+-])", "", text))
        except ValueError:
            self.fail(
                name, f"`{text}` is no date", "write 2026-11-24, or 2026-11-24 09:30", said=field_words.no_date(text)
            )
        if given.year not in _YEARS:
            self.fail(name, f"the year {given.year} is out of range", "fix it", said=field_words.no_year(given.year))
        if given.tzinfo is not None:
            return given.astimezone(PARIS), False
        local = given.replace(tzinfo=PARIS)
        if local.astimezone(UTC).astimezone(PARIS).replace(tzinfo=None) != given:
            self.fail(
                name,
                f"`{text}` does not exist",
                "clocks go forward in that hour: take the next one",
                said=field_words.no_hour(),
            )
        return local, only_day
