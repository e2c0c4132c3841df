"""The RSS feeds of what is public: the letters, and the articles they printed (RSS 2.0, with an Atom self link)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from email.utils import format_datetime

from lxml import etree

from newsletter import paris
from newsletter.actions.archive import public_letters
from newsletter.actions.archive.letter_page import WebLetter
from newsletter.actions.workspace import Workspace
from newsletter.i18n import _

LETTERS = 40
ARTICLES = 60
_ATOM = "http://www.w3.org/2005/Atom"


@dataclass(frozen=True, slots=True)
class _Entry:
    guid: str
    title: str
    link: str
    text: str
    at: float


def letters_rss(workspace: Workspace) -> bytes:
    """Return the feed of the public letters that are out, newest first."""
    base = workspace.settings.web.base_url
    letters = [(_address(base, out.page), out) for out in public_letters.latest_letters(workspace, LETTERS)]
    entries = (_Entry(url, out.page.subject, url, out.page.preheader, out.since) for url, out in letters)
    return _feed(workspace, "/lettres.rss", _("Toutes les lettres"), entries)


def articles_rss(workspace: Workspace) -> bytes:
    """Return the feed of the public articles of those letters, each once; an item leads to its place in the letter."""
    base = workspace.settings.web.base_url
    seen: dict[str, _Entry] = {}
    # An article keeps the letter that printed it first.
    for out in reversed(public_letters.latest_letters(workspace, LETTERS)):
        for item in out.page.items:
            if item.public and item.slug not in seen:
                place = f"{_address(base, out.page)}#{item.slug}"
                seen[item.slug] = _Entry(f"{base}/articles/{item.slug}", item.title, place, item.summary, out.since)
    newest = sorted(seen.values(), key=lambda entry: entry.at, reverse=True)
    return _feed(workspace, "/articles.rss", _("Tous les articles"), newest[:ARTICLES])


def _address(base: str, page: WebLetter) -> str:
    return f"{base}/lettres/{page.issue}"


def _feed(workspace: Workspace, path: str, title: str, entries: Iterable[_Entry]) -> bytes:
    network, base = workspace.settings.network, workspace.settings.web.base_url
    root = etree.Element("rss", version="2.0", nsmap={"atom": _ATOM})
    channel = etree.SubElement(root, "channel")
    _add(channel, "title", f"{network.short_name} – {title}")
    _add(channel, "link", f"{base}/")
    _add(channel, "description", network.baseline or network.name)
    _add(channel, "language", network.locale)
    etree.SubElement(channel, f"{{{_ATOM}}}link", href=f"{base}{path}", rel="self", type="application/rss+xml")
    for entry in entries:
        item = etree.SubElement(channel, "item")
        _add(item, "title", entry.title)
        _add(item, "link", entry.link)
        _add(item, "guid", entry.guid, isPermaLink="true" if entry.guid == entry.link else "false")
        _add(item, "pubDate", format_datetime(paris.moment(int(entry.at))))
        _add(item, "description", entry.text)
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8"))


def _add(parent: etree._Element, name: str, text: str, **attributes: str) -> None:
    etree.SubElement(parent, name, attributes).text = text
