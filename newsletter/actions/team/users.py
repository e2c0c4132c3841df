"""The team: who has access to the Studio, with which rights, and the keys of the API."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from sqlalchemy.engine import Connection

from newsletter import addresses
from newsletter.actions.workspace import Workspace
from newsletter.errors import NotFound, Refused, nearest
from newsletter.i18n import Sentence
from newsletter.store import journal
from newsletter.store.journal import Event
from newsletter.store.team import factors, sessions, users
from newsletter.store.team.users import ApiToken, User

# What a role allows; sending is a right of its own (`User.may_send`).
RIGHTS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "editor": frozenset({"content"}),
        "staff": frozenset({"people", "figures"}),
        "admin": frozenset({"content", "people", "figures", "settings"}),
    }
)
# What a key of the API allows, by its scope. No key can send; no key that reads people can write: use two keys.
SCOPES: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "read": frozenset({"content", "figures"}),
        "write": frozenset({"content", "figures", "write"}),
        "people": frozenset({"content", "figures", "people"}),
    }
)
_ADMIN = "admin"


def rights(user: User) -> frozenset[str]:
    """Return what a user may do: content, people, figures, settings, send."""
    return RIGHTS[user.role] | ({"send"} if user.may_send else frozenset())


def invite_user(
    workspace: Workspace, address: str, role: str, *, may_send: bool = False, name: str = "", by: str = ""
) -> User:
    """Give `address` access to the Studio; AddressError for no address, Refused when it already has access."""
    found, _checked = addresses.parse_address(address), _role(role)
    with workspace.database.write() as connection:
        now = workspace.database.now(connection)
        user = users.add_user(
            connection, address=found.text, key=found.key, name=name.strip(), role=role, may_send=may_send, now=now
        )
        _note(connection, "user-invited", user, now, by, {"role": role, "may_send": may_send})
    return user


def everybody(workspace: Workspace) -> list[User]:
    """Return all users with access."""
    with workspace.database.read() as connection:
        return users.list_users(connection)


def find_user(workspace: Workspace, address: str) -> User:
    """Return the user with this address; NotFound names the command that lists them."""
    with workspace.database.read() as connection:
        user = users.by_key(connection, addresses.parse_address(address).key)
    if user is None:
        raise NotFound(
            f"`{address}` has no access to the Studio",
            hint=users.LISTED,
            said=Sentence("{address} n’a pas accès au Studio. Voyez la liste de l’équipe.", address=address),
        )
    return user


def change_user(workspace: Workspace, user_id: int, *, role: str, may_send: bool, name: str, by: str) -> User:
    """Set name and rights; a change of rights closes the user's sessions. Refused for the last admin."""
    _role(role)
    with workspace.database.write() as connection:
        before, now = _current(connection, user_id), workspace.database.now(connection)
        if role != _ADMIN:
            _keep_one_admin(connection, before)
        users.change_user(connection, user_id, name=name.strip(), role=role, may_send=may_send)
        if (before.role, before.may_send) != (role, may_send):
            sessions.close_sessions(connection, user_id)
            _note(connection, "user-changed", before, now, by, {"role": role, "may_send": may_send})
        if before.name != name.strip():
            _note(connection, "user-renamed", before, now, by, {"was_called": before.called, "name": name.strip()})
        return users.by_id(connection, user_id)


def end_access(workspace: Workspace, user_id: int, by: str) -> None:
    """Remove a user's access and close their sessions at once. Refused for the last admin."""
    with workspace.database.write() as connection:
        user, now = _current(connection, user_id), workspace.database.now(connection)
        _keep_one_admin(connection, user)
        users.end_user(connection, user_id, now)
        sessions.close_sessions(connection, user_id)
        sessions.forget_devices(connection, user_id)
        factors.remove_all(connection, user_id)
        _note(connection, "user-ended", user, now, by, {})


def make_token(workspace: Workspace, name: str, scope: str, by: str) -> str:
    """Make a key of the API and return it: it is shown only once, only its digest is kept."""
    if scope not in SCOPES:
        raise Refused(
            f"`{scope}` is not a scope",
            where="scope",
            hint=nearest(scope, SCOPES),
            said=Sentence("Choisissez un usage de la liste pour cette clé."),
        )
    if not name.strip():
        raise Refused(
            "a token needs a name",
            where="name",
            hint="say what uses it",
            said=Sentence("Donnez un nom à la clé : à quoi servira-t-elle ?"),
        )
    token = f"nl_{secrets.token_urlsafe(32)}"
    with workspace.database.write() as connection:
        now = workspace.database.now(connection)
        users.add_token(connection, digest(token), name=name.strip(), scope=scope, now=now, by=by)
        journal.record_event(
            connection, Event(now, "token-made", actor=by, detail={"name": name.strip(), "scope": scope})
        )
    return token


def tokens(workspace: Workspace) -> Sequence[ApiToken]:
    """Return every key of the API, the newest first."""
    with workspace.database.read() as connection:
        return users.tokens(connection)


def revoke_token(workspace: Workspace, token_digest: str, by: str) -> None:
    """Revoke a key of the API at once; NotFound."""
    with workspace.database.write() as connection:
        now = workspace.database.now(connection)
        if not users.revoke_token(connection, token_digest, now):
            raise NotFound(
                "this token is not in use", hint="reload the page", said=Sentence("Cette clé ne servait déjà plus.")
            )
        journal.record_event(connection, Event(now, "token-revoked", actor=by))


def digest(secret: str) -> str:
    """Return the form in which a random secret is stored: its SHA-256, enough for 256 random bits."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _role(role: str) -> str:
    if role not in RIGHTS:
        raise Refused(
            f"`{role}` is not a role",
            where="role",
            hint=nearest(role, RIGHTS),
            said=Sentence("Choisissez un rôle de la liste."),
        )
    return role


def _current(connection: Connection, user_id: int) -> User:
    user = users.by_id(connection, user_id)
    if user.ended_at is not None:
        raise NotFound(
            f"the access of user {user_id} has ended",
            hint=users.LISTED,
            said=Sentence("Cet accès est déjà retiré. Rechargez la page."),
        )
    return user


def _keep_one_admin(connection: Connection, user: User) -> None:
    if users.hold_with_role(connection, _ADMIN) == [user.id]:
        raise Refused(
            "the Studio needs at least one admin",
            where=user.address,
            hint="make another user admin first",
            said=Sentence(
                "Il faut au moins une personne qui administre le Studio. Donnez d’abord ce rôle à quelqu’un d’autre."
            ),
        )


def _note(connection: Connection, kind: str, user: User, now: float, by: str, detail: Mapping[str, object]) -> None:
    journal.record_event(connection, Event(now, kind, actor=by, detail={"user": user.id, **detail}))
