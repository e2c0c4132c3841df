"""Links: where they lead, whether they will open for a reader, and what they reveal."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from urllib.parse import SplitResult, unquote, urlsplit, urlunsplit

from newsletter.i18n import _
from newsletter.model import Article, Finding, Severity

_TRACKERS = re.compile(
    r"(?:utm_|pk_|mtm_|matomo_|at_|hsa_|_hs)\w+|mc_[ce]id|msclkid|(?:fb|g|d|y|tw|tt)clid|[gw]braid"
    r"|gad_source|igsh(?:id)?|li_fat_id|mkt_tok|xtor|xtref|_gl",
    re.IGNORECASE,
)
_INSIDE = ("localhost", ".localhost", ".local", ".localdomain", ".internal", ".intranet", ".lan", ".home.arpa")
# Every repetition is bounded: an article may come from a feed, and no text may slow the proof-reader down.
_MARKDOWN_LINK = re.compile(
    r"(?<!!)\[[^\[\]]{0,1000}+\]\([ \t]{0,9}<?([^\s)>]{1,2000}+)>?[^()]{0,300}+\)"
    r"|<((?:https?|mailto):[^\s<>]{1,2000}+)>"
)
_MAIL = re.compile(r"[^\s@?]+@[^\s@?]+\.[^\s@?.]{2,}(?:\?.*)?\Z")


def targets(article: Article) -> list[tuple[str, str]]:
    """Return (address, where) for every link of `article`: its own, its event's, those of its text."""
    found = [(article.link, article.where("link"))]
    if article.event:
        found.append((article.event.link, article.where("event")))
    found += [(target, article.where("body")) for target in in_markdown(article.body)]
    return [(target, where) for target, where in found if target]


def in_markdown(text: str) -> list[str]:
    """Return the addresses of the links of a Markdown text, without pictures."""
    return [match[1] or match[2] for match in _MARKDOWN_LINK.finditer(text)]


def check_target(target: str, where: str) -> Iterator[Finding]:
    """Yield what is wrong with one address: malformed, not public, not encrypted, or marked with a tracker."""
    parts = _split(target)
    shown = target if len(target) <= 100 else target[:99] + "…"
    if parts is None:
        message = _(
            "« {lien} » n’est pas un lien complet. Écrivez l’adresse entière, par exemple https://www.rtes.fr/page."
        )
        yield Finding("link-malformed", Severity.ERROR, message.format(lien=shown), where)
        return
    if parts.scheme in ("mailto", "tel"):
        return
    if _is_private(parts.hostname or ""):
        message = _("« {lien} » ne s’ouvre que sur votre réseau. Mettez l’adresse publique de la page.")
        yield Finding("link-private", Severity.ERROR, message.format(lien=shown), where)
        return
    if parts.scheme == "http":
        message = _("« {lien} » n’est pas chiffré. Vérifiez que la page s’ouvre en https:// et changez le lien.")
        yield Finding("link-insecure", Severity.WARNING, message.format(lien=shown), where)
    tidy = without_trackers(target)
    if tidy != target:
        message = _("Le lien porte des marques de suivi des lecteurs. Remplacez-le par {lien}")
        yield Finding("link-tracking", Severity.WARNING, message.format(lien=tidy), where)


def without_trackers(target: str) -> str:
    """Return the address without the parameters that follow readers (utm_*, fbclid, gclid, mc_eid...)."""
    parts = urlsplit(target)
    kept = [pair for pair in parts.query.split("&") if not _TRACKERS.fullmatch(unquote(pair.partition("=")[0]))]
    return urlunsplit(parts._replace(query="&".join(kept)))


def _split(target: str) -> SplitResult | None:
    """Return the parts of an address that a mail client can open, else None."""
    if re.search(r"[\s<>\"\\`]", target):
        return None
    try:
        parts = urlsplit(target)
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        return None
    if parts.scheme == "mailto":
        return parts if _MAIL.match(parts.path) else None
    if parts.scheme == "tel":
        return parts if re.match(r"\+?[\d.()-]{3,}\Z", parts.path) else None
    usable = parts.scheme in ("http", "https") and host and not parts.username
    named = re.match(r"[\w-]+(?:\.[\w-]+)*\.?\Z", host) or ":" in host
    return parts if usable and named and ".." not in host else None


def _is_private(host: str) -> bool:
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        # A host without a dot, or a number in another notation (0x7f000001, 2130706433), is never a public name.
        lone = "." not in host.rstrip(".") or re.fullmatch(r"[\d.]+|0x[\da-f]+", host) is not None
        return lone or host.rstrip(".").endswith(_INSIDE)
