"""Searching and sorting as people read: capitals, accents, ligatures, apostrophes and hyphens make no difference."""

from __future__ import annotations

import random
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.folding import composed_path, matches, search_key, sort_key, text_key


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("Lefèvre-Saint-Étienne", "lefevre saint etienne"),
        ("Benoît Œuvrard", "benoit oeuvrard"),
        ("Chloé D’Arcy", "chloe d arcy"),
        ("D'ARCY", "d arcy"),
        ("Hélène Çelik", "helene celik"),
        ("He\u0301le\u0300ne", "helene"),
        ("Œuvre & cœur, ex æquo", "oeuvre coeur ex aequo"),
        ("Straße", "strasse"),
        ("  L’eau\u202f:\u00a0un bien\n", "l eau un bien"),
        ("", ""),
    ],
)
def test_a_text_is_folded_for_a_search(text, key):
    assert search_key(text) == key


@pytest.mark.parametrize("sought", ["helene", "HÉLÈNE", "celik hel", "çelik", "d'arcy", "d’arcy", "oeuvre", "Œuvre"])
def test_every_spelling_finds(sought):
    assert matches("Hélène Çelik, D’Arcy, Œuvre", sought)


def test_what_is_not_there_is_not_found():
    assert not matches("Hélène Çelik", "helena")


@given(st.text(max_size=60))
def test_the_exact_spelling_always_finds_and_folding_is_stable(text):
    assert matches(text, text)
    assert search_key(search_key(text)) == search_key(text)


def test_french_names_are_sorted_as_a_dictionary_sorts_them():
    names = ["Agde", "Âgé", "Albi", "Épinal", "Espelette", "Évreux", "Œting", "Ostheim", "Zuydcoote"]
    shuffled = random.Random(1).sample(names, len(names))
    assert sorted(shuffled, key=sort_key) == names
    assert sorted(["côté", "cote", "coté", "côte"], key=sort_key) == ["cote", "côte", "coté", "côté"]


def test_two_compositions_of_a_name_are_one_key():
    assert text_key("Re\u0301seau  x") == text_key("Réseau x")


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_a_file_is_found_whatever_the_composition_of_its_name(tmp_path, form):
    stored = tmp_path / unicodedata.normalize(form, "été") / unicodedata.normalize(form, "réunion.jpg")
    stored.parent.mkdir()
    stored.write_bytes(b"x")
    for asked in ("NFC", "NFD"):
        assert composed_path(tmp_path, unicodedata.normalize(asked, "été/réunion.jpg")).read_bytes() == b"x"
    assert not composed_path(tmp_path, "été/autre.jpg").exists()
