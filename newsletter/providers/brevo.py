"""Brevo: POST /v3/smtp/email, a message version per recipient [developers.brevo.com, batch-send-transactional-emails].

Options: `base_url`, `batch`, `timeout`. Secret: NEWSLETTER_BREVO_API_KEY. There is no switch against open pixels or
rewritten links per message: turn tracking off in the account; the consent field below only makes opens anonymous.
Webhook: Bearer or Basic with NEWSLETTER_BREVO_WEBHOOK_SECRET, no signature exists [docs/transactional-webhooks].
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import ClassVar

from newsletter.messages import DeliveryReport, Outcome, Outgoing, ReportKind
from newsletter.providers import WebhookRequest
from newsletter.providers.http import HttpProvider, base_url, provider, required
from newsletter.providers.webhooks import check_secret, events, report
from newsletter.providers.wire import ApiReply, ApiWire, Flaw, encoded, mailed, own_headers, parts_of
from newsletter.settings import Settings

PROCESSOR = "Brevo (Sendinblue SAS), Paris, France"

# Without a body of its own a version shows this one: better an empty letter than another person's links.
_NEUTRAL = "<html><body></body></html>"
_KEYS = uuid.UUID("6ba7b811-9dad-11d1-80b4-00c04fd430c8")

KINDS: dict[str, ReportKind] = {
    "delivered": "delivered",
    "deferred": "deferred",
    "soft_bounce": "soft",
    "hard_bounce": "hard",
    "invalid_email": "hard",
    "blocked": "block",
    "error": "block",
    "spam": "complaint",
    "complaint": "complaint",
    "unsubscribed": "unsubscribe",
    "unsubscribe": "unsubscribe",
}


class Brevo(ApiWire):
    """The wire format of Brevo; up to 1,000 versions a call are documented, its SDK says fewer: 500 is safe."""

    name: ClassVar[str] = "brevo"
    most: ClassVar[int] = 500
    # Addresses beyond ASCII arrive only in part, so they count as lost.
    repeatable: ClassVar[bool] = True

    def flaw(self, message: Outgoing) -> Flaw | None:
        """Text-only letters are refused by Brevo, and braces would be read as its template language."""
        parts = parts_of(message)
        if not parts.html:
            return Flaw("mailing", "Brevo refuses a message without HTML")
        if "," in parts.sender_name and not parts.sender_name.isascii():
            return Flaw("mailing", "Brevo drops a sender name that has both an accent and a comma")
        if any(mark in text for mark in ("{{", "{%") for text in (parts.subject, parts.html, parts.text)):
            return Flaw("mailing", "`{{` or `{%` stands in the letter: Brevo would run it as a template")
        return None

    def common(self, message: Outgoing) -> object:
        """The sender is said once per call."""
        parts = parts_of(message)
        return parts.sender_name, parts.sender

    def entry(self, message: Outgoing, label: str) -> bytes:
        """Return a message version; every version names its whole set of headers."""
        parts = parts_of(message)
        version = {
            "to": [{"email": mailed(message), "contactPixelTrackingConsent": False}],
            "subject": parts.subject,
            "htmlContent": parts.html,
            "textContent": parts.text,
            # Recipients can read X-Mailin-custom: it repeats the opaque Message-ID and nothing else.
            "headers": {**dict(own_headers(parts)), "X-Mailin-custom": message.message_id},
        }
        return encoded(version | ({"replyTo": {"email": parts.reply_to}} if parts.reply_to else {}))

    def body(self, messages: Sequence[Outgoing], entries: Sequence[bytes], label: str) -> bytes:
        """Return the call; its idempotency key (30 minutes) depends on exactly these messages, in this order."""
        parts = parts_of(messages[0])
        key = uuid.uuid5(_KEYS, "\n".join(message.key for message in messages))
        sender = {"email": parts.sender} | ({"name": parts.sender_name} if parts.sender_name else {})
        common = {
            "sender": sender,
            "subject": parts.subject,
            "htmlContent": _NEUTRAL,
            "headers": {"idempotencyKey": str(key)},
        } | ({"tags": [label]} if label else {})
        return encoded(common)[:-1] + b',"messageVersions":[' + b",".join(entries) + b"]}"

    def read(self, messages: Sequence[Outgoing], reply: ApiReply) -> list[Outcome] | None:
        """Read `messageIds` (in the order of versions); a recognised key says that this very call was taken before."""
        found = reply.document if isinstance(reply.document, dict) else {}
        if found.get("code") == "duplicate_parameter":
            return [Outcome(m.delivery, "accepted", code=reply.status, text=reply.words) for m in messages]
        ids = found.get("messageIds", [found.get("messageId")])
        if reply.status not in (200, 201, 202) or not isinstance(ids, list) or len(ids) != len(messages):
            return None
        if not all(isinstance(one, str) and one for one in ids):
            return None
        return [
            Outcome(message.delivery, "accepted", provider_id=one, code=reply.status)
            for message, one in zip(messages, ids, strict=True)
        ]

    def blames_recipient(self, reply: ApiReply) -> bool:
        """Brevo answers e.g. "email is not valid in to"."""
        return reply.status == 400 and any(mark in reply.words for mark in (" in to", "to[0]", "].to"))


def build(settings: Settings) -> HttpProvider:
    """Return the provider; ProviderError names a missing key."""
    url = base_url(settings, "https://api.brevo.com") + "/v3/smtp/email"
    key = required(settings, "brevo_api_key")
    return provider(settings, Brevo(url, {"api-key": key, "Content-Type": "application/json"}))


def read_webhook(request: WebhookRequest, secret: str) -> list[DeliveryReport]:
    """Return the reports in a call; see `newsletter.providers.WebhookReader`."""
    check_secret(request, secret, "brevo")
    return [
        found
        for event in events(request.body)
        # `id` is the account's, so an event is known by message, address, kind and `ts_epoch`, its only sure time.
        if (
            found := report(
                "brevo",
                KINDS.get(str(event.get("event"))),
                event.get("email"),
                (event.get("message-id"), event.get("email"), event.get("event"), event.get("ts_epoch")),
                message_id=event.get("X-Mailin-custom"),
                provider_id=event.get("message-id"),
                milliseconds=event.get("ts_epoch"),
                text=event.get("reason"),
            )
        )
    ]
