"""A user's second factors: what they have, added and removed, and each session's proofs.

A session of a user with a second factor is half open until that factor was given in it. A proof is fresh for
`[studio] fresh_minutes`: what cannot be taken back asks for a newer one.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.engine import Connection

from newsletter.actions import mail
from newsletter.actions.team import passkeys, totp
from newsletter.actions.team.users import digest
from newsletter.actions.workspace import Workspace
from newsletter.actor import Actor
from newsletter.errors import Refused
from newsletter.i18n import Sentence, _, speaking
from newsletter.rendering.notice import Notice
from newsletter.store import journal
from newsletter.store.journal import Event
from newsletter.store.people import limits
from newsletter.store.team import factors as store
from newsletter.store.team import sessions, users
from newsletter.store.team.factors import Passkey
from newsletter.store.team.sessions import UserSession
from newsletter.store.team.users import User

_PROOF, _CODE_SECONDS, _HOUR, _CODES_AN_HOUR = "proof-code", 600.0, 3600, 6


@dataclass(frozen=True, slots=True)
class Factors:
    """What proves a user: an app that shows codes, how many recovery codes are left, passkeys."""

    app: bool
    recovery_left: int
    passkeys: Sequence[Passkey]

    @property
    def second(self) -> bool:
        """Whether there is a second factor."""
        return self.app or bool(self.passkeys)


def factors_of(workspace: Workspace, user_id: int) -> Factors:
    """Return what a user has."""
    with workspace.database.read() as connection:
        app = store.totp_of(connection, user_id)
        left = store.recovery_left(connection, user_id)
        return Factors(bool(app and app.confirmed_at is not None), left, store.passkeys_of(connection, user_id))


def users_with_second(workspace: Workspace) -> frozenset[int]:
    """Return the ids of the users who have a second factor."""
    with workspace.database.read() as connection:
        return store.users_with_second(connection)


def needs_second(workspace: Workspace, session: UserSession) -> bool:
    """Tell whether the settings ask this session's user for a second factor that they do not have yet."""
    asked = workspace.settings.studio.second_factor and (session.user.may_send or session.user.role == "admin")
    return asked and not session.has_second and session.second_at is None


def is_fresh(workspace: Workspace, session: UserSession) -> bool:
    """Tell whether the user was proven in this session lately enough for what cannot be taken back."""
    return session.read_at - session.proved_at <= workspace.settings.studio.fresh_minutes * 60


def prove_by_code(workspace: Workspace, session: UserSession, code: str) -> str:
    """Prove the user of a session by a code: of the app or a recovery code, and without these the one that was mailed.

    Return the session's new cookie (the old one is void), or an empty text for a wrong code. Refused after too many.
    """
    with workspace.database.write() as connection:
        if session.has_second:
            good = totp.check_code(workspace, connection, session.user.id, code, by=session.actor)
        else:
            good = _check_mailed(workspace, connection, session, code)
        return _proven(workspace, connection, session, renew=True) if good else ""


def prove_by_passkey(workspace: Workspace, session: UserSession, answer: str) -> str:
    """Prove the user of a session by a passkey of theirs; return its new cookie. Refused for anything else."""
    with workspace.database.write() as connection:
        user = passkeys.check_answer(workspace, connection, passkey_purpose(session), answer)
        if user.id != session.user.id:
            raise Refused("this passkey is another user's", hint="use one of your own", said=_not_yours())
        return _proven(workspace, connection, session, renew=True)


def passkey_purpose(session: UserSession) -> str:
    """Return what a challenge within a session is signed for: it is good in that session alone."""
    return f"passkey-session-{session.digest}"


def mail_code(workspace: Workspace, session: UserSession) -> bool:
    """Mail the user of a session a code that proves them there; tells whether one left."""
    code = f"{secrets.randbelow(10**8):08d}"
    with workspace.database.write() as connection:
        now = workspace.database.now(connection)
        if limits.hit(connection, f"proof-mails:{session.user.id}", now, _HOUR) > _CODES_AN_HOUR:
            return False
        users.withdraw(connection, _PROOF, session.digest, now)
        users.offer(connection, _mark(session, code), _PROOF, session.digest, now + _CODE_SECONDS, now)
    with speaking(workspace.settings.network.locale):
        notice = Notice(
            subject=_("Votre code pour le Studio {network}").format(network=workspace.settings.network.short_name),
            heading=_("C’est bien vous ?"),
            paragraphs=(
                _("Écrivez ce code dans la page qui vous le demande : {code}").format(code=f"{code[:4]} {code[4:]}"),
                _("Il sert une fois, pendant 10 minutes. Ne le donnez à personne."),
            ),
            small=(_("Si vous n’avez rien demandé, fermez toutes vos connexions au Studio."),),
        )
        return mail.post(workspace, session.user.address, notice)


def confirm_app(workspace: Workspace, session: UserSession, code: str) -> tuple[str, ...]:
    """Take the first code of a user's new app; return the recovery codes, shown once. Refused for a wrong code."""
    with workspace.database.write() as connection:
        good = totp.check_first_code(workspace, connection, session.user.id, code, by=session.actor)
        if good:
            codes = totp.new_recovery_codes(connection, session.user.id)
            _proven(workspace, connection, session)
            _note(workspace, connection, session.user, "factor-added", session.actor, "app")
    if not good:
        raise Refused(
            "this is not the code of the app",
            hint="write the one it shows now",
            said=Sentence("Ce n’est pas le code que montre l’application. Vérifiez l’heure du téléphone, réessayez."),
        )
    return codes


def renew_recovery_codes(workspace: Workspace, session: UserSession) -> tuple[str, ...]:
    """Make the recovery codes of a user anew: those from before are void."""
    with workspace.database.write() as connection:
        codes = totp.new_recovery_codes(connection, session.user.id)
        _note(workspace, connection, session.user, "recovery-codes-made", session.actor, "")
    return codes


def add_passkey(workspace: Workspace, session: UserSession, answer: str, name: str) -> None:
    """Store a passkey that the browser of a session made; Refused when it answers no challenge of that session."""
    with workspace.database.write() as connection:
        called = name.strip()[:60] or _("Clé d’accès")
        passkeys.check_made(workspace, connection, session.user, passkey_purpose(session), answer, called)
        _proven(workspace, connection, session)
        _note(workspace, connection, session.user, "factor-added", session.actor, "passkey")


def remove_factor(workspace: Workspace, session: UserSession, credential: str) -> bool:
    """Remove a passkey of the session's user, or the app (`credential` empty); tells whether there was one.

    Refused for the last second factor of a user who must have one.
    """
    with workspace.database.write() as connection:
        user = session.user
        removed = (
            store.remove_passkey(connection, user.id, credential)
            if credential
            else store.remove_totp(connection, user.id)
        )
        must = workspace.settings.studio.second_factor and (user.may_send or user.role == "admin")
        if must and user.id not in store.users_with_second(connection):
            raise Refused(
                "this is the last second factor of a user who must have one",
                hint="add another one first",
                said=Sentence("Il vous faut un second facteur : ajoutez-en d’abord un autre."),
            )
        if removed:
            _note(workspace, connection, user, "factor-removed", session.actor, "passkey" if credential else "app")
    return removed


def reset_factors(workspace: Workspace, user_id: int, by: str) -> User:
    """Remove every second factor of a user who has lost them, and close their sessions: the mailed link remains."""
    with workspace.database.write() as connection:
        user = users.by_id(connection, user_id)
        store.remove_all(connection, user_id)
        sessions.close_sessions(connection, user_id)
        _note(workspace, connection, user, "factors-reset", by, "")
    return user


def mail_change(workspace: Workspace, user: User) -> bool:
    """Tell a user that what proves them has changed."""
    network = workspace.settings.network
    with speaking(network.locale):
        notice = Notice(
            subject=_("Vos moyens de connexion au Studio {network} ont changé").format(network=network.short_name),
            heading=_("Vos moyens de connexion ont changé"),
            paragraphs=(
                _("Une clé d’accès, une application de codes ou des codes de secours ont été ajoutés ou retirés."),
                _("Si c’était vous, il n’y a rien à faire."),
            ),
            action=(_("Voir mes moyens de connexion"), f"{workspace.settings.web.base_url}/studio/compte/securite"),
            small=(_("Si ce n’était pas vous, prévenez la personne qui administre le Studio."),),
        )
        return mail.post(workspace, user.address, notice)


def _proven(workspace: Workspace, connection: Connection, session: UserSession, *, renew: bool = False) -> str:
    """Record a proof; with `renew` the session gets another cookie, which is returned."""
    cookie = secrets.token_urlsafe(32) if renew else ""
    second = session.has_second or session.user.id in store.users_with_second(connection)
    sessions.prove_session(
        connection,
        session.digest,
        workspace.database.now(connection),
        second=second,
        renamed=digest(cookie) if renew else "",
    )
    return cookie


def _check_mailed(workspace: Workspace, connection: Connection, session: UserSession, code: str) -> bool:
    now, plain = workspace.database.now(connection), "".join(code.split())
    if limits.hit(connection, f"proof-tries:{session.user.id}", now, _HOUR) > 10:
        raise totp.too_many_tries()
    good = users.redeem(connection, _mark(session, plain), _PROOF, now) is not None
    if good:
        limits.release(connection, f"proof-tries:{session.user.id}")
    return good


def _mark(session: UserSession, code: str) -> str:
    return digest(f"{session.digest}:{code}")


def _note(workspace: Workspace, connection: Connection, user: User, kind: str, by: Actor | str, what: str) -> None:
    now, detail = workspace.database.now(connection), {"user": user.id, **({"factor": what} if what else {})}
    journal.record_event(connection, Event(now, kind, actor=by, detail=detail))


def _not_yours() -> Sentence:
    return Sentence("Cette clé d’accès est celle de quelqu’un d’autre.")
