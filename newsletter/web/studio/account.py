"""The user's own account: open sessions, and what proves them."""

from __future__ import annotations

import segno
from fastapi import APIRouter
from fastapi.responses import Response
from markupsafe import Markup
from starlette.background import BackgroundTask

from newsletter.actions.team import factors, passkeys, sessions, totp
from newsletter.actions.team.devices import device_words, network_words
from newsletter.errors import Refused
from newsletter.web.site import Site, say, told
from newsletter.web.studio.session import Visit, allow
from newsletter.web.studio.shell import Shell

_ACCOUNT, _SECURITY = "/studio/compte", "/studio/compte/securite"


def router(site: Site) -> APIRouter:
    """Return the routes of the user's account."""
    shell = Shell(site)
    routes = APIRouter(include_in_schema=False)
    signed_in, fresh = allow(site, bare=True), allow(site, bare=True, fresh=True)

    @routes.get(_ACCOUNT)
    def account(visit: Visit = signed_in) -> Response:
        return shell.page(
            visit,
            "account.html",
            sessions=sessions.sessions_of(site.workspace, visit.user.id),
            device_words=device_words,
            network_words=network_words,
        )

    @routes.post(_ACCOUNT + "/fermer")
    def close(visit: Visit = signed_in) -> Response:
        if one := visit.text("session"):
            sessions.close_one_session(site.workspace, visit.user.id, one, visit.by)
            return shell.back(_ACCOUNT, say("Cette connexion est fermée."))
        if visit.text("autres"):
            sessions.close_sessions(site.workspace, visit.user.id, visit.by, but=visit.session.digest)
            return shell.back(_ACCOUNT, say("Toutes vos autres connexions sont fermées."))
        sessions.close_sessions(site.workspace, visit.user.id, visit.by)
        return shell.back("/studio/connexion", say("Toutes vos connexions sont fermées."))

    def security(
        visit: Visit,
        status: int = 200,
        *,
        secret: str = "",
        uri: str = "",
        codes: tuple[str, ...] = (),
        problem: str = "",
    ) -> Response:
        return shell.page(
            visit,
            "account_security.html",
            status=status,
            factors=factors.factors_of(site.workspace, visit.user.id),
            needed=factors.needs_second(site.workspace, visit.session),
            options=passkeys.make_options(site.workspace, visit.user, factors.passkey_purpose(visit.session)),
            secret=secret,
            picture=_picture(uri) if uri else "",
            codes=codes,
            problem=problem,
        )

    def told_by_mail(visit: Visit, response: Response) -> Response:
        response.background = BackgroundTask(factors.mail_change, site.workspace, visit.user)
        return response

    @routes.get(_SECURITY)
    def show(visit: Visit = signed_in) -> Response:
        return security(visit)

    @routes.post(_SECURITY + "/cle")
    def add_key(visit: Visit = fresh) -> Response:
        try:
            factors.add_passkey(site.workspace, visit.session, visit.text("passkey"), visit.text("nom"))
        except Refused as refused:
            return security(visit, 422, problem=told(refused))
        return told_by_mail(visit, shell.back(_SECURITY, say("La clé d’accès est ajoutée.")))

    @routes.post(_SECURITY + "/application")
    def begin(visit: Visit = fresh) -> Response:
        try:
            secret, uri = totp.begin_totp(site.workspace, visit.user.id)
        except Refused as refused:
            return security(visit, 409, problem=told(refused))
        return security(visit, secret=secret, uri=uri)

    @routes.post(_SECURITY + "/application/confirmer")
    def confirm(visit: Visit = fresh) -> Response:
        try:
            codes = factors.confirm_app(site.workspace, visit.session, visit.text("code"))
        except Refused as refused:
            secret, uri = totp.pending_totp(site.workspace, visit.user.id)
            return security(visit, 422, secret=secret, uri=uri, problem=told(refused))
        return told_by_mail(visit, security(visit, codes=codes))

    @routes.post(_SECURITY + "/secours")
    def renew(visit: Visit = fresh) -> Response:
        codes = factors.renew_recovery_codes(site.workspace, visit.session)
        return told_by_mail(visit, security(visit, codes=codes))

    @routes.post(_SECURITY + "/retirer")
    def remove(visit: Visit = fresh) -> Response:
        try:
            removed = factors.remove_factor(site.workspace, visit.session, visit.text("cle"))
        except Refused as refused:
            return shell.back(_SECURITY, told(refused), bad=True)
        answer = shell.back(_SECURITY, say("Ce moyen de connexion est retiré."))
        return told_by_mail(visit, answer) if removed else answer

    return routes


def _picture(uri: str) -> Markup:
    """Return the address as a QR code, an inline picture that needs no request."""
    # Black on white whatever the theme: cameras need it.
    made = segno.make(uri, error="m").svg_inline(scale=5, border=4, dark="#000", light="#fff")
    return Markup(made)  # noqa: S704 - made of squares, by us
