"""Sessions of the Studio: opened at a sign-in, listed for their user, closed one by one or all at once."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from sqlalchemy.engine import Connection

from newsletter.actions import mail
from newsletter.actions.team.devices import device_words, network_words
from newsletter.actions.team.users import digest
from newsletter.actions.workspace import Workspace
from newsletter.actor import Actor
from newsletter.i18n import _, speaking
from newsletter.networks import network_of
from newsletter.paris import moment
from newsletter.rendering.notice import Notice
from newsletter.store import journal
from newsletter.store.journal import Event
from newsletter.store.team import sessions as store
from newsletter.store.team import users
from newsletter.store.team.sessions import UserSession
from newsletter.store.team.users import User

_SEEN_EVERY = 60.0
_DAY = 86_400.0
DEVICE_DAYS = 400  # the longest that browsers keep the cookie which marks a device


@dataclass(frozen=True, slots=True)
class Requester:
    """Who asks at the door: what the browser calls itself, the IP address it comes from, its mark as a known device."""

    agent: str = ""
    ip: str = ""
    device: str = ""


UNKNOWN = Requester()


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session just opened. The secrets of its cookies, `cookie` and `device`, are stored nowhere else.

    `surprising` tells that this user has signed in before, but never from this device.
    """

    cookie: str
    device: str
    user: User
    surprising: bool


def open_session(
    workspace: Workspace, connection: Connection, user: User, now: float, requester: Requester, *, second: bool = False
) -> SignedIn:
    """Open a session for `user` in the caller's transaction, and remember the device under a new secret.

    `second` tells that more than the mailbox was proven.
    """
    cookie, device = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    mark = secrets.token_hex(8)
    store.open_session(
        connection,
        digest(cookie),
        user.id,
        csrf=secrets.token_urlsafe(24),
        now=now,
        expires=now + workspace.settings.studio.session_days * _DAY,
        agent=requester.agent[:200],
        network=network_of(requester.ip),
        second=second,
        mark=mark,
    )
    before = store.has_device(connection, user.id)
    known = store.know_device(
        connection, digest(device), digest(requester.device), user.id, now, kept=DEVICE_DAYS * _DAY
    )
    actor = Actor(user.called, user.id, mark)
    detail = {"user": user.id, "network": network_of(requester.ip)}
    journal.record_event(connection, Event(now, "user-signed-in", actor=actor, detail=detail))
    return SignedIn(cookie, device, user, before and not known)


def find_session(workspace: Workspace, cookie: str) -> UserSession | None:
    """Return the session of a cookie if it is still open; records its use at most once a minute."""
    if not cookie:
        return None
    with workspace.database.read() as connection:
        now = workspace.database.now(connection)
        found = store.find_session(connection, digest(cookie), now, **_ends(workspace))
    if found and now - found.seen_at > _SEEN_EVERY:
        with workspace.database.write() as connection:
            store.touch_session(connection, found.digest, now)
    return found


def sign_out(workspace: Workspace, cookie: str) -> None:
    """Close the session of a cookie."""
    with workspace.database.write() as connection:
        store.close_session(connection, digest(cookie))


def sessions_of(workspace: Workspace, user_id: int) -> list[UserSession]:
    """Return the browsers in which a user is signed in, the last used first."""
    with workspace.database.read() as connection:
        return store.sessions_of(connection, user_id, workspace.database.now(connection), **_ends(workspace))


def close_one_session(workspace: Workspace, user_id: int, session_digest: str, by: str) -> bool:
    """Close one session of a user; tells whether it was still open."""
    with workspace.database.write() as connection:
        closed = store.close_session(connection, session_digest, user_id)
        if closed:
            event = Event(workspace.database.now(connection), "user-signed-out", actor=by, detail={"user": user_id})
            journal.record_event(connection, event)
        return closed


def close_sessions(workspace: Workspace, user_id: int, by: str, *, but: str = "") -> int:
    """Sign a user out everywhere, except in the session with the digest `but`; return how many were closed."""
    with workspace.database.write() as connection:
        user = users.by_id(connection, user_id)
        closed = store.close_sessions(connection, user.id, but=but)
        event = Event(
            workspace.database.now(connection),
            "user-signed-out-everywhere",
            actor=by,
            detail={"user": user.id, "sessions": closed},
        )
        journal.record_event(connection, event)
        return closed


def mail_new_device(workspace: Workspace, user: User, requester: Requester) -> bool:
    """Tell a user that somebody signed in with their access from a device never seen before."""
    network = workspace.settings.network
    with speaking(network.locale):
        when = f"{moment(workspace.clock()):%d/%m/%Y %H:%M}"
        notice = Notice(
            subject=_("Nouvelle connexion au Studio {network}").format(network=network.short_name),
            heading=_("Une connexion depuis un nouvel appareil"),
            paragraphs=(
                _("{device}, {place}, le {when}.").format(
                    device=device_words(requester.agent), place=network_words(network_of(requester.ip)), when=when
                ),
                _("Si c’était vous, il n’y a rien à faire."),
            ),
            action=(_("Voir mes connexions"), f"{workspace.settings.web.base_url}/studio/compte"),
            small=(
                _(
                    "Si ce n’était pas vous, fermez toutes vos connexions, changez le mot de passe de votre messagerie "
                    "et prévenez la personne qui administre le Studio."
                ),
            ),
        )
        return mail.post(workspace, user.address, notice)


def _ends(workspace: Workspace) -> dict[str, float]:
    studio = workspace.settings.studio
    return {"idle": studio.idle_days * _DAY, "age": studio.session_days * _DAY}
