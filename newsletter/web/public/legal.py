"""What the law asks a public site to say: who publishes, what becomes of personal data, how accessible it is."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from newsletter.actions.people.signup_rules import WORDING, purpose
from newsletter.web.site import Site

# Who a message passes through on its way, by the name in `[sending] provider`: company and country.
PROCESSORS = {
    "brevo": "Brevo (Sendinblue SAS), Paris, France",
    "mailjet": "Mailjet (Sinch), Paris, France",
    "scaleway": "Scaleway SAS, Paris, France",
    "mailgun": "Mailgun Technologies (Sinch)",
    "postmark": "Postmark (ActiveCampaign LLC), États-Unis",
}


def router(site: Site) -> APIRouter:
    """Return the routes of the legal pages."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/mentions-legales")
    def notices(request: Request) -> Response:
        return site.page(request, "public/legal.html")

    @routes.get("/confidentialite")
    def privacy(request: Request) -> Response:
        settings = site.workspace.settings
        relay = settings.sending.smtp.host if settings.sending.provider == "smtp" else ""
        sender = PROCESSORS.get(settings.sending.provider, relay if relay != "localhost" else "")
        processors = [name for name in (sender, settings.network.host) if name]
        return site.page(
            request,
            "public/privacy.html",
            processors=processors,
            purpose=purpose(site.workspace),
            wording=WORDING,
            retention=settings.retention,
        )

    @routes.get("/accessibilite")
    def accessibility(request: Request) -> Response:
        return site.page(request, "public/accessibility.html")

    return routes
