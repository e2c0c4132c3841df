"""Connections that send nothing, too little or too many: other visitors are served, and the log stays small."""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
import time
from dataclasses import replace
from urllib.parse import urlsplit

import pytest

from newsletter.networks import network_of
from newsletter.settings_web import Web
from newsletter.web import connections
from newsletter.web.connections import ConnectionLimits, connection_limits
from tests.web.server import serving, serving_app

HEAD = b"GET /robots.txt HTTP/1.1\r\nHost: x\r\n"
FORM = b"POST /abonnement HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
SHORT = ConnectionLimits(
    most=12, most_per_address=8, head_seconds=0.6, body_seconds=0.6, body_pace=1_000_000, answer_seconds=0.6
)
# Nothing is overdue while the test runs: only the caps end a connection.
PATIENT = replace(SHORT, head_seconds=600, body_seconds=600, answer_seconds=600)


def opened(url: str, sent: bytes = b"", source: str = "127.0.0.1") -> socket.socket:
    """Return a connection from `source` that has sent some bytes."""
    address = urlsplit(url)
    made = socket.create_connection((address.hostname, address.port), timeout=30, source_address=(source, 0))
    made.sendall(sent)
    return made


def answer(made: socket.socket) -> bytes:
    """Return what the server says until it ends the connection."""
    said = b""
    try:
        while got := made.recv(65536):
            said += got
    except ConnectionResetError:
        pass
    return said


def ask(url: str, source: str = "127.0.0.1") -> bytes:
    with opened(url, HEAD + b"Connection: close\r\n\r\n", source) as made:
        return answer(made)


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        (b"", b""),
        (b"GET / HTT", b"HTTP/1.1 408 "),
        (HEAD, b"HTTP/1.1 408 "),
        (FORM + b"Content-Length: 60000\r\n\r\naddress=", b"HTTP/1.1 408 "),
        (FORM + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", b"HTTP/1.1 408 "),
        # Refused before its body was read: the rest of the body is not waited for without end.
        (FORM.replace(b"/abonnement", b"/hooks/brevo") + b"Content-Length: 60000\r\n\r\nx", b"HTTP/1.1 404 "),
        (HEAD + b"\r\n" + HEAD, b"HTTP/1.1 200 "),
    ],
    ids=["nothing", "half a line", "half a head", "half a form", "half a chunked form", "unread body", "second head"],
)
def test_a_request_that_does_not_come_whole_is_ended(town, caplog, sent, said):
    with serving(town.workspace, SHORT) as url, opened(url, sent) as made:
        assert answer(made).startswith(said)
    assert not [record for record in caplog.records if record.exc_info]


@pytest.mark.parametrize("beginning", [HEAD, FORM + b"Content-Length: 60000\r\n\r\n"], ids=["head", "body"])
def test_a_byte_now_and_then_gains_no_time(town, beginning):
    with serving(town.workspace, SHORT) as url, opened(url, beginning) as made:
        made.settimeout(0.05)
        said = b""
        with pytest.raises(OSError):
            while True:
                made.sendall(b"X")
                try:
                    said += made.recv(65536)
                except TimeoutError:
                    continue
                assert not said or said.startswith(b"HTTP/1.1 408 ")


def test_a_body_that_keeps_its_pace_may_take_longer(town):
    limits = replace(SHORT, body_pace=10)
    with serving(town.workspace, limits) as url, opened(url, FORM + b"Content-Length: 60\r\n\r\n") as made:
        for _part in range(20):
            made.sendall(b"abc")
            time.sleep(0.06)
        made.settimeout(30)
        assert made.recv(100).startswith(b"HTTP/1.1 4")


def test_an_answer_that_is_not_taken_is_given_up():
    given_up = threading.Event()

    async def endless(scope, receive, send):
        if scope["type"] != "http":
            return
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await receive()
        gone = asyncio.ensure_future(receive())
        while not gone.done():
            await send({"type": "http.response.body", "body": b"x" * 65536, "more_body": True})
        given_up.set()

    with serving_app(endless, SHORT) as url, opened(url, HEAD + b"\r\n"):
        assert given_up.wait(60)


@pytest.mark.parametrize("sent", [b"", HEAD, FORM + b"Content-Length: 60000\r\n\r\n"], ids=["idle", "head", "body"])
def test_with_every_place_taken_a_new_visitor_is_served_and_the_one_who_waits_longest_gives_way(town, sent):
    with serving(town.workspace, PATIENT) as url:
        held = [opened(url, sent) for _n in range(PATIENT.most_per_address)]
        try:
            settled(held)
            assert ask(url).startswith(b"HTTP/1.1 200 ")
            assert answer(held[0]) == b""
            assert all(still_open(made) for made in held[2:])
        finally:
            for made in held:
                made.close()


def test_a_burst_takes_no_more_places_than_there_are(town):
    """Many connections that come in one turn of the loop each find another one that gives way."""
    with serving(town.workspace, PATIENT) as url:
        held = [opened(url, HEAD) for _n in range(60)]
        try:
            settled(held)
            assert ask(url).startswith(b"HTTP/1.1 200 ")
            assert sum(map(still_open, held)) < PATIENT.most_per_address
        finally:
            for made in held:
                made.close()


def test_at_the_cap_in_all_the_visitor_with_most_connections_gives_way(town):
    with serving(town.workspace, PATIENT) as url:
        few = [opened(url, HEAD, "127.0.0.2") for _n in range(4)]
        many = [opened(url, HEAD, "127.0.0.3") for _n in range(8)]
        try:
            settled(few + many)
            assert ask(url, "127.0.0.4").startswith(b"HTTP/1.1 200 ")
            assert all(still_open(made) for made in few)
            assert not still_open(many[0])
        finally:
            for made in few + many:
                made.close()


def settled(held: list[socket.socket]) -> None:
    """Wait until the server has counted the connections: it takes them in the order in which they came."""
    time.sleep(0.3)


def still_open(made: socket.socket) -> bool:
    made.setblocking(False)
    try:
        return made.recv(1) != b""
    except BlockingIOError:
        return True
    except OSError:
        return False


@pytest.mark.parametrize(
    ("address", "group"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
    ],
)
def test_one_line_is_one_visitor(address, group):
    assert network_of(address) == group


@pytest.mark.parametrize(
    ("address", "trusted"),
    [("127.0.0.1", True), ("::ffff:127.0.0.1", True), ("10.1.2.3", True), ("10.2.2.3", False), ("::1", False)],
)
def test_a_proxy_that_is_trusted_brings_many_visitors(address, trusted):
    assert ConnectionLimits(trusted=("127.0.0.1", "10.1.0.0/16")).is_trusted(address) is trusted


@pytest.mark.parametrize(("files", "most"), [(1024, 500), (800, 350), (256, 16), (65536, 500)])
def test_no_more_connections_are_taken_than_the_process_may_open_files(monkeypatch, files, most):
    monkeypatch.setattr(connections, "allow_open_files", lambda _wanted: files)
    assert connection_limits(Web()).most == most


def test_what_was_ended_is_said_once_with_its_count(town, caplog):
    caplog.set_level(logging.WARNING)
    limits = replace(SHORT, most_per_address=4)
    with serving(town.workspace, limits) as url:
        logging.getLogger("newsletter.connections").addHandler(caplog.handler)
        held = [opened(url, HEAD) for _n in range(12)]
        for made in held:
            answer(made)
            made.close()
    said = [record.getMessage() for record in caplog.records if record.name == "newsletter.connections"]
    assert 1 <= len(said) <= 2
    assert "8 gave way" in said[0]
