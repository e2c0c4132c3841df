"""The archive: which letters are out, who may read which, and the page of each."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import groupby

from newsletter import addresses
from newsletter.actions import mail
from newsletter.actions.archive import letter_page
from newsletter.actions.archive.letter_page import WebLetter
from newsletter.actions.workspace import Workspace
from newsletter.errors import NotFound, TokenError
from newsletter.i18n import Sentence, _
from newsletter.rendering.notice import Notice
from newsletter.settings import Publication
from newsletter.store.archive import letter_pages
from newsletter.store.people import entitlement, limits, people
from newsletter.store.people.entitlement import Rule
from newsletter.store.sending import mailings

MOST_FOUND = 60
MOST_KEYS = 300
HOUR = 3600
_ISSUE = re.compile(r"[\w.-]{1,120}")


@dataclass(frozen=True, slots=True)
class Out:
    """A letter that is out, since when (POSIX seconds)."""

    page: WebLetter
    since: float


@dataclass(frozen=True, slots=True)
class YearShelf:
    """The public letters of one year, newest first."""

    year: int
    letters: tuple[WebLetter, ...]


@dataclass(frozen=True, slots=True)
class Opened:
    """The answer to a request for an issue: its page, or None where a reader's key is missing or opens nothing."""

    issue: str
    publication: Publication
    page: WebLetter | None
    rule: Rule

    @property
    def public(self) -> bool:
        """Whether it is public."""
        return self.publication.archive == "public"


def public_publications(workspace: Workspace) -> list[str]:
    """Return the keys of the publications whose archive is public."""
    return [p.key for p in workspace.settings.publications.values() if p.archive == "public"]


def shelves(workspace: Workspace, words: str = "") -> tuple[YearShelf, ...]:
    """Return the public letters that are out, by year; with `words`, those that hold them all."""
    pages = [out.page for out in latest_letters(workspace, MOST_FOUND if words else None, words)]
    ordered = sorted(pages, key=lambda page: page.day, reverse=True)
    return tuple(YearShelf(year, tuple(of_year)) for year, of_year in groupby(ordered, key=lambda page: page.day.year))


def latest_letters(workspace: Workspace, limit: int | None, words: str = "") -> list[Out]:
    """Return the public letters that went out last, newest first."""
    with workspace.database.read() as connection:
        stored = letter_pages.list_pages(connection, public_publications(workspace), words, limit)
    return [Out(letter_page.thaw(one.content), one.started_at) for one in stored]


def read_letter(workspace: Workspace, issue: str, key: str = "") -> Opened:
    """Open the web version of `issue`: public, or for the reader whose signed `key` comes with the request.

    A members' issue opens while that person may receive the publication, as it did at the hand-off. NotFound when no
    such issue is out.
    """
    stored = None
    if names_issue(issue):
        with workspace.database.read() as connection:
            stored = letter_pages.get_page(connection, issue)
    publication = workspace.settings.publications.get(stored.publication) if stored else None
    if stored is None or publication is None:
        raise NotFound(
            f"no letter `{issue}` is out",
            hint="see the list of letters",
            said=Sentence("Cette lettre n’est pas parue. Choisissez-en une dans la liste des lettres."),
        )
    rule = _rule(workspace, publication, stored.mailing_id)
    if publication.archive == "public" or _entitled(workspace, rule, issue, key):
        return Opened(issue, publication, letter_page.thaw(stored.content), rule)
    return Opened(issue, publication, None, rule)


def mail_key(workspace: Workspace, issue: str, address: str) -> None:
    """Send the link that opens a members' issue to `address`, if that reader is entitled to it; else do nothing.

    One mail an hour for an address whatever the issues, some hundreds in all; the caller has counted the request
    (`applications.admit`) and answers the same whatever happens here, before it does. Mail goes to the address that was
    confirmed, never to the one that was typed.
    """
    opened, wanted = read_letter(workspace, issue), addresses.parse_address(address)
    with workspace.database.write() as connection:
        now = workspace.database.now(connection)
        try:
            person = people.by_key(connection, wanted.key)
        except NotFound:
            return
        if entitlement.reason(connection, opened.rule, person.id, workspace.today()):
            return
        # Counted only now: requests for unknown addresses must not use up the number of mails kept for readers.
        mark = workspace.signer.fingerprint("archive-key", wanted.key)
        if (
            limits.hit(connection, f"key:{mark}", now, HOUR) > 1
            or limits.hit(connection, "key:", now, HOUR) > MOST_KEYS
        ):
            return
    title = opened.publication.title
    mail.post(
        workspace,
        person.address,
        Notice(
            subject=_("Votre lien vers « {title} »").format(title=title),
            heading=_("Votre lien de lecture"),
            paragraphs=(
                _("Vous avez demandé à lire ce numéro en ligne. Ce lien est personnel : ne le transmettez pas."),
            ),
            action=(_("Lire ce numéro"), workspace.links.web_version(issue, person.uid)),
            small=(_("Si vous n’avez rien demandé, ignorez ce message."),),
        ),
    )


def names_issue(text: str) -> bool:
    """Tell whether a text from outside can be the key of an issue; PostgreSQL, for one, rejects NUL."""
    return _ISSUE.fullmatch(text) is not None


def _rule(workspace: Workspace, publication: Publication, mailing_id: int) -> Rule:
    """Return who may read a letter: who may receive its publication today, within the audience that it was sent to."""
    with workspace.database.read() as connection:
        sent_to = mailings.get_mailing(connection, mailing_id).rule.audience
    return replace(workspace.rule(publication), audience=sent_to)


def _entitled(workspace: Workspace, rule: Rule, issue: str, key: str) -> bool:
    try:
        uid, wanted = workspace.links.read_archive(key)
    except (TokenError, UnicodeDecodeError):
        return False
    if wanted != issue:
        return False
    with workspace.database.read() as connection:
        try:
            person = people.by_uid(connection, uid)
        except NotFound:
            return False
        return not entitlement.reason(connection, rule, person.id, workspace.today())
