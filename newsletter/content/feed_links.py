"""The addresses in feeds: kept byte for byte, freed of tracking, made whole, and compared."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, quote, unquote, urlencode, urljoin, urlsplit

from newsletter.content.urls import is_url

_JUNK = re.compile(
    r"(?:utm_\w+|at_(?:medium|campaign|custom\d|source|format|creation|variant|ptr_name|link\w*|recipient\w*|"
    r"send_date)|"
    r"mc_[ce]id|fbclid|gclid|dclid|msclkid|yclid|xtor|_ga|_gl|pk_\w+|mtm_\w+|piwik_\w+|matomo_\w+|var_mode|PHPSESSID|"
    r"igshid|mkt_tok|_hsenc|_hsmi|__hs\w+|vero_id|oly_\w+_id|ns_\w+|wt_mc|wt\.mc_\w+)\Z",
    re.IGNORECASE,
)
_TRACKING_ANCHOR = re.compile(r"(?:xtor|utm_\w+|at_medium|at_campaign)=", re.IGNORECASE)
# An anchor that is a page of its own: sites that are one script (`#!/news/12`, `#/news/12`).
_PAGE_ANCHOR = re.compile(r"!?/")
_DROPPED = re.compile(r"[\t\r\n]+")


def tidy_link(url: str) -> str:
    """Return the address without tracking parameters; empty if it is no web address.

    Without any, it is returned as it came: a site reads its own addresses, and `?article12` is not `?article12=`.
    """
    url = _DROPPED.sub("", url).strip()
    if not is_url(url, ("https", "http")):
        return ""
    rest, hash_, anchor = url.partition("#")
    if hash_ and (not anchor or _TRACKING_ANCHOR.match(anchor)):
        hash_ = anchor = ""
    page, mark, query = rest.partition("?")
    pieces = query.split("&")
    kept = [piece for piece in pieces if not _JUNK.match(unquote(piece.partition("=")[0]).removeprefix("amp;"))]
    if len(kept) < len(pieces):
        mark, query = ("?", "&".join(kept)) if kept else ("", "")
    return f"{page}{mark}{query}{hash_}{anchor}"


def canonical(url: str) -> str:
    """Return the form under which addresses are compared: no scheme, no www, no tracking parameters, no anchor."""
    parts = urlsplit(tidy_link(url))
    host = (parts.hostname or "").removeprefix("www.")
    ascii_query = "".join(c if c < "\x80" else quote(c) for c in parts.query)
    # Read as Latin-1, the bytes of an escaped letter stay those that stand there, whatever the site's charset.
    pairs = sorted(parse_qsl(ascii_query, keep_blank_values=True, encoding="latin-1"))
    query = urlencode(pairs, encoding="latin-1")
    anchor = f"#{parts.fragment}" if _PAGE_ANCHOR.match(parts.fragment) else ""
    return f"{host}{parts.path.rstrip('/')}" + (f"?{query}" if query else "") + anchor


def whole_link(url: str, *bases: str) -> str:
    """Return `url` as an absolute address, taken from the first of `bases` that is one; empty when it cannot be."""
    url = _DROPPED.sub("", url).strip()
    if not url or urlsplit_fails(url):
        return ""
    if urlsplit(url).scheme:
        return tidy_link(url)
    for base in bases:
        if is_url(base, ("https", "http")):
            return tidy_link(urljoin(base, url.replace(" ", "%20")))
    return ""


def urlsplit_fails(url: str) -> bool:
    """Tell whether `url` cannot even be taken apart (an unclosed bracket of an IPv6 address)."""
    try:
        urlsplit(url)
    except ValueError:
        return True
    return False
