"""Writing new values into a block of YAML so that its comments, order, quoting and unknown keys stay."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from datetime import date as day
from typing import Any, TypeAlias

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import YAMLError

from newsletter.errors import ContentError
from newsletter.i18n import Sentence

Plain: TypeAlias = "str | int | bool | day | list[Plain] | dict[str, Plain] | None"

# What identifies an element of a list: the first of these keys that its mapping has.
_NAMES = ("article", "tag", "name")
_ON_ONE_LINE = ("tags",)
_IN_PARAGRAPHS = ("summary",)
# `(tag, slug)` -> a comment beside that item; the lead's tag is empty.
Notes: TypeAlias = Mapping[tuple[str, str], str]


def block_text(name: str, value: Plain, block: str = "") -> str:
    """Return the YAML lines of field `name` with `value`, made from its present lines `block`; None removes it."""
    if value is None:
        return "".join(_closing_comments(block))
    yaml = _yaml(110 if name in _IN_PARAGRAPHS else 4096)
    try:
        data = yaml.load(block) if block else CommentedMap()
    except (YAMLError, ValueError) as error:  # ValueError: an unknown key holds the 45th of a 13th month
        raise ContentError(
            f"the field `{name}` cannot be changed: {error}",
            where=name,
            hint="correct it in the file by hand",
            said=Sentence("Le champ « {name} » ne peut pas être modifié ici. Corrigez-le dans le fichier.", name=name),
        ) from None
    data[name] = _merge(data.get(name), value)
    if name in _ON_ONE_LINE and not block:
        data[name].fa.set_flow_style()
    out = io.StringIO()
    yaml.dump(data, out)
    return out.getvalue()


def sections_text(sections: list[Plain], notes: Notes) -> str:
    """Return the YAML lines of a new issue's sections with the comments `notes` beside the items."""
    data = CommentedMap(sections=_merge(None, sections))
    for section in data["sections"]:
        for index, item in enumerate(section.get("items", ())):
            note = notes.get((section["tag"], _name(item)))
            if note:
                _annotate(section["items"], index, note)
    out = io.StringIO()
    _yaml().dump(data, out)
    return out.getvalue()


def _yaml(width: int = 4096) -> YAML:
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = width
    yaml.indent(mapping=2, sequence=4, offset=2)
    return yaml


def _merge(old: Any, new: Plain) -> Any:
    """Return `new` as a round-trip node, taking over from `old` what `new` does not contain."""
    if isinstance(new, dict):
        return _merge_mapping(old if isinstance(old, CommentedMap) else CommentedMap(), new)
    if isinstance(new, list):
        return _merge_list(old if isinstance(old, CommentedSeq) else CommentedSeq(), new)
    return old if type(old) is type(new) and old == new else new


def _merge_mapping(old: CommentedMap, new: dict[str, Plain]) -> CommentedMap:
    for key, value in new.items():
        if value is not None:
            old[key] = _merge(old.get(key), value)
        elif key in old:
            del old[key]
    return old


def _merge_list(old: CommentedSeq, new: list[Plain]) -> CommentedSeq:
    """Return the elements of `new`, each made from the element of `old` with the same name, and its comment."""
    merged = CommentedSeq()
    if old.fa.flow_style() is not None:
        merged.fa.set_flow_style() if old.fa.flow_style() else merged.fa.set_block_style()
    left = list(range(len(old)))
    for value in new:
        match = next((i for i in left if _name(old[i]) == _name(value)), None)
        before = old[match] if match is not None else None
        merged.append(_merge(before, value))
        if match is not None:
            left.remove(match)
            _carry(old, match, merged, len(merged) - 1)
    return merged


def _carry(old: CommentedSeq, index: int, merged: CommentedSeq, place: int) -> None:
    """Move the comment beside `old[index]` to `merged[place]`, also when the element changes between text and map."""
    if isinstance(merged[place], CommentedMap) is isinstance(old[index], CommentedMap):
        if index in old.ca.items:
            merged.ca.items[place] = old.ca.items[index]
        return
    tokens = _tokens(
        old[index].ca.items.values() if isinstance(old[index], CommentedMap) else [old.ca.items.get(index)]
    )
    lines = [line.strip(" #") for token in tokens for line in token.value.splitlines()]
    if any(lines):
        _annotate(merged, place, " · ".join(filter(None, lines)))


def _tokens(found: Any) -> Iterator[Any]:
    """Yield the comment tokens in ruamel's nested lists."""
    for entry in found:
        if isinstance(entry, list):
            yield from _tokens(entry)
        elif entry is not None:
            yield entry


def _annotate(items: CommentedSeq, index: int, note: str) -> None:
    text = " ".join(note.split())
    if isinstance(items[index], CommentedMap):
        items[index].yaml_add_eol_comment(text, next(iter(items[index])), column=0)
    else:
        items.yaml_add_eol_comment(text, index, column=0)


def _name(element: Any) -> str:
    if isinstance(element, dict):
        return str(next((element[key] for key in _NAMES if element.get(key)), ""))
    return str(element)


def _closing_comments(block: str) -> list[str]:
    """Return the lines at the end of `block` that are comments at the margin: they belong to the next field."""
    lines = block.splitlines(keepends=True)
    index = len(lines)
    while index and (lines[index - 1].startswith("#") or not lines[index - 1].strip()):
        index -= 1
    return lines[index:]
