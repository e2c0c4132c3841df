"""Every fault of a peer, and what becomes of five people: nobody doubled, nobody lost, nobody answered for another."""

from __future__ import annotations

import socket
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.messages import Outgoing
from newsletter.providers.smtp import SmtpProvider
from tests.providers.scripted import EXTENSIONS, Fault, ScriptedServer
from tests.providers.smtp_people import outgoing, provider, tell

LOCKSTEP = tuple(word for word in EXTENSIONS if word != "PIPELINING")
FIVE = [outgoing(n) for n in range(1, 6)]
LARGE = b"Bonjour, voici la lettre du mois.\r\n" * 400_000
THIRD = {"after": 2}


def check(server: ScriptedServer, sender: SmtpProvider, expected: str, people: Sequence[Outgoing] = FIVE) -> None:
    """Send to five people and compare with a letter each.

    A accepted; R refused; ? refused, and unclear whether for the recipient's sake or ours; D deferred; P deferred, the
    provider's affair; M the mailing refused; - untried because of that; U unknown.
    """
    session = sender.connect()
    found = tell(session.send(people))
    session.close()
    assert "".join(found[n] for n in range(1, 6)) == expected
    taken = server.recipients()
    for n, letter in found.items():
        times = taken.count(f"p{n}@example.org")
        assert times == 1 if letter == "A" else times <= 1 if letter == "U" else times == 0, (n, letter, times)


def patience(*faults: Fault) -> float:
    """Return the client's time-out: short where it must run out, long where a busy machine must not make it."""
    return 0.4 if any(fault.silent for fault in faults) else 10


GREETING = [
    ("banner 554", Fault("banner", b"554 5.7.1 you are listed", times=0), "PPPPP"),
    ("banner 421 and hang up", Fault("banner", b"421 busy", close=True, times=0), "PPPPP"),
    ("banner that is no reply", Fault("banner", b"hello", times=0), "PPPPP"),
    ("no banner, hang up", Fault("banner", close=True, times=0), "PPPPP"),
    ("silence in place of a banner", Fault("banner", times=0), "PPPPP"),
    ("slow banner", Fault("banner", delay=0.1), "AAAAA"),
    ("banner in 8 bits", Fault("banner", b"220 bo\xeete \xff", times=0), "AAAAA"),
    ("EHLO unknown, HELO known", Fault("ehlo", b"502 5.5.1 what?", times=0), "AAAAA"),
    ("EHLO drops", Fault("ehlo", close=True, times=0), "PPPPP"),
    ("EHLO silent", Fault("ehlo", times=0), "PPPPP"),
]


@pytest.mark.parametrize(("fault", "expected"), [case[1:] for case in GREETING], ids=[case[0] for case in GREETING])
def test_a_fault_in_the_greeting_costs_nobody(fault, expected):
    with ScriptedServer(fault) as server:
        check(server, provider(server.port, timeout=patience(fault)), expected)


def test_a_server_that_refuses_ehlo_and_helo_is_tried_again_later():
    with ScriptedServer(Fault("ehlo", b"550 no", times=0), Fault("helo", b"550 no", times=0)) as server:
        check(server, provider(server.port), "PPPPP")


def test_nobody_listening_is_tried_again_later():
    with ScriptedServer() as server, socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
        gone.close()
        check(server, provider(port), "PPPPP")


TRANSACTION = [
    ("MAIL 451", [Fault("mail", b"451 4.3.0 later", **THIRD)], "AAPAA"),
    ("MAIL 550", [Fault("mail", b"550 5.7.1 sender refused", **THIRD)], "AAM--"),
    ("MAIL 552 size", [Fault("mail", b"552 5.3.4 too big", **THIRD)], "AAM--"),
    ("MAIL 530 log in first", [Fault("mail", b"530 5.7.0 log in", times=0)], "PPPPP"),
    ("RCPT 450", [Fault("rcpt", b"450 4.2.1 greylisted", **THIRD)], "AADAA"),
    ("RCPT 452 mailbox", [Fault("rcpt", b"452 4.2.2 full", **THIRD)], "AADAA"),
    ("RCPT 452 system", [Fault("rcpt", b"452 4.3.1 disk full", **THIRD)], "AAPAA"),
    ("RCPT 550 without status", [Fault("rcpt", b"550 no", **THIRD)], "AA?AA"),
    ("RCPT 5.1.1", [Fault("rcpt", b"550 5.1.1 unknown", **THIRD)], "AARAA"),
    ("RCPT 5.7.1", [Fault("rcpt", b"554 5.7.1 not from you", **THIRD)], "AA?AA"),
    ("RCPT quota", [Fault("rcpt", b"550 5.4.5 Daily user sending quota exceeded", **THIRD)], "AAM--"),
    ("RCPT relay", [Fault("rcpt", b"554 5.7.1 <p3@example.org>: Relay access denied", **THIRD)], "AAM--"),
    ("DATA quota", [Fault("data", b"550 5.4.5 Daily user sending quota exceeded", **THIRD)], "AAM--"),
    ("dot quota", [Fault("dot", b"550 5.4.5 Daily user sending quota exceeded", **THIRD)], "AAM--"),
    ("RCPT about the sender", [Fault("rcpt", b"553 5.1.8 bad sender", **THIRD)], "AAM--"),
    ("RCPT refused, 354 all the same", [Fault("rcpt", b"550 5.1.1 unknown", **THIRD)], "AARAA"),
    ("RCPT refused at both ends", [Fault("rcpt", b"550 no", times=0, match=m) for m in (b"p1", b"p2", b"p5")], "??AA?"),
    ("everybody refused", [Fault("rcpt", b"550 5.1.1 unknown", times=0)], "RRRRR"),
    ("RCPT refused, hang up", [Fault("rcpt", b"550 5.1.1 x", **THIRD), Fault("data", close=True, **THIRD)], "AARAA"),
    ("refuses and hangs up each time", [Fault("rcpt", b"550 5.1.1 x", close=True, times=0)], "RRRRR"),
    ("DATA 451", [Fault("data", b"451 4.7.1 later", **THIRD)], "AADAA"),
    ("DATA 554", [Fault("data", b"554 5.7.1 no", **THIRD)], "AA?AA"),
    ("dot 451", [Fault("dot", b"451 4.7.1 later", **THIRD)], "AADAA"),
    ("dot 452 system", [Fault("dot", b"452 4.3.1 disk full", **THIRD)], "AAPAA"),
    ("dot 552 size", [Fault("dot", b"552 too big", **THIRD)], "AA?AA"),
    ("dot 5.7.1 content", [Fault("dot", b"550 5.7.1 spam", **THIRD)], "AA?AA"),
    ("dot 554 without status", [Fault("dot", b"554 transaction failed", **THIRD)], "AA?AA"),
    ("dot 5.1.1", [Fault("dot", b"550 5.1.1 nobody", **THIRD)], "AARAA"),
    ("dot 5.2.2", [Fault("dot", b"552 5.2.2 mailbox full", **THIRD)], "AARAA"),
    ("dot, last person", [Fault("dot", b"550 5.1.1 nobody", after=4)], "AAAAR"),
    ("drop after the dot, message kept", [Fault("dot", close=True, keep=True, **THIRD)], "AAUPP"),
    ("drop after the dot, message lost", [Fault("dot", close=True, **THIRD)], "AAUPP"),
    ("silence after the dot", [Fault("dot", keep=True, **THIRD)], "AAUPP"),
    ("silence after the dot, last person", [Fault("dot", keep=True, after=4)], "AAAAU"),
    ("answers, then hangs up", [Fault("dot", b"250 2.0.0 taken", close=True, times=0)], "AAAAA"),
    ("no reply at the dot but noise", [Fault("dot", b"\xff\xfe\x00", keep=True, **THIRD)], "AAUPP"),
    ("half a code at the dot", [Fault("dot", b"25", keep=True, **THIRD)], "AAUPP"),
    ("354 to the dot", [Fault("dot", b"354 again", keep=True, **THIRD)], "AAUPP"),
    ("one answer too many to RCPT", [Fault("rcpt", b"250 ok\r\n250 ok", **THIRD)], "AAAAA"),
    ("one answer too many to DATA", [Fault("data", b"354 go\r\n250 ok", **THIRD)], "AAAAA"),
    ("250 to DATA", [Fault("data", b"250 ok", **THIRD)], "AAAAA"),
    ("multi-line answers", [Fault(s, b"250-a\r\n250-\r\n250 c", times=0) for s in ("mail", "rcpt", "dot")], "AAAAA"),
    ("multi-line refusal", [Fault("rcpt", b"550-5.1.1 nobody\r\n550 5.1.1 here", **THIRD)], "AARAA"),
    ("codes that differ within a reply", [Fault("rcpt", b"250-one\r\n550 two", times=0)], "PPPPP"),
    ("an answer without end", [Fault("rcpt", b"250-more\r\n" * 500, times=0)], "PPPPP"),
    ("a line without end", [Fault("rcpt", b"250 " + b"x" * 100_000, times=0)], "PPPPP"),
    ("refusal in 8 bits", [Fault("rcpt", b"550 5.1.1 bo\xeete inconnue", **THIRD)], "AARAA"),
]
for stage in ("mail", "rcpt", "data", "dot"):
    TRANSACTION += [
        (f"421 to {stage}, connection worn out", [Fault(stage, b"421 4.7.0 enough", close=True, **THIRD)], "AAAAA"),
        (f"421 to {stage}, first person", [Fault(stage, b"421 4.7.0 not now", close=True)], "PAAAA"),
        (f"421 to {stage} for ever", [Fault(stage, b"421 4.7.0 not now", close=True, times=0)], "PPPPP"),
    ]
for stage in ("mail", "rcpt", "data"):
    TRANSACTION += [
        (f"drop at {stage}", [Fault(stage, close=True, **THIRD)], "AAAAA"),
        (f"drop at {stage} for ever", [Fault(stage, close=True, times=0)], "PPPPP"),
        (f"silence at {stage}", [Fault(stage, **THIRD)], "AAPPP"),
        (f"noise at {stage}", [Fault(stage, b"<html>", **THIRD)], "AAAAA"),
    ]


@pytest.mark.parametrize("extensions", [EXTENSIONS, LOCKSTEP], ids=["pipelined", "lockstep"])
@pytest.mark.parametrize(("faults", "expected"), [c[1:] for c in TRANSACTION], ids=[c[0] for c in TRANSACTION])
def test_a_fault_in_a_transaction_is_classified_for_the_right_person(faults, expected, extensions, request):
    lax = "354 all the same" in request.node.name
    with ScriptedServer(*faults, extensions=extensions, lax=lax) as server:
        check(server, provider(server.port, timeout=patience(*faults)), expected)
        assert extensions is EXTENSIONS or server.early == 0, "wrote ahead of a server that cannot pipeline"


BODY = [
    ("drop, and the dot cannot have left", Fault("body", **THIRD), True, "AAAAA"),
    ("drop, and the dot may have arrived", Fault("body", **THIRD), False, "AAUPP"),
    ("every body dropped, no dot can have left", Fault("body", times=0), True, "PPPPP"),
    ("552, then drop, before the dot", Fault("body", b"552 5.3.4 too big", **THIRD), True, "AA?AA"),
    ("552, then drop", Fault("body", b"552 5.3.4 too big", **THIRD), False, "AA?AA"),
    ("421, then drop, before the dot", Fault("body", b"421 4.3.2 going down", **THIRD), True, "AAAAA"),
    ("421, then drop", Fault("body", b"421 4.3.2 going down", **THIRD), False, "AAAAA"),
    ("250 before the dot, then drop", Fault("body", b"250 ok", **THIRD), True, "AAAAA"),
]


@pytest.mark.parametrize("extensions", [EXTENSIONS, LOCKSTEP], ids=["pipelined", "lockstep"])
@pytest.mark.parametrize(("fault", "large", "expected"), [case[1:] for case in BODY], ids=[case[0] for case in BODY])
def test_a_fault_during_the_body_is_in_doubt_only_if_the_final_dot_may_have_arrived(fault, large, expected, extensions):
    # More than any socket buffer holds: the client is still writing when the server hangs up.
    people = [outgoing(n, LARGE) for n in range(1, 6)] if large else FIVE
    with ScriptedServer(fault, extensions=extensions) as server:
        check(server, provider(server.port), expected, people)


def test_a_server_that_closes_after_two_messages_still_serves_everybody():
    with ScriptedServer(limit=2) as server:
        check(server, provider(server.port), "AAAAA")
        assert server.connections == 3


def test_with_a_recipient_and_no_sender_the_line_is_cut_rather_than_an_empty_message_sent():
    refuses_mail_but_takes_the_rest = Fault("mail", b"451 4.3.0 later\r\n250 ok\r\n354 go on")
    with ScriptedServer(refuses_mail_but_takes_the_rest) as server:
        check(server, provider(server.port), "PAAAA")
        assert all(message.content.strip() for message in server.taken)


PEOPLE = st.lists(st.sampled_from(["ok", "refused", "later", "spam"]), min_size=1, max_size=12)


@settings(max_examples=40, deadline=None)
@given(PEOPLE, st.booleans(), st.booleans(), st.integers(1, 5), st.integers(1, 12))
def test_whoever_is_refused_answers_reach_the_right_person(fates, pipelining, lax, limit, size):
    answers = {
        "refused": ("rcpt", b"550 5.1.1 no"),
        "later": ("rcpt", b"450 4.2.0 no"),
        "spam": ("dot", b"550 5.2.1 no"),
    }
    faults = [
        Fault(*answers[fate], times=0, match=f"p{n}@".encode()) for n, fate in enumerate(fates) if fate in answers
    ]
    letters = {"ok": "A", "refused": "R", "later": "D", "spam": "R"}
    people = [outgoing(n) for n in range(len(fates))]
    with ScriptedServer(*faults, extensions=EXTENSIONS if pipelining else LOCKSTEP, lax=lax) as server:
        session = provider(server.port, messages_per_connection=limit).connect()
        found = {}
        for start in range(0, len(people), size):
            found |= tell(session.send(people[start : start + size]))
        session.close()
        assert found == {n: letters[fate] for n, fate in enumerate(fates)}
        assert server.recipients() == [f"p{n}@example.org" for n, fate in enumerate(fates) if fate == "ok"]
