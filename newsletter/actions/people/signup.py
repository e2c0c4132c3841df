"""Subscribing with double opt-in: a request, one mail with a link, and the person's own confirmation.

The requester sees the same answer, in the same time, for a new, pending, subscribed, suppressed or erased address: the
door answers first and calls `answer` afterwards. Nothing the requester typed stands in the mail.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy.engine import Connection

from newsletter import addresses, i18n
from newsletter.actions import mail
from newsletter.actions.people.signup_rules import DAY, WORDING, Application, may_mail, not_mailed
from newsletter.actions.workspace import Workspace
from newsletter.addresses import Address
from newsletter.errors import NotFound, TokenError
from newsletter.i18n import Sentence, _, ngettext
from newsletter.rendering.notice import Notice
from newsletter.settings import Publication
from newsletter.store.imports import reviews
from newsletter.store.imports.reviews import Review
from newsletter.store.people import one_time, organisations, people
from newsletter.store.people.details import edit_details
from newsletter.store.people.erasure import readmit
from newsletter.store.people.organisations import Organisation
from newsletter.store.people.people import Consent, Person
from newsletter.store.people.waiting_mails import WaitingMail, add_waiting_mail, forget_waiting_mails
from newsletter.store.returns import feedback

CONFIRM = "confirm"
REQUEST = "flash-request"
SUBSCRIBE = "subscribe"
RETRY_SECONDS = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmed:
    """What a confirmation led to: titles subscribed, awaiting the team, not open to this person; and their choices."""

    active: tuple[str, ...]
    waiting: tuple[str, ...]
    refused: tuple[str, ...]
    preferences: str


def answer_request(workspace: Workspace, application: Application, *, at_once: bool = True, network: str = "") -> None:
    """Send the one mail that a request leads to, if any; the caller has checked the form.

    The requester learns nothing of what happens here. A mail that may not leave `at_once`, or did not, waits
    (`waiting_mails`); `network` is the hash of who asked.
    """
    address = addresses.parse_address(application.address)
    with workspace.database.write() as connection:
        now = workspace.database.now(connection)
        if not may_mail(workspace, connection, address.key, now):
            return
        person = _enter(connection, application, address, now)
        waiting = WaitingMail(
            kind=SUBSCRIBE,
            subscriber_id=person.id,
            subject={"publications": list(application.publications), "organisation": application.organisation},
            language=i18n.locale(),
            at=now,
            network=network,
            next_at=now,
        )
        if not at_once:
            add_waiting_mail(connection, waiting)
            return
        forget_waiting_mails(connection, person.id, SUBSCRIBE)
        notice = request_notice(workspace, connection, application, person, now)
    # To the address on record if there is one: what was typed may differ from it in ways that matter to a mail server.
    if notice and not mail.post(workspace, person.address, notice):
        with workspace.database.write() as connection:
            not_mailed(workspace, connection, address.key)
            add_waiting_mail(connection, replace(waiting, next_at=now + RETRY_SECONDS))


def _enter(connection: Connection, application: Application, address: Address, now: float) -> Person:
    """Return the person, created if need be; new subscriptions are pending, existing ones stay as they are."""
    try:
        person = people.by_key(connection, address.key)
    except NotFound:
        first, last = application.names.values()
        new = Person(address=address.text, key=address.key, first_name=first, last_name=last)
        person = people.add_person(connection, new, now, application.by or "subscription form")
    states = {s.publication: s.state for s in people.of(connection, person.id)}
    if set(states.values()) == {"pending"} and any(application.names.values()):
        person = edit_details(connection, person, application.names, now)
    for publication in application.publications:
        if publication not in states and not person.suppressed:
            people.move_subscription(connection, person, publication, "pending", _asked(application), now)
    return person


def _asked(application: Application) -> Consent:
    if not application.by:
        return form_consent("form")
    return Consent("consent", "api", application.by, {"asked": application.asked, "language": i18n.locale()})


def form_consent(how: str, actor: str = "") -> Consent:
    """Return what is kept of a consent given on our own pages, `how` it came."""
    return Consent("consent", how, actor, {"wording": WORDING, "language": i18n.locale()})


def request_notice(
    workspace: Workspace, connection: Connection, application: Application, person: Person, now: float
) -> Notice | None:
    """Return the mail that answers a request to subscribe, with a fresh link; None where none is due."""
    if person.suppressed == "complained":
        return None
    active = {s.publication for s in people.of(connection, person.id) if s.state == "active"}
    if set(application.publications) <= active:
        return _already(workspace, person)
    subject = {
        "subscriber": person.id,
        "publications": list(application.publications),
        "organisation": " ".join(application.organisation.split()),
    }
    days = workspace.settings.retention.pending_days
    token = one_time.make_link(connection, CONFIRM, subject, now + days * DAY)
    wanted = [workspace.settings.publication(key).title for key in application.publications]
    return Notice(
        subject=_("Confirmez votre abonnement"),
        heading=_("Plus qu’un clic"),
        paragraphs=(
            _("Quelqu’un, sans doute vous, a demandé que cette adresse reçoive : {titles}.").format(
                titles=", ".join(wanted)
            ),
            _("Ouvrez la page ci-dessous et confirmez. Sans confirmation, rien ne vous sera envoyé."),
        ),
        action=(_("Confirmer mon abonnement"), f"{workspace.settings.web.base_url}/confirmation/{token}"),
        small=(
            ngettext("Ce lien est valable {n} jour.", "Ce lien est valable {n} jours.", days).format(n=days),
            _("Vous n’avez rien demandé ? Ignorez ce message : la demande s’efface d’elle-même."),
        ),
    )


def _already(workspace: Workspace, person: Person) -> Notice:
    return Notice(
        subject=_("Votre abonnement est en place"),
        heading=_("Vous êtes déjà abonné·e"),
        paragraphs=(
            _("Une demande d’abonnement vient d’être faite pour cette adresse, qui reçoit déjà nos publications."),
            _("La page ci-dessous permet de voir et de changer vos choix."),
        ),
        action=(_("Voir mes choix"), workspace.links.preferences(person.uid)),
        small=(_("Vous n’avez rien demandé ? Ignorez ce message, rien ne change."),),
    )


def pending(workspace: Workspace, token: str) -> tuple[str, ...]:
    """Return the titles that the link of a confirmation mail is about, changing nothing; TokenError."""
    with workspace.database.read() as connection:
        link = one_time.look_up_link(connection, CONFIRM, token, workspace.database.now(connection))
    return tuple(p.title for p in _chosen(workspace, link.subject))


def _chosen(workspace: Workspace, subject: Mapping[str, Any]) -> list[Publication]:
    known = workspace.settings.publications
    return [known[key] for key in subject["publications"] if key in known]


def confirm_subscription(workspace: Workspace, token: str) -> Confirmed:
    """Subscribe the person who holds the link; a second time changes nothing and answers the same. TokenError."""
    with workspace.database.write() as connection:
        now = workspace.database.now(connection)
        link = one_time.use_link(connection, CONFIRM, token, now)
        try:
            person = people.by_id(connection, link.subject["subscriber"])
        except NotFound:
            raise TokenError(
                "this link is no longer valid",
                hint="subscribe again",
                said=Sentence("Ce lien ne vaut plus. Inscrivez-vous de nouveau."),
            ) from None
        chosen = _chosen(workspace, link.subject)
        if not link.used:
            _come_back(workspace, connection, person)
            claim = _claim(connection, person, link.subject.get("organisation", ""), now)
            for publication in chosen:
                open_for(workspace, connection, person, publication, form_consent("confirmed"), now, claim)
        states = {s.publication: s.state for s in people.of(connection, person.id)}
        asked = {r.publication for r in reviews.list_reviews(connection, kind=REQUEST) if r.subscriber_id == person.id}
    return Confirmed(
        active=tuple(p.title for p in chosen if states.get(p.key) == "active"),
        waiting=tuple(p.title for p in chosen if states.get(p.key) != "active" and p.key in asked),
        refused=tuple(p.title for p in chosen if states.get(p.key) != "active" and p.key not in asked),
        preferences=workspace.links.preferences(person.uid),
    )


def _come_back(workspace: Workspace, connection: Connection, person: Person) -> None:
    """Lift the suppression of the address: by confirming, the person shows that mail arrives and is wanted."""
    readmit(connection, workspace.signer.fingerprint("erasure", person.key))
    if person.suppressed == "bounced":
        feedback.lift(connection, person.id)


def _claim(connection: Connection, person: Person, name: str, now: float) -> Organisation | None:
    """Return the organisation that a person without one seems to belong to.

    The domain of the address says so; a name merely typed becomes a question for staff too.
    """
    if person.organisation_id:
        return None
    known = organisations.list_organisations(connection)
    proven = at_domain(known, addresses.parse_address(person.address).domain)
    if proven:
        return proven
    if name:
        question = Review(kind=reviews.ORGANISATION, subject=name, subscriber_id=person.id, at=now)
        reviews.ask(connection, [question])
    key = organisations.name_key(name)
    return next((o for o in known if key and organisations.name_key(o.name) == key), None)


def at_domain(known: Sequence[Organisation], domain: str) -> Organisation | None:
    """Return the one organisation whose mail domain `domain` is or lies under; None when several share it."""
    fits = [o for o in known if o.domain and (domain == o.domain or domain.endswith(f".{o.domain}"))]
    return fits[0] if len(fits) == 1 else None


def open_for(
    workspace: Workspace,
    connection: Connection,
    person: Person,
    publication: Publication,
    consent: Consent,
    now: float,
    claim: Organisation | None = None,
) -> bool:
    """Subscribe `person` and tell whether that was allowed.

    What is for members opens for contacts on record of a member only; a person who seems to work for a member (`claim`)
    becomes a question to the team.
    """
    if publication.audience == "subscribers" or _member(workspace, connection, person.organisation_id):
        people.move_subscription(connection, person, publication.key, "active", consent, now)
        return True
    if claim and _member(workspace, connection, claim.id):
        detail = {"organisation": claim.id, "name": claim.name}
        question = Review(
            kind=REQUEST,
            subject=person.address,
            subscriber_id=person.id,
            publication=publication.key,
            at=now,
            detail=detail,
        )
        reviews.ask(connection, [question])
    return False


def _member(workspace: Workspace, connection: Connection, organisation_id: int | None) -> bool:
    if organisation_id is None:
        return False
    grace = workspace.settings.members.grace_days
    return organisations.get_organisation(connection, organisation_id).member_on(workspace.today(), grace)
