"""Fetching from addresses that people typed: public hosts only, checked, then connected to as checked.

The name is resolved once, every address it has must be public, and the connection goes to the address that was
checked, so that a second answer of the name server cannot lead elsewhere. Redirects are followed by hand, each checked.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import time
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from newsletter.errors import ExchangeError

REDIRECTS = 3
TIMEOUT = 10.0
MAX_BYTES = 10_000_000


@dataclass(frozen=True, slots=True)
class Page:
    """What was fetched: the address it came from in the end, the status, the media type and the body."""

    url: str
    status: int
    media_type: str
    body: bytes


def status(url: str) -> int:
    """Return the HTTP status that `url` answers with in the end; ExchangeError when it cannot be asked."""
    return get(url, limit=1, method="HEAD").status


def get(url: str, *, limit: int = MAX_BYTES, seconds: float = 30.0, method: str = "GET") -> Page:
    """Fetch `url`, following up to three redirects; ExchangeError for anything private, too large or too slow."""
    deadline = time.monotonic() + seconds
    for _hop in range(REDIRECTS + 1):
        answer = _one(url, method, limit, deadline)
        if isinstance(answer, Page):
            return answer
        url = urljoin(url, answer)
    raise ExchangeError("it redirects too often", where=url, hint="give the final address")


def public_address(host: str, port: int) -> str:
    """Return an address of `host` to connect to; ExchangeError when any of its addresses is not a public one."""
    try:
        found = [str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    except (OSError, UnicodeError):
        raise ExchangeError("its host name is not known", where=host, hint="check the spelling") from None
    for text in found:
        address = ipaddress.ip_address(text.partition("%")[0])
        mapped = getattr(address, "ipv4_mapped", None) or address
        if not mapped.is_global or mapped.is_multicast:
            raise ExchangeError("it leads into a private network", where=host, hint="give a public address")
    return found[0]


def _one(url: str, method: str, limit: int, deadline: float) -> Page | str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.password:
        raise ExchangeError("it is no plain web address", where=url, hint="give an https address")
    try:
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        raise ExchangeError("its port is no number", where=url, hint="give an https address") from None
    connection = http.client.HTTPConnection(parts.hostname, port, timeout=TIMEOUT)
    try:
        connection.sock = _connect(parts.scheme, parts.hostname, port)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request(method, path, headers={"User-Agent": "newsletter-link-check", "Accept": "*/*"})
        response = connection.getresponse()
        location = response.headers.get("Location")
        if response.status in (301, 302, 303, 307, 308) and location:
            return location
        if method == "HEAD" and response.status in (403, 405, 501):
            # Some sites answer only to GET.
            return _one(url, "GET", limit, deadline)
        body = _read(response, 0 if limit == 1 else limit, deadline, url)
        return Page(url, response.status, response.headers.get_content_type(), body)
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise ExchangeError(f"it cannot be fetched: {error}", where=url, hint="try it in a browser") from None
    finally:
        connection.close()


def _connect(scheme: str, host: str, port: int) -> socket.socket:
    raw = socket.create_connection((public_address(host, port), port), timeout=TIMEOUT)
    if scheme == "http":
        return raw
    return ssl.create_default_context().wrap_socket(raw, server_hostname=host)


def _read(response: http.client.HTTPResponse, limit: int, deadline: float, url: str) -> bytes:
    body = bytearray()
    while limit and (piece := response.read1(65_536)):
        body += piece
        if len(body) > limit or time.monotonic() > deadline:
            raise ExchangeError(f"it is larger than {limit} bytes or too slow", where=url, hint="save it by hand")
    return bytes(body)
