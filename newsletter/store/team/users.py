"""Users of the Studio: their roles, one-time links and API tokens. Secrets are kept as digests only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from newsletter.errors import NotFound, Refused
from newsletter.i18n import Sentence
from newsletter.store.engine.folding import folded
from newsletter.store.tables.pages import api_tokens, one_time_links, users

LISTED = "`newsletter users list` shows them"


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A person with a Studio login; `role` is editor, staff or admin, sending is a separate right."""

    id: int
    address: str
    name: str
    role: str
    may_send: bool
    created_at: float
    ended_at: float | None = None

    @property
    def called(self) -> str:
        """The name shown to colleagues and kept in the journal."""
        return self.name or self.address


@dataclass(frozen=True, slots=True)
class ApiToken:
    """A key of the API as it is listed; the key itself is shown once and never stored."""

    digest: str
    name: str
    scope: str
    created_at: float
    created_by: str
    revoked_at: float | None
    used_at: float | None


def add_user(
    connection: Connection, *, address: str, key: str, name: str, role: str, may_send: bool, now: float
) -> User:
    """Store a new user, or restore one whose access had ended; Refused when the address has access already."""
    values = {"address": address, "name": name, "role": role, "may_send": may_send, "ended_at": None}
    row = connection.execute(sa.select(users.c.id, users.c.ended_at).where(users.c.address_key == key)).first()
    if row is not None and row.ended_at is None:
        raise Refused(
            f"`{address}` has access already", hint=LISTED, said=Sentence("Cette adresse a déjà accès au Studio.")
        )
    if row is not None:
        connection.execute(users.update().where(users.c.id == row.id).values(**values))
        return by_id(connection, row.id)
    made = connection.execute(users.insert().values(address_key=key, created_at=now, **values).returning(users.c.id))
    return by_id(connection, made.scalar_one())


def by_id(connection: Connection, user_id: int) -> User:
    """Return one user, ended or not; NotFound."""
    row = connection.execute(sa.select(users).where(users.c.id == user_id)).first()
    if row is None:
        raise NotFound(
            f"there is no user {user_id}",
            hint=LISTED,
            said=Sentence("Cette personne n’a plus accès au Studio. Rechargez la page."),
        )
    return _user(row)


def by_key(connection: Connection, key: str) -> User | None:
    """Return the user with access whose address compares equal to `key`, if there is one."""
    row = connection.execute(sa.select(users).where(users.c.address_key == key, users.c.ended_at.is_(None))).first()
    return _user(row) if row else None


def list_users(connection: Connection) -> list[User]:
    """Return all users with access, by name and address."""
    query = sa.select(users).where(users.c.ended_at.is_(None)).order_by(folded(users.c.name), users.c.address)
    return [_user(row) for row in connection.execute(query)]


def hold_with_role(connection: Connection, role: str) -> list[int]:
    """Return the ids of the users with this role and access, who stay so until the end of the transaction."""
    query = sa.select(users.c.id).where(users.c.role == role, users.c.ended_at.is_(None)).order_by(users.c.id)
    return list(connection.execute(query.with_for_update()).scalars())


def change_user(connection: Connection, user_id: int, *, name: str, role: str, may_send: bool) -> None:
    """Set a user's name and rights."""
    connection.execute(users.update().where(users.c.id == user_id).values(name=name, role=role, may_send=may_send))


def end_user(connection: Connection, user_id: int, now: float) -> None:
    """End a user's access; the caller ends the sessions."""
    connection.execute(users.update().where(users.c.id == user_id).values(ended_at=now))


def offer(
    connection: Connection,
    digest: str,
    purpose: str,
    subject: str,
    expires: float,
    now: float,
    *,
    mailed: float | None = None,
) -> None:
    """Store a one-time link by its digest, `mailed` when it leaves by mail, and forget those long past."""
    connection.execute(one_time_links.delete().where(one_time_links.c.expires_at < now - 86_400))
    values = {"digest": digest, "purpose": purpose, "subject": subject, "expires_at": expires, "mailed_at": mailed}
    connection.execute(one_time_links.insert().values(values))


def extend(connection: Connection, purpose: str, subject: str, since: float, until: float, now: float) -> bool:
    """Let links that were mailed after `since` and never used live until `until`; tells whether there was one."""
    kept = connection.execute(
        one_time_links.update()
        .where(
            one_time_links.c.purpose == purpose,
            one_time_links.c.subject == subject,
            one_time_links.c.used_at.is_(None),
            one_time_links.c.expires_at >= now,
            one_time_links.c.mailed_at >= since,
        )
        .values(expires_at=until)
    )
    return kept.rowcount > 0


def offered(connection: Connection, digest: str, purpose: str, now: float) -> str | None:
    """Return the subject of a link that may still be used, without using it."""
    return connection.scalar(
        sa.select(one_time_links.c.subject).where(
            one_time_links.c.digest == digest,
            one_time_links.c.purpose == purpose,
            one_time_links.c.expires_at >= now,
            one_time_links.c.used_at.is_(None),
        )
    )


def redeem(connection: Connection, digest: str, purpose: str, now: float) -> str | None:
    """Use a link and return its subject; None when it is unknown, expired or used: one guarded UPDATE, so once only."""
    return connection.execute(
        one_time_links.update()
        .where(
            one_time_links.c.digest == digest,
            one_time_links.c.purpose == purpose,
            one_time_links.c.expires_at >= now,
            one_time_links.c.used_at.is_(None),
        )
        .values(used_at=now)
        .returning(one_time_links.c.subject)
    ).scalar_one_or_none()


def withdraw(connection: Connection, purpose: str, subject: str, now: float) -> None:
    """Invalidate every unused link of this purpose and subject."""
    connection.execute(
        one_time_links.update()
        .where(
            one_time_links.c.purpose == purpose,
            one_time_links.c.subject == subject,
            one_time_links.c.used_at.is_(None),
        )
        .values(used_at=now)
    )


def add_token(connection: Connection, digest: str, *, name: str, scope: str, now: float, by: str) -> None:
    """Store an API token by its digest."""
    connection.execute(api_tokens.insert().values(digest=digest, name=name, scope=scope, created_at=now, created_by=by))


def tokens(connection: Connection) -> Sequence[ApiToken]:
    """Return every API token, the newest first, revoked ones included."""
    query = sa.select(api_tokens).order_by(api_tokens.c.created_at.desc(), api_tokens.c.digest)
    return [ApiToken(**row._asdict()) for row in connection.execute(query)]


def token(connection: Connection, digest: str) -> ApiToken | None:
    """Return the API token with this digest, unless it is unknown or revoked."""
    query = sa.select(api_tokens).where(api_tokens.c.digest == digest, api_tokens.c.revoked_at.is_(None))
    row = connection.execute(query).first()
    return ApiToken(**row._asdict()) if row else None


def token_used(connection: Connection, digest: str, now: float) -> None:
    """Record the use of an API token."""
    connection.execute(api_tokens.update().where(api_tokens.c.digest == digest).values(used_at=now))


def revoke_token(connection: Connection, digest: str, now: float) -> bool:
    """Revoke an API token; tells whether it was in use."""
    revoked = connection.execute(
        api_tokens.update()
        .where(api_tokens.c.digest == digest, api_tokens.c.revoked_at.is_(None))
        .values(revoked_at=now)
    )
    return revoked.rowcount == 1


def _user(row: sa.Row[tuple[object, ...]]) -> User:
    values = row._asdict()
    values.pop("address_key")
    return User(**values)
