"""YAML events to nodes: scalars as text, every node with its line, none of YAML's surprising features."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from newsletter.errors import ContentError
from newsletter.i18n import Sentence

MAX_DEPTH = 8

Value: TypeAlias = "str | list[Node] | dict[str, Node] | None"


@dataclass(frozen=True, slots=True)
class Node:
    """A value of the front matter with its 1-based line in the file."""

    value: Value
    line: int


def read_nodes(head: str, name: str) -> Node:
    """Return the node of a front matter; ContentError names the file `name` and the line of what is not allowed."""
    try:
        return _build(YAML(typ="safe", pure=True).parse(head), name)
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 2 if error.problem_mark else 1
        raise ContentError(
            f"the front matter is no valid YAML: {error.problem}",
            where=f"{name}:{line}",
            hint='put the value between quotes "..." if it holds `: `, `#` or quotes',
            said=Sentence(
                "Cette ligne n’est pas lisible. Si une valeur contient un deux-points, un # ou des guillemets, "
                "mettez-la entre guillemets droits."
            ),
        ) from None
    except YAMLError as error:
        raise ContentError(
            f"the front matter is no valid YAML: {error}",
            where=f"{name}:1",
            hint="correct this line",
            said=Sentence(
                "Cette ligne n’est pas lisible. Si une valeur contient un deux-points, un # ou des guillemets, "
                "mettez-la entre guillemets droits."
            ),
        ) from None


def _build(events: Iterable[Any], name: str) -> Node:
    """Make nodes from YAML events; the open lists and mappings are on a stack, so depth costs no recursion."""
    top = Node([], 1)
    stack: list[Node] = [top]
    keys: list[Node | None] = [None]
    for event in events:
        if isinstance(event, MappingEndEvent | SequenceEndEvent):
            stack.pop()
            keys.pop()
        elif isinstance(event, NodeEvent):
            node = _node(event, name)
            keys[-1] = _attach(stack[-1], keys[-1], node, name)
            if not isinstance(event, ScalarEvent):
                stack.append(node)
                keys.append(None)
                if len(stack) > MAX_DEPTH:
                    raise ContentError(
                        "the front matter is nested too deeply",
                        where=f"{name}:{node.line}",
                        hint="flatten it",
                        said=Sentence("Les champs sont emboîtés trop profondément. Simplifiez-les."),
                    )
    assert isinstance(top.value, list)
    return top.value[0] if top.value else Node(None, 1)


def _node(event: NodeEvent, name: str) -> Node:
    line = event.start_mark.line + 2
    if isinstance(event, AliasEvent) or event.anchor or getattr(event, "tag", None):
        raise ContentError(
            "anchors, aliases and tags are not allowed",
            where=f"{name}:{line}",
            hint="put the value between quotes",
            said=Sentence("Une valeur commence par un signe réservé (&, * ou !). Mettez-la entre guillemets droits."),
        )
    if isinstance(event, MappingStartEvent):
        return Node({}, line)
    if isinstance(event, SequenceStartEvent):
        return Node([], line)
    assert isinstance(event, ScalarEvent)
    null = event.style is None and event.value in ("", "~", "null", "Null", "NULL")
    return Node(None if null else str(event.value), line)


def _attach(parent: Node, key: Node | None, node: Node, name: str) -> Node | None:
    """Put `node` into `parent`; return the key that waits for its value, if `node` is one."""
    if isinstance(parent.value, list):
        parent.value.append(node)
        return None
    assert isinstance(parent.value, dict)
    if key is None:
        if not isinstance(node.value, str) or node.value == "<<":
            raise ContentError(
                "a field's name must be a word",
                where=f"{name}:{node.line}",
                hint="correct this line",
                said=Sentence("Le nom d’un champ doit être un mot. Corrigez cette ligne."),
            )
        if node.value in parent.value:
            raise ContentError(
                f"`{node.value}` is given twice",
                where=f"{name}:{node.line}",
                hint="keep one of them",
                said=Sentence("Le champ « {name} » est donné deux fois. Gardez-en un.", name=node.value),
            )
        return node
    assert isinstance(key.value, str)
    parent.value[key.value] = Node(node.value, key.line)
    return None
