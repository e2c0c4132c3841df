"""Header values: what is refused, what is encoded, and that an independent parser reads back what was meant."""

from __future__ import annotations

from datetime import UTC, datetime
from email import message_from_string, policy
from email.header import decode_header, make_header
from email.utils import format_datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.errors import MessageError
from newsletter.rendering import headers

CONTROLS = ["a\r\nBcc: x@y.fr", "a\nb", "a\rb", "a\0b", "a\u2028b", "a\u2029b", "a\u0085b", "a\x1bb", "a\ud800b"]
LINE = st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), min_size=1, max_size=120)


@pytest.mark.parametrize("value", CONTROLS, ids=ascii)
@pytest.mark.parametrize(
    "make",
    [
        lambda v: headers.unstructured(v, "X"),
        lambda v: headers.phrase(v, "X"),
        lambda v: headers.address(f"{v}@rtes.fr", "X"),
        lambda v: headers.address(f"a@{v}.fr", "X"),
        lambda v: headers.mailbox(f"{v} <a@rtes.fr>", "X"),
        lambda v: headers.uri(f"https://rtes.fr/{v}", "X"),
        lambda v: headers.identifier(f"<{v}@rtes.fr>", "X"),
        lambda v: headers.list_id(v, "lettre.rtes.fr"),
        headers.dated,
    ],
    ids=["unstructured", "phrase", "local", "domain", "mailbox", "uri", "message-id", "list-id", "date"],
)
def test_no_value_can_end_its_header(make, value):
    with pytest.raises(MessageError) as error:
        make(value)
    assert error.value.where


@settings(max_examples=300, deadline=None)
@given(LINE)
def test_a_subject_is_read_back_as_it_was_written(text):
    folded = headers.unstructured(text, "Subject")
    lines = f"Subject: {folded}".split("\r\n")
    assert all(len(line) <= 76 and line.isascii() for line in lines)
    assert all(line.startswith(" ") and line.strip() for line in lines[1:])
    parsed = make_header(decode_header("".join(lines)[len("Subject: ") :]))
    assert str(parsed) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Lettre du RTES", "Lettre du RTES"),
        ("word " * 20 + "end", " ".join(["word"] * 13) + "\r\n " + "word " * 7 + "end"),
        ("=?utf-8?q?trap?=", "=?utf-8?b?PT91dGYtOD9xP3RyYXA/PQ==?="),
        ("Été", "=?utf-8?b?w4l0w6k=?="),
    ],
)
def test_a_subject_is_encoded_only_when_it_must_be(text, expected):
    assert headers.unstructured(text, "Subject") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("RTES", "RTES"),
        ("RTES, Lille", '"RTES, Lille"'),
        ('Le "RTES"', '"Le \\"RTES\\""'),
        ("Réseau", "=?utf-8?b?UsOpc2VhdQ==?="),
    ],
)
def test_a_display_name_is_atoms_a_quoted_string_or_one_word(text, expected):
    assert headers.phrase(text, "From") == expected
    parsed = message_from_string(f"From: {expected} <a@rtes.fr>\r\n\r\n", policy=policy.default)["From"]
    assert parsed.addresses[0].display_name == text


def test_a_display_name_that_needs_two_words_is_refused():
    with pytest.raises(MessageError, match="too long"):
        headers.phrase("é" * 40, "From")


@pytest.mark.parametrize(
    ("given_", "expected"),
    [
        ("a.b+c@rtes.fr", "a.b+c@rtes.fr"),
        ("o'neil@sub.rtes.fr", "o'neil@sub.rtes.fr"),
        ("contact@métropole-lyon.fr", "contact@xn--mtropole-lyon-bhb.fr"),
        ("a@straße.de", "a@xn--strae-oqa.de"),
    ],
)
def test_an_address_becomes_ascii_with_the_domain_as_a_labels(given_, expected):
    assert headers.address(given_, "To") == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "@",
        "a@",
        "@rtes.fr",
        "a b@rtes.fr",
        "a@b@rtes.fr",
        "élu@rtes.fr",
        "a@rtes..fr",
        "a@-rtes.fr",
        ".a@rtes.fr",
        "a.@rtes.fr",
        "legit@a.org <other@b.org>",
        "a@b.fr,c@d.fr",
        '"a"@rtes.fr',
        "(x)a@rtes.fr",
        "a＠rtes.fr",
        "a" * 250 + "@rtes.fr",
    ],
)
def test_what_is_no_plain_address_is_refused(text):
    with pytest.raises(MessageError) as error:
        headers.address(text, "To")
    assert error.value.where == "To"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("RTES <lettre@rtes.fr>", ("RTES", "lettre@rtes.fr")),
        ('"RTES, Lille" <lettre@rtes.fr>', ("RTES, Lille", "lettre@rtes.fr")),
        ("lettre@rtes.fr", ("", "lettre@rtes.fr")),
    ],
)
def test_a_sender_is_split_into_name_and_address(text, expected):
    assert headers.mailbox(text, "From") == expected


def test_a_sender_with_text_after_its_address_is_refused():
    with pytest.raises(MessageError, match="no usable sender"):
        headers.mailbox("RTES <lettre@rtes.fr> x", "From")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ftp://rtes.fr/",
        "https://",
        "https://rtes.fr/a b",
        "https://rtes.fr/>",
        "https://rtes.fr/é",
        "javascript:1",
        "https://rtes.fr/a,b",
        'https://rtes.fr/"',
        "https://rtes.fr/" + "x" * 900,
    ],
)
def test_a_web_address_that_would_break_its_brackets_is_refused(text):
    with pytest.raises(MessageError):
        headers.uri(text, "List-Unsubscribe")


@pytest.mark.parametrize("text", ["https://lettre.rtes.fr/desabonnement/x", "http://localhost:8025/desabonnement/x"])
def test_one_click_takes_https_and_this_machine(text):
    assert headers.one_click(text, "List-Unsubscribe") == text


def test_one_click_refuses_plain_http():
    with pytest.raises(MessageError, match="https"):
        headers.one_click("http://lettre.rtes.fr/desabonnement/x", "List-Unsubscribe")


def test_a_date_is_an_rfc_5322_text():
    assert headers.dated(format_datetime(datetime(2026, 11, 3, 9, 5, tzinfo=UTC))) == "Tue, 03 Nov 2026 09:05:00 +0000"


@pytest.mark.parametrize(
    "text", ["", "a@rtes.fr", "<a>", "<a@rtes.fr", "<a b@rtes.fr>", "<a@rtes.fr> <b@rtes.fr>", "<é@a.fr>"]
)
def test_a_message_id_has_brackets_and_one_address_like_part(text):
    with pytest.raises(MessageError):
        headers.identifier(text, "Message-ID")
    assert headers.identifier("<7c1f.42_x-Y@rtes.fr>", "Message-ID") == "<7c1f.42_x-Y@rtes.fr>"


@pytest.mark.parametrize(
    ("title", "label"), [("Lettre", "lettre"), ("Lettre", "a b.fr"), ("x" * 250, "lettre.rtes.fr")]
)
def test_a_list_id_needs_a_dotted_label_and_255_octets(title, label):
    with pytest.raises(MessageError) as error:
        headers.list_id(title, label)
    assert error.value.where == "List-Id"


def test_a_list_id_names_the_publication():
    assert headers.list_id("La lettre du RTES", "lettre.rtes.fr") == "La lettre du RTES <lettre.rtes.fr>"
