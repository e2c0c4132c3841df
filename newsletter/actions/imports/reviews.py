"""Settle what waits for a human: doubtful rows and organisations of imports, requests, replies."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.engine import Connection

from newsletter import addresses
from newsletter.actions.imports.field_columns import fill_from_review
from newsletter.actions.imports.organisations import complete, store
from newsletter.actions.people import signup
from newsletter.actions.people.signup_decisions import decide_request
from newsletter.actions.workspace import Workspace
from newsletter.errors import NotFound, Refused
from newsletter.exchange.names import level_of
from newsletter.exchange.titles import title
from newsletter.i18n import Sentence
from newsletter.model import Territory
from newsletter.store.imports import reviews
from newsletter.store.imports.reviews import Review
from newsletter.store.people import organisations, people
from newsletter.store.people.details import attach
from newsletter.store.people.erasure import erased
from newsletter.store.people.organisations import Organisation
from newsletter.store.people.people import GONE, Consent, Person


def list_reviews(workspace: Workspace, *, kind: str = "", done: bool = False) -> list[Review]:
    """Return the open questions (or the settled ones), oldest first."""
    with workspace.database.read() as connection:
        return reviews.list_reviews(connection, kind=kind, done=done)


def settle_review(
    workspace: Workspace,
    number: int,
    *,
    accept: bool,
    by: str,
    email: str = "",
    organisation: str = "",
    organisation_id: int | None = None,
    create: bool = False,
) -> int:
    """Decide a question; returns how many were settled by it (all that ask for one organisation's name are).

    `email` corrects the address of a row. `organisation` names the one that was meant, or `organisation_id` numbers it
    (needed where several could be, or share a name); with `create` it is stored under the name in the file.
    Raises NotFound, and Refused when it is settled already or the answer does not fit.
    """
    with workspace.database.read() as connection:
        review = reviews.get_review(connection, number)
    if review.kind == signup.REQUEST:
        decide_request(workspace, number, accept=accept, by=by)
        return 1
    with workspace.database.write() as connection:
        review, now = reviews.get_review(connection, number), workspace.clock()
        together = reviews.same(connection, review) if review.kind == reviews.ORGANISATION else [review]
        if accept and review.kind == reviews.ROW:
            _admit(workspace, connection, review, email, by, now)
        elif accept and review.kind in (reviews.ORGANISATION, reviews.CONFLICT):
            if create and review.kind == reviews.ORGANISATION:
                organisation_id = _create(connection, review, by, now)
            meant = _meant(connection, review, organisation, organisation_id)
            _place(connection, together, meant, by, now)
        elif accept and review.kind == reviews.MEMBER:
            _take_member(connection, review, organisation, organisation_id, by, now)
        for one in together:
            reviews.settle_review(connection, one, "accepted" if accept else "declined", by, now)
    return len(together)


def _admit(workspace: Workspace, connection: Connection, review: Review, email: str, by: str, now: float) -> None:
    """Subscribe the person of a doubtful row, unless they have left or were erased."""
    address = addresses.parse_address(email or str(review.detail.get("email", review.subject)))
    if erased(connection, [workspace.signer.fingerprint("erasure", address.key)]):
        raise Refused(
            "the data of this person were erased at their request",
            hint="decline the review",
            said=Sentence("Les données de cette personne ont été effacées à sa demande. Écartez ce cas."),
        )
    fields = dict(review.detail.get("fields", {}))
    function, role = title(fields)
    details = {
        "first_name": fields.get("first_name", ""),
        "last_name": fields.get("last_name", ""),
        "phone": fields.get("phone", ""),
        "function": function,
        "role": role,
    }
    try:
        person = people.by_key(connection, address.key)
    except NotFound:
        person = people.add_person(connection, Person(address=address.text, key=address.key, **details), now, by)
    publication = review.publication or ""
    current = people.subscription(connection, person.id, publication)
    if person.suppressed or (current and current.state in GONE):
        raise Refused(
            "this person left, or the address is suppressed",
            hint="decline the review",
            said=Sentence("Cette personne est partie, ou nous n’écrivons plus à son adresse. Écartez ce cas."),
        )
    proof = {"wording": review.detail.get("wording", ""), "import": review.import_id}
    consent = Consent(str(review.detail.get("basis", "")), "import, reviewed", by, proof)
    people.move_subscription(connection, person, publication, "active", consent, now)
    fill_from_review(connection, person.id, fields, now, by)


def _create(connection: Connection, review: Review, by: str, now: float) -> int:
    """Store the unknown organisation that a file names; its level is read from the name."""
    level = level_of(review.subject) or Territory.OTHER
    return organisations.add_organisation(connection, Organisation(name=review.subject, level=level), now=now, actor=by)


def _meant(connection: Connection, review: Review, name: str, number: int | None) -> Organisation:
    """Return the organisation that is meant: the one numbered or named, or the only candidate."""
    if number is not None:
        return organisations.get_organisation(connection, number)
    if name:
        return organisations.find_organisation(connection, name)
    candidates: Sequence[int] = review.detail.get("candidates", [])
    if len(candidates) != 1:
        known = [organisations.get_organisation(connection, number).name for number in candidates]
        hint = "name one with --organisation" + (": " + ", ".join(f"`{n}`" for n in known) if known else "")
        raise Refused(
            f"`{review.subject}` may be several organisations, or none that is known",
            hint=hint,
            said=Sentence(
                "« {name} » peut être plusieurs organisations, ou aucune que nous connaissions. Précisez laquelle.",
                name=review.subject,
            ),
        )
    return organisations.get_organisation(connection, candidates[0])


def _place(connection: Connection, together: Sequence[Review], chosen: Organisation, by: str, now: float) -> None:
    for one in together:
        if one.subscriber_id is not None:
            attach(connection, people.by_id(connection, one.subscriber_id), chosen.id, now, by)


def _take_member(
    connection: Connection, review: Review, organisation: str, number: int | None, by: str, now: float
) -> None:
    fields = dict(review.detail.get("fields", {}))
    if number is not None:
        complete(connection, organisations.get_organisation(connection, number), fields, by=by, now=now)
    elif organisation:
        complete(connection, organisations.find_organisation(connection, organisation), fields, by=by, now=now)
    else:
        store(connection, review.subject, fields, by=by, now=now)
