"""Passkeys (WebAuthn level 3): made in the account, they open the Studio alone and prove a user afresh.

A passkey is asked for with the device's own check of its user (PIN, finger, face), so it counts as two factors. The
challenge is signed and carries its time and purpose; it is used up when it was answered rightly.
"""

from __future__ import annotations

import json
import re
import secrets
import struct
from typing import Any
from urllib.parse import urlsplit

import webauthn
from sqlalchemy.engine import Connection
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from newsletter.actions.team.users import digest
from newsletter.actions.workspace import Workspace
from newsletter.errors import Refused, TokenError
from newsletter.i18n import Sentence
from newsletter.store.team import factors, users
from newsletter.store.team.factors import Passkey
from newsletter.store.team.users import User

_SECONDS = 600.0
SIGN_IN = "passkey-sign-in"
_CREDENTIAL = re.compile(r"[A-Za-z0-9_-]{1,1400}", re.ASCII)  # at most 1023 bytes (WebAuthn 5.1)
_VERIFY = UserVerificationRequirement.REQUIRED


def ask_options(workspace: Workspace, purpose: str, user_id: int | None = None) -> str:
    """Return the JSON options of `navigator.credentials.get`; for a sign-in they name nobody's passkeys."""
    with workspace.database.read() as connection:
        known = factors.passkeys_of(connection, user_id) if user_id is not None else ()
        challenge = _challenge(workspace, connection, purpose)
    options = webauthn.generate_authentication_options(
        rp_id=_host(workspace), challenge=challenge, allow_credentials=_named(known), user_verification=_VERIFY
    )
    return webauthn.options_to_json(options)


def make_options(workspace: Workspace, user: User, purpose: str) -> str:
    """Return the JSON options of `navigator.credentials.create` for one more passkey of a user."""
    with workspace.database.read() as connection:
        known, challenge = factors.passkeys_of(connection, user.id), _challenge(workspace, connection, purpose)
    options = webauthn.generate_registration_options(
        rp_id=_host(workspace),
        rp_name=f"{workspace.settings.network.short_name} Studio",
        user_id=bytes.fromhex(workspace.signer.fingerprint("passkey-user", str(user.id))),
        user_name=user.address,
        user_display_name=user.called,
        challenge=challenge,
        exclude_credentials=_named(known),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=_VERIFY
        ),
    )
    return webauthn.options_to_json(options)


def check_made(workspace: Workspace, connection: Connection, user: User, purpose: str, answer: str, name: str) -> None:
    """Store the passkey that a browser made; Refused when it answers no challenge of ours."""
    now, given = workspace.database.now(connection), _read(answer)
    try:
        made = webauthn.verify_registration_response(
            credential=given,
            expected_challenge=_answered(workspace, connection, purpose, given, now),
            expected_rp_id=_host(workspace),
            expected_origin=_origin(workspace),
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError):
        raise _useless() from None
    credential = bytes_to_base64url(made.credential_id)
    if factors.find_passkey(connection, credential):
        raise _useless()
    key = made.credential_public_key
    factors.add_passkey(connection, Passkey(credential, user.id, key, made.sign_count, name, now, None))


def check_answer(workspace: Workspace, connection: Connection, purpose: str, answer: str) -> User:
    """Return the user whose passkey gave this answer; Refused for every other answer."""
    now, given = workspace.database.now(connection), _read(answer)
    known = factors.find_passkey(connection, str(given.get("id", "")))
    if known is None:
        raise _useless()
    try:
        proven = webauthn.verify_authentication_response(
            credential=given,
            expected_challenge=_answered(workspace, connection, purpose, given, now),
            expected_rp_id=_host(workspace),
            expected_origin=_origin(workspace),
            credential_public_key=known.public_key,
            credential_current_sign_count=known.sign_count,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError):
        raise _useless() from None
    user = users.by_id(connection, known.user_id)
    if user.ended_at is not None:
        raise _useless()
    factors.passkey_used(connection, known.credential, proven.new_sign_count, now)
    return user


def _challenge(workspace: Workspace, connection: Connection, purpose: str) -> bytes:
    payload = secrets.token_bytes(16) + struct.pack(">d", workspace.database.now(connection))
    return workspace.signer.seal(purpose, payload).encode()


def _answered(workspace: Workspace, connection: Connection, purpose: str, given: dict[str, Any], now: float) -> bytes:
    """Return the challenge that an answer names, if we made it for this purpose lately, and use it up."""
    client = _read_json(base64url_to_bytes(given["response"]["clientDataJSON"]))
    challenge = base64url_to_bytes(client["challenge"])
    try:
        payload = workspace.signer.open(purpose, challenge.decode("ascii"))
    except TokenError:
        raise _useless() from None
    (made,) = struct.unpack(">d", payload[16:])
    mark = digest(challenge.decode("ascii"))
    if not now - _SECONDS <= made <= now + _SECONDS or users.offered(connection, mark, "passkey-answered", now):
        raise _useless()
    users.offer(connection, mark, "passkey-answered", purpose, now + 2 * _SECONDS, now)
    return challenge


def _read(answer: str) -> dict[str, Any]:
    given = _read_json(answer[:20_000])
    # Names of passkeys are base64url: anything else might not even be text that a database takes.
    if not isinstance(given, dict) or not _CREDENTIAL.fullmatch(str(given.get("id", ""))):
        raise _useless()
    return given


def _read_json(text: str | bytes) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):  # brackets within brackets are the caller's doing as well
        raise _useless() from None


def _named(known: Any) -> list[PublicKeyCredentialDescriptor]:
    return [PublicKeyCredentialDescriptor(id=base64url_to_bytes(one.credential)) for one in known]


def _host(workspace: Workspace) -> str:
    return urlsplit(workspace.settings.web.base_url).hostname or ""


def _origin(workspace: Workspace) -> str:
    parts = urlsplit(workspace.settings.web.base_url)
    return f"{parts.scheme}://{parts.netloc}"


def _useless() -> Refused:
    return Refused(
        "this passkey opens nothing here",
        hint="try again, or ask for a link",
        said=Sentence("Cette clé d’accès n’ouvre rien ici, ou la page était trop ancienne. Réessayez."),
    )
