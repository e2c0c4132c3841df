"""The byte skeleton says what a naive EmailMessage per recipient would say, in bytes no relay has to touch."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.errors import MessageError
from newsletter.messages import Letter
from newsletter.rendering.message import Skeleton
from newsletter.rendering.slot_values import SlotValues

LETTER = Letter(
    issue="2026-11-lettre",
    publication="lettre",
    subject="La lettre du RTES – novembre 2026",
    preheader="Éditorial",
    html='<p>« Élu·es » qz7slot-email-7zq</p>\n.<a href="qz7slot-unsub-7zq">x</a><a href="qz7slot-web-7zq">'
    + "é=" * 500
    + "</a> \nFrom here\n",
    text="Bonjour qz7slot-email-7zq \n.\n.point\nFrom Lille\n\nqz7slot-prefs-7zq\nqz7slot-unsub-7zqqz7slot-web-7zq",
)
VALUES = SlotValues(
    to="anne@rtes.fr",
    message_id="<1.2@rtes.fr>",
    date="Tue, 03 Nov 2026 09:05:00 +0100",
    unsub="https://lettre.rtes.fr/desabonnement/abc?a=1&b=2",
    web="https://lettre.rtes.fr/w/abc",
    prefs="https://lettre.rtes.fr/p/abc",
    propose="https://lettre.rtes.fr/proposer/abc",
    email="anne@rtes.fr",
)


def skeleton(letter: Letter = LETTER, **changes: object) -> Skeleton:
    settings_ = {
        "sender": "Réseau <lettre@rtes.fr>",
        "reply_to": "animation@rtes.fr",
        "list_id": "La lettre du RTES <lettre.rtes.fr>",
        **changes,
    }
    return Skeleton.compile(letter, **settings_)


def fill(body: str, values: SlotValues, escape=str) -> str:
    for name in ("email", "web", "prefs", "unsub", "propose"):
        body = body.replace(f"qz7slot-{name}-7zq", escape(getattr(values, name)))
    return body


def naive(letter: Letter, values: SlotValues) -> EmailMessage:
    """The specification: the message as the standard library builds it, one per recipient."""
    message = EmailMessage(policy=policy.SMTP.clone(max_line_length=998))
    message["From"] = "Réseau <lettre@rtes.fr>"
    message["To"] = values.to
    message["Subject"] = letter.subject
    message["Date"] = values.date
    message["Message-ID"] = values.message_id
    message["Reply-To"] = "animation@rtes.fr"
    message["List-Id"] = "La lettre du RTES <lettre.rtes.fr>"
    message["List-Unsubscribe"] = f"<{values.unsub}>"
    message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message["Content-Language"] = "fr"
    message.set_content(fill(letter.text, values), cte="quoted-printable")
    message.add_alternative(fill(letter.html, values, html.escape), subtype="html", cte="quoted-printable")
    return message


def body(part) -> str:
    return part.get_content().replace("\r\n", "\n").rstrip("\n")


def assert_fit_for_the_wire(raw: bytes) -> None:
    assert raw.isascii()
    assert raw.endswith(b"\r\n")
    assert not re.search(rb"\r(?!\n)|(?<!\r)\n", raw), "a bare CR or LF"
    lines = raw.split(b"\r\n")
    assert not any(line.startswith((b".", b"From ")) for line in lines)
    start = lines.index(b"")
    assert max(map(len, lines[start:])) <= 76
    assert max(map(len, lines[:start])) <= 998


TEXT = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\x85\u2028\u2029"), max_size=200)
PRINTED = st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), min_size=1, max_size=90)
URLS = st.text("abcXYZ019-_.~=%&?/'()*+!$;:@", max_size=600).map("https://lettre.rtes.fr/".__add__)
LOCALS = st.from_regex(r"[a-z0-9+_']{1,20}(\.[a-z0-9]{1,10})?", fullmatch=True)


@settings(max_examples=150, deadline=None)
@given(email=PRINTED, unsub=URLS, web=URLS, prefs=URLS, local=LOCALS)
def test_any_recipient_gets_what_a_naive_build_would_have_sent(email, unsub, web, prefs, local):
    values = replace(
        VALUES,
        email=email,
        unsub=unsub,
        web=web,
        prefs=prefs,
        to=f"{local}@rtes.fr",
        message_id=f"<{local}.1@rtes.fr>",
    )
    raw = skeleton().message(values)
    assert_fit_for_the_wire(raw)
    ours = message_from_bytes(raw, policy=policy.default)
    theirs = message_from_bytes(naive(LETTER, values).as_bytes(), policy=policy.default)
    assert not ours.defects
    assert ours.get_content_type() == "multipart/alternative"
    for mine, other in zip(ours.iter_parts(), theirs.iter_parts(), strict=True):
        assert mine.get_content_type() == other.get_content_type()
        assert body(mine) == body(other)
    names = [name for name in theirs if not name.startswith(("Content-Type", "MIME"))]
    assert {name: str(ours[name]) for name in names} == {name: str(theirs[name]) for name in names}
    assert f"\r\nList-Unsubscribe: <{unsub}>\r\n".encode() in raw, "one URI, neither folded nor encoded"


@settings(max_examples=100, deadline=None)
@given(page=TEXT, text=TEXT)
def test_any_body_survives_with_its_line_ends_made_crlf(page, text):
    letter = replace(LETTER, html=page + "qz7slot-web-7zq" + page, text=text + "qz7slot-web-7zq" + text)
    raw = skeleton(letter).message(VALUES)
    assert_fit_for_the_wire(raw)
    plain, rich = message_from_bytes(raw, policy=policy.default).iter_parts()
    for part, source in ((plain, text), (rich, page)):
        expected = re.sub(r"\r\n?", "\n", source)
        decoded = part.get_payload(decode=True).decode().replace("\r\n", "\n")
        assert decoded.removesuffix("\n") == (expected + VALUES.web + expected).removesuffix("\n")


def test_the_plain_text_stands_first():
    parts = list(message_from_bytes(skeleton().message(VALUES), policy=policy.default).iter_parts())
    assert [part.get_content_type() for part in parts] == ["text/plain", "text/html"]


def test_a_letter_is_never_marked_as_an_automatic_reply():
    assert b"auto-submitted" not in skeleton().message(VALUES).lower()


def test_parts_say_the_same_as_the_message():
    filled = skeleton(extra={"Feedback-ID": "lettre:rtes"}).parts(VALUES)
    plain, rich = message_from_bytes(skeleton().message(VALUES), policy=policy.default).iter_parts()
    assert (filled.text, filled.html) == tuple(part.get_content().replace("\r\n", "\n") for part in (plain, rich))
    assert (filled.sender_name, filled.sender, filled.reply_to) == ("Réseau", "lettre@rtes.fr", "animation@rtes.fr")
    assert filled.subject == LETTER.subject
    assert dict(filled.headers) == {
        "Message-ID": VALUES.message_id,
        "List-Id": "La lettre du RTES <lettre.rtes.fr>",
        "List-Unsubscribe": f"<{VALUES.unsub}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "Feedback-ID": "lettre:rtes",
        "Content-Language": "fr",
    }


def test_headers_given_to_a_provider_hold_no_line_end():
    long = skeleton(extra={"X-Note": "é" * 200}).parts(VALUES)
    assert not any("\r" in value or "\n" in value for _name, value in long.headers)


def test_a_frozen_skeleton_thaws_to_the_same_bytes():
    frozen = skeleton(extra={"Feedback-ID": "a:b"}).freeze()
    thawed = Skeleton.thaw(frozen)
    assert thawed == skeleton(extra={"Feedback-ID": "a:b"})
    assert thawed.freeze() == frozen
    assert thawed.digest() == skeleton(extra={"Feedback-ID": "a:b"}).digest()
    assert thawed.message(VALUES) == skeleton(extra={"Feedback-ID": "a:b"}).message(VALUES)
    assert thawed.parts(VALUES) == skeleton(extra={"Feedback-ID": "a:b"}).parts(VALUES)


def test_one_changed_letter_changes_the_digest():
    assert skeleton().digest() != skeleton(replace(LETTER, text=LETTER.text + "!")).digest()


@pytest.mark.parametrize(
    "spoil",
    [
        lambda f: f[:-10],
        lambda f: b"x" + f,
        lambda f: f.replace(b"/1", b"/9", 1),
        lambda f: b"",
        lambda f: f.replace(b"{", b"", 1),
        lambda f: f.replace(b"constant", b"variable", 1),
    ],
)
def test_a_damaged_frozen_letter_is_refused(spoil):
    with pytest.raises(MessageError, match="approve the issue again"):
        Skeleton.thaw(spoil(skeleton().freeze()))


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"to": "a@rtes.fr\r\nBcc: b@rtes.fr"}, "To"),
        ({"to": "élu@rtes.fr"}, "To"),
        ({"to": ""}, "to"),
        ({"date": "today\r\n"}, "Date"),
        ({"date": "3 novembre"}, "Date"),
        ({"message_id": "no brackets"}, "Message-ID"),
        ({"unsub": "https://rtes.fr/\n"}, "List-Unsubscribe"),
        ({"unsub": "http://rtes.fr/u"}, "List-Unsubscribe"),
        ({"unsub": "https://rtes.fr/" + "x" * 900}, "List-Unsubscribe"),
        ({"web": "javascript:alert(1)"}, "web"),
        ({"prefs": ""}, "prefs"),
        ({"email": "a\u2028b"}, "email"),
    ],
)
def test_a_value_that_cannot_stand_in_its_place_names_it(change, where):
    for use in (Skeleton.message, Skeleton.parts):
        with pytest.raises(MessageError) as error:
            use(skeleton(), replace(VALUES, **change))
        assert error.value.where == where


@pytest.mark.parametrize(
    ("letter", "changes", "where"),
    [
        ({"subject": " "}, {}, "Subject"),
        ({"subject": "a\r\nBcc: x@y.fr"}, {}, "Subject"),
        ({"subject": "qz7slot-email-7zq"}, {}, "Subject"),
        ({"html": "qz7slot-to-7zq"}, {}, "html part"),
        ({"text": "qz7slot-emial-7zq"}, {}, "plain part"),
        ({"html": "qz7slot-EMAIL-7zq"}, {}, "html part"),
        ({}, {"sender": "RTES\n <lettre@rtes.fr>"}, "From"),
        ({}, {"reply_to": "nobody"}, "Reply-To"),
        ({}, {"list_id": "La lettre"}, "List-Id"),
        ({}, {"language": "français"}, "Content-Language"),
        ({}, {"extra": {"Bcc": "x@y.fr"}}, "Bcc"),
        ({}, {"extra": {"X: y\r\nBcc": "x"}}, "X: y\r\nBcc"),
        ({}, {"extra": {"X-Note": "a\r\nb"}}, "X-Note"),
    ],
)
def test_a_letter_that_cannot_be_made_a_message_says_where(letter, changes, where):
    with pytest.raises(MessageError) as error:
        skeleton(replace(LETTER, **letter), **changes)
    assert error.value.where == where


def test_a_slot_value_is_text_and_never_markup_or_another_slot():
    raw = skeleton().message(replace(VALUES, email='<b>"qz7slot-web-7zq"</b>{{7*7}}'))
    plain, rich = message_from_bytes(raw, policy=policy.default).iter_parts()
    assert '<b>"qz7slot-web-7zq"</b>{{7*7}}' in plain.get_content()
    assert "&lt;b&gt;&quot;qz7slot-web-7zq&quot;&lt;/b&gt;{{7*7}}" in rich.get_content()


def test_an_international_domain_is_written_as_a_labels():
    raw = skeleton().message(replace(VALUES, to="anne@métropole-lyon.fr"))
    assert b"\r\nTo: anne@xn--mtropole-lyon-bhb.fr\r\n" in raw


def test_the_slots_in_use_are_known_before_anything_is_sent():
    assert skeleton().slots == {"to", "date", "message-id", "unsub", "email", "web", "prefs"}
