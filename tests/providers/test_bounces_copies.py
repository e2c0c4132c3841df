"""Our own letter comes back in the bounce: its words never judge the reader, wherever it begins."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.providers.bounces import classify
from newsletter.providers.bounces.copies import cut_copy

READER = "claire.martin@ville.example"
REPORT = f"<{READER}>\n\nSMTP error from remote server for TEXT command: 554 rejected [42]\n"
SEPARATORS = (
    "--- The header of the original message is following. ---",
    "------ This is a copy of the message, including all the headers. ------",
    "--- Below this line is a copy of the message.",
    "   ----- Unsent message follows -----",
    "   ----- Original message follows -----",
    "----- Returned Message -----",
    "-------- Original Message --------",
    "--- Original message follows.",
    "===== Original message headers =====",
    "|------------------------- Message text follows: ------------------------|",
    "Below is a copy of the original message:",
    "Original message follows.",
    "Here is your returned mail:",
    "The original message headers:",
    "Message headers follow:",
    "Included is a copy of the message header:",
    "Your message follows:",
    "-----Message d'origine-----",
    "--- Ursprüngliche Nachricht ---",
    "",
)
CLAIMS = (
    "L'adresse contact@ville.example n'existe plus",
    "Utilisateur inconnu : que faire ?",
    f"550 5.1.1 {READER} user unknown",
    "Compte introuvable, boîte fermée",
)


def bounce(separator: str, subject: str, body: str, quote: str = "") -> bytes:
    letter = (
        f"Return-Path: <retours@reseau.example>\nFrom: Lettre <lettre@reseau.example>\nTo: {READER}\n"
        f"Subject: {subject}\nMessage-ID: <x1@reseau.example>\nMIME-Version: 1.0\n\n{body}\n"
    )
    letter = "".join(f"{quote}{line}\n" for line in letter.splitlines())
    return (
        "Return-Path: <>\nFrom: MAILER-DAEMON@mx.example\nTo: retours@reseau.example\nSubject: Mail delivery failed\n"
        f"Content-Type: text/plain; charset=utf-8\n\n{REPORT}\n{separator}\n\n{letter}"
    ).encode()


@pytest.mark.parametrize("quote", ["", "> ", "    "])
@pytest.mark.parametrize("separator", SEPARATORS)
@pytest.mark.parametrize("claim", CLAIMS)
def test_the_words_of_our_letter_judge_nobody(separator, claim, quote):
    found = classify(bounce(separator, claim, claim, quote))
    assert (found.kind, found.recipients) == ("soft", (READER,))
    assert found.diagnostic.endswith("554 rejected [42]")


@given(st.sampled_from(SEPARATORS), st.sampled_from(CLAIMS), st.text(max_size=60), st.text(max_size=300))
def test_whatever_our_letter_says_the_verdict_is_the_same(separator, claim, subject, body):
    line = " ".join(f"{subject} {claim}".split())
    assert classify(bounce(separator, line, f"{body}\n{claim}")).kind == "soft"


def test_the_subject_of_our_letter_is_taken_out_of_the_sentence_that_repeats_it():
    raw = (
        "Return-Path: <>\nFrom: MAILER-DAEMON@mx.example\nTo: r@reseau.example\nSubject: Undelivered\n\n"
        f'Your message "Utilisateur inconnu, que faire" to {READER} was refused.\n\n'
        f"--- original message ---\nFrom: lettre@reseau.example\nTo: {READER}\nSubject: Utilisateur inconnu, que "
        f"faire\n"
    )
    assert classify(raw.encode()).kind == "soft"


def test_a_short_summary_of_the_letter_is_no_copy_and_what_follows_is_read():
    said, copy = cut_copy(
        f"Your message\n\n  To:      {READER}\n  Subject: Utilisateur inconnu\n  Sent:    Tue, 3 Nov 2026\n\n"
        "did not reach the following recipient(s):\n\nThe mailbox is full.\n"
    )
    assert not copy
    assert "Utilisateur inconnu" not in said
    assert said.endswith("The mailbox is full.\n")


@pytest.mark.parametrize(
    "line",
    [
        "The original message was received at Tue, 3 Nov 2026 10:02:14 +0100",
        "   ----- The following addresses had permanent fatal errors -----",
        "   ----- Transcript of session follows -----",
        "--- Below this line is the original bounce.",
        "------ The following message to <a@x.example> was undeliverable.",
        "A message that you sent could not be delivered.",
    ],
)
def test_a_line_of_the_report_itself_does_not_end_it(line):
    said, _ = cut_copy(f"{line}\n550 5.1.1 user unknown\n")
    assert said == f"{line}\n550 5.1.1 user unknown\n"


def test_a_letter_returned_as_a_readable_part_without_its_headers_says_nothing():
    raw = (
        "Return-Path: <>\nFrom: MAILER-DAEMON@mx.example\nTo: r@reseau.example\nSubject: failure notice\n"
        "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\n"
        f"Sorry: {READER}\n\n--b\nContent-Type: text/plain\n\nLe compte est introuvable, utilisateur inconnu.\n"
        "https://lettre.example/desabonnement/abc\n--b--\n"
    )
    assert classify(raw.encode()).kind == "soft"
