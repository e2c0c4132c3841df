"""What proves a user beside the mailbox: codes of an app, recovery codes, passkeys, identities at other providers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from newsletter.store.tables.signin import identities, passkeys, recovery_codes, totp_secrets


@dataclass(frozen=True, slots=True)
class Passkey:
    """A public key of a user: `credential` is its name among browsers, `name` its name among the user's things."""

    credential: str
    user_id: int
    public_key: bytes
    sign_count: int
    name: str
    created_at: float
    used_at: float | None


@dataclass(frozen=True, slots=True)
class TotpSecret:
    """The sealed secret of a user's app; `confirmed_at` is None until the app has shown a right code."""

    sealed: str
    confirmed_at: float | None
    last_step: int


def has_second(user_id: sa.ColumnElement[int]) -> sa.ColumnElement[bool]:
    """Return the SQL that tells whether a user has a second factor: a confirmed app, or a passkey."""
    return sa.or_(
        sa.exists().where(totp_secrets.c.user_id == user_id, totp_secrets.c.confirmed_at.is_not(None)),
        sa.exists().where(passkeys.c.user_id == user_id),
    )


def users_with_second(connection: Connection) -> frozenset[int]:
    """Return the ids of the users who have a second factor."""
    apps = sa.select(totp_secrets.c.user_id).where(totp_secrets.c.confirmed_at.is_not(None))
    return frozenset(connection.execute(apps.union(sa.select(passkeys.c.user_id))).scalars())


def totp_of(connection: Connection, user_id: int) -> TotpSecret | None:
    """Return the secret of a user's app, confirmed or not."""
    columns = (totp_secrets.c.sealed, totp_secrets.c.confirmed_at, totp_secrets.c.last_step)
    row = connection.execute(sa.select(*columns).where(totp_secrets.c.user_id == user_id)).first()
    return TotpSecret(*row) if row else None


def set_totp(connection: Connection, user_id: int, sealed: str, now: float) -> None:
    """Store a new secret, not yet confirmed, in the place of another."""
    connection.execute(totp_secrets.delete().where(totp_secrets.c.user_id == user_id))
    connection.execute(totp_secrets.insert().values(user_id=user_id, sealed=sealed, created_at=now))


def take_step(connection: Connection, user_id: int, step: int, now: float) -> bool:
    """Use up the codes up to `step`, which also confirms the secret; tells whether this one was still good."""
    taken = connection.execute(
        totp_secrets.update()
        .where(totp_secrets.c.user_id == user_id, totp_secrets.c.last_step < step)
        .values(last_step=step, confirmed_at=sa.func.coalesce(totp_secrets.c.confirmed_at, now))
    )
    return taken.rowcount == 1


def set_recovery_codes(connection: Connection, user_id: int, salt: str, digests: Iterable[str]) -> None:
    """Store new recovery codes in the place of all others."""
    connection.execute(recovery_codes.delete().where(recovery_codes.c.user_id == user_id))
    rows = [{"digest": digest, "user_id": user_id, "salt": salt} for digest in digests]
    connection.execute(recovery_codes.insert(), rows)


def recovery_salt(connection: Connection, user_id: int) -> str:
    """Return the salt of a user's recovery codes; an empty text without any."""
    query = sa.select(recovery_codes.c.salt).where(recovery_codes.c.user_id == user_id).limit(1)
    return connection.scalar(query) or ""


def recovery_left(connection: Connection, user_id: int) -> int:
    """Return how many recovery codes a user has left."""
    query = sa.select(sa.func.count()).where(recovery_codes.c.user_id == user_id, recovery_codes.c.used_at.is_(None))
    return int(connection.scalar(query) or 0)


def use_recovery_code(connection: Connection, user_id: int, digest: str, now: float) -> bool:
    """Use a recovery code up; tells whether it was good."""
    used = connection.execute(
        recovery_codes.update()
        .where(
            recovery_codes.c.user_id == user_id, recovery_codes.c.digest == digest, recovery_codes.c.used_at.is_(None)
        )
        .values(used_at=now)
    )
    return used.rowcount == 1


def passkeys_of(connection: Connection, user_id: int) -> Sequence[Passkey]:
    """Return a user's passkeys, oldest first."""
    query = sa.select(passkeys).where(passkeys.c.user_id == user_id).order_by(passkeys.c.created_at)
    return [Passkey(**row._asdict()) for row in connection.execute(query)]


def find_passkey(connection: Connection, credential: str) -> Passkey | None:
    """Return the passkey that browsers name so."""
    row = connection.execute(sa.select(passkeys).where(passkeys.c.credential == credential)).first()
    return Passkey(**row._asdict()) if row else None


def add_passkey(connection: Connection, made: Passkey) -> None:
    """Store a passkey."""
    connection.execute(
        passkeys.insert().values(
            credential=made.credential,
            user_id=made.user_id,
            public_key=made.public_key,
            sign_count=made.sign_count,
            name=made.name,
            created_at=made.created_at,
        )
    )


def passkey_used(connection: Connection, credential: str, sign_count: int, now: float) -> None:
    """Record the use of a passkey."""
    values = {"sign_count": sign_count, "used_at": now}
    connection.execute(passkeys.update().where(passkeys.c.credential == credential).values(values))


def remove_passkey(connection: Connection, user_id: int, credential: str) -> bool:
    """Remove one passkey of a user; tells whether there was one."""
    query = passkeys.delete().where(passkeys.c.user_id == user_id, passkeys.c.credential == credential)
    return connection.execute(query).rowcount == 1


def remove_totp(connection: Connection, user_id: int) -> bool:
    """Remove the secret of a user's app and the recovery codes; tells whether there was a secret."""
    connection.execute(recovery_codes.delete().where(recovery_codes.c.user_id == user_id))
    return connection.execute(totp_secrets.delete().where(totp_secrets.c.user_id == user_id)).rowcount == 1


def remove_all(connection: Connection, user_id: int) -> None:
    """Remove everything that proves a user beside the mailbox."""
    for table in (passkeys, totp_secrets, recovery_codes, identities):
        connection.execute(table.delete().where(table.c.user_id == user_id))


def identity_user(connection: Connection, issuer: str, subject: str) -> int | None:
    """Return the id of the user who is `subject` at `issuer`."""
    same = sa.and_(identities.c.issuer == issuer, identities.c.subject == subject)
    found: int | None = connection.scalar(sa.select(identities.c.user_id).where(same))
    return found


def add_identity(connection: Connection, issuer: str, subject: str, user_id: int, now: float) -> None:
    """Remember who a user is at a provider."""
    values = {"issuer": issuer, "subject": subject, "user_id": user_id, "created_at": now}
    connection.execute(identities.insert().values(values))
