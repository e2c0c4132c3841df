"""Who has access to the Studio, and the keys of the API."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import Response
from starlette.background import BackgroundTask

from newsletter.actions.team import factors, sessions, signin
from newsletter.actions.team import users as team_users
from newsletter.errors import AddressError, NotFound, Refused
from newsletter.web.site import Site, say
from newsletter.web.studio.session import Number, Visit, allow
from newsletter.web.studio.shell import Shell, role_words

_TEAM, _TOKENS = "/studio/reglages/equipe", "/studio/reglages/cles"


def router(site: Site) -> APIRouter:
    """Return the routes of users and of API keys."""
    shell = Shell(site)
    routes = APIRouter(include_in_schema=False)
    allowed, changer = allow(site, "settings"), allow(site, "settings", fresh=True)

    def page(visit: Visit, status: int = 200, error: str = "") -> Response:
        roles = {role: role_words(role) for role in team_users.RIGHTS}
        people = team_users.everybody(site.workspace)
        return shell.page(
            visit,
            "settings_team.html",
            status=status,
            users=people,
            roles=roles,
            second=factors.users_with_second(site.workspace),
            error=error,
            entered=visit.text("address"),
        )

    @routes.get(_TEAM)
    def users(visit: Visit = allowed) -> Response:
        return page(visit)

    @routes.post(_TEAM)
    def invite(visit: Visit = changer) -> Response:
        try:
            user = team_users.invite_user(
                site.workspace,
                visit.text("address"),
                visit.text("role"),
                may_send=visit.text("may_send") == "yes",
                name=visit.text("name"),
                by=visit.by,
            )
        except AddressError:
            return page(visit, 422, say("Cette adresse ne peut pas être utilisée. Vérifiez-la."))
        except Refused:
            return page(visit, 422, say("Cette adresse a déjà accès au Studio."))
        signin.mail_invitation(site.workspace, user, visit.by)
        return shell.back(_TEAM, say("{address} a maintenant accès au Studio.").format(address=user.address))

    @routes.post(_TEAM + "/{user_id}")
    def change(user_id: Number, visit: Visit = changer) -> Response:
        try:
            user = team_users.change_user(
                site.workspace,
                user_id,
                role=visit.text("role"),
                may_send=visit.text("may_send") == "yes",
                name=visit.text("name"),
                by=visit.by,
            )
        except Refused:
            return shell.back(_TEAM, _last_admin(), bad=True)
        return shell.back(_TEAM, say("Les droits de {address} sont enregistrés.").format(address=user.address))

    @routes.post(_TEAM + "/{user_id}/fin")
    def end(user_id: Number, visit: Visit = changer) -> Response:
        try:
            team_users.end_access(site.workspace, user_id, visit.by)
        except Refused:
            return shell.back(_TEAM, _last_admin(), bad=True)
        return shell.back(_TEAM, say("Cet accès est retiré, et ses connexions sont fermées."))

    @routes.post(_TEAM + "/{user_id}/connexions")
    def close(user_id: Number, visit: Visit = changer) -> Response:
        sessions.close_sessions(site.workspace, user_id, visit.by)
        return shell.back(_TEAM, say("Toutes les connexions de cette personne sont fermées."))

    @routes.post(_TEAM + "/{user_id}/facteurs")
    def reset(user_id: Number, visit: Visit = changer) -> Response:
        user = factors.reset_factors(site.workspace, user_id, visit.by)
        done = say(
            "Les moyens de connexion de {address} sont remis à zéro : un lien par courriel suffit, jusqu’au suivant."
        )
        answer = shell.back(_TEAM, done.format(address=user.address))
        answer.background = BackgroundTask(factors.mail_change, site.workspace, user)
        return answer

    def keys(visit: Visit, fresh: str = "") -> Response:
        return shell.page(visit, "settings_tokens.html", tokens=team_users.tokens(site.workspace), fresh=fresh)

    @routes.get(_TOKENS)
    def tokens(visit: Visit = allowed) -> Response:
        return keys(visit)

    @routes.post(_TOKENS)
    def make(visit: Visit = changer) -> Response:
        try:
            # Shown in the answer itself: it must be in no cookie and no address.
            return keys(visit, team_users.make_token(site.workspace, visit.text("name"), visit.text("scope"), visit.by))
        except Refused:
            return shell.back(_TOKENS, say("Donnez un nom à la clé : à quoi servira-t-elle ?"), bad=True)

    @routes.post(_TOKENS + "/fin")
    def revoke(visit: Visit = changer) -> Response:
        try:
            team_users.revoke_token(site.workspace, visit.text("token"), visit.by)
        except NotFound:
            return shell.back(_TOKENS, say("Cette clé ne servait déjà plus."), bad=True)
        return shell.back(_TOKENS, say("Cette clé ne sert plus."))

    return routes


def _last_admin() -> str:
    return say("Le Studio a besoin d’une personne qui l’administre. Donnez d’abord ce rôle à quelqu’un d’autre.")
