"""Fetching from addresses that people typed: public hosts only, checked, then connected to as checked.

The name is resolved once, every address it has must be public, and the connection goes to the address that was
checked, so that a second answer of the name server cannot lead elsewhere. Redirects are followed by hand, each checked.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from newsletter.errors import ExchangeError
from newsletter.i18n import Sentence

# IPv6 has one range of public hosts.
_HOSTS = ipaddress.ip_network("2000::/3")
# What no public host has: IANA's IPv4 and IPv6 Special-Purpose Address Registries (RFC 6890 and its successors), by
# name, since what `is_global` says changed between versions of Python (CVE-2024-4032). Whole blocks are refused, also
# where the registry calls a part of one globally reachable: no feed or picture lies there, and a gateway or a cloud's
# own service may. So are multicast, and addresses that carry an IPv4 address, which lead wherever a gateway takes them.
SPECIAL_PURPOSE = tuple(
    map(
        ipaddress.ip_network,
        (
            *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
            *("192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24"),
            *("192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24"),
            *("224.0.0.0/4", "240.0.0.0/4", "255.255.255.255/32"),
            *("::/128", "::1/128", "::ffff:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "100:0:0:1::/64"),
            *("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20", "5f00::/16", "fc00::/7"),
            *("fe80::/10", "fec0::/10", "ff00::/8"),
        ),
    )
)
# Public by number, and yet a service of the cloud that the machine stands in: Azure's metadata and DHCP (Oracle
# Cloud's, 192.0.0.192, and those at 169.254.169.254 and 100.100.100.200 lie in blocks above).
_CLOUDS = (ipaddress.ip_network("168.63.129.16/32"),)

# What stands in an address as it is (RFC 3986, and the % of what is escaped already); a browser escapes the rest.
_PLAIN = "!#$%&'()*+,/:;=?@[]~"

REDIRECTS = 3
TIMEOUT = 10.0
MAX_BYTES = 10_000_000


@dataclass(frozen=True, slots=True)
class Validators:
    """ETag and Last-Modified of an answer (RFC 9110 section 8.8); each may be empty."""

    etag: str = ""
    modified: str = ""


@dataclass(frozen=True, slots=True)
class FetchedPage:
    """What was fetched: the address it came from in the end, the status, the media type and the body.

    `known` are the validators by which it can be asked for again, for `get`.
    """

    url: str
    status: int
    media_type: str
    body: bytes
    known: Validators = Validators()


def status(url: str) -> int:
    """Return the HTTP status that `url` answers with in the end; ExchangeError when it cannot be asked."""
    return fetch_page(url, limit=1, method="HEAD").status


def fetch_page(
    url: str, *, limit: int = MAX_BYTES, seconds: float = 30.0, method: str = "GET", known: Validators | None = None
) -> FetchedPage:
    """Fetch `url`, following up to three redirects; ExchangeError for anything private, too large or too slow.

    What stayed as it was `known` is answered by the status 304 and no body.
    """
    deadline = time.monotonic() + seconds
    for _hop in range(REDIRECTS + 1):
        answer = _one(url, method, limit, deadline, known)
        if isinstance(answer, FetchedPage):
            return answer
        url = urljoin(url, answer)
    raise ExchangeError(
        "it redirects too often",
        where=url,
        hint="give the final address",
        said=Sentence("l’adresse renvoie sans cesse ailleurs. Donnez l’adresse d’arrivée."),
    )


def public_address(host: str, port: int) -> str:
    """Return an address of `host` to connect to; ExchangeError when any of its addresses is not a public one."""
    try:
        found = [str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    except (OSError, UnicodeError):
        raise ExchangeError(
            "its host name is not known",
            where=host,
            hint="check the spelling",
            said=Sentence("ce nom de site est inconnu. Vérifiez l’adresse."),
        ) from None
    if not all(map(_public, found)):
        raise ExchangeError(
            "it leads into a private network",
            where=host,
            hint="give a public address",
            said=Sentence("l’adresse mène dans un réseau privé. Donnez une adresse publique."),
        )
    return found[0]


def _public(text: str) -> bool:
    """Tell whether an IP address is that of one host of the public internet."""
    address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        address = address.ipv4_mapped or address
    if address.version == 6 and address not in _HOSTS:
        return False
    return address.is_global and not any(address in block for block in (*SPECIAL_PURPOSE, *_CLOUDS))


def _one(url: str, method: str, limit: int, deadline: float, known: Validators | None = None) -> FetchedPage | str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.password:
        raise ExchangeError(
            "it is no plain web address",
            where=url,
            hint="give an https address",
            said=Sentence("ce n’est pas une adresse web. Donnez une adresse qui commence par https://"),
        )
    try:
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        raise ExchangeError(
            "its port is no number",
            where=url,
            hint="give an https address",
            said=Sentence("ce n’est pas une adresse web. Donnez une adresse qui commence par https://"),
        ) from None
    connection = http.client.HTTPConnection(parts.hostname, port, timeout=TIMEOUT)
    try:
        connection.sock = _connect(parts.scheme, parts.hostname, port)
        with _at_most(connection.sock, deadline, url):
            return _answer(connection, method, parts, limit, deadline, url, known)
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise ExchangeError(
            f"it cannot be fetched: {error}",
            where=url,
            hint="try it in a browser",
            said=Sentence("le site ne répond pas. Essayez l’adresse dans un navigateur."),
        ) from None
    finally:
        connection.close()


def _answer(
    connection: http.client.HTTPConnection,
    method: str,
    parts: SplitResult,
    limit: int,
    deadline: float,
    url: str,
    known: Validators | None,
) -> FetchedPage | str:
    if isinstance(connection.sock, ssl.SSLSocket):
        connection.sock.do_handshake()
    path = quote((parts.path or "/") + (f"?{parts.query}" if parts.query else ""), safe=_PLAIN)
    asked = {"If-None-Match": known.etag, "If-Modified-Since": known.modified} if known else {}
    headers = {"User-Agent": "newsletter-link-check", "Accept": "*/*", **{n: v for n, v in asked.items() if v}}
    connection.request(method, path, headers=headers)
    response = connection.getresponse()
    location = response.headers.get("Location")
    if response.status in (301, 302, 303, 307, 308) and location:
        return location.encode("latin-1", "replace").decode(errors="replace")  # it may hold letters beyond ASCII
    if method == "HEAD" and response.status >= 400:
        # Some sites answer only to GET, and refuse a HEAD by whatever status.
        return _one(url, "GET", limit, deadline)
    body = _read(response, 0 if limit == 1 else limit, url)
    found = Validators(_validator(response, "ETag"), _validator(response, "Last-Modified"))
    return FetchedPage(url, response.status, response.headers.get_content_type(), body, found)


def _validator(response: http.client.HTTPResponse, name: str) -> str:
    """Return a header that we would send back as it is; nothing for one that is no such thing."""
    text = response.headers.get(name, "")
    return text if len(text) <= 300 and text.isascii() and text.isprintable() else ""


def _connect(scheme: str, host: str, port: int) -> socket.socket:
    raw = socket.create_connection((public_address(host, port), port), timeout=TIMEOUT)
    if scheme == "http":
        return raw
    # The handshake waits until somebody watches the time.
    return ssl.create_default_context().wrap_socket(raw, server_hostname=host, do_handshake_on_connect=False)


@contextmanager
def _at_most(sock: socket.socket, deadline: float, url: str) -> Iterator[None]:
    """Cut the connection at `deadline` and raise ExchangeError.

    Each read has a timeout of its own, so a host that sends a byte now and then would hold us for ever.
    """
    late = threading.Event()

    def cut() -> None:
        late.set()
        with suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)

    watch = threading.Timer(max(0.0, deadline - time.monotonic()), cut)
    watch.daemon = True
    watch.start()
    try:
        yield
    except (OSError, http.client.HTTPException, ValueError):
        if not late.is_set():
            raise
    finally:
        watch.cancel()
    if late.is_set():
        raise ExchangeError(
            "it is too slow",
            where=url,
            hint="save it by hand",
            said=Sentence("le site est trop lent à répondre. Enregistrez le fichier vous-même, puis donnez-le."),
        )


def _read(response: http.client.HTTPResponse, limit: int, url: str) -> bytes:
    body = bytearray()
    while limit and (piece := response.read1(65_536)):
        body += piece
        if len(body) > limit:
            raise ExchangeError(
                f"it is larger than {limit} bytes",
                where=url,
                hint="save it by hand",
                said=Sentence("le fichier dépasse {size} Mo. Donnez-en un plus court.", size=limit // 1_000_000),
            )
    return bytes(body)
