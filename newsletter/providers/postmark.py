"""Postmark: POST /email/batch, up to 500 messages a call [postmarkapp.com/developer/api/email-api].

Options: `stream` (a broadcast Message Stream, default `broadcast`), `base_url`, `batch`, `timeout`. Secret:
NEWSLETTER_POSTMARK_TOKEN. Postmark writes its own Message-ID; each message is known by the opaque id in its Metadata.
Webhook: Basic with NEWSLETTER_POSTMARK_WEBHOOK_SECRET as password; no signature exists [developer/webhooks].
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from newsletter.messages import DeliveryReport, Outcome, OutcomeScope, Outgoing, ReportKind
from newsletter.providers import WebhookRequest
from newsletter.providers.http import HttpProvider, base_url, option, provider, required
from newsletter.providers.webhooks import check_secret, events, report
from newsletter.providers.wire import ApiReply, ApiWire, encoded, mailed, own_headers, paired, parts_of, printable
from newsletter.settings import Settings

PROCESSOR = "Postmark (ActiveCampaign LLC), États-Unis"

METADATA_LIMIT = 80
_INVALID, _INACTIVE, _MAINTENANCE = 300, 406, 100

BOUNCES: dict[str, ReportKind] = {
    "HardBounce": "hard",
    "BadEmailAddress": "hard",
    "SoftBounce": "soft",
    "Transient": "deferred",
    "DnsError": "deferred",
    "Blocked": "block",
    "DMARCPolicy": "block",
    "ManuallyDeactivated": "block",
    "VirusNotification": "block",
    "SpamNotification": "complaint",
    "SpamComplaint": "complaint",
    "Unsubscribe": "unsubscribe",
}
SUPPRESSIONS: dict[str, ReportKind] = {
    "HardBounce": "hard",
    "SpamComplaint": "complaint",
    "ManualSuppression": "unsubscribe",
}


class Postmark(ApiWire):
    """The wire format of Postmark's batch endpoint."""

    name: ClassVar[str] = "postmark"
    most: ClassVar[int] = 500
    heaviest: ClassVar[int] = 40_000_000

    def __init__(self, url: str, headers: Mapping[str, str], stream: str) -> None:
        super().__init__(url, headers)
        self.stream = stream

    def entry(self, message: Outgoing, label: str) -> bytes:
        """Return a message without tracking, on the broadcast stream."""
        parts = parts_of(message)
        entry: dict[str, Any] = {
            "From": _mailbox(parts.sender_name, parts.sender),
            "To": mailed(message),
            "Subject": parts.subject,
            "HtmlBody": parts.html,
            "TextBody": parts.text,
            "MessageStream": self.stream,
            "TrackOpens": False,
            "TrackLinks": "None",
            "Headers": [{"Name": name, "Value": value} for name, value in own_headers(parts)],
        }
        if len(message.message_id) <= METADATA_LIMIT:
            entry["Metadata"] = {"message": message.message_id}
        if parts.reply_to:
            entry["ReplyTo"] = parts.reply_to
        if label:
            entry["Tag"] = label
        return encoded(entry)

    def body(self, messages: Sequence[Outgoing], entries: Sequence[bytes], label: str) -> bytes:
        """Return the call: an array."""
        return b"[" + b",".join(entries) + b"]"

    def read(self, messages: Sequence[Outgoing], reply: ApiReply) -> list[Outcome] | None:
        """Read the ErrorCode of each item: a batch answers 200 whatever became of its messages."""
        items = reply.document
        if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
            return None
        seen = Counter(mailed(message) for message in messages)
        mine = {to: message for message in messages if seen[to := mailed(message)] == 1}
        # An address written to twice identifies neither message: its items count at their own place.
        names = [to if (to := str(item.get("To") or "")) not in seen or to in mine else "" for item in items]
        return [_outcome(message, item) for message, item in paired(messages, items, mine, names)]


def _mailbox(name: str, address: str) -> str:
    # Postmark takes the name in UTF-8; quoted, so that a comma in it makes no second sender.
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{quoted}" <{address}>' if name else address


def _outcome(message: Outgoing, item: Mapping[str, Any] | None) -> Outcome:
    code = item.get("ErrorCode") if item is not None else None
    if item is None or not isinstance(code, int):
        return Outcome(message.delivery, "unknown", text="the answer does not speak of this message")
    if code == 0:
        return Outcome(message.delivery, "accepted", provider_id=str(item.get("MessageID") or ""))
    text = printable(f"{code}: {item.get('Message', '')}")
    if code == _INACTIVE or (code == _INVALID and "'To'" in text):
        return Outcome(message.delivery, "refused", code=code, text=text)
    scope: OutcomeScope = "provider" if code == _MAINTENANCE else "mailing"
    return Outcome(message.delivery, "deferred", scope, code=code, text=text)


def build(settings: Settings) -> HttpProvider:
    """Return the provider; ProviderError names a missing token."""
    url = base_url(settings, "https://api.postmarkapp.com") + "/email/batch"
    headers = {
        "X-Postmark-Server-Token": required(settings, "postmark_token"),
        "Content-Type": "application/json",
        "Accept": "application/json",
    }
    return provider(settings, Postmark(url, headers, option(settings, "stream", "broadcast")))


def read_webhook(request: WebhookRequest, secret: str) -> list[DeliveryReport]:
    """Return the reports in a call; see `newsletter.providers.WebhookReader`."""
    check_secret(request, secret, "postmark")
    return [found for event in events(request.body) if (found := _report(event))]


def _report(event: Mapping[str, Any]) -> DeliveryReport | None:
    when = next((event[n] for n in ("DeliveredAt", "BouncedAt", "ChangedAt") if event.get(n)), None)
    address = event.get("Email") or event.get("Recipient")
    metadata = event.get("Metadata")
    return report(
        "postmark",
        _kind(event),
        address,
        (event.get("RecordType"), event.get("ID"), event.get("MessageID"), address, when),
        message_id=metadata.get("message") if isinstance(metadata, dict) else None,
        provider_id=event.get("MessageID"),
        moment=when,
        text=event.get("Details") or event.get("Description") or event.get("SuppressionReason"),
    )


def _kind(event: Mapping[str, Any]) -> ReportKind | None:
    record = event.get("RecordType")
    if record == "Delivery":
        return "delivered"
    if record == "SpamComplaint":
        return "complaint"
    if record == "Bounce":
        return BOUNCES.get(str(event.get("Type")))
    # A lifted suppression is left out: nothing from outside ever gives the right to mail.
    if record == "SubscriptionChange" and event.get("SuppressSending") is True:
        return SUPPRESSIONS.get(str(event.get("SuppressionReason")), "unsubscribe")
    return None
