"""Whom a relay's refusal speaks of: words and status together, as real servers write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.providers.smtp_words import Words, about

US = [
    ("4.5", "Daily user sending quota exceeded. For more information, see https://support.example.net/answer/22839"),
    ("4.5", "Daily user sending limit exceeded"),
    ("7.1", "<p1@mairie.example>: Relay access denied"),
    ("7.1", "<p1@mairie.example>: Recipient address rejected: Relaying denied. Proper authentication required."),
    ("7.1", "Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org; https://www.spamhaus.org/x"),
    ("7.1", "<unknown[192.0.2.1]>: Client host rejected: Access denied"),
    ("7.25", "The IP address sending this message does not have a PTR record setup"),
    ("7.26", "This mail is unauthenticated, which poses a security risk"),
    ("7.1", "<lettre@rtes.example>: Sender address rejected: not owned by user lettre"),
    ("1.8", "<lettre@rtes.example>: Sender address rejected: Domain not found"),
    ("5.2", "<localhost>: Helo command rejected: need fully-qualified hostname"),
    ("7.1", "<p1@mairie.example>: Recipient address rejected: Policy rejection; Message quota exceeded"),
    ("7.1", "<p1@mairie.example>: Recipient address rejected: Sender exceeded hourly limit of 200 recipients per hour"),
    ("1.1", "Sending quota exceeded, try again tomorrow"),
    ("7.1", "Vous avez atteint votre limite d’envoi"),
    ("7.0", "Quota d'envoi journalier dépassé"),
    ("7.64", "TenantAttribution; Relay Access Denied"),
    ("7.60", "SMTP; Client does not have permissions to send as this sender"),
    ("7.708", "Access denied, traffic not accepted from this IP"),
    ("7.606", "Access denied, banned sending IP [192.0.2.1]"),
    ("1.90", "Your message can't be sent because you've reached your daily limit for message recipients"),
    ("7.509", "Access denied, sending domain rtes.example does not pass DMARC verification"),
    ("", "relay not permitted"),
    ("", "Sender verify failed"),
    ("", "Your server's reverse DNS does not resolve"),
    ("", "authentication required"),
    ("7.1", "Your IP 192.0.2.1 is blacklisted"),
    ("0.0", "Too many messages sent in the last hour"),
    ("7.0", "Your account has been suspended for unusual activity"),
    ("7.1", "SPF check failed"),
    ("7.8", "bad credentials"),
]
RECIPIENT = [
    ("1.1", "<p1@mairie.example>: Recipient address rejected: User unknown in virtual mailbox table"),
    ("1.1", "The email account that you tried to reach does not exist"),
    ("2.1", "The user you are trying to contact is receiving mail at a rate that prevents additional messages"),
    ("2.1", "The email account that you tried to reach is disabled"),
    ("2.2", "<p1@mairie.example> Quota exceeded (mailbox for user is full)"),
    ("2.2", "Mailbox full, message limit exceeded"),
    ("2.2", "The recipient is over quota"),
    ("1.2", "<p1@mairie.example>: Recipient address rejected: Domain not found"),
    ("1.10", "RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup"),
    ("7.1", "<p1@mairie.example>: Recipient address rejected: user unknown"),
    ("7.1", "No such user here"),
    ("", "Unknown user"),
    ("", "Unrouteable address"),
    ("", "Mailbox unavailable"),
    ("", "Cette boîte n’existe pas"),
    ("", "Destinataire inconnu"),
    ("1.1", "nobody"),
    ("1.1", "<quota.exceeded@sender-rejected.example>: unknown"),
    ("2.3", "too large for this mailbox"),
]
UNCLEAR = [
    ("7.1", "blocked by recipient policy"),
    ("7.1", "message content rejected for this recipient"),
    ("7.1", "refused"),
    ("6.0", "spam"),
    ("", "no"),
    ("", ""),
    ("3.4", "message too big for system"),
    ("7.1", "<relay.access.denied@mairie.example>: Access denied"),
    ("7.124", "Sender not in allowed-senders list"),
    ("7.133", "Sender not authenticated for group"),
    ("7.1", "User unknown; client host blocked"),
]
TABLE = (
    [(*case, "us") for case in US] + [(*case, "recipient") for case in RECIPIENT] + [(*c, "unclear") for c in UNCLEAR]
)


@pytest.mark.parametrize(("status", "text", "expected"), TABLE, ids=[f"{s} {t[:50]}" for s, t, _ in TABLE])
def test_a_permanent_answer_is_about_the_recipient_about_us_or_unclear(status, text, expected):
    assert about(Words(status, text)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("message contains a URL listed in the Spamhaus DBL", "unclear"),
        ("blocked: blacklist", "unclear"),
        ("Client host [192.0.2.1] blocked using zen.spamhaus.org", "us"),
        ("Daily sending quota exceeded", "us"),
        ("rejected by content filter", "unclear"),
    ],
)
def test_after_the_whole_message_a_block_list_may_be_about_a_link_in_it(text, expected):
    assert about(Words("7.1", text), whole_message=True) == expected


@given(st.sampled_from([text for _status, text, _about in TABLE]), st.sampled_from(["1.1", "7.1", "4.5", ""]))
def test_capitals_and_the_address_that_is_echoed_change_nothing(text, status):
    expected = about(Words(status, text))
    assert about(Words(status, text.upper())) == expected
    assert about(Words(status, f"<relay.access.denied.quota@user-unknown.example>: {text}")) == expected


@given(st.text(max_size=300), st.text("0123456789.", max_size=6))
def test_any_text_has_an_answer(text, status):
    assert about(Words(status, text)) in ("us", "recipient", "unclear")
