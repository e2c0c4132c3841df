"""Header values: what is refused, what is encoded, and that an independent parser reads back what was meant."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from email import message_from_bytes, message_from_string, policy
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


LONG_NAMES = [
    "Réseau des collectivités territoriales pour une économie sociale et solidaire",
    "Reseau des collectivites territoriales pour une economie sociale et solidaire",
    "Réseau, Lille : « la lettre d’information » de l’économie sociale et solidaire (RTES) et des collectivités",
    'Les "collectivités", dont les communes, les départements et les régions de la République française',
    "é" * 40,
    "Communauté " + "d’agglomération-très-longue-sans-aucune-espace-du-début-jusqu’à-la-fin",
    "Un  nom avec deux  espaces de suite, et tout de même fort long, très long, vraiment très très long",
    "🌱 " * 30 + "fin",
]


@pytest.mark.parametrize("text", LONG_NAMES)
@pytest.mark.parametrize(
    "wire", ["lettre@rtes.fr", "la-lettre-mensuelle@collectivites-territoriales.economie.example.org"]
)
def test_a_long_display_name_is_folded_and_reads_back_exactly(text, wire):
    value = headers.mailbox_line(text, wire, "From")
    lines = f"From: {value}".split("\r\n")
    assert all(len(line) <= 76 for line in lines) or value.startswith('"')
    assert all(line.startswith(" ") for line in lines[1:])
    assert display_name(value.rpartition("<")[0]) == text
    if "🌱" not in text and max(map(len, text.split())) <= 20:  # CPython 3.11 shows the blank between two encoded words
        parsed = message_from_bytes(f"From: {value}\r\n\r\n".encode("ascii"), policy=policy.default)["From"]
        assert (" ".join(parsed.addresses[0].display_name.split()), parsed.addresses[0].addr_spec) == (
            " ".join(text.split()),
            wire,
        )


def display_name(value: str) -> str:
    """Read a phrase as RFC 2047 and RFC 5322 say."""
    shown = value.replace("\r\n", "").strip()
    if shown.startswith('"'):
        return shown[1:-1].replace('\\"', '"').replace("\\\\", "\\")
    return str(make_header(decode_header(shown)))


def test_a_long_name_is_cut_behind_blanks_for_readers_that_show_the_blank_between_two_words():
    text = "Économie élargie, décidée à égalité par étapes éprouvées : « réseau » «é» «à» (été), œuvré"
    words = [word for word in headers.phrase(text, "From").replace("\r\n", "").split(" ") if word.startswith("=?")]
    decoded = [base64.b64decode(word[10:-2]).decode() for word in words]
    assert len(decoded) > 1
    assert all(part.endswith(" ") for part in decoded[:-1] if text[text.index(part) + len(part) :][:1] not in ("", " "))


@settings(max_examples=300)
@given(st.text(st.characters(min_codepoint=32, exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1, max_size=150))
def test_any_display_name_is_made_of_words_that_decode_to_it(text):
    value = headers.phrase(text, "From")
    assert value.isascii()
    assert all(len(line) <= 76 for line in f"From: {value}".split("\r\n")) or value.startswith('"')
    if text == text.strip() and "  " not in text:
        assert display_name(value) == text


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
    with pytest.raises(MessageError, match="not a usable sender"):
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
    ("title", "label"), [("Lettre", "lettre"), ("Lettre", "a b.fr"), ("Lettre", "x." * 90 + "fr"), ("a\nb", "a.fr")]
)
def test_a_list_id_needs_a_dotted_label_and_a_clean_title(title, label):
    with pytest.raises(MessageError) as error:
        headers.list_id(title, label)
    assert error.value.where == "List-Id"


def test_a_list_id_names_the_publication():
    assert headers.list_id("La lettre du RTES", "lettre.rtes.fr") == "La lettre du RTES <lettre.rtes.fr>"


@pytest.mark.parametrize(
    ("title", "phrase"),
    [
        ("La lettre d’information de l’économie sociale et solidaire", "La lettre d’information de…"),
        ("L’info ESS de la Métropole européenne de Lille-Écoles", "L’info ESS de la Métropole…"),
        ("é" * 60, "é" * 18 + "…"),
        ("x" * 250, "x" * 36 + "…"),
        ("La lettre d'information des collectivites pour une economie solidaire", ""),
    ],
)
def test_a_long_title_is_shortened_in_the_list_id(title, phrase):
    value = headers.list_id(title, "lettre.rtes.fr")
    assert value.endswith("<lettre.rtes.fr>")
    assert len(value) <= 255
    assert all(len(line) <= 76 for line in f"List-Id: {value}".split("\r\n"))
    shown = value.partition("<")[0].replace("\r\n", "").strip()
    assert str(make_header(decode_header(shown))) == (phrase or title)
