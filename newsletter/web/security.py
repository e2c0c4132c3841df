"""What is between the network and every page: headers, limits on bodies, the language, and logs without secrets."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from newsletter.i18n import speaking
from newsletter.web.site import Site

# The most bytes a request may carry, by the beginning of its path; the first that fits counts.
BODY_LIMITS: tuple[tuple[str, int], ...] = (
    # A visitor who is not signed in sends an address and a name.
    ("/studio/connexion", 64_000),
    ("/studio/premier/", 64_000),
    ("/studio/", 64_000_000),
    ("/proposer/", 16_000_000),
    ("/hooks/", 1_000_000),
    ("/api/", 1_000_000),
    ("", 64_000),
)
# Pages reached by a personal link: never indexed, never stored, their address is kept from other sites.
TOKENED = (
    "/confirmation/",
    "/preferences/",
    "/desabonnement/",
    "/proposer/",
    "/effacement/",
    "/mes-donnees/",
    "/changement-adresse/",
    "/epreuve/",
)
PRIVATE = (*TOKENED, "/studio", "/api/", "/hooks/", "/metrics")
EMBEDDED = "/abonnement/formulaire"

_TOKEN_PATH = re.compile(rf"(?P<page>{'|'.join(TOKENED)}|/studio/[a-z]+/(?=[\w-]{{30,}}))[^/?]+")
_TOKEN_QUERY = re.compile(r"(?P<name>[?&](?:cle|key|token|jeton|signature|address)=)[^&]+")


def headers_for(path: str, *, secure: bool) -> Mapping[str, str]:
    """Return the security headers of the page at `path`; a handler's own header wins."""
    script = " script-src 'self'; connect-src 'self'; frame-src 'self';" if path.startswith("/studio") else ""
    ancestors = "*" if path == EMBEDDED else "'none'"
    found = {
        "Content-Security-Policy": f"default-src 'none'; style-src 'self'; img-src 'self';{script} form-action 'self'; "
        f"base-uri 'none'; frame-ancestors {ancestors}",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=(), interest-cohort=()",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "cross-origin" if path.startswith("/images/") else "same-origin",
        "Cache-Control": "no-store" if path.startswith(PRIVATE) else "no-cache",
    }
    if path.startswith(PRIVATE):
        found["X-Robots-Tag"] = "noindex, nofollow"
    if secure:
        found["Strict-Transport-Security"] = "max-age=31536000"
    return found


def private(path: str) -> bool:
    """Tell whether the page at `path` is for one person, and so kept from search engines."""
    return path.startswith(PRIVATE)


class Guard:
    """Middleware around every page: its language, its headers, HEAD answered like GET without the body, body limits."""

    def __init__(self, app: ASGIApp, site: Site) -> None:
        self.app, self.site = app, site

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        self.site.renew()
        prefix, path = self.site.prefix, _below(scope["path"], self.site.prefix)
        head = scope["method"] == "HEAD"
        scope = {**scope, "path": prefix + path, "root_path": prefix, "asked": scope["method"]}
        if head:
            scope["method"] = "GET"

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in headers_for(path, secure=self.site.secure).items():
                    headers.setdefault(name, value)
                if headers.get("content-type", "").startswith("text/html"):
                    headers.add_vary_header("Accept-Language")
            elif head and message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        limit = next(most for beginning, most in BODY_LIMITS if path.startswith(beginning))
        with speaking(self.site.language(scope)):
            await self.app(scope, _limited(scope, receive, limit), answer)


def _below(path: str, prefix: str) -> str:
    """Return the path of a page below the site's prefix; a trailing slash means nothing.

    Starlette would answer such a slash with a redirect to the host that the request names.
    """
    if path == prefix or path.startswith(f"{prefix}/"):
        path = path[len(prefix) :]
    return path.rstrip("/") or "/"


def _limited(scope: Scope, receive: Receive, limit: int) -> Receive:
    """Return `receive`, which refuses a body longer than `limit`, announced or not."""
    announced = Headers(scope=scope).get("content-length", "0")
    taken = 0 if announced.isdecimal() and int(announced) <= limit else limit + 1

    async def bounded() -> Message:
        nonlocal taken
        if taken > limit:
            raise HTTPException(413)
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > limit:
            raise HTTPException(413)
        return message

    return bounded


def mask(path: str) -> str:
    """Return a path as it may be logged: without the token that would open the page again."""
    return _TOKEN_QUERY.sub(r"\g<name>…", _TOKEN_PATH.sub(r"\g<page>…", path))


class Discreet(logging.Filter):
    """Takes tokens and IP addresses out of uvicorn's access log: they are a key and a personal datum."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Mask one line; every line is kept."""
        if isinstance(record.args, tuple) and len(record.args) == 5:
            _client, method, path, version, status = record.args
            record.args = ("-", method, mask(str(path)), version, status)
            record.__dict__.update(method=method, path=record.args[2], status=status)
        return True
