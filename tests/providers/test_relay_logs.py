"""What the logs of relays say of our messages, by Message-ID."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.providers.relay_logs import read_relay_log

ONE, TWO, THREE, FOUR = (f"m1.{n}.ab12CD@lettre.example.org" for n in (1, 2, 3, 4))
WANTED = [f"<{ONE}>", TWO, THREE, FOUR]

POSTFIX = f"""\
Nov 28 05:00:01 relay postfix/smtpd[411]: 4ABC1230F1: client=app.example.org[192.0.2.7]
Nov 28 05:00:01 relay postfix/cleanup[412]: 4ABC1230F1: message-id=<{ONE}>
Nov 28 05:00:01 relay postfix/qmgr[99]: 4ABC1230F1: from=<r@a.example>, nrcpt=1 (queue active)
Nov 28 05:00:02 relay postfix/smtp[420]: 4ABC1230F1: to=<a@mairie.example> status=sent (250 2.0.0 ok 77)
Nov 28 05:00:02 relay postfix/qmgr[99]: 4ABC1230F1: removed
2026-11-28T05:00:03+01:00 relay postfix/cleanup[412]: 3zQw0V1PzKz9: message-id=<{TWO}>
2026-11-28T05:00:03+01:00 relay postfix/qmgr[99]: 3zQw0V1PzKz9: from=<r@a.example>, nrcpt=1 (queue active)
2026-11-28T05:00:04+01:00 relay postfix/smtp[4]: 3zQw0V1PzKz9: to=<b@x.fr>, status=bounced (said: 550 5.1.1 unknown)
Nov 28 05:00:05 relay postfix/cleanup[412]: 4ABC1230F3: message-id=<{THREE}>
Nov 28 05:00:05 relay postfix/smtpd[411]: lost connection after DATA (60000 bytes) from app.example.org[192.0.2.7]
"""
EXIM = f"""\
2026-11-28 05:00:01 1tGabc-0001Xy-3k <= retours@example.org H=app [192.0.2.7] P=esmtp S=65231 id={ONE}
2026-11-28 05:00:02 1tGabc-0001Xy-3k => a@mairie.example R=dnslookup T=remote_smtp C="250 ok"
2026-11-28 05:00:02 1tGabc-0001Xy-3k Completed
2026-11-28 05:00:03 1tGabd-000000012ab-0abc <= retours@example.org H=app [192.0.2.7] P=esmtp S=65231 id={TWO}
2026-11-28 05:00:04 1tGabd-000000012ab-0abc ** b@mairie.example: 550 5.1.1 unknown
"""
BREVO = f"""\
st_text;ts;sub;frm;email;tag;mid;link;X-Mailin-custom
Delivered;28-11-2026 05:00:00;La lettre;lettre@example.org;a@mairie.example;lettre;<x@smtp-relay.example>;;<{ONE}>
Hard bounce;28-11-2026 05:00:00;La lettre;lettre@example.org;b@mairie.example;lettre;<y@smtp-relay.example>;;<{TWO}>
"""
MAILGUN = "\n".join(
    json.dumps(
        {"event": event, "severity": severity, "message": {"headers": {"message-id": message_id}}, "reason": why}
    )
    for event, severity, message_id, why in (
        ("delivered", "", ONE, ""),
        ("failed", "permanent", TWO, "550 5.1.1 unknown"),
        ("accepted", "", "somebody@else.example", ""),
    )
)
POSTMARK = json.dumps(
    {
        "Messages": [
            {"RecordType": "Delivery", "Recipient": "a@mairie.example", "Metadata": {"message": f"<{ONE}>"}},
            {
                "RecordType": "Bounce",
                "Type": "HardBounce",
                "Details": "550 5.1.1 unknown",
                "Metadata": {"message": TWO},
            },
        ]
    }
)
LOGS = {"postfix": POSTFIX, "exim": EXIM, "brevo": BREVO, "mailgun": MAILGUN, "postmark": POSTMARK}


@pytest.mark.parametrize("kind", LOGS)
def test_a_log_tells_by_message_id_what_was_taken_and_what_was_refused(kind):
    found = read_relay_log(LOGS[kind].splitlines(keepends=True), WANTED)
    assert {message_id: told.fate for message_id, told in found.items()} == {ONE: "taken", TWO: "refused"}
    if kind != "brevo":
        assert "5.1.1 unknown" in found[TWO].answer


def test_a_message_that_was_named_but_never_whole_was_not_taken():
    assert THREE not in read_relay_log(POSTFIX.splitlines(), WANTED)


def test_lines_may_come_in_any_order_and_several_logs_together():
    assert read_relay_log(reversed(POSTFIX.splitlines()), WANTED)[TWO].fate == "refused"
    mixed = [*POSTFIX.splitlines(), "noise", "", *EXIM.splitlines()]
    found = read_relay_log(mixed, WANTED)
    assert {message_id: told.fate for message_id, told in found.items()} == {ONE: "taken", TWO: "refused"}


def test_a_deferred_message_was_taken_by_the_relay_which_tries_on():
    lines = POSTFIX.replace("status=sent", "status=deferred").splitlines()
    assert read_relay_log(lines, WANTED)[ONE].fate == "taken"


def test_a_soft_bounce_in_an_export_was_taken():
    event = {"RecordType": "Bounce", "Type": "SoftBounce", "Metadata": {"message": ONE}}
    assert read_relay_log([json.dumps(event)], WANTED)[ONE].fate == "taken"


@given(st.lists(st.sampled_from(POSTFIX.splitlines() + EXIM.splitlines() + BREVO.splitlines()) | st.text(max_size=80)))
def test_no_log_is_misread_as_speaking_of_another_message(lines):
    found = read_relay_log(lines, [FOUR])
    assert found == {}


@given(st.lists(st.text(max_size=200), max_size=20))
def test_no_text_makes_the_reader_fail(lines):
    read_relay_log(lines, WANTED)
