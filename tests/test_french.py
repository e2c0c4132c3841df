from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter import i18n
from newsletter.french import (
    day_words,
    event_words,
    month_words,
    number_words,
    plain,
    share_words,
    slugify,
    typography,
    until_words,
)
from newsletter.model import EventTime

PARIS = ZoneInfo("Europe/Paris")
N, B, J = "\u202f", "\u00a0", "\u2060"

typed = st.text(
    alphabet=st.sampled_from("aelu es nxEÉé.;:!?«»'\"0123456789h€°-@/()&#,\n\u00a0\u202f\u2060"), max_size=60
)


def at(*when: int) -> datetime:
    return datetime(*when, tzinfo=PARIS)  # type: ignore[misc, arg-type] # a date in pieces


@pytest.mark.parametrize(
    ("written", "printed"),
    [
        ("Vraiment ? Oui ! Bien ; suite", f"Vraiment{N}? Oui{N}! Bien{N}; suite"),
        ("Vraiment? Oui!", f"Vraiment{N}? Oui{N}!"),
        ("Quoi ?!", f"Quoi{N}?!"),
        ("LILLE : un tiers-lieu", f"LILLE{B}: un tiers-lieu"),
        ("Au programme:", f"Au programme{B}:"),
        ("«ESS» et « RTES »", f"«{N}ESS{N}» et «{N}RTES{N}»"),
        ("l'ESS d'aujourd'hui, l'« été »", f"l’ESS d’aujourd’hui, l’«{N}été{N}»"),
        ("14 h, 9 h 30", f"14{B}h, 9{B}h{B}30"),
        ("6 540 abonnés, 1 250 000 €", f"6{N}540 abonnés, 1{N}250{N}000{B}€"),
        ("n° 142 et n°143", f"n°{B}142 et n°{B}143"),
        ("50 M€ pour 20 %", f"50{B}M€ pour 20{B}%"),
        ("le 1er juillet et le 12 août", f"le 1er{B}juillet et le 12{B}août"),
        ("Mme Martin et M. Petit", f"Mme{B}Martin et M.{B}Petit"),
        ("(voir ici!)", f"(voir ici{N}!)"),
    ],
)
def test_spaces_and_apostrophes_become_those_of_print(written, printed):
    assert typography(written) == printed


@pytest.mark.parametrize(
    "text",
    [
        "https://exemple.fr/page?a=1&b=c'd;e!",
        "www.exemple.fr/l'agenda?x=1:2",
        "exemple.fr/page?id=2;x=1",
        "mailto:prenom.nom@exemple.fr?subject=l'ESS",
        "jean.d'arc+lettre@exemple.fr",
        "std::vector",
        "14:30",
        "a?b",
        "03 20 97 17 97",
        "en 2020 150 territoires",
        "&amp;",
        "",
    ],
)
def test_addresses_hours_and_figures_of_other_kinds_are_left_alone(text):
    assert typography(text) == text


def test_a_mark_behind_an_address_is_still_set_apart():
    assert typography("Écrivez à contact@exemple.fr !") == f"Écrivez à contact@exemple.fr{N}!"


@pytest.mark.parametrize(
    "word", ["élu.es", "Les participant.es.", "adhérent.es,", "citoyen.ne", "heureux.se", "chercheur.se", "créatif.ve"]
)
def test_an_inclusive_ending_is_no_longer_the_name_of_a_country(word):
    joined = typography(word)
    assert J in joined
    assert plain(joined) == word
    for country in (".es", ".ne", ".se", ".ve"):
        assert country not in joined


@pytest.mark.parametrize(
    "domain", ["amazon.es", "elpais.es", "www.participant.es", "participant.es/page", "info@participant.es", "boe.es"]
)
def test_a_real_domain_gets_no_joiner(domain):
    assert J not in typography(domain)


@given(typed)
@settings(max_examples=400)
def test_typography_twice_is_typography_once(text):
    once = typography(text)
    assert typography(once) == once


@given(typed)
@settings(max_examples=300)
def test_typography_changes_spaces_and_apostrophes_only(text):
    def letters(value: str) -> str:
        return "".join(c for c in value.replace("’", "'") if c not in f" {N}{B}{J}")

    assert letters(typography(text)) == letters(text)


@given(st.text(max_size=80))
def test_plain_text_holds_no_mark_that_old_clients_show_as_boxes(text):
    assert not set(plain(typography(text))) & {N, J}


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (EventTime(at(2025, 4, 24, 9), at(2025, 4, 24, 17)), "Jeudi 24 avril 2025 de 9h à 17h"),
        (EventTime(at(2025, 4, 24, 9, 30), at(2025, 4, 24, 17, 5)), "Jeudi 24 avril 2025 de 9h30 à 17h05"),
        (EventTime(at(2025, 9, 30, 17)), "Mardi 30 septembre 2025 à 17h"),
        (EventTime(at(2025, 7, 1), all_day=True), "Mardi 1er juillet 2025"),
        (EventTime(at(2025, 7, 1), at(2025, 7, 1), all_day=True), "Mardi 1er juillet 2025"),
        (EventTime(at(2025, 9, 29), at(2025, 10, 5), all_day=True), "Du 29 septembre au 5 octobre 2025"),
        (EventTime(at(2025, 9, 15), at(2025, 9, 16), all_day=True), "15 et 16 septembre 2025"),
        (EventTime(at(2025, 9, 30), at(2025, 10, 1), all_day=True), "30 septembre et 1er octobre 2025"),
        (EventTime(at(2025, 9, 15), at(2025, 9, 18), all_day=True), "Du 15 au 18 septembre 2025"),
        (EventTime(at(2025, 12, 30), at(2026, 1, 2), all_day=True), "Du 30 décembre 2025 au 2 janvier 2026"),
        (EventTime(at(2025, 9, 15, 14), at(2025, 9, 16, 12)), "15 et 16 septembre 2025, à partir de 14h"),
        (EventTime(at(2025, 9, 5, 20), at(2025, 9, 6, 2)), "Vendredi 5 septembre 2025 de 20h à 2h"),
    ],
)
def test_an_event_is_told_as_an_agenda_tells_it(event, words):
    assert event_words(event) == words


def test_the_current_year_may_go_without_saying():
    event = EventTime(at(2025, 9, 30, 17))
    assert event_words(event, date(2025, 9, 1)) == "Mardi 30 septembre à 17h"
    assert event_words(event, date(2024, 9, 1)) == "Mardi 30 septembre 2025 à 17h"


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (EventTime(start=at(2025, 4, 24, 9), end=at(2025, 4, 24, 17)), "Thursday 24 April 2025 from 9:00 to 17:00"),
        (EventTime(start=at(2025, 7, 1), all_day=True), "Tuesday 1 July 2025"),
        (EventTime(start=at(2026, 9, 30, 17, 5)), "Wednesday 30 September 2026 at 17:05"),
        (
            EventTime(start=at(2025, 9, 29), end=at(2025, 10, 5), all_day=True),
            "From 29 September to 5 October 2025",
        ),
    ],
)
def test_an_event_is_told_in_english_to_whom_reads_english(event, words):
    with i18n.speaking("en"):
        assert event_words(event) == words


def test_numbers_and_shares_follow_the_language():
    assert (number_words(6540), share_words(0.987)) == (f"6{N}540", f"98,7{B}%")
    with i18n.speaking("en"):
        assert (number_words(6540), share_words(0.987)) == ("6,540", "98.7%")


@pytest.mark.parametrize(
    ("deadline", "words"),
    [
        (at(2026, 12, 12, 23, 59), "jusqu'au 12 décembre 2026"),
        (at(2026, 12, 1, 12), "jusqu'au 1er décembre 2026 à 12h"),
    ],
)
def test_a_deadline_tells_its_hour_only_if_it_has_one(deadline, words):
    assert until_words(deadline) == words


def test_days_months_and_numbers_in_words():
    assert day_words(date(2026, 11, 3)) == "mardi 3 novembre 2026"
    assert month_words(date(2026, 11, 3)) == "novembre 2026"
    assert [number_words(n) for n in (0.5, 25.0, 1234.5)] == ["0,5", "25", f"1{N}234,5"]
    assert [number_words(n) for n in (142, 6540, 1250000)] == ["142", f"6{N}540", f"1{N}250{N}000"]


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("L’élu·e : cœur d'ESS", "l-elu-e-coeur-d-ess"),
        ("« Été » à Saint-Étienne !", "ete-a-saint-etienne"),
        ("😀", "sans-titre"),
        ("mot " * 30, "mot-mot-mot-mot-mot-mot-mot-mot-mot-mot-mot-mot-mot-mot-mot-mot-mot"),
    ],
)
def test_a_title_becomes_a_file_name(text, slug):
    assert slugify(text) == slug


@given(st.text(max_size=200))
def test_a_slug_is_safe_in_a_path_and_its_own_slug(text):
    slug = slugify(text)
    assert set(slug) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert 0 < len(slug) <= 70
    assert slugify(slug) == slug
