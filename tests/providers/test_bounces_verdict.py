"""Status codes and words: hard is for ever, soft is for now, block is about us."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.providers.bounces.reports import addresses_in, recipient
from newsletter.providers.bounces.text import decode_bytes, decode_words, fold, from_html, one_line
from newsletter.providers.bounces.verdict import judge, precise, status_in


@pytest.mark.parametrize(
    ("status", "words", "kind"),
    [
        ("5.1.1", "", "hard"),
        ("5.1.10", "", "hard"),
        ("5.2.1", "", "hard"),
        ("5.1.1", "552 Recipient overquota", "soft"),
        ("5.2.1", "receiving mail at a rate that", "soft"),
        ("5.1.1", "rejected: spam", "block"),
        ("5.1.1", "User unknown, see our spam policy", "hard"),
        ("5.1.7", "", "block"),
        ("5.1.8", "", "block"),
        ("5.2.2", "", "soft"),
        ("5.2.3", "", "block"),
        ("5.3.4", "", "block"),
        ("5.4.1", "Recipient address rejected: Access denied", "hard"),
        ("5.4.1", "No answer from host", "soft"),
        ("5.4.4", "Host not found", "hard"),
        ("5.4.4", "unable to route", "soft"),
        ("5.6.1", "", "block"),
        ("5.7.1", "no such user", "hard"),
        ("5.7.17", "mailbox owner has changed", "hard"),
        ("4.4.7", "", "soft"),
        ("4.1.1", "user unknown", "soft"),
        ("4.7.0", "", "block"),
        ("4.7.1", "Greylisted", "soft"),
        ("4.7.0", "Temporary server error. Please try again later. PRX4", "soft"),
        ("4.7.0", "Bad reputation, try again later", "block"),
        ("5.4.1", "All recipient addresses rejected : Access denied", "hard"),
        ("5.4.4", "SMTPSEND.DNS.NonExistentDomain; nonexistent domain", "hard"),
        ("", "554 the mailbox for this user is full", "soft"),
        ("", "550 Your address is listed in our database", "block"),
        ("", "550 Sender address rejected: Domain not found", "block"),
        ("5.0.0", "", "soft"),
        ("", "", "soft"),
        ("", "550 mailbox unavailable", "hard"),
        ("", "450 utilisateur inconnu", "hard"),
        ("2.0.0", "", "success"),
    ],
)
def test_a_status_and_its_words_are_judged(status, words, kind):
    assert judge(status, words) == kind


@pytest.mark.parametrize("spelling", ["OFR_{}", "OFR004_{}", "LPN{}", "LPN007_{}", "lpn105-{}", "OUK_{}"])
@pytest.mark.parametrize(
    ("number", "kind"),
    [
        ("416", "hard"),
        ("426", "hard"),
        ("417", "soft"),
        ("505", "soft"),
        ("506", "block"),
        ("104", "block"),
        ("535", "block"),
        ("517", "block"),
        ("405", "block"),
    ],
)
def test_a_french_operator_s_code_is_surer_than_the_status(number, kind, spelling):
    assert judge("5.1.1", f"550 5.1.1 Service refuse {spelling.format(number)} [{number}]") == kind


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("550-5.1.1 gone", "5.1.1"),
        ("(#5.7.26)", "5.7.26"),
        ("from 5.1.1.9 refused", ""),
        ("192.0.2.25", ""),
        ("version 15.2.1", ""),
        ("5.9.1", ""),
        ("ends with 4.4.1.", "4.4.1"),
    ],
)
def test_a_status_is_found_and_an_ip_address_is_none(text, status):
    assert status_in(text) == status


def test_the_words_are_more_precise_than_an_empty_status():
    assert precise("5.0.0", "552 5.2.2 full") == "5.2.2"
    assert precise("5.2.1", "552 5.2.2 full") == "5.2.1"
    assert precise("", "no code") == ""


@pytest.mark.parametrize(
    ("field", "address"),
    [
        ("rfc822; a@ville.example", "a@ville.example"),
        ("RFC822;<a@ville.example>", "a@ville.example"),
        ("a@ville.example", "a@ville.example"),
        ("rfc822;a+2Blettre@ville.example", "a+lettre@ville.example"),
        ("rfc822;a+2024@ville.example", "a+2024@ville.example"),
        ("utf-8; zo\\x{E9}@ville.example", "zoé@ville.example"),
        ("utf-8; zoé@ville.example", "zoé@ville.example"),
        ("utf-8; zo\\x{D800}@ville.example", ""),
        ("x400; /O=VILLE/", ""),
        ("", ""),
    ],
)
def test_a_recipient_field_is_read(field, address):
    assert recipient(field) == address


def test_addresses_are_found_once_each_in_their_order():
    assert addresses_in("<b@x.example>, a@x.example\nto:b@x.example.") == ["b@x.example", "a@x.example"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("=?utf-8?q?Non_remis=C2=A0?= =?utf-8?b?w6k=?=", "Non remis\xa0é"),
        ("=?iso-8859-1?Q?r=E9seau?=", "réseau"),
        ("=?utf-8?b?A?=", "=?utf-8?b?A?="),
        ("plain", "plain"),
    ],
)
def test_encoded_words_are_decoded_and_broken_ones_left(value, text):
    assert decode_words(value) == text


@pytest.mark.parametrize(
    ("data", "charset", "text"),
    [
        ("é".encode(), "us-ascii", "é"),
        ("é".encode("latin-1"), "", "é"),
        ("’".encode("cp1252"), "iso-8859-1", "’"),
        ("né".encode()[:-1], "utf-8", "n\ufffd"),
        (b"abc", "unicode_escape", "abc"),
    ],
)
def test_bytes_become_text_whatever_the_charset_claims(data, charset, text):
    assert decode_bytes(data, charset) == text


def test_the_visible_words_of_html_are_kept_without_the_quoted_letter():
    markup = "<style>p{}</style><p>Merci&nbsp;!</p>oui<script>x</script><blockquote>Se désabonner</blockquote>"
    assert from_html(markup) == "Merci\xa0!\noui"


@given(st.text(max_size=200))
def test_folding_keeps_the_lines_and_is_stable(text):
    folded = fold(text)
    assert folded.count("\n") == text.count("\n")
    assert fold(folded) == folded


@given(st.text(max_size=2000))
def test_a_shown_line_is_one_line(text):
    shown = one_line(text, 100)
    assert len(shown) <= 100
    assert len(shown.splitlines()) <= 1
