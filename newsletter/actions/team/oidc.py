"""Signing in by an OpenID Connect provider (Core 1.0): code flow with discovery, PKCE (RFC 7636), state and nonce.

The provider says who somebody is; what they may do is decided by the invitation alone. Nobody else gets in.
"""

from __future__ import annotations

import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from sqlalchemy.engine import Connection

from newsletter import addresses
from newsletter.actions.team.sessions import UNKNOWN, Requester, SignedIn, open_session
from newsletter.actions.workspace import Workspace
from newsletter.actor import Actor
from newsletter.errors import AddressError, Refused, TokenError
from newsletter.i18n import Sentence
from newsletter.store import journal
from newsletter.store.journal import Event
from newsletter.store.team import factors, users
from newsletter.store.team.users import User

SECONDS = 600
KEPT_SECONDS = 300
RETURN = "/studio/oidc/retour"
_PURPOSE = "oidc"
_ALGORITHMS = ("RS256", "PS256", "ES256", "ES384", "RS384", "RS512", "EdDSA")
_DESCRIBED = ("issuer", "authorization_endpoint", "token_endpoint", "jwks_uri")
_TIMEOUT = 10.0


@dataclass
class Discovery:
    """The provider's description of itself (Discovery 1.0), kept for some minutes: hits here are none there."""

    _kept: tuple[str, float, Mapping[str, Any]] = ("", 0.0, MappingProxyType({}))

    def describe(self, workspace: Workspace, client: OAuth2Session) -> Mapping[str, Any]:
        """Return the description; Refused when it cannot be had, or lacks what a sign-in needs."""
        issuer, at, found = self._kept
        now = workspace.clock()
        if issuer == _issuer(workspace) and 0 <= now - at < KEPT_SECONDS:
            return found
        found = _description(workspace, client)
        self._kept = _issuer(workspace), now, found
        return found


def begin(workspace: Workspace, discovery: Discovery) -> tuple[str, str]:
    """Return the provider's address to send the browser to, and what the browser must bring back in a cookie."""
    keep = {name: secrets.token_urlsafe(32) for name in ("state", "nonce", "verifier")}
    with _client(workspace) as client:
        endpoint = discovery.describe(workspace, client)["authorization_endpoint"]
        url, _state = client.create_authorization_url(
            endpoint, state=keep["state"], nonce=keep["nonce"], code_verifier=keep["verifier"]
        )
    sealed = workspace.signer.seal(_PURPOSE, json.dumps({**keep, "at": workspace.clock()}).encode())
    return str(url), sealed


def finish(
    workspace: Workspace,
    discovery: Discovery,
    kept: str,
    answer: Mapping[str, str],
    requester: Requester = UNKNOWN,
) -> SignedIn:
    """Open a session for the invited user whom the provider's answer names; Refused for everybody and everything else.

    `kept` is what `begin` gave, `answer` the query of the address to which the provider sent the browser back.
    """
    keep = _keep(workspace, kept)
    if not hmac.compare_digest(answer.get("state", "").encode(), str(keep["state"]).encode()):
        raise _failed("the answer belongs to no question of this browser")
    if answer.get("iss", _issuer(workspace)).rstrip("/") != _issuer(workspace):
        raise _failed("the answer comes from another provider")
    if not answer.get("code"):
        raise _failed(f"the provider refused: {answer.get('error', 'no code')[:100]}")
    try:
        claims = _claims(workspace, discovery, answer["code"], keep)
    except (requests.RequestException, AuthlibBaseError, JoseError, KeyError, TypeError, ValueError) as error:
        raise _failed(f"the provider's answer cannot be used: {type(error).__name__}") from error
    with workspace.database.write() as connection:
        now = workspace.database.now(connection)
        user = _user(workspace, connection, claims, now)
        methods = claims.get("amr")
        second = isinstance(methods, list) and "mfa" in methods  # in a text it could be a part of another word
        return open_session(workspace, connection, user, now, requester, second=second)


def _claims(workspace: Workspace, discovery: Discovery, code: str, keep: Mapping[str, Any]) -> Mapping[str, Any]:
    """Exchange the code and return what the provider says of the person, checked."""
    with _client(workspace) as client:
        found = discovery.describe(workspace, client)
        token = client.fetch_token(
            found["token_endpoint"], code=code, grant_type="authorization_code", code_verifier=keep["verifier"]
        )
        keys = KeySet.import_key_set(_get(client, found["jwks_uri"]).json())
        claims = _signed(workspace, found["issuer"], token["id_token"], keys)
        if not hmac.compare_digest(str(claims.get("nonce", "")).encode(), str(keep["nonce"]).encode()):
            raise ValueError("nonce")
        if "email" in claims or "userinfo_endpoint" not in found:
            return claims
        answer = _get(client, found["userinfo_endpoint"], withhold_token=False)
        signed = answer.headers.get("content-type", "").startswith("application/jwt")  # as ProConnect answers
        more = _signed(workspace, found["issuer"], answer.text, keys, times=False) if signed else answer.json()
        if more["sub"] != claims["sub"]:  # Core 5.3.2
            raise ValueError("sub")
        return {**more, **claims}


def _signed(workspace: Workspace, issuer: str, text: str, keys: KeySet, *, times: bool = True) -> dict[str, Any]:
    """Return the claims of a token that the provider signed for us (Core 3.1.3.7)."""
    claims = dict(jwt.decode(text, keys, algorithms=_ALGORITHMS).claims)
    wanted: dict[str, Any] = {
        "iss": {"essential": True, "value": issuer},
        "aud": {"essential": True, "value": workspace.settings.studio.oidc.client_id},
        "sub": {"essential": True},
        **({"exp": {"essential": True}, "iat": {"essential": True}} if times else {}),
    }
    jwt.JWTClaimsRegistry(now=int(workspace.clock()), leeway=60, **wanted).validate(claims)
    return claims


def _user(workspace: Workspace, connection: Connection, claims: Mapping[str, Any], now: float) -> User:
    issuer, subject = _issuer(workspace), str(claims["sub"])
    known = factors.identity_user(connection, issuer, subject)
    if known is not None:
        user = users.by_id(connection, known)
        if user.ended_at is None:
            return user
        raise _not_invited()
    if not (workspace.settings.studio.oidc.trust_email or claims.get("email_verified") is True):
        raise _failed("the provider does not vouch for the address; see `[studio.oidc] trust_email`")
    try:
        invited = users.by_key(connection, addresses.parse_address(str(claims.get("email", ""))).key)
    except AddressError:
        invited = None
    if invited is None:
        raise _not_invited()
    factors.add_identity(connection, issuer, subject, invited.id, now)
    actor = Actor(invited.called, invited.id, "")  # the session is opened after this
    journal.record_event(connection, Event(now, "identity-linked", actor=actor, detail={"user": invited.id}))
    return invited


def _client(workspace: Workspace) -> OAuth2Session:
    setting = workspace.settings.studio.oidc
    return OAuth2Session(
        setting.client_id,
        workspace.settings.secret("oidc_client_secret") or None,
        scope=" ".join(setting.scopes),
        redirect_uri=f"{workspace.settings.web.base_url}{RETURN}",
        code_challenge_method="S256",
        default_timeout=_TIMEOUT,
    )


def _description(workspace: Workspace, client: OAuth2Session) -> Mapping[str, Any]:
    try:
        found: Any = _get(client, f"{_issuer(workspace)}/.well-known/openid-configuration").json()
    except (requests.RequestException, ValueError) as error:
        raise _failed(f"the provider does not answer: {type(error).__name__}") from error
    if not isinstance(found, dict) or not all(isinstance(found.get(name), str) for name in _DESCRIBED):
        raise _failed(f"the provider does not describe itself with {', '.join(_DESCRIBED)}")
    # Some names end in a slash, and are so in each token; the one of the settings never does.
    if found["issuer"].rstrip("/") != _issuer(workspace):
        raise _failed("the provider calls itself otherwise than the settings")
    return found


def _get(client: OAuth2Session, url: str, *, withhold_token: bool = True) -> requests.Response:
    answer: requests.Response = client.get(url, withhold_token=withhold_token, timeout=_TIMEOUT)
    answer.raise_for_status()
    return answer


def _issuer(workspace: Workspace) -> str:
    return workspace.settings.studio.oidc.issuer


def _keep(workspace: Workspace, kept: str) -> dict[str, Any]:
    try:
        keep: dict[str, Any] = json.loads(workspace.signer.open(_PURPOSE, kept))
    except TokenError:
        keep = {}
    if not keep or workspace.clock() - keep["at"] > SECONDS:
        raise _failed("the question is unknown to this browser, or too old")
    return keep


def _failed(what: str) -> Refused:
    return Refused(
        what,
        where="[studio.oidc]",
        hint="try again, or ask for a link by mail",
        said=Sentence("La connexion par votre organisation n’a pas abouti. Réessayez, ou demandez un lien."),
    )


def _not_invited() -> Refused:
    return Refused(
        "this person was not invited",
        hint="invite them: `newsletter users invite`",
        said=Sentence("Cette adresse n’a pas accès au Studio. Demandez une invitation à la personne qui l’administre."),
    )
