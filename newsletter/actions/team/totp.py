"""Codes of an app (TOTP, RFC 6238) and recovery codes: the second factor beside a mailed link.

Each code is taken once. Wrong ones are counted by user, over all sessions: only who passed the first factor comes here,
so nobody else can use the tries up.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets

import pyotp
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from sqlalchemy.engine import Connection

from newsletter.actions.workspace import Workspace
from newsletter.errors import Refused
from newsletter.i18n import Sentence
from newsletter.store import journal
from newsletter.store.journal import Event
from newsletter.store.people import limits
from newsletter.store.team import factors, users
from newsletter.store.team.users import User

CODES = 10
_STEP = 30
_HOUR, _TRIES = 3600, 10
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # without what looks alike


def begin_totp(workspace: Workspace, user_id: int) -> tuple[str, str]:
    """Make a new secret for a user's app, good once a code of it was given; return it and its `otpauth:` address."""
    secret = pyotp.random_base32()
    with workspace.database.write() as connection:
        user, found = users.by_id(connection, user_id), factors.totp_of(connection, user_id)
        if found and found.confirmed_at is not None:
            raise Refused(
                "this user has an app already",
                hint="remove it first",
                said=Sentence("Vous avez déjà une application de codes. Retirez-la d’abord."),
            )
        sealed = _box(workspace).encrypt(secret.encode()).decode()
        factors.set_totp(connection, user_id, sealed, workspace.database.now(connection))
    return secret, _address(workspace, user, secret)


def pending_totp(workspace: Workspace, user_id: int) -> tuple[str, str]:
    """Return the secret that waits for its first code and its `otpauth:` address; empty texts without one."""
    with workspace.database.read() as connection:
        user, found = users.by_id(connection, user_id), factors.totp_of(connection, user_id)
    if found is None or found.confirmed_at is not None:
        return "", ""
    secret = _open(workspace, found.sealed)
    return secret, _address(workspace, user, secret) if secret else ""


def _address(workspace: Workspace, user: User, secret: str) -> str:
    issuer = f"{workspace.settings.network.short_name} Studio"
    return str(pyotp.TOTP(secret).provisioning_uri(name=user.address, issuer_name=issuer))


def check_code(workspace: Workspace, connection: Connection, user_id: int, code: str, *, by: str) -> bool:
    """Tell whether `code` is the app's or a recovery code of the user, and use it up. Refused after too many tries."""
    now, plain = _count_try(workspace, connection, user_id), "".join(code.split()).replace("-", "").lower()
    good = _is_of_app(workspace, connection, user_id, plain, now, new=False)
    return _note_try(connection, user_id, now, by, good=good or _is_recovery(connection, user_id, plain, now))


def check_first_code(workspace: Workspace, connection: Connection, user_id: int, code: str, *, by: str) -> bool:
    """Tell whether `code` is that of the app which a user is adding, and confirm the app. Refused as `check_code`."""
    now = _count_try(workspace, connection, user_id)
    good = _is_of_app(workspace, connection, user_id, "".join(code.split()), now, new=True)
    return _note_try(connection, user_id, now, by, good=good)


def _count_try(workspace: Workspace, connection: Connection, user_id: int) -> float:
    now = workspace.database.now(connection)
    if limits.hit(connection, f"second-factor:{user_id}", now, _HOUR) > _TRIES:
        raise too_many_tries()
    return now


def _note_try(connection: Connection, user_id: int, now: float, by: str, *, good: bool) -> bool:
    if good:
        limits.release(connection, f"second-factor:{user_id}")
    else:
        journal.record_event(connection, Event(now, "second-factor-refused", actor=by, detail={"user": user_id}))
    return good


def too_many_tries() -> Refused:
    """Return the refusal of one more try within the hour."""
    return Refused(
        "too many wrong codes",
        hint="wait an hour, or use a passkey",
        said=Sentence("Trop de codes erronés. Réessayez dans une heure, ou servez-vous d’une clé d’accès."),
    )


def new_recovery_codes(connection: Connection, user_id: int) -> tuple[str, ...]:
    """Make a user's recovery codes anew and return them: they are shown once, only scrypt digests are kept."""
    salt = secrets.token_hex(16)
    codes = tuple("".join(secrets.choice(_ALPHABET) for _n in range(12)) for _code in range(CODES))
    factors.set_recovery_codes(connection, user_id, salt, (_scrypt(code, salt) for code in codes))
    return tuple("-".join((code[:4], code[4:8], code[8:])) for code in codes)


def _is_of_app(workspace: Workspace, connection: Connection, user_id: int, code: str, now: float, *, new: bool) -> bool:
    """Use up a code of the confirmed app, or with `new` of the one that waits for its first."""
    found = factors.totp_of(connection, user_id)
    if (
        found is None
        or (found.confirmed_at is None) != new
        or not (code.isascii() and code.isdigit() and len(code) == 6)
    ):
        return False
    secret = _open(workspace, found.sealed)
    if not secret:
        return False
    step = int(now // _STEP)
    for near in (step, step - 1, step + 1):  # clocks differ by some seconds
        if hmac.compare_digest(pyotp.TOTP(secret).at(near * _STEP), code):
            return factors.take_step(connection, user_id, near, now)
    return False


def _is_recovery(connection: Connection, user_id: int, code: str, now: float) -> bool:
    salt = factors.recovery_salt(connection, user_id)
    if not salt or len(code) != 12:
        return False
    return factors.use_recovery_code(connection, user_id, _scrypt(code, salt), now)


def _scrypt(code: str, salt: str) -> str:
    return hashlib.scrypt(code.encode(), salt=bytes.fromhex(salt), n=2**14, r=8, p=1).hex()


def _open(workspace: Workspace, sealed: str) -> str:
    """Return a secret; an empty text for one sealed with a key that this installation has no more."""
    try:
        return _box(workspace).decrypt(sealed.encode()).decode()
    except InvalidToken:
        return ""


def _box(workspace: Workspace) -> MultiFernet:
    """Return what seals the secrets: the first key of the ring seals, every key opens."""
    keys = (hmac.digest(key, b"totp-secret", hashlib.sha256) for key in workspace.signer.keys)
    return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in keys])
