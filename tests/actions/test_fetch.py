"""Fetching what somebody typed: public hosts only, and no host holds us."""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from newsletter.actions import fetch
from newsletter.actions.fetch import Validators
from newsletter.errors import ExchangeError
from tests.providers.test_smtp_security import certificate

OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n"


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1::1", True),
        ("127.0.0.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("192.168.1.1", False),
        ("224.0.0.1", False),
        ("::1", False),
        ("::", False),
        ("::ffff:169.254.169.254", False),
        ("::127.0.0.1", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("fec0::1", False),
        ("ff02::1", False),
        ("64:ff9b::a9fe:a9fe", False),  # NAT64: leads to 169.254.169.254
        ("64:ff9b:1::7f00:1", False),
        ("2002:7f00:1::1", False),  # 6to4: leads to 127.0.0.1
        ("2001:0:1::1", False),
        ("168.63.129.16", False),  # Azure's own
        ("168.63.129.17", True),
        ("100.100.100.200", False),  # Alibaba Cloud's
        ("192.0.1.1", True),
        ("2001:200::1", True),
    ],
)
def test_only_addresses_of_public_hosts_are_connected_to(monkeypatch, address, public):
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_a, **_k: [(0, 0, 0, "", (address, 80))])
    if public:
        assert fetch.public_address("site.example", 80) == address
    else:
        with pytest.raises(ExchangeError, match="private network"):
            fetch.public_address("site.example", 80)


@pytest.mark.parametrize("block", fetch.SPECIAL_PURPOSE, ids=str)
def test_no_block_of_ianas_registries_of_special_purposes_is_connected_to(monkeypatch, block):
    """Whatever this version of Python calls global: first, last and middle address, and Oracle Cloud's 192.0.0.192."""
    monkeypatch.setattr(ipaddress.IPv4Address, "is_global", True)
    monkeypatch.setattr(ipaddress.IPv6Address, "is_global", True)
    for address in (block[0], block[-1], block[block.num_addresses // 4 * 3]):
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_a, a=address, **_k: [(0, 0, 0, "", (str(a), 80))])
        with pytest.raises(ExchangeError, match="private network"):
            fetch.public_address("site.example", 80)


def test_one_private_address_among_public_ones_is_enough_to_refuse(monkeypatch):
    found = [(0, 0, 0, "", (address, 80)) for address in ("93.184.216.34", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_a, **_k: found)
    with pytest.raises(ExchangeError, match="private network"):
        fetch.public_address("site.example", 80)


@contextmanager
def host(
    monkeypatch: pytest.MonkeyPatch, answer: Callable[[socket.socket], None], *, first: bool = True
) -> Iterator[str]:
    """Serve one connection on this machine, which stands for a public host; `first` reads the request."""
    monkeypatch.setattr(fetch, "public_address", lambda _host, _port: "127.0.0.1")
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            with server.accept()[0] as peer:
                try:
                    if first:
                        peer.recv(4096)
                    answer(peer)
                except OSError:
                    return  # cut off

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://site.example:{server.getsockname()[1]}/flux"
        thread.join(30)


@pytest.mark.parametrize(
    ("name", "trusted", "served"),
    [("site.example", True, True), ("elsewhere.example", True, False), ("site.example", False, False)],
    ids=["its own certificate", "that of another host", "one that nobody vouches for"],
)
def test_a_page_over_https_is_taken_from_the_host_that_was_named_only(tmp_path, monkeypatch, name, trusted, served):
    file = certificate(tmp_path, name)
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(file)
    real = ssl.create_default_context
    monkeypatch.setattr(ssl, "create_default_context", lambda: real(cafile=str(file) if trusted else None))

    def answer(raw: socket.socket) -> None:
        with serving.wrap_socket(raw, server_side=True) as peer:
            peer.recv(4096)
            peer.sendall(OK + b"Content-Length: 2\r\n\r\nok")

    with host(monkeypatch, answer, first=False) as url:
        if served:
            assert fetch.fetch_page(url.replace("http:", "https:")).body == b"ok"
        else:
            with pytest.raises(ExchangeError, match="certificate verify failed"):
                fetch.fetch_page(url.replace("http:", "https:"))


def drip(peer: socket.socket, start: bytes, end: bytes, heard: list[str]) -> None:
    """Send `start`, then a byte now and then for some seconds, then `end`; say so if all of it was heard."""
    peer.sendall(start)
    for _n in range(60):
        time.sleep(0.05)
        peer.sendall(b"x")
    peer.sendall(end)
    heard.append("all of it")


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (OK + b"X-Slow: ", b"\r\nContent-Length: 2\r\n\r\nok"),
        (OK + b"Content-Length: 62\r\n\r\n", b"ok"),
        (OK + b"\r\n", b""),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n3;", b"\r\nabc\r\n0\r\n\r\n"),
    ],
    ids=["headers", "body", "body without a length", "size of a chunk"],
)
def test_a_host_that_drips_is_cut_off_at_the_deadline(monkeypatch, start, end):
    heard: list[str] = []
    with (
        host(monkeypatch, lambda peer: drip(peer, start, end, heard)) as url,
        pytest.raises(ExchangeError, match="too slow"),
    ):
        fetch.fetch_page(url, seconds=0.5)
    assert heard == []


def test_what_comes_in_time_and_size_is_given(monkeypatch):
    with host(monkeypatch, lambda peer: peer.sendall(OK + b"Content-Length: 2\r\n\r\nok")) as url:
        page = fetch.fetch_page(url)
    assert (page.status, page.media_type, page.body) == (200, "text/xml", b"ok")


def spy(seen: list[dict[str, str]]) -> Callable[..., None]:
    """Return a `request` of http.client that also keeps the headers it is given."""
    real = http.client.HTTPConnection.request

    def request(self: http.client.HTTPConnection, *arguments: str, headers: dict[str, str]) -> None:
        seen.append(headers)
        real(self, *arguments, headers=headers)

    return request


@pytest.mark.parametrize(
    ("headers", "known"),
    [
        (
            b'ETag: W/"abc"\r\nLast-Modified: Mon, 16 Nov 2026 10:00:00 GMT\r\n',
            Validators('W/"abc"', "Mon, 16 Nov 2026 10:00:00 GMT"),
        ),
        (b"", Validators()),
        (b"ETag: \xe9\r\n", Validators()),
        (b"ETag: a\tb\r\n", Validators()),
        (b"ETag: " + b"x" * 301 + b"\r\n", Validators()),
    ],
    ids=["both", "none", "no ASCII", "control", "long"],
)
def test_what_an_answer_is_known_by_is_kept_if_it_can_be_sent_back(monkeypatch, headers, known):
    with host(monkeypatch, lambda peer: peer.sendall(OK + headers + b"Content-Length: 0\r\n\r\n")) as url:
        assert fetch.fetch_page(url).known == known


def test_what_is_known_is_asked_for_by_its_validators(monkeypatch):
    asked: list[dict[str, str]] = []
    monkeypatch.setattr(http.client.HTTPConnection, "request", spy(asked))
    with host(monkeypatch, lambda peer: peer.sendall(b"HTTP/1.1 304 Not Modified\r\n\r\n")) as url:
        page = fetch.fetch_page(url, known=Validators('W/"abc"', "Mon, 16 Nov 2026 10:00:00 GMT"))
    assert (page.status, page.body) == (304, b"")
    (headers,) = asked
    assert (headers["If-None-Match"], headers["If-Modified-Since"]) == ('W/"abc"', "Mon, 16 Nov 2026 10:00:00 GMT")


def test_a_body_beyond_the_limit_is_refused_while_it_arrives(monkeypatch):
    with (
        host(monkeypatch, lambda peer: peer.sendall(OK + b"\r\n" + bytes(300_000))) as url,
        pytest.raises(ExchangeError, match="larger than 1000 bytes"),
    ):
        fetch.fetch_page(url, limit=1000)


@pytest.mark.parametrize("target", ["http://169.254.169.254/latest", "file:///etc/passwd", "//a:b@site.example/"])
def test_a_redirect_is_judged_like_the_first_address(monkeypatch, target):
    real = fetch.public_address
    answer = f"HTTP/1.1 302 Found\r\nLocation: {target}\r\nContent-Length: 0\r\n\r\n".encode()
    with host(monkeypatch, lambda peer: peer.sendall(answer)) as url:
        monkeypatch.setattr(
            fetch, "public_address", lambda name, port: real(name, port) if name[0].isdigit() else "127.0.0.1"
        )
        with pytest.raises(ExchangeError):
            fetch.fetch_page(url)
