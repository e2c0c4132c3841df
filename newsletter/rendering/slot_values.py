"""The values of one recipient: checked for the header or body that each goes to, and encoded for its place."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from newsletter.errors import MessageError
from newsletter.rendering import headers, quoted

Context = Literal["header", "text", "html"]

_ESCAPED = re.compile("[&<>\"']")


@dataclass(frozen=True, slots=True)
class SlotValues:
    """The values of one recipient.

    `to` is the bare address to write to, `email` the address as printed in the letter; `message_id` has its angle
    brackets; `date` is an RFC 5322 text; `unsub` (one-click, https), `web`, `prefs` and `propose` are web addresses.
    """

    to: str
    message_id: str
    date: str
    unsub: str
    web: str = ""
    prefs: str = ""
    propose: str = ""
    email: str = ""


_CHECKS: Mapping[str, Callable[[str, str], str]] = {
    "to": lambda value, _name: headers.address(value, "To"),
    "date": lambda value, _name: headers.dated(value),
    "message-id": lambda value, _name: headers.identifier(value, "Message-ID"),
    "unsub": lambda value, _name: headers.one_click(value, "List-Unsubscribe"),
    "email": headers.clean,
    "web": headers.uri,
    "prefs": headers.uri,
    "propose": headers.uri,
}


def checked_value(values: SlotValues, name: str) -> str:
    value: str = getattr(values, name.replace("-", "_"))
    if not value:
        raise MessageError(f"the letter has a slot `{name}` and this recipient no value for it", where=name)
    return _CHECKS[name](value, name)


def encode_values(values: SlotValues, places: Sequence[tuple[Context, str]]) -> dict[tuple[Context, str], bytes]:
    """Return each value of `places` (a context and a slot's name) encoded for that place, checked first.

    Raises MessageError naming the slot whose value cannot be used.
    """
    checked: dict[str, str] = {}
    bodies: dict[str, bytes] = {}  # a value without a sign that HTML escapes is the same in both bodies
    found: dict[tuple[Context, str], bytes] = {}
    for place in places:
        context, name = place
        value = checked.get(name)
        if value is None:
            value = checked[name] = checked_value(values, name)
        if context == "header":
            found[place] = value.encode("ascii")
        elif context == "html" and _ESCAPED.search(value):
            found[place] = quoted.value(html.escape(value))
        else:
            coded = bodies.get(name)
            if coded is None:
                coded = bodies[name] = quoted.value(value)
            found[place] = coded
    return found
