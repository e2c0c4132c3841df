"""Scaleway Transactional Email: one call per message [scaleway.com/en/developers/api/transactional-email].

Options: `project_id`, `region` (default `fr-par`), `base_url`, `timeout`. Secret: NEWSLETTER_SCALEWAY_SECRET_KEY. It
has neither tracking, nor batches, nor idempotency keys. The default quota is 10,000 mails a month.
Webhook: a Topics and Events subscription to `/hooks/scaleway?token=` NEWSLETTER_SCALEWAY_WEBHOOK_SECRET. The token is
the proof. The message's signature is not checked: its certificate would have to be fetched from an address that the
call itself names, and validated against Scaleway's own authority.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar
from urllib.parse import urlsplit

from newsletter.errors import ProviderError
from newsletter.messages import DeliveryReport, Outcome, Outgoing, ReportKind
from newsletter.providers import WebhookRequest
from newsletter.providers.http import HttpProvider, base_url, option, provider, required
from newsletter.providers.webhooks import check_secret, events, report
from newsletter.providers.wire import ApiReply, ApiWire, Flaw, blame, encoded, mailed, own_headers, parts_of, printable
from newsletter.settings import Settings

PROCESSOR = "Scaleway SAS, Paris, France"

SHORTEST = 10
REFERENCE = "X-Letter-Reference"

KINDS: dict[str, ReportKind] = {
    "email_delivered": "delivered",
    "email_deferred": "deferred",
    "email_dropped": "hard",
    "email_mailbox_not_found": "hard",
    "email_blocklisted": "block",
    "email_spam": "complaint",
}


class Scaleway(ApiWire):
    """The wire format of Scaleway TEM; mail to addresses beyond ASCII is accepted and then lost, so it is refused."""

    name: ClassVar[str] = "scaleway"

    def __init__(self, url: str, headers: Mapping[str, str], project_id: str) -> None:
        super().__init__(url, headers)
        self.project_id = project_id

    def flaw(self, message: Outgoing) -> Flaw | None:
        """Subjects and texts under 10 characters are refused, and so are mails over 2 MB."""
        parts = parts_of(message)
        if len(parts.subject) < SHORTEST or len(parts.text) < SHORTEST:
            return Flaw("mailing", f"Scaleway refuses a subject or text of less than {SHORTEST} characters")
        if len(self.entry(message, "")) > 2_000_000:
            return Flaw("mailing", "Scaleway refuses a message of more than 2 MB")
        return None

    def entry(self, message: Outgoing, label: str) -> bytes:
        """Return the call; the reference header comes back in webhooks and repeats the opaque Message-ID."""
        parts = parts_of(message)
        headers = [*own_headers(parts), (REFERENCE, message.message_id)]
        if parts.reply_to:
            headers.append(("Reply-To", parts.reply_to))
        return encoded(
            {
                "project_id": self.project_id,
                "from": {"email": parts.sender, "name": parts.sender_name},
                "to": [{"email": mailed(message)}],
                "subject": parts.subject,
                "text": parts.text,
                "html": parts.html,
                "additional_headers": [{"key": name, "value": value} for name, value in headers],
            }
        )

    def read(self, messages: Sequence[Outgoing], reply: ApiReply) -> list[Outcome] | None:
        """Read the status of the only mail."""
        found = reply.document.get("emails") if isinstance(reply.document, dict) else None
        if reply.status != 200 or not isinstance(found, list) or len(found) != 1 or not isinstance(found[0], dict):
            return None
        (mail,), (message,) = found, messages
        if mail.get("status") in ("failed", "canceled"):
            text = printable(str(mail.get("status_details") or mail["status"]))
            return [Outcome(message.delivery, "refused", blame(text), code=reply.status, text=text)]
        return [Outcome(message.delivery, "accepted", provider_id=str(mail.get("id") or ""), code=reply.status)]

    def blames_recipient(self, reply: ApiReply) -> bool:
        """Argument errors name the argument, e.g. `to.0.email`."""
        details = reply.document.get("details") if isinstance(reply.document, dict) else None
        named = [d.get("argument_name") for d in details if isinstance(d, dict)] if isinstance(details, list) else []
        return any(str(name).split(".")[0].split("[")[0] == "to" for name in named)


def build(settings: Settings) -> HttpProvider:
    """Return the provider; ProviderError names a missing key or project."""
    root = base_url(settings, "https://api.scaleway.com")
    url = f"{root}/transactional-email/v1alpha1/regions/{option(settings, 'region', 'fr-par')}/emails"
    headers = {"X-Auth-Token": required(settings, "scaleway_secret_key"), "Content-Type": "application/json"}
    return provider(settings, Scaleway(url, headers, option(settings, "project_id")))


def read_webhook(request: WebhookRequest, secret: str) -> list[DeliveryReport]:
    """Return the reports in a notification; see `newsletter.providers.WebhookReader`.

    A subscription awaiting confirmation is a ProviderError that tells which page to open: a person does it, because a
    server that fetches an address out of a request can be sent anywhere (CVE-2026-16268).
    """
    check_secret(request, secret, "scaleway")
    found = []
    for envelope in events(request.body):
        if envelope.get("Type") == "SubscriptionConfirmation":
            raise _awaiting(str(envelope.get("SubscribeURL")))
        inner = envelope.get("Message")
        for event in events(inner.encode("utf-8", "surrogatepass")) if isinstance(inner, str) else [envelope]:
            found.append(_report(event))
    return [one for one in found if one]


def _awaiting(url: str) -> ProviderError:
    known = urlsplit(printable(url)).hostname or ""
    page = printable(url) if known.endswith(".scaleway.com") else "the link in Scaleway's console"
    return ProviderError("a topic subscription awaits confirmation", where="hooks/scaleway", hint=f"open {page}")


def _report(event: Mapping[str, Any]) -> DeliveryReport | None:
    headers = event.get("email_headers")
    listed = [h for h in headers if isinstance(h, dict)] if isinstance(headers, list) else []
    to = event.get("email_to")
    return report(
        "scaleway",
        KINDS.get(str(event.get("type"))),
        to[0] if isinstance(to, list) and len(to) == 1 else to,
        (event.get("id"), event.get("type"), event.get("email_id")),
        message_id=next((h.get("value") for h in listed if str(h.get("key")).lower() == REFERENCE.lower()), None),
        provider_id=event.get("email_id"),
        moment=event.get("created_at"),
        text=f"{event.get('email_response_code') or ''} {event.get('email_response_message') or ''}",
    )
