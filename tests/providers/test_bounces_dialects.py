"""Bounces of many makes, written anew: whom each is about, and whether that address is finished."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.providers.bounces import classify
from newsletter.providers.bounces.ses import ses_notification

READER = "claire.martin@ville.example"
SIGNED = "retours+" + "0a" * 20 + "@reseau.example"
HEADS = "Return-Path: <>\nTo: retours@reseau.example\nDate: Mon, 02 Nov 2026 10:00:00 +0100\n"


def message(sender: str, subject: str, body: str, head: str = HEADS) -> bytes:
    return f"{head}From: {sender}\nSubject: {subject}\nContent-Type: text/plain; charset=utf-8\n\n{body}\n".encode()


def report(fields: str, prose: str = "The mail system could not deliver this message.", to: str = READER) -> bytes:
    return (
        f"{HEADS}From: MAILER-DAEMON@mx.example\nSubject: Undelivered Mail Returned to Sender\nMIME-Version: 1.0\n"
        f'Content-Type: multipart/report; report-type=delivery-status; boundary="b1"\n\n--b1\n'
        f"Content-Type: text/plain; charset=utf-8\n\n{prose}\n\n--b1\nContent-Type: message/delivery-status\n\n"
        f"Reporting-MTA: dns; mx.example\n\n{fields}\n\n--b1\nContent-Type: text/rfc822-headers\n\n"
        f"From: Lettre <lettre@reseau.example>\nTo: {to}\nSubject: La lettre\nMessage-ID: "
        f"<x@reseau.example>\n\n--b1--\n"
    ).encode()


PROSE = {
    "Postfix of old": (
        "MAILER-DAEMON@mx.example",
        "Undelivered Mail Returned to Sender",
        f"This is the Postfix program at host mx.example.\n\n<{READER}>: cannot append to mailbox",
        "soft",
    ),
    "IMail": (
        "postmaster@ville.example",
        "Undeliverable Mail",
        f"User mailbox exceeds allowed size: {READER}\n\nOriginal message follows.\n\nFrom: l@reseau.example\nTo: "
        f"{READER}",
        "soft",
    ),
    "a French gateway": (
        "admin@ville.example",
        "=?utf-8?q?Utilisateur_non_recens=C3=A9_dans_l=27annuaire?=",
        f"Votre message n'a pas été remis à {READER} : l'adresse est absente de l'annuaire.",
        "hard",
    ),
    "Sendmail of old, the sender first": (
        "MAILER-DAEMON@mx.example",
        "Returned mail: User unknown",
        f"   ----- Transcript of session follows -----\nfrom lettre@reseau.example\n550 {READER}... User unknown\n\n"
        f"   ----- Unsent message follows -----\nFrom: lettre@reseau.example\nTo: {READER}",
        "hard",
    ),
    "InterScan": (
        "imss@ville.example",
        "Mail could not be delivered",
        f"Sent <<< RCPT TO:<{READER}>\nReceived >>> 550 5.1.1 unknown user.\n\nUnable to deliver message to <{READER}>",
        "hard",
    ),
    "a carrier": (
        "no-reply@carrier.example",
        "Mail delivery failed",
        f"Could not be delivered to: <{READER}>\nAs their mailbox is full.",
        "soft",
    ),
    "James": (
        "postmaster@ville.example",
        "Error while delivering",
        f"Message could not be delivered. Failed recipient(s):\n{READER}\n\nError message:\n550 unknown user",
        "hard",
    ),
    "MailMarshal": (
        "post_master@ville.example",
        "Undeliverable",
        f"Your message:\n   From:    lettre@reseau.example\n   Subject: Compte introuvable\nCould not be delivered "
        f"because of\n\n"
        f"550 5.1.1 User unknown\n\nThe following recipients were affected:\n   {READER}",
        "hard",
    ),
    "GroupWise": (
        "Mailer-Daemon@ville.example",
        "Message status - undeliverable",
        f"The message that you sent was undeliverable to the following:\n\t{READER} (user not found)",
        "hard",
    ),
    "Yahoo of old": (
        "MAILER-DAEMON@portail.example",
        "Delivery failure",
        f"Message from portail.example.\nUnable to deliver message to the following address(es).\n\n<{READER}>:\n"
        f"This user doesn't have a portail.example account ({READER}) [0]",
        "hard",
    ),
    "AOL of old": (
        "mailer-daemon@aol.example",
        "Mail Delivery Problem",
        f"Your mail to the following recipients could not be delivered because they are not accepting mail from "
        f"l@x.example:\n\t{READER}",
        "block",
    ),
    "qmail, a rate": (
        "MAILER-DAEMON@mx.example",
        "failure notice",
        f"Hi. This is the qmail-send program at mx.example.\n\n<{READER}>:\n192.0.2.7 does not like recipient.\n"
        "Remote host said: 550 5.1.1 sender has sent too many messages this hour\nGiving up on 192.0.2.7.",
        "soft",
    ),
    "reasons that are only guesses": (
        "MAILER-DAEMON@mx.example",
        "failure notice",
        f"Your message to {READER} was not delivered.\nThe address may be unknown, or the user does not exist.",
        "soft",
    ),
    "a version that looks like a status": (
        "MAILER-DAEMON@mx.example",
        "failure notice",
        f"Gateway 2.0.12 could not deliver to {READER}",
        "soft",
    ),
}


@pytest.mark.parametrize(("sender", "subject", "body", "kind"), PROSE.values(), ids=PROSE)
def test_a_report_in_prose_names_the_reader_and_the_kind(sender, subject, body, kind):
    found = classify(message(sender, subject, body))
    assert (found.kind, found.recipients) == (kind, (READER,))


def test_the_prose_tells_why_when_the_report_says_no_more_than_5_0_0():
    fields = f"Final-Recipient: rfc822; {READER}\nAction: failed\nStatus: 5.0.0"
    prose = (
        f"** Address not found **\n\nYour message wasn't delivered to {READER} because the address couldn't be found."
    )
    assert classify(report(fields, prose)).kind == "hard"
    assert classify(report(fields)).kind == "soft"


@pytest.mark.parametrize("kind_of_address", ["LOCAL", "smtp", "x-unix", "RFC822"])
def test_the_recipient_is_read_whatever_type_the_report_gives_its_address(kind_of_address):
    fields = f"Final-Recipient: {kind_of_address};<{READER}>\nAction: failed\nStatus: 5.1.1"
    assert classify(report(fields)).recipients == (READER,)


def test_a_report_without_a_recipient_is_about_the_one_reader_of_the_returned_letter():
    found = classify(report("Action: failed\nStatus: 5.1.1"))
    assert (found.kind, found.recipients) == ("hard", (READER,))


def test_each_of_several_recipients_keeps_its_own_fate():
    fields = (
        f"Final-Recipient: rfc822; {READER}\nAction: failed\nStatus: 5.1.1\n\n"
        "Final-Recipient: rfc822; b@ville.example\nAction: failed\nStatus: 5.2.2\n\n"
        "Final-Recipient: rfc822; c@ville.example\nAction: failed\nStatus: 5.1.1"
    )
    found = classify(report(fields, to="d@ville.example"))
    assert found.recipients == (READER, "c@ville.example")
    assert [(fate.address, fate.kind) for fate in found.fates] == [
        (READER, "hard"),
        ("b@ville.example", "soft"),
        ("c@ville.example", "hard"),
    ]


@pytest.mark.parametrize(
    ("sender", "subject", "body"),
    [
        ("Bureau <bureau@ville.example>", "Information", "Ce message n'a pas de suite."),
        ("postmaster@ville.example", "Notice 12", "Please see your administrator."),
        ("MAILER-DAEMON", "???", ""),
    ],
)
def test_what_reaches_a_signed_return_path_without_one_of_its_own_is_a_bounce_for_now(sender, subject, body):
    found = classify(message(sender, subject, body, f"Return-Path: <>\nDelivered-To: {SIGNED}\n"))
    assert (found.kind, found.suppress) == ("soft", False)
    assert SIGNED in found.return_paths


@pytest.mark.parametrize("mark", ["Auto-Submitted: auto-replied\n", "X-Autoreply: yes\n", "Precedence: auto_reply\n"])
def test_an_automatic_answer_to_a_signed_return_path_stays_an_answer(mark):
    head = f"Return-Path: <>\nDelivered-To: {SIGNED}\n{mark}"
    assert classify(message(READER, "Re: La lettre", "Je suis en congés.", head)).kind == "auto_reply"


def test_a_postmaster_is_no_person():
    assert (
        classify(message("postmaster@ville.example", "Notice", "Bonjour.", "To: r@reseau.example\n")).kind == "unknown"
    )


def test_a_person_who_writes_of_an_address_that_is_gone_is_read_by_a_person():
    body = "Bonjour, notre adresse mairie@ville.example n'existe plus, le message n'a pas été remis."
    found = classify(message("Claire <c@ville.example>", "Re: La lettre", body, "To: r@reseau.example\n"))
    assert found.kind == "human"


SES = {
    "notificationType": "Bounce",
    "bounce": {
        "bounceType": "Permanent",
        "bounceSubType": "General",
        "bouncedRecipients": [
            {
                "emailAddress": READER,
                "action": "failed",
                "status": "5.1.1",
                "diagnosticCode": "smtp; 550 5.1.1 user unknown",
            }
        ],
    },
    "mail": {"messageId": "1"},
}


PLAINT = "complaint"


def ses(**changes: object) -> dict[str, object]:
    return {**SES, **changes}


@pytest.mark.parametrize("wrapped", [False, True])
@pytest.mark.parametrize("broken", [False, True])
def test_a_notification_of_ses_is_read(wrapped, broken):
    text = json.dumps({"Type": "Notification", "Message": json.dumps(SES)} if wrapped else SES)
    text = text[:90] + "!\n " + text[90:] if broken and " " not in text[89:91] else text
    found = classify(message("no-reply@sns.amazonaws.com", "AWS Notification Message", text + "\n--\nTo stop", HEADS))
    assert (found.kind, found.recipients, found.status) == ("hard", (READER,), "5.1.1")


@pytest.mark.parametrize(
    ("notice", "kind"),
    [
        (ses(notificationType="Complaint", complaint={"complainedRecipients": [{"emailAddress": READER}]}), PLAINT),
        (ses(notificationType="Delivery", delivery={"recipients": [READER]}), "success"),
        (ses(bounce={**SES["bounce"], "bounceType": "Transient"}), "soft"),  # type: ignore[dict-item]
        (ses(bounce={**SES["bounce"], "bounceSubType": "OnAccountSuppressionList"}), "block"),  # type: ignore[dict-item]
    ],
)
def test_each_notification_of_ses_has_its_kind(notice, kind):
    assert [(fate.kind, fate.address) for fate in ses_notification(json.dumps(notice))] == [(kind, READER)]


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda x: (
            st.lists(x)
            | st.dictionaries(
                st.sampled_from(["notificationType", "bounce", "bouncedRecipients", "emailAddress", "Message"]), x
            )
        ),
        max_leaves=12,
    )
)
def test_no_json_makes_the_reader_of_ses_raise(value):
    assert isinstance(ses_notification(json.dumps(value)), list)
