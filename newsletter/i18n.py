"""Words for readers and users: French in the code, English from a gettext catalogue.

The French sentence is its own message id, so French needs no catalogue; `locales/en.po` holds the English beside it.
The locale is a context variable, French unless something else is set: by the web for the length of a request, by what
prints a letter or a report for its own language.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path

from babel.messages.pofile import read_po

LOCALES = ("fr", "en")
_locale: ContextVar[str] = ContextVar("locale", default="fr")


@cache
def _catalogue(locale: str) -> dict[str, str | tuple[str, ...]]:
    path = Path(__file__).parent / "locales" / f"{locale}.po"
    if not path.exists():
        return {}
    with path.open("rb") as file:
        catalogue = read_po(file, locale=locale)
    found: dict[str, str | tuple[str, ...]] = {}
    for message in catalogue:
        if message.id and message.string and not message.fuzzy:
            key = message.id if isinstance(message.id, str) else message.id[0]
            text = message.string
            found[key] = text if isinstance(text, str) else tuple(text)
    return found


def _(text: str) -> str:
    """Return `text` (a French sentence) in the current locale."""
    found = _catalogue(_locale.get()).get(text, text)
    return found if isinstance(found, str) else found[0]


def ngettext(one: str, many: str, n: float) -> str:
    """Return the singular or plural form for `n`: French counts all below 2 as singular, English only 1."""
    found = _catalogue(_locale.get()).get(one)
    if isinstance(found, tuple) and len(found) > 1:
        return found[0] if n == 1 else found[1]
    return one if n < 2 else many


class Sentence:
    """A French sentence with values for its `{places}`, put into words only when it is read, in the language of then.

    An error is often kept (an unreadable file is shown to every user), so its words must not be those of who met it
    first. A value may be a Sentence too.
    """

    def __init__(self, french: str, /, **values: object) -> None:
        self.french, self.values = french, values

    def __str__(self) -> str:
        return _(self.french).format(**self.values)


def locale() -> str:
    """Return the current locale, `fr` or `en`."""
    return _locale.get()


@contextmanager
def speaking(name: str) -> Iterator[None]:
    """Use the locale `name` within the block; an unknown one means French."""
    token = _locale.set(name if name in LOCALES else "fr")
    try:
        yield
    finally:
        _locale.reset(token)
