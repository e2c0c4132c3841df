"""Mailjet: POST /v3.1/send, up to 50 messages a call [dev.mailjet.com/email/guides/send-api-v31].

Options: `base_url`, `batch`, `timeout`. Secrets: NEWSLETTER_MAILJET_API_KEY, NEWSLETTER_MAILJET_API_SECRET. The API
refuses List-Id and Message-Id, so letters leave without List-Id; each message is known by its CustomID. Mailjet makes a
contact of every address: an erasure must be asked for there too.
Webhook: Basic in the URL, password NEWSLETTER_MAILJET_WEBHOOK_SECRET; no signature exists.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from newsletter.messages import DeliveryReport, Outcome, OutcomeScope, Outgoing, ReportKind
from newsletter.providers import WebhookRequest
from newsletter.providers.http import HttpProvider, base_url, basic, provider, required
from newsletter.providers.webhooks import check_secret, events, report
from newsletter.providers.wire import (
    ApiReply,
    ApiWire,
    Flaw,
    blame,
    encoded,
    mailed,
    own_headers,
    paired,
    parts_of,
    printable,
)
from newsletter.settings import Settings

PROCESSOR = "Mailjet (Sinch), Paris, France"

# Error send-0011; the headers of the message's structure are left out for every provider.
REFUSED_HEADERS = frozenset(
    {"delivered-to", "dkim-signature", "domainkey-status", "received-spf", "authentication-results", "received"}
    | {"user-agent", "x-mailer", "x-feedback-id", "list-id", "x-csa-complaints"}
)
_BAD_ADDRESS = "mj-0013"
# Keys, credits and rights; the sender's address, the template or the headers: all ours.
_OURS = frozenset({401, 402, 403})
_SENDER = frozenset({"send-0003", "send-0006", "send-0007", "send-0008", "send-0010", "send-0011", "mj-0013"})


class Mailjet(ApiWire):
    """The wire format of Mailjet's Send API 3.1."""

    name: ClassVar[str] = "mailjet"
    most: ClassVar[int] = 50
    heaviest: ClassVar[int] = 14_000_000
    utf8_local_parts: ClassVar[bool] = True

    def flaw(self, message: Outgoing) -> Flaw | None:
        """A subject beyond 255 characters is refused."""
        too_long = len(parts_of(message).subject) > 255
        return Flaw("mailing", "Mailjet refuses a subject of more than 255 characters") if too_long else None

    def entry(self, message: Outgoing, label: str) -> bytes:
        """Return a message; with a label, Mailjet itself refuses a second one to the same address in that campaign."""
        parts = parts_of(message)
        headers = {
            name: value
            for name, value in own_headers(parts, REFUSED_HEADERS)
            if not name.lower().startswith(("x-mailjet-", "x-mj-"))
        }
        entry: dict[str, Any] = {
            "From": {"Email": parts.sender, "Name": parts.sender_name},
            "To": [{"Email": mailed(message)}],
            "Subject": parts.subject,
            "TextPart": parts.text,
            "HTMLPart": parts.html,
            "Headers": headers,
            "CustomID": message.message_id,
            "TemplateLanguage": False,
            "TrackOpens": "disabled",
            "TrackClicks": "disabled",
        }
        if parts.reply_to:
            entry["ReplyTo"] = {"Email": parts.reply_to}
        if label:
            entry |= {"CustomCampaign": label, "DeduplicateCampaign": True}
        return encoded(entry)

    def body(self, messages: Sequence[Outgoing], entries: Sequence[bytes], label: str) -> bytes:
        """Return the call."""
        return b'{"Messages":[' + b",".join(entries) + b"]}"

    def read(self, messages: Sequence[Outgoing], reply: ApiReply) -> list[Outcome] | None:
        """Read the result of each message: a partial success comes with a 4xx status."""
        found = reply.document
        items = found.get("Messages") if isinstance(found, dict) else None
        if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
            return None
        mine = {message.message_id: message for message in messages}
        names = [str(item.get("CustomID") or "") for item in items]
        return [_outcome(message, item) for message, item in paired(messages, items, mine, names)]


def _outcome(message: Outgoing, item: Mapping[str, Any] | None) -> Outcome:
    if item is None:
        return Outcome(message.delivery, "unknown", text="the answer does not speak of this message")
    if item.get("Status") == "success":
        to = item.get("To")
        first = to[0] if isinstance(to, list) and to and isinstance(to[0], dict) else {}
        # MessageID exceeds 2^53: json reads it as an integer, and it stays one.
        return Outcome(message.delivery, "accepted", provider_id=str(first.get("MessageID") or ""))
    errors = item.get("Errors")
    error = errors[0] if isinstance(errors, list) and errors and isinstance(errors[0], dict) else {}
    text = printable(f"{error.get('ErrorCode', '')}: {error.get('ErrorMessage', item.get('Status'))}")
    code = error.get("StatusCode")
    code = code if isinstance(code, int) else 0
    if error.get("ErrorCode") == _BAD_ADDRESS and "To" in str(error.get("ErrorRelatedTo")):
        return Outcome(message.delivery, "refused", code=code, text=text)
    if code == 429:
        return Outcome(message.delivery, "deferred", "provider", code=code, text=text)
    if 400 <= code < 500:
        scope: OutcomeScope = "mailing" if code in _OURS or error.get("ErrorCode") in _SENDER else blame(text)
        return Outcome(message.delivery, "refused", scope, code=code, text=text)
    return Outcome(message.delivery, "unknown", code=code, text=text)


def build(settings: Settings) -> HttpProvider:
    """Return the provider; ProviderError names a missing key."""
    url = base_url(settings, "https://api.mailjet.com") + "/v3.1/send"
    credentials = basic(required(settings, "mailjet_api_key"), required(settings, "mailjet_api_secret"))
    return provider(settings, Mailjet(url, {"Authorization": credentials, "Content-Type": "application/json"}))


def read_webhook(request: WebhookRequest, secret: str) -> list[DeliveryReport]:
    """Return the reports in a call, one event or a group; see `newsletter.providers.WebhookReader`."""
    check_secret(request, secret, "mailjet")
    return [
        found
        for event in events(request.body)
        if (
            found := report(
                "mailjet",
                _kind(event),
                event.get("email"),
                (event.get("MessageID"), event.get("email"), event.get("event"), event.get("time")),
                message_id=event.get("CustomID"),
                provider_id=event.get("MessageID"),
                seconds=event.get("time"),
                text=" ".join(str(event[name]) for name in ("error", "comment") if event.get(name)),
            )
        )
    ]


def _kind(event: Mapping[str, Any]) -> ReportKind | None:
    """Return what an event means; `hard_bounce` is told by Mailjet and never inferred."""
    kinds: dict[str, ReportKind] = {
        "sent": "delivered",
        "blocked": "block",
        "spam": "complaint",
        "unsub": "unsubscribe",
    }
    name = event.get("event")
    if name != "bounce":
        return kinds.get(str(name))
    if event.get("hard_bounce") is True:
        return "hard"
    return "deferred" if event.get("error") == "greylisted" else "soft"
