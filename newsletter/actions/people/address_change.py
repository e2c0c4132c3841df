"""Another e-mail address for the same person: history, choices and consents stay one.

The reader asks on the page of their choices, and both mailboxes confirm: the old one that the change is wanted, the new
one that it is theirs. The team changes an address with a proof in words; both mailboxes are then told.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

from sqlalchemy.engine import Connection

from newsletter import addresses
from newsletter.actions import mail
from newsletter.actions.people.signup_rules import DAY, may_mail, not_mailed
from newsletter.actions.workspace import Workspace
from newsletter.errors import NotFound, Refused, TokenError
from newsletter.i18n import Sentence, _
from newsletter.rendering.notice import Notice
from newsletter.store.people import one_time, people
from newsletter.store.people.details import change_address
from newsletter.store.people.erasure import erased, readmit
from newsletter.store.people.one_time import OneTime
from newsletter.store.people.people import Person
from newsletter.store.people.spans import hold_person

OLD, NEW = "o", "n"
KEPT_SECONDS = 2 * DAY
_WHAT = "address"


@dataclass(frozen=True, slots=True)
class AddressChange:
    """A change that a link is about: the new address, masked; whether this mailbox and the other one confirmed it."""

    masked: str
    confirmed: bool
    other_confirmed: bool


def link_subject(workspace: Workspace, person: Person) -> dict[str, Any]:
    """Return whom a link is for: the person, with a keyed hash of the address that they have now."""
    return {"subscriber": person.id, "before": workspace.signer.fingerprint(_WHAT, person.key)}


def refuse_moved(workspace: Workspace, person: Person, link: OneTime) -> None:
    """Raise TokenError where the person has another address than when the link was made (`link_subject`).

    It was changed perhaps because the old mailbox is in the wrong hands: its word counts no more.
    """
    before = link.subject.get("before")  # links mailed by an older version have none
    if before not in (None, workspace.signer.fingerprint(_WHAT, person.key)):
        raise TokenError(
            "the address was changed after this link was mailed",
            hint="ask again from the page of choices",
            said=Sentence("Ce lien ne vaut plus. Demandez-en un nouveau."),
        )


def ask_address_change(workspace: Workspace, token: str, text: str) -> bool:
    """Mail a link to the old and to the new address of the reader; tell whether both mails left.

    At most one change a day is begun for a reader and for a new address; later ones count as not left. Nothing tells
    whether the new address is known. AddressError, TokenError.
    """
    uid, wanted = workspace.links.read_preferences(token), addresses.parse_address(text)
    with workspace.database.write() as connection:
        now = workspace.database.now(connection)
        try:
            person = people.by_uid(connection, uid)
        except NotFound:
            return False
        keys = person.key, wanted.key
        counted = [may_mail(workspace, connection, key, now, _WHAT) for key in dict.fromkeys(keys)]
        if not all(counted) or wanted.key == person.key:
            return False
        change = secrets.token_hex(8)
        subject = {**link_subject(workspace, person), "address": wanted.text}
        links = {
            side: one_time.make_link(connection, _purpose(change, side), subject, now + KEPT_SECONDS)
            for side in (OLD, NEW)
        }
    base = f"{workspace.settings.web.base_url}/changement-adresse"
    sent = [
        mail.post(workspace, to, _question(f"{base}/{change}{side}{links[side]}", addresses.mask(wanted), side))
        for side, to in ((OLD, person.address), (NEW, wanted.text))
    ]
    if not all(sent):
        with workspace.database.write() as connection:
            for key in keys:
                not_mailed(workspace, connection, key, _WHAT)
    return all(sent)


def look_at_change(workspace: Workspace, token: str) -> AddressChange:
    """Return what a link of such a mail is about, changing nothing; TokenError."""
    with workspace.database.read() as connection:
        return _read(workspace, connection, token)


def confirm_change(workspace: Workspace, token: str) -> AddressChange:
    """Confirm a change from the mailbox of the link; once both have, the address is changed. TokenError, Refused.

    Refused where the new address is another subscriber's, which only the holder of both mailboxes comes to know.
    """
    change, side, secret = _parts(token)
    with workspace.database.write() as connection:
        now = workspace.database.now(connection)
        asked = one_time.look_up_link(connection, _purpose(change, side), secret, now)
        # Both mailboxes at once on PostgreSQL: neither would see the other's word, and the change would never be made.
        hold_person(connection, asked.subject["subscriber"])
        link = one_time.use_link(connection, _purpose(change, side), secret, now)
        found = _read(workspace, connection, token)
        if found.other_confirmed and not link.used:
            wanted = addresses.parse_address(link.subject["address"])
            person = _owner(connection, link.subject["subscriber"])
            readmit(connection, workspace.signer.fingerprint("erasure", wanted.key))
            change_address(connection, person, wanted, now, how="both mailboxes", actor="")
    return found


def change_by_team(workspace: Workspace, uid: bytes, text: str, *, proof: str, by: str) -> tuple[Person, bool]:
    """Give a person another address, with the `proof` in words, and tell both mailboxes. AddressError, Refused.

    Return the person as they are now, and whether both mails left.
    """
    wanted = addresses.parse_address(text)
    if len(proof.split()) < 2:
        raise Refused(
            "a change of address needs a proof",
            hint="say who asked for it, how and when",
            said=Sentence("Dites qui a demandé ce changement, comment et quand : c’est la preuve qui est gardée."),
        )
    with workspace.database.write() as connection:
        now = workspace.database.now(connection)
        before = people.by_uid(connection, uid)
        if wanted.text == before.address:
            raise Refused(
                "this is the person's address already",
                hint="give the new one",
                said=Sentence("C’est déjà l’adresse de cette personne."),
            )
        if erased(connection, [workspace.signer.fingerprint("erasure", wanted.key)]):
            raise Refused(
                "the new address was erased at its owner's request",
                hint="only its owner can bring it back, by subscribing",
                said=Sentence(
                    "Cette adresse a été effacée à la demande de sa ou son titulaire, qui seul·e peut la faire revenir."
                ),
            )
        after = change_address(connection, before, wanted, now, how="team", actor=by, proof=proof)
    notice = _told(workspace, addresses.mask(wanted))
    left = [mail.post(workspace, to, notice) for to in (before.address, after.address)]
    return after, all(left)


def _read(workspace: Workspace, connection: Connection, token: str) -> AddressChange:
    change, side, secret = _parts(token)
    link = one_time.look_up_link(connection, _purpose(change, side), secret, workspace.database.now(connection))
    person = _owner(connection, link.subject["subscriber"])
    other = one_time.was_used(connection, _purpose(change, NEW if side == OLD else OLD))
    if not (link.used and other):
        refuse_moved(workspace, person, link)
    return AddressChange(addresses.mask(addresses.parse_address(link.subject["address"])), link.used, other)


def _owner(connection: Connection, number: int) -> Person:
    try:
        return people.by_id(connection, number)
    except NotFound:
        raise TokenError(
            "this link is no longer valid",
            hint="the person was erased",
            said=Sentence("Ce lien ne vaut plus. Inscrivez-vous de nouveau."),
        ) from None


def _parts(token: str) -> tuple[str, str, str]:
    return token[:16], token[16:17], token[17:]


def _purpose(change: str, side: str) -> str:
    return f"address:{change}:{side}"


def _question(url: str, masked: str, side: str) -> Notice:
    asked = _("Quelqu’un, sans doute vous, a demandé que nos lettres arrivent désormais à l’adresse {address}.").format(
        address=masked
    )
    here = _("Si c’est bien vous, confirmez-le depuis cette boîte. L’autre boîte reçoit le même message.")
    small = (
        _("Ce lien est valable deux jours. Sans les deux confirmations, rien ne change."),
        _("Vous n’avez rien demandé ? Ignorez ce message, rien ne change."),
    )
    heading = _("Changer d’adresse") if side == OLD else _("Votre nouvelle adresse")
    return Notice(
        subject=_("Confirmez votre changement d’adresse"),
        heading=heading,
        paragraphs=(asked, here),
        action=(_("Confirmer le changement"), url),
        small=small,
    )


def _told(workspace: Workspace, masked: str) -> Notice:
    network = workspace.settings.network
    return Notice(
        subject=_("Votre adresse a été changée"),
        heading=_("Votre adresse a été changée"),
        paragraphs=(
            _("L’équipe a noté que nos lettres doivent désormais arriver à l’adresse {address}.").format(
                address=masked
            ),
            _("Ce n’est pas ce que vous vouliez ? Écrivez-nous à {email}.").format(email=network.email),
        ),
    )
