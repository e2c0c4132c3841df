"""Who receives what, and why: one person subscribed, unsubscribed, explained."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial

from sqlalchemy.engine import Connection

from newsletter import addresses, paris
from newsletter.actions.workspace import Workspace
from newsletter.addresses import Address
from newsletter.errors import NotFound, Refused
from newsletter.i18n import Sentence
from newsletter.store.people import entitlement, organisations, people
from newsletter.store.people.details import attach, edit_details
from newsletter.store.people.erasure import erased, readmit
from newsletter.store.people.organisations import Organisation
from newsletter.store.people.people import GONE, Consent, Person, Subscription


def add_subscription(
    workspace: Workspace,
    email: str,
    publication: str,
    *,
    by: str,
    details: Mapping[str, str] | None = None,
    organisation: str = "",
    basis: str = "",
    wording: str = "",
    asked: str = "",
) -> Person:
    """Subscribe one person; a known person gets the publication as well, with the details given here.

    `asked` tells how the person asked for it, which is kept as proof. Without it, a person who left, bounced,
    complained or was erased is Refused.
    """
    setting = workspace.settings.publication(publication)
    address = addresses.parse_address(email)
    chosen = {name: text for name, text in (details or {}).items() if text}
    proof = {name: text for name, text in (("wording", wording), ("asked", asked)) if text}
    consent = Consent(basis or setting.basis, "asked" if asked else "team", by, proof)
    with workspace.database.write() as connection:
        now = workspace.clock()
        place = organisations.find_organisation(connection, organisation).id if organisation else None
        person = _welcome(workspace, connection, address, by, now, asked=bool(asked))
        if chosen:
            person = edit_details(connection, person, chosen, now, by)
        if place and place != person.organisation_id:
            attach(connection, person, place, now, by)
            person = people.by_key(connection, address.key)
        current = people.subscription(connection, person.id, publication)
        if current and current.state in GONE and not asked:
            raise Refused(
                f"this person {_PAST[current.state]} on {paris.day(current.since)}",
                hint='if they asked to come back, say how: --asked "by telephone on ..."',
                said=Sentence(
                    "Cette personne est partie d’elle-même, ou son adresse ne répondait plus. Si elle a demandé "
                    "à revenir, dites comment elle l’a demandé."
                ),
            )
        people.move_subscription(connection, person, publication, "active", consent, now)
    return person


_PAST = {"left": "left", "bounced": "bounced", "complained": "complained"}


def _welcome(
    workspace: Workspace, connection: Connection, address: Address, by: str, now: float, *, asked: bool
) -> Person:
    """Return the person of an address, stored if need be; Refused for one erased or suppressed, unless they asked."""
    fingerprint = workspace.signer.fingerprint("erasure", address.key)
    if erased(connection, [fingerprint]):
        if not asked:
            raise Refused(
                "the data of this person were erased at their request",
                hint='if they asked to come back, say how: --asked "by telephone on ..."',
                said=Sentence(
                    "Les données de cette personne ont été effacées à sa demande. Si elle a demandé à revenir, "
                    "dites comment elle l’a demandé."
                ),
            )
        readmit(connection, fingerprint)
    try:
        person = people.by_key(connection, address.key)
    except NotFound:
        return people.add_person(connection, Person(address=address.text, key=address.key), now, by)
    if person.suppressed:
        if not asked:
            raise Refused(
                f"this address is suppressed: {person.suppressed}",
                hint='if they asked to come back, say how: --asked "by telephone on ..."',
                said=Sentence(
                    "Nous n’écrivons plus à cette adresse. Si la personne a demandé à revenir, dites comment "
                    "elle l’a demandé."
                ),
            )
        people.unsuppress(connection, person, now, by)
    return people.by_key(connection, address.key)


def unsubscribe(workspace: Workspace, email: str, *, by: str, publication: str = "") -> list[str]:
    """End one subscription, or all; returns the publications that ended. NotFound for an unknown address."""
    if publication:
        workspace.settings.publication(publication)
    with workspace.database.write() as connection:
        person = find_person(connection, email)
        running = [s.publication for s in people.of(connection, person.id) if s.state in ("active", "pending")]
        ended = [key for key in running if publication in ("", key)]
        for key in ended:
            people.move_subscription(connection, person, key, "left", Consent("", "team", by), workspace.clock())
    return ended


def find_person(connection: Connection, email: str) -> Person:
    """Return the person of an address as typed; NotFound, or AddressError for an invalid address."""
    return people.by_key(connection, addresses.parse_address(email).key)


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """The chain from an address to a verdict: `reason` is empty when the person receives the publication.

    Reasons: unknown, erased, bounced, complained, left, pending, expired, not-subscribed, no-organisation,
    not-a-member, not-in-audience. `since` is the day (Paris) from which the verdict holds, where it is known.
    """

    email: str
    publication: str
    members_only: bool
    receives: bool
    reason: str
    since: date | None
    person: Person | None = None
    organisation: Organisation | None = None
    subscription: Subscription | None = None
    exception: bool = False


def why(workspace: Workspace, email: str, publication: str) -> Why:
    """Explain whether an address receives a publication today, by the same rule that approval and hand-off apply."""
    setting = workspace.settings.publication(publication)
    address, rule, today = addresses.parse_address(email), workspace.rule(setting), workspace.today()
    answer = partial(Why, email=address.text, publication=publication, members_only=rule.members_only)
    with workspace.database.read() as connection:
        try:
            person = people.by_key(connection, address.key)
        except NotFound:
            fingerprint = workspace.signer.fingerprint("erasure", address.key)
            at = erased(connection, [fingerprint]).get(fingerprint)
            reason = "unknown" if at is None else "erased"
            return answer(receives=False, reason=reason, since=None if at is None else paris.day(at))
        reason = entitlement.reason(connection, rule, person.id, today)
        subscription = people.subscription(connection, person.id, publication)
        place = organisations.get_organisation(connection, person.organisation_id) if person.organisation_id else None
    exception = rule.members_only and person.key in rule.exceptions
    since = _since(reason, subscription, place, today, rule, exception=exception)
    return answer(
        receives=not reason,
        reason=reason,
        since=since,
        person=person,
        organisation=place,
        subscription=subscription,
        exception=exception,
    )


def _since(
    reason: str,
    subscription: Subscription | None,
    place: Organisation | None,
    today: date,
    rule: entitlement.Rule,
    *,
    exception: bool,
) -> date | None:
    """Return the day from which the verdict holds."""
    if reason == "not-a-member":
        past = [p.ended for p in place.periods if p.ended and p.ended < today.isoformat()] if place else []
        return date.fromisoformat(max(past)) + timedelta(days=1 + rule.grace_days) if past else None
    if reason in ("no-organisation", "not-subscribed", "not-in-audience") or subscription is None:
        return None
    began = paris.day(subscription.since)
    if reason or not rule.members_only or exception or place is None:
        return began
    period = place.period_on(today, rule.grace_days)
    return max(began, date.fromisoformat(period.joined)) if period else began
