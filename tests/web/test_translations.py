"""English beside the French: every sentence a reader may see has one, with the same places to fill."""

from __future__ import annotations

import string

import pytest

from newsletter import i18n
from tests.translations import catalogue, sentences


@pytest.fixture(scope="module")
def english():
    """The English forms by French sentence; only what is translated."""
    found = {}
    for message in catalogue():
        if message.id and message.string:
            plural = not isinstance(message.id, str)
            found[message.id[0] if plural else message.id] = message.string if plural else (message.string,)
    return {french: forms for french, forms in found.items() if all(forms)}


def _fields(text: str) -> set[str]:
    return {name for _text, name, _spec, _conversion in string.Formatter().parse(text) if name}


def _key(message):
    return message if isinstance(message, str) else message[0]


def test_every_sentence_of_the_public_pages_has_its_english(english):
    missing = [f"{path}:{line}: {_key(m)}" for m, path, line in sentences() if _key(m) not in english]
    assert missing == [], "run `python -m tests.translations`, then write the English in newsletter/locales/en.po"


def test_a_translation_fills_the_same_places(english):
    for message, path, line in sentences():
        for form in english.get(_key(message), ()):
            assert _fields(form) == _fields(_key(message)), f"{path}:{line}"


@pytest.mark.parametrize(("lang", "n", "words"), [("fr", 0, "0 jour"), ("fr", 2, "2 jours"), ("en", 0, "0 days"),
                                                  ("en", 1, "1 day")])  # fmt: skip
def test_plurals_follow_the_language(lang, n, words):
    with i18n.speaking(lang):
        assert i18n.ngettext("{n} jour", "{n} jours", n).format(n=n) == words
