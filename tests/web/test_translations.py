"""English beside the French: every sentence of the product has one, with the same places to fill."""

from __future__ import annotations

import re
import string
from collections import Counter

import pytest

from newsletter import i18n
from tests.translations import catalogue, sentences

MARKUP = re.compile(r"&#?\w+;|<[^>]*>")


def _forms(message) -> tuple[str, ...]:
    return (message,) if isinstance(message, str) else tuple(message)


@pytest.fixture(scope="module")
def english():
    """The English forms by French sentence (a plural by its singular); only what is translated and not doubtful."""
    found = {_forms(m.id)[0]: _forms(m.string) for m in catalogue() if m.id and m.string and not m.fuzzy}
    return {french: forms for french, forms in found.items() if all(forms)}


def places(text):
    """What a translation must keep: the places to fill, each as often and in the same format, entities and tags."""
    fields = [(name, spec, how) for _text, name, spec, how in string.Formatter().parse(text) if name is not None]
    return Counter([*fields, *MARKUP.findall(text)])


def test_every_sentence_of_the_product_has_its_english(english):
    missing = [
        f"{path}:{line}: {m}" for m, path, line in sentences() if len(english.get(_forms(m)[0], ())) < len(_forms(m))
    ]
    assert missing == [], "run `python -m tests.translations`, then write the English in newsletter/locales/en.po"


def test_a_translation_fills_the_same_places(english):
    unlike = []
    for message, path, line in sentences():
        french = _forms(message)
        for said, form in zip(french, english.get(french[0], ()), strict=False):
            if places(said) != places(form):
                unlike.append(f"{path}:{line}: {said} -> {form}")
    assert unlike == []


@pytest.mark.parametrize(
    ("french", "wrong"),
    [
        ("{n} jours", "{m} days"),
        ("{n} jours", "days"),
        ("de {} à {}", "from {}"),
        ("{n:.1f} Ko", "{n} KB"),
        ("lu&nbsp;: {n}", "read: {n}"),
    ],
)
def test_a_place_lost_renamed_or_formatted_otherwise_is_seen(french, wrong):
    assert places(french) != places(wrong)


@pytest.mark.parametrize(
    ("lang", "n", "words"), [("fr", 0, "0 jour"), ("fr", 2, "2 jours"), ("en", 0, "0 days"), ("en", 1, "1 day")]
)
def test_plurals_follow_the_language(lang, n, words):
    with i18n.speaking(lang):
        assert i18n.ngettext("{n} jour", "{n} jours", n).format(n=n) == words
