"""Signing in to the Studio: one-time links by mail, and the first link of a new workspace.

Nothing here reveals whether an address is known: the door answers first, then asks for the mail.
"""

from __future__ import annotations

import secrets

from sqlalchemy.engine import Connection

from newsletter import addresses
from newsletter.actions import mail
from newsletter.actions.team import passkeys
from newsletter.actions.team.sessions import UNKNOWN, Requester, SignedIn, open_session
from newsletter.actions.team.signin_limits import LINK_SECONDS, SIGN_IN, wants_mail
from newsletter.actions.team.users import digest
from newsletter.actions.workspace import Workspace
from newsletter.actor import Actor
from newsletter.errors import AddressError, TokenError
from newsletter.i18n import Sentence, _, speaking
from newsletter.rendering.notice import Notice
from newsletter.store import journal
from newsletter.store.journal import Event
from newsletter.store.team import users
from newsletter.store.team.users import User

FIRST_SECONDS = 24 * 3600.0
_FIRST = "first-admin"


def first_link(workspace: Workspace) -> str:
    """Return a one-time link that makes its opener the first admin; an empty text once there are users.

    An earlier first link stops working.
    """
    with workspace.database.write() as connection:
        if users.list_users(connection):
            return ""
        now = workspace.database.now(connection)
        users.withdraw(connection, _FIRST, "", now)
        return _link(workspace, connection, _FIRST, "", FIRST_SECONDS, "/studio/premier/")


def first_user(workspace: Workspace, token: str, address: str, name: str, requester: Requester = UNKNOWN) -> SignedIn:
    """Make the opener of the first link admin with the right to send, and sign them in.

    Raises AddressError, which leaves the link usable, and TokenError for a link that is used, replaced or expired.
    """
    found = addresses.parse_address(address)
    with workspace.database.write() as connection:
        now = workspace.database.now(connection)
        if users.redeem(connection, digest(token), _FIRST, now) is None or users.list_users(connection):
            raise _useless()
        user = users.add_user(
            connection, address=found.text, key=found.key, name=name.strip(), role="admin", may_send=True, now=now
        )
        detail = {"user": user.id, "role": "admin", "may_send": True}
        journal.record_event(
            connection, Event(now, "user-invited", actor=Actor(user.called, user.id, ""), detail=detail)
        )
        return open_session(workspace, connection, user, now, requester)


def link_for(workspace: Workspace, user: User) -> str:
    """Return a one-time sign-in link for `user`, for a person who already has the workspace (the terminal)."""
    with workspace.database.write() as connection:
        return _link(workspace, connection, SIGN_IN, str(user.id), LINK_SECONDS, "/studio/connexion/")


def mail_link(workspace: Workspace, text: str, requester: Requester = UNKNOWN) -> None:
    """Mail a sign-in link to the user whose address is `text`, if there is one.

    Runs after the answer was given: neither its time nor its outcome can tell who has access. Faults are logged.
    """
    try:
        key = addresses.parse_address(text).key
    except AddressError:
        return
    with workspace.database.write() as connection:
        now = workspace.database.now(connection)
        user = users.by_key(connection, key)
        if user is None or not wants_mail(workspace, connection, user, requester, now):
            return
        link = _link(workspace, connection, SIGN_IN, str(user.id), LINK_SECONDS, "/studio/connexion/", mailed=now)
    # To the address that was stored at the invitation, never to the one just typed.
    if mail.post(workspace, user.address, _notice(workspace, link)):
        return
    with workspace.database.write() as connection:  # it lies in no mailbox: the next request is mailed
        users.redeem(connection, digest(link.rpartition("/")[2]), SIGN_IN, workspace.database.now(connection))


def mail_invitation(workspace: Workspace, user: User, by: str) -> bool:
    """Tell a new user that they have access, and where to sign in; with no sign-in link, it may stay in a mailbox."""
    network = workspace.settings.network
    with speaking(network.locale):
        notice = Notice(
            subject=_("Votre accès au Studio {network}").format(network=network.short_name),
            heading=_("Bienvenue dans le Studio"),
            paragraphs=(_("{by} vous a donné accès au Studio, où se préparent les lettres du réseau.").format(by=by),),
            action=(_("Recevoir un lien de connexion"), f"{workspace.settings.web.base_url}/studio/connexion"),
        )
        return mail.post(workspace, user.address, notice)


def usable(workspace: Workspace, token: str, *, first: bool = False) -> bool:
    """Tell whether a link may still be used, without using it."""
    with workspace.database.read() as connection:
        now = workspace.database.now(connection)
        return users.offered(connection, digest(token), _FIRST if first else SIGN_IN, now) is not None


def sign_in(workspace: Workspace, token: str, requester: Requester = UNKNOWN) -> SignedIn:
    """Use a one-time link and open a new session; TokenError when the link is unknown, used or expired."""
    with workspace.database.write() as connection:
        now = workspace.database.now(connection)
        subject = users.redeem(connection, digest(token), SIGN_IN, now)
        user = users.by_id(connection, int(subject)) if subject else None
        if user is None or user.ended_at is not None:
            raise _useless()
        return open_session(workspace, connection, user, now, requester)


def sign_in_by_passkey(workspace: Workspace, answer: str, requester: Requester = UNKNOWN) -> SignedIn:
    """Open a session for the user whose passkey answered the challenge of the sign-in page; Refused otherwise."""
    with workspace.database.write() as connection:
        user = passkeys.check_answer(workspace, connection, passkeys.SIGN_IN, answer)
        return open_session(workspace, connection, user, workspace.database.now(connection), requester, second=True)


def _link(
    workspace: Workspace,
    connection: Connection,
    purpose: str,
    subject: str,
    lasts: float,
    page: str,
    *,
    mailed: float | None = None,
) -> str:
    token, now = secrets.token_urlsafe(32), workspace.database.now(connection)
    users.offer(connection, digest(token), purpose, subject, now + lasts, now, mailed=mailed)
    return f"{workspace.settings.web.base_url}{page}{token}"


def _notice(workspace: Workspace, link: str) -> Notice:
    network = workspace.settings.network.short_name
    return Notice(
        subject=_("Votre lien de connexion au Studio {network}").format(network=network),
        heading=_("Entrez dans le Studio"),
        paragraphs=(_("Ce lien vous ouvre le Studio. Il sert une fois, pendant 15 minutes."),),
        action=(_("Me connecter au Studio"), link),
        small=(_("Si vous n’avez rien demandé, ignorez ce message : sans ce lien, personne n’entre."),),
    )


def _useless() -> TokenError:
    return TokenError(
        "this link was used already or has expired",
        hint="ask for a new one",
        said=Sentence("Ce lien a déjà servi, ou il a expiré. Demandez-en un nouveau."),
    )
