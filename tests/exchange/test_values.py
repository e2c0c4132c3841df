"""Dates, yes and no, statuses, and the compact set of keys."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.exchange.consent_words import word_standing
from newsletter.exchange.keyset import KeySet
from newsletter.exchange.reading import read_columns
from newsletter.exchange.records import Record
from newsletter.exchange.row_judge import RowJudge
from newsletter.exchange.values import clean, fold, iso_date


@pytest.mark.parametrize(
    ("written", "iso"),
    [
        ("2024-03-12", "2024-03-12"),
        ("2024-03-12 10:22:05", "2024-03-12T10:22:05"),
        ("2024-03-12T10:22:05Z", "2024-03-12T10:22:05+00:00"),
        ("12/03/2024", "2024-03-12"),
        ("12/03/2024 10:22", "2024-03-12T10:22:00"),
        ("12/03/2024 9h05", "2024-03-12T09:05:00"),
        ("1/2/24", "2024-02-01"),
        ("12-03-2024", "2024-03-12"),
        ("12.03.2024", "2024-03-12"),
        ("2024/03/12", "2024-03-12"),
        ("03/25/2024", "2024-03-25"),
        ("12 mars 2024", "2024-03-12"),
        ("mardi 1er août 2023", "2023-08-01"),
        ("3 févr. 2024", "2024-02-03"),
        ("14 juillet 2024", "2024-07-14"),
        ("32/01/2024", ""),
        ("12/13/2024 99:99", ""),
        ("hier", ""),
        ("", ""),
        ("0000-00-00 00:00:00", ""),
    ],
)
def test_dates_of_other_tools_become_iso_dates_or_nothing(written, iso):
    assert iso_date(written) == iso


@given(st.text(max_size=30))
def test_no_text_makes_the_date_reader_fail(text):
    iso_date(text)


@pytest.mark.parametrize(
    ("word", "meaning"),
    [
        ("", ""),
        ("Abonné", ""),
        ("ABONNÉE", ""),
        ("subscribed", ""),
        ("Actif·ve", ""),
        ("Soft bounce", ""),
        ("Inscrit(e)", ""),
        ("Unsubscribed", "left"),
        ("désabonné.e", "left"),
        ("Désinscrits", "left"),
        ("Non abonné", "left"),
        ("blocked", "left"),
        ("blacklisté", "left"),
        ("Liste noire", "left"),
        ("opted-out", "left"),
        ("cleaned", "bounced"),
        ("Hard bounce", "bounced"),
        ("NPAI", "bounced"),
        ("adresse invalide", "bounced"),
        ("invalide", "bounced"),
        ("complained", "complained"),
        ("Plainte", "complained"),
        ("spam", "complained"),
        ("pending", "pending"),
        ("à confirmer", "pending"),
    ],
)
def test_a_status_means_the_same_in_french_and_english(word, meaning):
    assert word_standing(word) == meaning


@pytest.mark.parametrize(
    ("header", "value", "meaning"),
    [
        ("Désabonné", "oui", "left"),
        ("Désabonné", "non", ""),
        ("Désabonné", "", ""),
        ("Désabonné", "12/03/2024", "left"),
        ("EMAIL_BLACKLISTED", "TRUE", "left"),
        ("UNSUB_TIME", "0", ""),
        ("CLEAN_TIME", "2024-01-01", "bounced"),
        ("Plainte", "x", "complained"),
        ("Opt-in", "non", "left"),
        ("Opt-in", "oui", ""),
        ("Abonné", "", ""),
    ],
)
def test_a_flag_column_says_whether_a_person_may_be_mailed(header, value, meaning):
    reading = read_columns([header], ["column"], [Record(2, [value])])
    assert RowJudge(reading).judge([value]).standing == meaning


@pytest.mark.parametrize(
    ("text", "folded"),
    [("Prénom", "prenom"), ("E-Mail ", "e mail"), ("N° SIREN", "n siren"), ("ŒUVRE_d’Été", "oeuvre d ete"), ("", "")],
)
def test_headers_are_compared_without_accents_capitals_or_signs(text, folded):
    assert fold(text) == folded


def test_cleaning_leaves_one_line_of_visible_text():
    assert clean(" Zoé\u00a0\r\nBlanc\0\u202e ") == "Zoé Blanc"
    assert clean("👩‍🌾") == "👩‍🌾"


@given(st.lists(st.text(max_size=6), max_size=200))
def test_the_key_set_answers_as_a_set_does(keys):
    compact, plain = KeySet(), set()
    for key in keys:
        assert compact.add(key) == (key not in plain)
        plain.add(key)
    assert len(compact) == len(plain)
    assert all(key in compact for key in keys)
    assert "never added" not in compact


def test_the_key_set_grows_without_forgetting():
    compact = KeySet()
    assert all(compact.add(f"p{n}@ville.fr") for n in range(20_000))
    assert not any(compact.add(f"p{n}@ville.fr") for n in range(20_000))
