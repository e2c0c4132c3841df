"""Web addresses with the host names of any script: written as every mail program and link scanner reads them."""

from __future__ import annotations

import re

import idna

_HOST = re.compile(r"(https?://(?:[^/?#@\s]*@)?)([^/?#@:\[\]\s]+)", re.IGNORECASE)


def ascii_host(url: str) -> str:
    """Return a web address with its host in ASCII: `https://exämple.org/été` becomes `https://xn--exmple-cua.org/été`.

    Anything else comes back as it is, an address too whose host can be no name (RFC 5891, UTS 46).
    """
    found = _HOST.match(url)
    if not found or found[2].isascii():
        return url
    try:
        host = idna.encode(found[2], uts46=True).decode("ascii")
    except (idna.IDNAError, UnicodeError):
        return url
    return f"{found[1]}{host}{url[found.end() :]}"
