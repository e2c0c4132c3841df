"""What is pasted from other programs is cleaned, never refused for what nobody can see."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.pasted import clean_pasted


@pytest.mark.parametrize(
    ("pasted", "kept"),
    [
        ("Première ligne\x0bdeuxième", "Première ligne\ndeuxième"),
        ("Première\u2028deuxième\u2029", "Première\ndeuxième\n"),
        ("\ufeffTexte collé", "Texte collé"),
        ("Bonjour \u2068Anna\u2069, merci", "Bonjour Anna, merci"),
        ("l\x92économie \x93sociale\x94 \x96 5 \x80\x85", "l’économie “sociale” – 5 €…"),
        ("Titre\x03 collé\0", "Titre collé"),
        ("a\u202eb", "ab"),
        ("Déjà\u00a0propre\u202f!\tOui\r\n👩‍🌾", "Déjà\u00a0propre\u202f!\tOui\r\n👩‍🌾"),
    ],
)
def test_invisible_characters_become_what_they_meant_or_go(pasted, kept):
    assert clean_pasted(pasted) == kept


@given(st.text())
def test_cleaning_twice_changes_nothing_more(text):
    assert clean_pasted(clean_pasted(text)) == clean_pasted(text)
