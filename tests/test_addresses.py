"""Addresses: what is one, which two are the same, and which deserve a second look."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.addresses import mask, parse_address, parse_mailbox, suggest, suspect, wire_address
from newsletter.errors import AddressError


@pytest.mark.parametrize(
    "text",
    [
        "a@ville.fr",
        "Jeanne.Dupont+lettre@Ville-de-Lille.FR",
        "o'brien@ville.fr",
        "jérôme@ville.fr",
        "mairie@besançon.fr",
        "a@xn--besanon-yxa.fr",
        "a@ville--neuve.fr",
        "a@ville.example",
        "a@ville.test",
        "x" * 64 + "@ville.fr",
        "a@пример.рф",
    ],
)
def test_an_address_is_stored_as_it_was_given(text):
    assert parse_address(text).text == text


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "vide"),
        (" \t ", "vide"),
        ("zoe", "arobase"),
        ("a@ville", "point"),
        ("a@localhost", "point"),
        ("a@mairie.local", ""),
        ("a@poste.lan", ""),
        ("a@[127.0.0.1]", "IP"),
        ("a@127.0.0.1", "IP"),
        ("a@ville.f", ""),
        ("a@ville.123", ""),
        ("a@@ville.fr", "arobases"),
        ("a@b@ville.fr", "arobases"),
        ("a@ville.fr, b@ville.fr", "plusieurs adresses"),
        ("a@ville.fr b@ville.fr", "plusieurs adresses"),
        ("a@ville.fr;b@ville.fr", "plusieurs adresses"),
        ("Zoé <a@ville.fr>", "un nom"),
        ('"a b"@ville.fr', "guillemets"),
        ("a(x)@ville.fr", "parenthèses"),
        ("a b@ville.fr", "espace"),
        ("a@ville .fr", "espace"),
        ("a@ville,fr", "virgule"),
        ("-oX@ville.fr", "commence"),
        ("=cmd@ville.fr", "commence"),
        ("{{7*7}}@ville.fr", "réservé"),
        ("${7*7}@ville.fr", "réservé"),
        ("%%x%%@ville.fr", "réservé"),
        ("*|x|*@ville.fr", "réservé"),
        ("<%= x %>@ville.fr", ""),
        (".a@ville.fr", "point"),
        ("a.@ville.fr", "point"),
        ("a..b@ville.fr", "point"),
        ("a@.ville.fr", "point"),
        ("a@ville.fr.", "point"),
        ("a@-ville.fr", ""),
        ("a@ville-.fr", ""),
        ("a@vil_le.fr", ""),
        ("a@" + "v" * 64 + ".fr", ""),
        ("x" * 65 + "@ville.fr", ""),
        ("é" * 33 + "@ville.fr", ""),
        ("x" * 64 + "@" + ".".join(["v" * 60] * 3) + ".ville.fr", ""),
        ("a＠ville.fr", "arobase"),
        ("a@ville.fr\nBcc: b@ville.fr", "contrôle"),
        ("a\0@ville.fr", "contrôle"),
        ("a\u2028@ville.fr", "contrôle"),
        ("a\u202eb@ville.fr", ""),
        ("@" * 100_000, ""),
    ],
)
def test_what_is_no_single_address_is_refused_with_a_french_sentence(text, sentence):
    with pytest.raises(AddressError) as refusal:
        parse_address(text)
    assert sentence in refusal.value.what


@pytest.mark.parametrize(
    "text",
    [
        "  a@ville.fr\r\n",
        "\u00a0a@ville.fr",
        "\ufeffa@ville.fr",
        "a@\u200bville.fr",
        "mailto:a@ville.fr",
        "MAILTO:a@ville.fr?subject=x",
    ],
)
def test_what_copying_and_pasting_leaves_is_taken_off(text):
    assert parse_address(text).text == "a@ville.fr"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Mike@Ville.fr", "mike@ville.FR"),
        ("a@bücher.de", "a@xn--bcher-kva.de"),
        ("a@BÜCHER.de", "A@bücher.DE"),
        ("jérôme@ville.fr", "je\u0301ro\u0302me@ville.fr"),
        ("a@besançon.fr", "a@besanc\u0327on.fr"),
        ("mike@ville.fr", "mi\u212ae@ville.fr"),  # the Kelvin sign IS the letter K in NFC
    ],
)
def test_two_spellings_of_one_address_have_one_key(one, other):
    assert parse_address(one).key == parse_address(other).key


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("mike@ville.fr", "mıke@ville.fr"),
        ("mike@ville.fr", "ＭＩＫＥ@ville.fr"),
        ("x+a@ville.fr", "x@ville.fr"),
        ("x.a@gmail.com", "xa@gmail.com"),
        ("a@ville.fr", "a@vіlle.fr"),
        ("a@faß.de", "a@fass.de"),
        ("É@ville.fr", "é@ville.fr"),
    ],
)
def test_two_addresses_that_only_look_alike_stay_two(one, other):
    assert parse_address(one).key != parse_address(other).key


def test_the_envelope_gets_the_domain_in_ascii():
    assert parse_address("Jean@Besançon.fr").wire == "Jean@xn--besanon-yxa.fr"


@pytest.mark.parametrize(
    ("text", "name", "address"),
    [
        ("Jeanne <j@ville.fr>", "Jeanne", "j@ville.fr"),
        ('"Dupont, Jeanne" <j@ville.fr>', "Dupont, Jeanne", "j@ville.fr"),
        ("<j@ville.fr>", "", "j@ville.fr"),
        ("j@ville.fr <J@ville.fr>", "", "J@ville.fr"),
        ("j@ville.fr", "", "j@ville.fr"),
    ],
)
def test_a_mailbox_gives_its_name_and_its_address(text, name, address):
    found, parsed = parse_mailbox(text)
    assert (found, parsed.text) == (name, address)


@pytest.mark.parametrize(
    "text",
    [
        "legit@a.fr <autre@b.fr>",
        "alice@a.fr(<bob@b.fr>",
        "Zoé <a@ville.fr> <b@ville.fr>",
        "Zoé <>",
        "a@ville.fr, Zoé <b@ville.fr>",
    ],
)
def test_a_mailbox_that_shows_another_address_is_refused(text):
    with pytest.raises(AddressError):
        parse_mailbox(text)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("a@gmial.com", "a@gmail.com"),
        ("a@gmail.con", "a@gmail.com"),
        ("a@gmail.fr", "a@gmail.com"),
        ("a@gmal.con", "a@gmail.com"),
        ("a@hotmial.fr", "a@hotmail.fr"),
        ("a@orange.frr", "a@orange.fr"),
        ("a@ornage.fr", "a@orange.fr"),
        ("a@wanado.fr", "a@wanadoo.fr"),
        ("a@laposte.fr", "a@laposte.net"),
        ("A.B@ville.frr", "A.B@ville.fr"),
        ("a@mairie.ogr", "a@mairie.org"),
    ],
)
def test_a_slip_of_the_keyboard_is_noticed_and_put_right(text, meant):
    assert suggest(parse_address(text)) == meant
    assert meant in (suspect(parse_address(text)) or "")


@pytest.mark.parametrize("domain", ["vіlle.fr", "раураl.com", "аррӏе.com", "exаmple.org", "ſfr.fr", "ρτες.fr"])
def test_a_domain_in_borrowed_letters_is_for_a_human(domain):
    assert "alphabets" in (suspect(parse_address(f"a@{domain}")) or "")


@pytest.mark.parametrize(
    "text",
    [
        "a@gmail.com",
        "a@hotmail.fr",
        "a@yahoo.fr",
        "a@orange.fr",
        "a@free.fr",
        "a@sfr.fr",
        "a@mail.com",
        "a@email.com",
        "a@ymail.com",
        "a@laposte.net",
        "a@ville.example",
        "a@example.org",
        "a@ville-orange.fr",
        "a@besançon.fr",
        "a@œuvre.fr",
        "jérôme@ville.fr",
        "a@пример.рф",
        "a@numericable.fr",
        "a@rtes.fr",
    ],
)
def test_an_ordinary_address_is_not_suspected(text):
    assert suspect(parse_address(text)) is None


@pytest.mark.parametrize(
    ("text", "shown"),
    [("marie@ville.fr", "m…e@ville.fr"), ("abc@ville.fr", "a…@ville.fr"), ("a@ville.fr", "…@ville.fr")],
)
def test_screens_and_logs_show_only_the_ends(text, shown):
    assert mask(parse_address(text)) == shown


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=40) | st.text('aé@.-_ <>",\n\0{}\u200b', max_size=20) | st.emails())
def test_what_is_accepted_is_one_clean_line_that_parses_to_itself(text):
    try:
        address = parse_address(text)
    except AddressError as refusal:
        assert refusal.what
        return
    assert address.text.isprintable()
    assert " " not in address.text
    assert address.text.count("@") == 1
    assert address.domain.isascii()
    assert parse_address(address.text) == address
    assert parse_address(address.wire).key == address.key


@given(st.text(max_size=20) | st.from_regex(r"[a-zA-Z0-9._+-]{1,9}@[a-zA-Z0-9.-]{1,9}\.[a-zA-Z]{2,4}", fullmatch=True))
def test_the_quick_way_to_an_envelope_gives_what_the_whole_one_does(text):
    try:
        expected = parse_address(text).wire
    except AddressError:
        with pytest.raises(AddressError):
            wire_address(text)
        return
    assert wire_address(text) == expected
