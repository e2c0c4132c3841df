"""Errors as pages: in the reader's language, in the site's design; as JSON under `/api/` and for webhooks."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from newsletter.errors import AddressError, ContentError, NewsletterError, NotFound, Refused, SettingsError, TokenError
from newsletter.i18n import _, speaking
from newsletter.web.api.shapes import SIGNUP_PATH
from newsletter.web.security import headers_for, mask, private
from newsletter.web.site import Site, told

# On these pages, the error says what is wrong with the personal link and where to find another.
_LINKS = ("/confirmation/", "/desabonnement/", "/preferences/", "/mes-donnees/", "/effacement/", "/changement-adresse/")

log = logging.getLogger("newsletter.web")


def install(app: FastAPI, site: Site) -> None:
    """Let `app` answer every error with a page of its own."""

    def http(request: Request, error: Exception) -> Response:
        if not isinstance(error, HTTPException):
            return fault(request, error)
        if isinstance(error.detail, Mapping):  # the API words its own refusals
            return JSONResponse(
                {"error": {"status": error.status_code, **error.detail}}, error.status_code, error.headers
            )
        return answer(site, request, error.status_code, headers=error.headers)

    def invalid(request: Request, error: Exception) -> Response:
        return answer(site, request, 422, error)

    def ours(request: Request, error: Exception) -> Response:
        if isinstance(error, TokenError) and request.url.path.removeprefix(site.prefix).startswith(_LINKS):
            return site.page(request, "public/link_gone.html", status=404, noindex=True)
        if not isinstance(error, (NotFound, TokenError, Refused, AddressError)) and not _explained(
            site, request, error
        ):
            return fault(request, error)
        return answer(site, request, 404 if isinstance(error, (NotFound, TokenError)) else 409, error)

    def fault(request: Request, error: Exception) -> Response:
        log.error("%s %s failed", request.method, mask(request.url.path), exc_info=error)
        # This answer is given outside of the guard, so it takes language and headers by itself.
        with speaking(site.language(request.scope)):
            headers = headers_for(request.url.path, secure=site.secure)
            return answer(site, request, 500, headers=headers)

    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(NewsletterError, ours)
    app.add_exception_handler(Exception, fault)


def _explained(site: Site, request: Request, error: Exception) -> bool:
    """Tell whether a form of the Studio named a publication or a file that is not there, and the error says so."""
    inside = request.url.path.removeprefix(site.prefix).startswith("/studio")
    return inside and isinstance(error, (SettingsError, ContentError)) and bool(error.said)


def answer(
    site: Site, request: Request, status: int, error: Exception | None = None, headers: Mapping[str, str] | None = None
) -> Response:
    """Return the page (or the JSON) for `status`; a Studio page also says what the rules refused."""
    title, text = words(status)
    path = request.url.path.removeprefix(site.prefix)
    detail = told(error) if isinstance(error, NewsletterError) and path.startswith(("/studio", "/api/")) else ""
    if path.startswith("/api/") and path != SIGNUP_PATH:
        return _for_programs(status, error, headers)
    if path.startswith(("/api/", "/hooks/")):
        body = {"error": {"status": status, "message": detail or title, "hint": text}}
        return JSONResponse(body, status, dict(headers or {}))
    values = {"title": title, "text": text, "detail": detail, "noindex": private(path)}
    template = "studio/error.html" if path.startswith("/studio") else "error.html"
    return site.page(request, template, status=status, headers=headers, **values)


def _for_programs(status: int, error: Exception | None, headers: Mapping[str, str] | None) -> Response:
    """Answer a program in English; what it sent is not repeated."""
    message, hint = HTTPStatus(status).phrase, "/api/v1/openapi.json describes every call"
    if isinstance(error, NewsletterError):
        message, hint = error.what, error.hint or hint
    elif isinstance(error, RequestValidationError):
        faults = (f"{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}" for fault in error.errors()[:20])
        message = "; ".join(faults)
    body = {"error": {"status": status, "message": message, "hint": hint}}
    return JSONResponse(body, status, dict(headers or {}))


def words(status: int) -> tuple[str, str]:
    """Return the title and the sentence of the error `status`."""
    known = {
        400: (_("Demande incomprise"), _("Votre navigateur a envoyé une demande que nous n’avons pas pu lire.")),
        401: (_("Connexion nécessaire"), _("Connectez-vous pour voir cette page.")),
        403: (_("Accès réservé"), _("Vous n’avez pas accès à cette page.")),
        404: (
            _("Page introuvable"),
            _("L’adresse est incomplète, ou la page n’existe plus. Vérifiez que le lien a été copié en entier."),
        ),
        405: (_("Action impossible ici"), _("Cette adresse ne répond pas à ce type de demande.")),
        409: (_("Action impossible"), _("L’état des choses a changé entre-temps. Rechargez la page et réessayez.")),
        413: (_("Envoi trop volumineux"), _("Ce que vous avez envoyé dépasse la taille acceptée.")),
        422: (_("Formulaire incomplet"), _("Certaines informations manquent ou ne sont pas lisibles.")),
        429: (_("Trop de demandes"), _("Patientez quelques minutes, puis réessayez.")),
    }
    oops = (_("Une erreur est survenue"), _("Elle a été enregistrée. Réessayez dans quelques minutes ou écrivez-nous."))
    return known.get(status, known[404] if status < 500 else oops)
