"""Public pages leave compressed, a third of their weight; pages that hold a secret do not."""

from __future__ import annotations

from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from newsletter.web.security import PRIVATE
from newsletter.web.site import Site

# Pictures are compressed already. What is beside a CSRF token or a personal link must not be compressed with it:
# the length of the answer would tell an attacker who chooses a part of it what the rest is (BREACH).
_AS_THEY_ARE = (*PRIVATE, "/images/")


class Compress:
    """Middleware: gzip for clients that accept it, on pages that are the same for every reader."""

    def __init__(self, app: ASGIApp, site: Site) -> None:
        self.app, self.site = app, site
        self.gzip = GZipMiddleware(app, minimum_size=1000, compresslevel=5)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        plain = scope["type"] != "http" or scope["path"].removeprefix(self.site.prefix).startswith(_AS_THEY_ARE)
        await (self.app if plain else self.gzip)(scope, receive, send)
