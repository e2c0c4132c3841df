"""Anonymous link counts, off unless `[web] count_links` says otherwise: totals per link and section, nothing else.

At approval the web links of a letter's items are replaced by `/l/<issue>/<number>`; the text part keeps the plain
addresses, uncounted. What editors saw and approved is the letter before that step: its hash stays. A visit is not
counted when it is a HEAD, when the client says it is a robot, or when one source follows more than three links of a
letter within ten seconds, as scanners do; the source is known for these seconds only, in memory, by a keyed hash.
"""

from __future__ import annotations

import hmac
import html
import re
import secrets
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from newsletter.actions.archive.public_letters import names_issue
from newsletter.actions.letters.editions import Edition, skeleton
from newsletter.actions.workspace import Workspace
from newsletter.errors import NotFound
from newsletter.i18n import Sentence, _
from newsletter.model import Item
from newsletter.rendering import clean
from newsletter.store.archive import link_counts
from newsletter.store.archive.link_counts import Link
from newsletter.store.sending.mailings import Frozen

WINDOW = 10.0
MOST = 3
LARGEST = 0x7FFFFFFF
_SOURCES = 20_000
_HREF = re.compile(r'(?<=\shref=")https?://[^"]+(?=")')
_ROBOT = re.compile(
    r"bot\b|crawl|spider|scan|preview|fetch|curl|wget|python|headless|safelinks|proofpoint", re.IGNORECASE
)


def links(workspace: Workspace, made: Edition) -> list[Link]:
    """Return the links of an edition that will be counted: none unless the settings say so.

    A number is made of section and address, so that an issue approved again keeps those already in mailboxes.
    """
    if not workspace.settings.web.count_links:
        return []
    own = workspace.settings.web.base_url
    found: dict[str, Link] = {}
    for section, item in _placed(made):
        for url in (item.link, item.article.event.link if item.article.event else ""):
            address = clean.href(url)
            if address.startswith(("http://", "https://")) and not address.startswith(own):
                number = zlib.crc32(f"{section}\0{address}".encode()) & LARGEST
                found.setdefault(address, Link(number, section, address))
    return list({link.number: link for link in found.values()}.values())


def frozen(workspace: Workspace, made: Edition, counted: list[Link]) -> list[Frozen]:
    """Return the variants as they are frozen: with the counted addresses in place of the links `counted`."""
    if not counted:
        return made.frozen
    base = f"{workspace.settings.web.base_url}/l/{made.composed.key}"
    places = {link.url: f"{base}/{link.number}" for link in counted}
    letters = [replace(letter, html=_counted(letter.html, places)) for letter in made.letters]
    bones = [skeleton(workspace, letter, made.publication) for letter in letters]
    return [replace(one, skeleton=bone.freeze()) for one, bone in zip(made.frozen, bones, strict=True)]


def _counted(page: str, places: Mapping[str, str]) -> str:
    return _HREF.sub(lambda found: places.get(html.unescape(found[0]), found[0]), page)


def _placed(made: Edition) -> Iterator[tuple[str, Item]]:
    if made.composed.lead:
        yield _("À la une"), made.composed.lead
    for section in made.composed.sections:
        yield from ((section.title, item) for item in section.items)


@dataclass(slots=True)
class Bursts:
    """Remembers for some seconds how many links of a letter one source followed; nothing of it is ever written."""

    _salt: bytes = field(default_factory=lambda: secrets.token_bytes(16))
    _seen: dict[bytes, tuple[float, int]] = field(default_factory=dict)

    def too_many(self, source: str, issue: str, now: float) -> bool:
        """Note one visit; tell whether it is one of a burst."""
        key = hmac.digest(self._salt, f"{source} {issue}".encode(), "sha256")[:16]
        if len(self._seen) >= _SOURCES:
            self._seen = {k: v for k, v in self._seen.items() if now - v[0] < WINDOW}
        if len(self._seen) >= _SOURCES and key not in self._seen:
            return True
        began, n = self._seen.get(key, (now, 0))
        began, n = (now, 0) if now - began >= WINDOW else (began, n)
        self._seen[key] = (began, n + 1)
        return n >= MOST


def follow(workspace: Workspace, issue: str, number: int, *, count: bool) -> str:
    """Return the address behind a counted link, and count the visit if `count`; NotFound.

    Only addresses stored at an approval are ever returned.
    """
    found = None
    if names_issue(issue) and number <= LARGEST:
        with workspace.database.read() as connection:
            found = link_counts.find_link(connection, issue, number)
    if found is None:
        raise NotFound(
            "there is no such link",
            hint="use the link of a letter",
            said=Sentence("Ce lien n’existe pas. Reprenez-le dans la lettre."),
        )
    mailing_id, url = found
    if count:
        with workspace.database.write() as connection:
            link_counts.add_follows(connection, mailing_id, number)
    return url


def robot(agent: str) -> bool:
    """Tell whether a client names itself as a robot; one without a name counts as a robot."""
    return not agent or bool(_ROBOT.search(agent))


def totals(workspace: Workspace, issue: str) -> list[Link]:
    """Return the links of an issue with how often each was followed, the most followed first."""
    with workspace.database.read() as connection:
        return link_counts.of_issue(connection, issue)


def shares(counted: list[Link]) -> dict[str, float]:
    """Return the part of each section in all visits, from 0 to 1, the greatest first; empty without any visit."""
    whole = sum(link.n for link in counted)
    sections = dict.fromkeys(link.section for link in counted)
    parts = {section: sum(link.n for link in counted if link.section == section) for section in sections}
    return {name: n / whole for name, n in sorted(parts.items(), key=lambda pair: -pair[1])} if whole else {}
