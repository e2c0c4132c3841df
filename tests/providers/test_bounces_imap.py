"""Bounces in an IMAP mailbox: a scripted server on the loopback, with a certificate made for the test."""

from __future__ import annotations

import base64
import shutil
import socket
import socketserver
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from newsletter.errors import MailboxError
from newsletter.providers.bounces import fetch_imap
from tests.conftest import missing

MAIL = {3: b"Subject: three\r\n\r\nA\r\n", 5: b"Subject: five\r\n\r\nB\r\n", 9: b"Subject: nine\r\n\r\nC\r\n"}
PASSWORD = "sésame"


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    """Return (certificate, key) for `localhost`, made by openssl."""
    if not shutil.which("openssl"):
        missing("openssl", "install the openssl command")
    place = tmp_path_factory.mktemp("tls")
    files = place / "cert.pem", place / "key.pem"
    subprocess.run(
        [
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
            "-days",
            "2",
            "-subj",
            "/CN=localhost",
            "-addext",
            "subjectAltName=DNS:localhost",
            "-out",
            files[0],
            "-keyout",
            files[1],
        ],
        check=True,
        capture_output=True,
    )
    return files


class FakeServer(socketserver.ThreadingTCPServer):
    """A mailbox whose messages `mail` are unread until a STORE; `plain` offers AUTHENTICATE PLAIN."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, tls: ssl.SSLContext, *, plain: bool = True, drop_after: int = 0) -> None:
        super().__init__(("127.0.0.1", 0), Conversation)
        self.tls, self.plain, self.drop_after = tls, plain, drop_after
        self.mail = dict(MAIL)
        self.seen: list[int] = []
        self.commands: list[str] = []

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def handle_error(self, request, client_address) -> None:
        """A client that refuses the certificate hangs up: nothing to print."""


class Conversation(socketserver.StreamRequestHandler):
    server: FakeServer

    def setup(self) -> None:
        self.request = self.server.tls.wrap_socket(self.request, server_side=True)
        super().setup()

    def say(self, line: bytes) -> None:
        self.wfile.write(line + b"\r\n")

    def handle(self) -> None:
        auth = b" AUTH=PLAIN" if self.server.plain else b""
        self.say(b"* OK [CAPABILITY IMAP4rev1" + auth + b"] ready")
        while line := self.rfile.readline().strip():
            tag, _, command = line.partition(b" ")
            self.server.commands.append(command.decode())
            answer = self.answer(command.decode().split(" "), auth)
            self.say(tag + b" " + answer)
            if command == b"LOGOUT":
                return

    def answer(self, words: list[str], auth: bytes) -> bytes:
        if words[0] == "CAPABILITY":
            self.say(b"* CAPABILITY IMAP4rev1" + auth)
        elif words[0] == "AUTHENTICATE":
            self.say(b"+ ")
            good = base64.b64decode(self.rfile.readline()) == f"\0retours\0{PASSWORD}".encode()
            return b"OK done" if good else b"NO wrong password"
        elif words[0] == "LOGIN":
            return b"OK done" if words[2] == '"simple"' else b"NO wrong password"
        elif words[0] == "SELECT" and words[1] != '"INBOX"':
            return b"NO no such folder"
        elif words[0] == "SELECT":
            self.say(b"* 3 EXISTS")
        elif words[:2] == ["UID", "SEARCH"]:
            unread = [str(uid) for uid in self.server.mail if uid not in self.server.seen]
            self.say(b"* SEARCH " + " ".join(unread).encode())
        elif words[:2] == ["UID", "FETCH"]:
            self.fetch(int(words[2]))
        elif words[:2] == ["UID", "STORE"]:
            self.server.seen.append(int(words[2]))
        return b"OK done"

    def fetch(self, uid: int) -> None:
        if self.server.drop_after and uid > self.server.drop_after:
            self.request.shutdown(socket.SHUT_RDWR)
            return
        body = self.server.mail.get(uid)
        if body is not None:
            self.say(b"* 1 FETCH (UID %d BODY[]<0> {%d}" % (uid, len(body)))
            self.wfile.write(body + b")\r\n")


@contextmanager
def serving(certificate, **options) -> Iterator[FakeServer]:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(*certificate)
    with FakeServer(tls, **options) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def trusting(certificate) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=certificate[0])


def fetch(
    server: FakeServer, context: ssl.SSLContext | None, folder: str = "INBOX", password: str = PASSWORD, **options
):
    return fetch_imap("localhost", "retours", password, folder, port=server.port, context=context, timeout=5, **options)


def test_unread_messages_are_fetched_and_only_those_done_are_marked(certificate, trusting):
    with serving(certificate) as server:
        for message in fetch(server, trusting):
            if b"five" not in message.raw:
                message.done()
        assert server.seen == [3, 9]
        assert [message.raw for message in fetch(server, trusting)] == [MAIL[5]]


def test_reading_alone_marks_nothing_and_asks_for_a_bounded_part(certificate, trusting):
    with serving(certificate) as server:
        assert [message.name for message in fetch(server, trusting)] == ["imap:INBOX#3", "imap:INBOX#5", "imap:INBOX#9"]
        assert server.seen == []
        assert "UID FETCH 3 (BODY.PEEK[]<0.524288>)" in server.commands


def test_a_batch_is_bounded(certificate, trusting):
    with serving(certificate) as server:
        assert len(list(fetch(server, trusting, limit=2))) == 2


def test_a_message_removed_meanwhile_is_passed_over(certificate, trusting):
    with serving(certificate) as server:
        messages = fetch(server, trusting)
        next(messages)
        del server.mail[5]
        assert [message.raw for message in messages] == [MAIL[9]]


def test_a_server_without_plain_is_logged_into_the_old_way(certificate, trusting):
    with serving(certificate, plain=False) as server:
        assert len(list(fetch(server, trusting, password="simple"))) == 3
        with pytest.raises(MailboxError, match="letters this server cannot take"):
            list(fetch(server, trusting))


def test_a_certificate_nobody_vouches_for_is_refused_before_the_password_is_sent(certificate):
    with serving(certificate) as server:
        with pytest.raises(MailboxError, match="CERTIFICATE_VERIFY_FAILED"):
            list(fetch(server, None))
        assert server.commands == []


def test_a_certificate_for_another_name_is_refused(certificate, trusting):
    with serving(certificate) as server, pytest.raises(MailboxError, match="CERTIFICATE_VERIFY_FAILED"):
        list(fetch_imap("127.0.0.1", "retours", PASSWORD, port=server.port, context=trusting, timeout=5))


def test_a_wrong_password_is_told_without_being_repeated(certificate, trusting):
    with serving(certificate) as server, pytest.raises(MailboxError) as caught:
        list(fetch(server, trusting, password="hunter2secret"))
    assert "wrong password" in str(caught.value)
    assert "hunter2secret" not in str(caught.value)


@pytest.mark.parametrize(("folder", "said"), [("Absent", "no such folder"), ('a"\r\nX', "cannot be asked for")])
def test_a_folder_that_is_not_there_names_itself(certificate, trusting, folder, said):
    with serving(certificate) as server, pytest.raises(MailboxError, match=said):
        list(fetch(server, trusting, folder))


def test_a_connection_lost_in_the_middle_keeps_what_was_done(certificate, trusting):
    with serving(certificate, drop_after=3) as server:
        with pytest.raises(MailboxError, match="cannot be read"):
            for message in fetch(server, trusting):
                message.done()
        assert server.seen == [3]
        assert b"three" in MAIL[server.seen[0]]


def test_nobody_at_home_is_an_error_that_names_the_host():
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(MailboxError, match="localhost"):
        list(fetch_imap("localhost", "retours", "x", port=port, timeout=5))
