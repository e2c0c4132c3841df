"""What a reader does with the links of a letter: choose, unsubscribe, come back, see what is kept, be erased.

The links may have been forwarded: no page shows the whole address or the record, which go by mail only. A person
unknown or erased gets the same calm answer as every other reader.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy.engine import Connection

from newsletter import addresses, i18n
from newsletter.actions import mail
from newsletter.actions.people import data_rights
from newsletter.actions.people.address_change import link_subject, refuse_moved
from newsletter.actions.people.signup import RETRY_SECONDS, at_domain, open_for
from newsletter.actions.people.signup_rules import DAY, WORDING, may_mail, not_mailed
from newsletter.actions.workspace import Workspace
from newsletter.errors import NotFound, TokenError
from newsletter.i18n import Sentence, _
from newsletter.rendering.notice import Notice
from newsletter.settings import Publication
from newsletter.store import journal
from newsletter.store.imports import reviews
from newsletter.store.imports.reviews import Review
from newsletter.store.journal import Event
from newsletter.store.people import one_time, organisations, people
from newsletter.store.people.details import edit_details
from newsletter.store.people.one_time import OneTime
from newsletter.store.people.people import Consent, Person
from newsletter.store.people.rights_requests import RightsRequest, add_request, answer_request, open_request
from newsletter.store.people.waiting_mails import WaitingMail, add_waiting_mail, forget_waiting_mails

ERASE, COPY = "erase", "copy"
UNDO_SECONDS = 2 * DAY
REASONS = ("too-many", "not-for-me", "changed-job", "never-asked", "other")


@dataclass(frozen=True, slots=True)
class Choices:
    """What the preferences page shows: a masked address, each publication and whether it is received."""

    masked: str
    publications: tuple[tuple[Publication, bool], ...]


def leaving(workspace: Workspace, token: str) -> Publication:
    """Return the publication that an unsubscribe link is about, changing nothing; TokenError."""
    return _target(workspace, token)[1]


def unsubscribe(workspace: Workspace, tokens: Sequence[str]) -> list[Publication | Exception]:
    """Unsubscribe the people of many unsubscribe links; return for each link its publication, or its error.

    A repeated link, or one of an unknown person, changes nothing. After a mailing they come in crowds, and every commit
    waits for the sender's: so all that arrived together share one.
    """
    answers: list[Publication | Exception] = []
    steps: list[Callable[[Connection], Publication]] = []
    for token in tokens:
        try:
            uid, publication = _target(workspace, token)
        except TokenError as error:
            answers.append(error)
        else:
            answers.append(publication)
            steps.append(partial(_leave, workspace, uid, publication))
    done = iter(workspace.database.together(steps))
    return [answer if isinstance(answer, Exception) else next(done) for answer in answers]


def _leave(workspace: Workspace, uid: bytes, publication: Publication, connection: Connection) -> Publication:
    if person := _known(connection, uid):
        consent, now = Consent("", "link"), workspace.database.now(connection)
        people.move_subscription(connection, person, publication.key, "left", consent, now, only=("active", "pending"))
    return publication


def come_back(workspace: Workspace, token: str) -> tuple[Publication, bool]:
    """Undo an unsubscription of the last two days; returns the publication and whether the person is subscribed now."""
    uid, publication = _target(workspace, token)

    def go(connection: Connection, person: Person, now: float) -> None:
        current = people.subscription(connection, person.id, publication.key)
        recent = current and current.state == "left" and now - current.since <= UNDO_SECONDS
        if current and recent and not person.suppressed:
            people.move_subscription(
                connection, person, publication.key, "active", Consent(current.basis, "undone"), now
            )

    _with(workspace, uid, go)
    with workspace.database.read() as connection:
        person = _known(connection, uid)
        current = people.subscription(connection, person.id, publication.key) if person else None
    return publication, bool(current and current.state == "active")


def explain(workspace: Workspace, token: str, reason: str) -> Publication:
    """Record why a person unsubscribed: one of REASONS, once per unsubscription; anything else is ignored."""
    uid, publication = _target(workspace, token)

    def go(connection: Connection, person: Person, now: float) -> None:
        current = people.subscription(connection, person.id, publication.key)
        if reason in REASONS and current and current.state == "left":
            key = f"left-reason:{person.uid.hex()}:{publication.key}:{current.since}"
            journal.record_event(
                connection,
                Event(
                    now,
                    "left-reason",
                    subscriber_id=person.id,
                    key=key,
                    publication=publication.key,
                    detail={"reason": reason},
                ),
            )

    _with(workspace, uid, go)
    return publication


def _target(workspace: Workspace, token: str) -> tuple[bytes, Publication]:
    uid, key = workspace.links.read_unsubscribe(token)
    if key not in workspace.settings.publications:
        raise TokenError(
            "this publication no longer exists",
            hint="use the link of a recent letter",
            said=Sentence("Cette publication n’existe plus. Prenez le lien d’une lettre récente."),
        )
    return uid, workspace.settings.publications[key]


def _with(workspace: Workspace, uid: bytes, go: Callable[[Connection, Person, float], None]) -> None:
    with workspace.database.write() as connection:
        person = _known(connection, uid)
        if person:
            go(connection, person, workspace.database.now(connection))


def _known(connection: Connection, uid: bytes) -> Person | None:
    try:
        return people.by_uid(connection, uid)
    except NotFound:
        return None


def choices(workspace: Workspace, token: str) -> Choices | None:
    """Return what the preferences page may show; None for a person who is no longer known. TokenError."""
    uid = workspace.links.read_preferences(token)
    with workspace.database.read() as connection:
        person = _known(connection, uid)
        if person is None:
            return None
        active = {s.publication for s in people.of(connection, person.id) if s.state == "active"}
    known = workspace.settings.publications.values()
    return Choices(addresses.mask(addresses.parse_address(person.address)), tuple((p, p.key in active) for p in known))


def choose(workspace: Workspace, token: str, wanted: Collection[str], details: Mapping[str, str]) -> tuple[str, ...]:
    """Take over a person's choices: the publications in `wanted` and no others, and the details that are not empty.

    `details` may hold first_name, last_name and organisation. Returns the titles that could not be opened: those for
    members, and any for an address that mail does not reach or that complained. TokenError.
    """
    uid = workspace.links.read_preferences(token)
    closed: list[str] = []

    def go(connection: Connection, person: Person, now: float) -> None:
        names = {n: v for n in ("first_name", "last_name") if (v := _line(details.get(n, "")))}
        if names:
            edit_details(connection, person, names, now, "preferences")
        _say_organisation(connection, person, _line(details.get("organisation", "")), now)
        states = {s.publication: s.state for s in people.of(connection, person.id)}
        proven = at_domain(organisations.list_organisations(connection), addresses.parse_address(person.address).domain)
        for publication in workspace.settings.publications.values():
            state = states.get(publication.key, "")
            if publication.key in wanted and state != "active":
                consent = Consent("consent", "preferences", "", {"wording": WORDING})
                if person.suppressed or not open_for(workspace, connection, person, publication, consent, now, proven):
                    closed.append(publication.title)
            elif publication.key not in wanted and state == "active":
                people.move_subscription(connection, person, publication.key, "left", Consent("", "preferences"), now)

    _with(workspace, uid, go)
    return tuple(closed)


def _line(text: str) -> str:
    """Return a typed text as one line, without control or direction marks, which no database or mail needs."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _say_organisation(connection: Connection, person: Person, name: str, now: float) -> None:
    if name:
        reviews.ask(connection, [Review(kind=reviews.ORGANISATION, subject=name, subscriber_id=person.id, at=now)])


def mail_copy(workspace: Workspace, token: str) -> None:
    """Mail a link to all data kept about a person, to their own address; at most once a day. TokenError."""
    _mail(workspace, token, COPY)


def _copy_notice(url: str) -> Notice:
    return Notice(
        subject=_("La copie de vos données"),
        heading=_("La copie de vos données"),
        paragraphs=(_("La page ci-dessous montre tout ce que nous gardons à propos de cette adresse."),),
        action=(_("Voir mes données"), url),
        small=(_("Ce lien est valable un jour. Ne le transférez pas."),),
    )


def mail_erasure(workspace: Workspace, token: str) -> None:
    """Mail a link that erases a person, to their own address; at most once a day. TokenError."""
    _mail(workspace, token, ERASE)


def _erasure_notice(url: str) -> Notice:
    return Notice(
        subject=_("Effacer vos données"),
        heading=_("Effacer vos données"),
        paragraphs=(
            _("Quelqu’un, sans doute vous, a demandé l’effacement de tout ce que nous gardons sur cette adresse."),
            _("Rien n’est effacé tant que vous ne l’avez pas confirmé sur la page ci-dessous."),
        ),
        action=(_("Effacer mes données"), url),
        small=(_("Ce lien est valable un jour."),),
    )


def _mail(workspace: Workspace, token: str, what: str) -> None:
    uid = workspace.links.read_preferences(token)
    with workspace.database.write() as connection:
        now = workspace.database.now(connection)
        person = _known(connection, uid)
        if person is None or not may_mail(workspace, connection, person.key, now, what):
            return
        forget_waiting_mails(connection, person.id, what)
        kind, today = "access" if what == COPY else "erasure", workspace.today().isoformat()
        asked = RightsRequest(kind=kind, received=today, how=_("page « Mes choix »"), subscriber_id=person.id)
        add_request(connection, asked)
        notice = rights_notice(workspace, connection, person, what, now)
    if not mail.post(workspace, person.address, notice):
        waiting = WaitingMail(
            kind=what, subscriber_id=person.id, subject={}, language=i18n.locale(), at=now, next_at=now + RETRY_SECONDS
        )
        with workspace.database.write() as connection:
            not_mailed(workspace, connection, person.key, what)
            add_waiting_mail(connection, waiting)


def rights_notice(workspace: Workspace, connection: Connection, person: Person, what: str, now: float) -> Notice:
    """Return the mail with a fresh link to a COPY of the person's data or to their ERASE page."""
    page, notice = ("mes-donnees", _copy_notice) if what == COPY else ("effacement", _erasure_notice)
    secret = one_time.make_link(connection, what, link_subject(workspace, person), now + DAY)
    return notice(f"{workspace.settings.web.base_url}/{page}/{secret}")


def erasable(workspace: Workspace, token: str) -> None:
    """Check the link of an erasure mail, changing nothing; TokenError."""
    with workspace.database.read() as connection:
        link = one_time.look_up_link(connection, ERASE, token, workspace.database.now(connection))
        _owner(workspace, connection, link)


def erase(workspace: Workspace, token: str) -> None:
    """Erase the person of an erasure link for good; a second time changes nothing. TokenError."""
    with workspace.database.write() as connection:
        link = one_time.use_link(connection, ERASE, token, workspace.database.now(connection))
        address = _owner(workspace, connection, link)
    if address:
        data_rights.forget_person(workspace, address, by="the person")


def whole_record(workspace: Workspace, token: str) -> dict[str, Any]:
    """Return all data kept about the person of a copy link, changing nothing; TokenError."""
    with workspace.database.read() as connection:
        link = one_time.look_up_link(connection, COPY, token, workspace.database.now(connection))
        address = _owner(workspace, connection, link)
    if not address:
        raise TokenError(
            "this link is no longer valid",
            hint="nothing is kept about this person",
            said=Sentence("Ce lien ne vaut plus : nous ne gardons plus rien de cette personne."),
        )
    with workspace.database.write() as connection:
        number = open_request(connection, link.subject["subscriber"], "access")
        if number:
            answer_request(connection, number, workspace.today().isoformat(), _("Copie ouverte par la personne"))
    return data_rights.whole_record(workspace, address)


def _owner(workspace: Workspace, connection: Connection, link: OneTime) -> str:
    """Return the address that a link was mailed to; an empty text once its person is erased.

    TokenError where the person has another address since.
    """
    try:
        person = people.by_id(connection, link.subject["subscriber"])
    except NotFound:
        return ""
    refuse_moved(workspace, person, link)
    return person.address
