"""Mail that the product sends by itself: read back by an independent parser, whole and in parts."""

from __future__ import annotations

import email
import re
from dataclasses import replace
from email.policy import default

import pytest

from newsletter import i18n
from newsletter.errors import MessageError
from newsletter.rendering import notice as rendering
from newsletter.rendering.notice import Envelope, Notice
from tests.rendering.samples import NETWORK, THEME

ENVELOPE = Envelope(
    sender="RTES <lettre@rtes.fr>",
    to="jeanne@ville.example",
    date="Sun, 22 Nov 2026 07:00:00 +0100",
    message_id="<abc@rtes.fr>",
    reply_to="animation@rtes.fr",
)
NOTICE = Notice(
    subject="Confirmez votre abonnement à l’été : « oui » & non",
    heading="Plus qu’un clic",
    paragraphs=("Vous recevrez : <b>La lettre</b>.", "x" * 1200),
    action=("Confirmer", "https://lettre.example/confirmation/AbC-_9"),
    small=("Ce lien est valable 30 jours.",),
)


def sent(notice: Notice = NOTICE, envelope: Envelope = ENVELOPE) -> bytes:
    return rendering.mime(rendering.parts(notice, envelope, NETWORK, THEME), envelope)


def test_it_reads_back_as_it_was_said():
    mail = email.message_from_bytes(sent(), policy=default)
    assert mail["Subject"] == NOTICE.subject
    assert (mail["From"], mail["To"], mail["Reply-To"]) == (
        "RTES <lettre@rtes.fr>",
        "jeanne@ville.example",
        "animation@rtes.fr",
    )
    assert mail["Auto-Submitted"] == "auto-generated"
    assert not mail.defects
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    for kind in ("plain", "html"):
        assert NOTICE.action[1] in mail.get_body((kind,)).get_content()
    assert "&lt;b&gt;La lettre" in mail.get_body(("html",)).get_content()


def test_what_somebody_asked_for_names_no_way_to_unsubscribe():
    mail = email.message_from_bytes(sent(), policy=default)
    assert mail["List-Unsubscribe"] is None
    assert "à la suite d’une demande" in " ".join(mail.get_body(("plain",)).get_content().split())


def test_what_nobody_asked_for_leads_to_the_persons_choices():
    page = "https://lettre.example/preferences/AbC-_9"
    mail = email.message_from_bytes(sent(replace(NOTICE, choices=page)), policy=default)
    assert (mail["List-Unsubscribe"], mail["List-Unsubscribe-Post"]) == (f"<{page}>", None)
    for kind in ("plain", "html"):
        body = " ".join(mail.get_body((kind,)).get_content().split())
        assert page in body
        assert "à la suite d’une demande" not in body


def test_the_bytes_are_what_every_relay_takes():
    raw = sent()
    assert raw.isascii()
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)", raw)
    assert max(map(len, raw.split(b"\r\n"))) <= 76
    assert not re.search(rb"^\.", raw, re.MULTILINE)


def test_the_same_goes_in_parts_to_a_providers_api():
    parts = rendering.parts(NOTICE, ENVELOPE, NETWORK, THEME)
    assert (parts.sender_name, parts.sender, parts.subject) == ("RTES", "lettre@rtes.fr", NOTICE.subject)
    assert dict(parts.headers)["Auto-Submitted"] == "auto-generated"
    assert NOTICE.action[1] in parts.text
    assert NOTICE.action[1] in parts.html


def test_the_language_is_the_readers():
    with i18n.speaking("en"):
        parts = rendering.parts(NOTICE, ENVELOPE, NETWORK, THEME)
    assert dict(parts.headers)["Content-Language"] == "en"
    assert '<html lang="en"' in parts.html
    assert "Automatic message" in parts.text


@pytest.mark.parametrize("mark", ["\r\n", "\n", "\r", "\x00", "\x85", "\u2028"])
@pytest.mark.parametrize("field", ["subject", "to", "message_id", "sender"])
def test_nothing_can_end_a_header_and_begin_another(mark, field):
    evil = f"x{mark}Bcc: evil@example.org"
    with pytest.raises(MessageError):
        if field == "subject":
            sent(replace(NOTICE, subject=evil))
        else:
            sent(envelope=replace(ENVELOPE, **{field: evil}))
