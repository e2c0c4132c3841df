"""A session over its life: pipelining, rotation, reuse, abandonment, and what it refuses to write."""

from __future__ import annotations

import pytest

from tests.providers.scripted import Fault, ScriptedServer
from tests.providers.smtp_people import outgoing, provider, tell


def test_envelopes_go_in_one_group_and_behind_the_final_dot():
    with ScriptedServer() as server:
        session = provider(server.port).connect()
        assert set(tell(session.send([outgoing(n) for n in range(10)])).values()) == {"A"}
        session.close()
        # MAIL and RCPT come with the rest of their group behind them; DATA, the last of it, does not.
        assert server.early == 20
        assert [message.recipients for message in server.taken] == [(f"p{n}@example.org",) for n in range(10)]


def test_pipelining_can_be_switched_off():
    with ScriptedServer() as server:
        session = provider(server.port, pipelining=False).connect()
        assert set(tell(session.send([outgoing(n) for n in range(3)])).values()) == {"A"}
        assert server.early == 0


def test_each_outcome_is_known_before_the_next_message_leaves():
    with ScriptedServer() as server:
        outcomes = provider(server.port).connect().send([outgoing(n) for n in range(3)])
        for n in range(3):
            assert next(outcomes).delivery == n
            assert len(server.taken) == n + 1


def test_the_size_is_announced_where_the_server_wants_to_know_it():
    with ScriptedServer() as server:
        list(provider(server.port).connect().send([outgoing(1)]))
        assert f"SIZE={len(outgoing(1).mime)}".encode() in next(c for c in server.commands if c.startswith(b"MAIL"))
    with ScriptedServer(extensions=()) as server:
        list(provider(server.port).connect().send([outgoing(1)]))
        assert not [c for c in server.commands if b"SIZE" in c]


def test_a_connection_is_reused_between_batches_and_left_politely_after_its_share():
    with ScriptedServer() as server:
        session = provider(server.port, messages_per_connection=4).connect()
        for start in range(0, 10, 2):
            assert set(tell(session.send([outgoing(n) for n in range(start, start + 2)])).values()) == {"A"}
        session.close()
        session.close()
        assert [message.connection for message in server.taken] == [1, 1, 1, 1, 2, 2, 2, 2, 3, 3]
        assert server.commands.count(b"QUIT") == 3


def test_a_connection_closed_while_idle_is_replaced_without_a_word():
    with ScriptedServer(Fault("dot", b"250 2.0.0 taken", close=True)) as server:
        session = provider(server.port).connect()
        assert tell(session.send([outgoing(1)])) == {1: "A"}
        assert tell(session.send([outgoing(2), outgoing(3)])) == {2: "A", 3: "A"}
        assert server.recipients() == ["p1@example.org", "p2@example.org", "p3@example.org"]


def test_a_session_recovers_when_the_server_does():
    with ScriptedServer(Fault("banner", b"421 4.3.2 starting", close=True)) as server:
        session = provider(server.port).connect()
        assert tell(session.send([outgoing(1), outgoing(2)])) == {1: "P", 2: "P"}
        assert tell(session.send([outgoing(1), outgoing(2)])) == {1: "A", 2: "A"}


def test_a_batch_left_in_the_middle_sends_nothing_more_and_the_session_still_works():
    with ScriptedServer() as server:
        session = provider(server.port).connect()
        outcomes = session.send([outgoing(n) for n in range(5)])
        assert next(outcomes).kind == "accepted"
        outcomes.close()
        assert tell(session.send([outgoing(7)])) == {7: "A"}
        assert server.recipients() == ["p0@example.org", "p7@example.org"]


def test_closing_a_session_that_never_sent_opens_nothing():
    with ScriptedServer() as server:
        provider(server.port).connect().close()
        assert server.connections == 0


def test_an_empty_batch_opens_nothing():
    with ScriptedServer() as server:
        assert list(provider(server.port).connect().send([])) == []
        assert server.connections == 0


@pytest.mark.parametrize(
    ("values", "letter", "status"),
    [
        ({"address": "a@b.example>\r\nRCPT TO:<x@y.example"}, "R", "5.1.3"),
        ({"address": "a b@example.org"}, "R", "5.1.3"),
        ({"address": "zoé@example.org"}, "R", "5.1.3"),
        ({"address": "a@example.org\n"}, "R", "5.1.3"),
        ({"address": ""}, "R", "5.1.3"),
        ({"return_path": "b@example.org> SIZE=1"}, "M", "5.1.7"),
        ({"mime": b""}, "M", "5.6.0"),
        ({"mime": b"Subject: x\n\nbare line feeds\n"}, "M", "5.6.0"),
        ({"mime": b"Subject: x\r\n\r\nsmuggled\n.\r\nMAIL FROM:<x@y.example>\r\n"}, "M", "5.6.0"),
        ({"mime": b"Subject: x\r\n\r\nbare\rreturn\r\n"}, "M", "5.6.0"),
        ({"mime": "Subject: x\r\n\r\né\r\n".encode()}, "M", "5.6.0"),
        ({"mime": b"Subject: x\r\n\r\n\0\r\n"}, "M", "5.6.0"),
    ],
)
def test_what_could_be_misread_on_the_wire_never_leaves(values, letter, status):
    with ScriptedServer() as server:
        outcomes = list(provider(server.port).connect().send([outgoing(1, **values), outgoing(2)]))
        assert tell(outcomes) == {1: letter, 2: "A"}
        assert next(o.status for o in outcomes if o.delivery == 1) == status
        assert server.recipients() == ["p2@example.org"]


def test_an_empty_return_path_is_written_as_the_null_sender():
    with ScriptedServer() as server:
        assert tell(provider(server.port).connect().send([outgoing(1, return_path="")])) == {1: "A"}
        assert server.taken[0].sender == ""


def test_lines_that_start_with_a_dot_arrive_as_they_were_and_nothing_but_crlf_is_on_the_wire():
    letter = b".first\r\n.\r\n..\r\nMAIL FROM:<x@y.example>\r\n.last"
    with ScriptedServer() as server:
        people = [outgoing(n, letter, mime=letter) for n in range(3)]
        assert set(tell(provider(server.port).connect().send(people)).values()) == {"A"}
        for message in server.taken:
            assert message.content == letter + b"\r\n"
            assert b"\r" not in message.wire.replace(b"\r\n", b"") and b"\n" not in message.wire.replace(b"\r\n", b"")


def test_the_answer_is_kept_for_people_to_read():
    with ScriptedServer(Fault("rcpt", b"550-5.1.1 bo\xeete\r\n550 5.1.1 inconnue\x07")) as server:
        (outcome,) = provider(server.port).connect().send([outgoing(1)])
        assert (outcome.code, outcome.status, outcome.text) == (550, "5.1.1", "5.1.1 boîte 5.1.1 inconnue")
