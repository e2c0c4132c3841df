"""Bytes: what may leave, what replies are read as, and what they mean."""

from __future__ import annotations

import socket

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.messages import Outgoing, Pieces
from newsletter.providers.smtp_body import WireProof, wire_body
from newsletter.providers.smtp_verdict import judge
from newsletter.providers.smtp_wire import Answer, SmtpReply, SmtpWire

FRAGMENTS = st.sampled_from(
    [b"\r\n", b"\r", b"\n", b".", b"..", b"texte", b"\0", b"\xc3\xa9", b" ", b"=\r\n", b"\r\n."]
)


def unstuffed(wire: bytes) -> bytes:
    """Read as a server does: lines end with CRLF, a first dot is taken off."""
    lines = wire.split(b"\r\n")
    return b"\r\n".join(line[1:] if line.startswith(b".") else line for line in lines)


@settings(max_examples=400)
@given(st.lists(FRAGMENTS, max_size=12).map(b"".join))
def test_a_body_leaves_whole_or_not_at_all(mime):
    wire = wire_body(mime)
    alone = mime.replace(b"\r\n", b"")
    if not mime or b"\r" in alone or b"\n" in alone or b"\0" in mime or not mime.isascii() or b"\r\n" not in mime:
        assert wire is None
        return
    assert wire is not None
    assert wire.endswith(b"\r\n") and b"\r\n.\r\n" not in b"\r\n" + wire
    assert unstuffed(wire) in (mime, mime + b"\r\n")


def test_a_well_made_body_is_not_copied():
    mime = b"Subject: x\r\n\r\ntexte\r\n"
    assert wire_body(mime) is mime


def in_pieces(frozen: list[bytes], values: list[bytes]) -> Outgoing:
    return Outgoing(1, "p@example.org", "<1@example.org>", "", "1", pieces=Pieces(tuple(frozen), tuple(values)))


@settings(max_examples=600)
@given(st.data())
def test_a_message_in_pieces_leaves_as_the_same_message_whole_would(data):
    some = st.lists(FRAGMENTS, max_size=3).map(b"".join)
    frozen = data.draw(st.lists(some, min_size=1, max_size=4))
    values = data.draw(st.lists(some, min_size=len(frozen) - 1, max_size=len(frozen) - 1))
    message = in_pieces(frozen, values)
    whole, found = wire_body(message.pieces.join()), WireProof().body(message)
    assert (found is None) == (whole is None)
    if found is not None:
        assert (b"".join(found[0]), found[1]) == (whole, len(whole))


@pytest.mark.parametrize("values", [[b"a\r", b"\nb"], [b"a\r\n", b".b"], [b"", b"\n"], [b"\r", b""]])
def test_ends_of_lines_in_two_values_do_not_make_up_for_each_other(values):
    message = in_pieces([b"Subject: x\r\n\r\n-", b"-", b"-\r\n"], values)
    found, whole = WireProof().body(message), wire_body(message.pieces.join())
    assert (found and b"".join(found[0])) == whole


def test_what_messages_share_is_neither_read_again_nor_copied():
    frozen, proof = [b"Subject: x\r\nTo: ", b"\r\n\r\ntexte\r\n"], WireProof()
    one, two = in_pieces(frozen, [b"a@example.org"]), in_pieces(frozen, [b"b@example.org"])
    shared = one.pieces.frozen
    two = Outgoing(2, "q@example.org", "<2@example.org>", "", "2", pieces=Pieces(shared, two.pieces.values))
    for message in (one, two):
        body, size = proof.body(message)
        assert [piece for piece in body if piece in frozen] == frozen and body[0] is frozen[0] and body[2] is frozen[1]
        assert size == len(message.pieces.join())


@settings(max_examples=150, deadline=None)
@given(
    st.binary(max_size=300)
    | st.lists(st.sampled_from([b"250", b"-", b" ", b"\r\n", b"421", b"9", b"\xff"])).map(b"".join)
)
def test_any_bytes_are_read_as_replies_or_refused_and_never_hang(noise):
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(noise)
        theirs.shutdown(socket.SHUT_WR)
        wire = SmtpWire(ours, timeout=5, pipelining=True, size=False)
        with pytest.raises(OSError):
            while True:
                reply = wire.reply()
                assert 200 <= reply.code <= 599
                assert reply.text.isprintable() or reply.text == ""


@pytest.mark.parametrize(
    ("code", "raw", "status", "text"),
    [
        (250, b"2.0.0 queued as X1", "2.0.0", "2.0.0 queued as X1"),
        (550, b"5.1.1", "5.1.1", "5.1.1"),
        (550, b"2.0.0 of another class", "", "2.0.0 of another class"),
        (550, b"5.1.1234 too long", "", "5.1.1234 too long"),
        (550, "5.1.1 boîte".encode(), "5.1.1", "5.1.1 boîte"),
        (550, "5.1.1 boîte".encode("latin-1"), "5.1.1", "5.1.1 boîte"),
        (550, b"one\r\ntwo\x1b[31m", "", "one two [31m"),
        (550, b"x" * 10_000, "", "x" * 500),
    ],
)
def test_a_reply_gives_its_status_and_a_text_that_is_safe_to_show(code, raw, status, text):
    assert (SmtpReply(code, raw).status, SmtpReply(code, raw).text) == (status, text)


@pytest.mark.parametrize(
    ("stage", "code", "text", "kind", "scope"),
    [
        ("dot", 250, "2.0.0 queued", "accepted", "recipient"),
        ("rcpt", 550, "5.1.1 unknown", "refused", "recipient"),
        ("rcpt", 550, "5.7.1 relaying denied", "refused", "mailing"),
        ("rcpt", 550, "5.7.1 denied", "refused", "unclear"),
        ("rcpt", 553, "5.1.7 bad sender", "refused", "mailing"),
        ("rcpt", 530, "5.7.0 log in", "deferred", "provider"),
        ("rcpt", 503, "5.5.1 MAIL first", "deferred", "provider"),
        ("rcpt", 450, "4.7.1 greylisted", "deferred", "recipient"),
        ("rcpt", 451, "4.4.3 no name server", "deferred", "provider"),
        ("mail", 550, "5.1.1 not about a mailbox here", "refused", "mailing"),
        ("mail", 450, "no status", "deferred", "provider"),
        ("data", 550, "5.2.1 disabled", "refused", "recipient"),
        ("data", 554, "no status", "refused", "unclear"),
        ("dot", 552, "5.2.3 too large for this mailbox", "refused", "recipient"),
        ("dot", 552, "5.3.4 too large", "refused", "unclear"),
        ("dot", 550, "5.7.26 unauthenticated", "refused", "mailing"),
        ("dot", 554, "5.6.0 malformed", "refused", "unclear"),
        ("dot", 451, "4.7.500 slow down", "deferred", "recipient"),
    ],
)
def test_an_answer_is_about_the_person_the_mailing_or_the_provider(stage, code, text, kind, scope):
    outcome = judge(7, Answer(stage, SmtpReply(code, text.encode())))
    assert (outcome.delivery, outcome.kind, outcome.scope, outcome.code) == (7, kind, scope, code)
    assert outcome.text == text
