"""Letters shown inside pages: sandboxed, without an origin, reaching nothing but pictures."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from fastapi import Request
from fastapi.responses import HTMLResponse, PlainTextResponse, Response

_HOST = re.compile(r"[A-Za-z0-9.-]+(?::\d+)?|\[[0-9A-Fa-f:]+\](?::\d+)?")
_HEADERS = {"Cross-Origin-Resource-Policy": "same-origin", "X-Frame-Options": "SAMEORIGIN"}


def frame(request: Request, html: str, *, pictures: bool = True) -> Response:
    """Answer with a letter for an `<iframe sandbox>`; without `pictures` it looks as where they are blocked."""
    # The document has no origin, so its own host has to be named for the pictures: as the settings have it, and as
    # this browser asked for it (on a machine of one's own that is another name).
    public = urlsplit(request.app.state.site.workspace.settings.web.base_url)
    asked = f"{request.url.scheme}://{request.url.netloc}" if _HOST.fullmatch(request.url.netloc) else ""
    images = f" img-src 'self' {public.scheme}://{public.netloc} {asked};" if pictures else ""
    policy = f"default-src 'none';{images} style-src 'unsafe-inline'; sandbox; frame-ancestors 'self'"
    return HTMLResponse(html, headers={**_HEADERS, "Content-Security-Policy": policy})


def text_frame(text: str) -> Response:
    """Answer with the text part of a letter."""
    policy = "default-src 'none'; sandbox; frame-ancestors 'self'"
    return PlainTextResponse(text, headers={**_HEADERS, "Content-Security-Policy": policy})
