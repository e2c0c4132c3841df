"""Mailgun: POST /v3/{domain}/messages.mime, one whole MIME message a call [documentation.mailgun.com, Messages].

The MIME endpoint keeps every header as it was written, the Message-ID too. Options: `domain`, `region` (`eu`, the
default, or `us`), `base_url`, `timeout`. Secret: NEWSLETTER_MAILGUN_API_KEY.
Webhook: HMAC with NEWSLETTER_MAILGUN_WEBHOOK_SECRET, the account's webhook signing key [securing-webhooks].
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, ClassVar

from urllib3 import encode_multipart_formdata

from newsletter.errors import ProviderError
from newsletter.messages import DeliveryReport, Outcome, Outgoing, ReportKind
from newsletter.providers import Wants, WebhookRequest, unready
from newsletter.providers.http import HttpProvider, base_url, basic, option, provider, required
from newsletter.providers.webhooks import closed, events, report, same, unproven
from newsletter.providers.wire import ApiReply, ApiWire, Flaw, mailed
from newsletter.settings import Settings

PROCESSOR = "Mailgun Technologies (Sinch)"

# Failed webhooks are repeated for eight hours. A token is remembered for ever (it is the Report's key), so the width of
# the window opens no door to a replay.
OLDEST = timedelta(hours=9)
AHEAD = timedelta(minutes=5)

_REGIONS = {"eu": "https://api.eu.mailgun.net", "us": "https://api.mailgun.net"}
_HEX = re.compile(r"[0-9a-f]{1,128}\Z")
_DIGITS = re.compile(r"\d{1,12}\Z")


class Mailgun(ApiWire):
    """The wire format of Mailgun's MIME endpoint; one recipient a call, so nobody ever sees another's address."""

    name: ClassVar[str] = "mailgun"
    wants: ClassVar[Wants] = "mime"

    def __init__(self, url: str, authorization: str) -> None:
        # Not to be guessed, so that no letter can hold it and end its own part.
        self.boundary = secrets.token_hex(16)
        content = f"multipart/form-data; boundary={self.boundary}"
        super().__init__(url, {"Authorization": authorization, "Content-Type": content})

    def flaw(self, message: Outgoing) -> Flaw | None:
        """A message over 25 MB is refused; an empty one is nobody's letter."""
        if not message.mime:
            raise ProviderError("the message has no MIME bytes", where=f"delivery {message.delivery}")
        too_big = len(message.mime) > 25_000_000
        return Flaw("mailing", "Mailgun refuses a message of more than 25 MB") if too_big else None

    def entry(self, message: Outgoing, label: str) -> bytes:
        """Return the form: the recipient, tracking off, the message."""
        fields: list[tuple[str, Any]] = [
            ("to", mailed(message)),
            ("o:tracking", "no"),
            ("o:tracking-clicks", "no"),
            ("o:tracking-opens", "no"),
            *([("o:tag", label)] if label else []),
            ("message", ("message.mime", message.mime, "message/rfc822")),
        ]
        return encode_multipart_formdata(fields, boundary=self.boundary)[0]

    def read(self, messages: Sequence[Outgoing], reply: ApiReply) -> list[Outcome] | None:
        """Read the id; a 200 without one is the welcome page of a wrong path, which takes nothing."""
        found = reply.document if isinstance(reply.document, dict) else {}
        (message,) = messages
        if reply.status == 200 and isinstance(found.get("id"), str) and found["id"]:
            return [Outcome(message.delivery, "accepted", provider_id=found["id"], code=200)]
        if reply.status == 200 and b"Magnificent API" in reply.body[:1000]:
            text = "this is Mailgun's welcome page: is `base_url` right?"
            return [Outcome(message.delivery, "deferred", "mailing", code=200, text=text)]
        return None

    def blames_recipient(self, reply: ApiReply) -> bool:
        """Mailgun answers e.g. "to parameter is not a valid address"."""
        return reply.status == 400 and bool(re.search(r"'?\bto\b'? parameter", reply.words))


def build(settings: Settings) -> HttpProvider:
    """Return the provider; ProviderError names a missing key or domain, or an unknown region."""
    region = option(settings, "region", "eu")
    if region not in _REGIONS:
        raise ProviderError(
            f"region `{region}` is unknown",
            where="[sending.options] region",
            hint="known: `eu`, `us`",
            said=unready("region"),
        )
    domain = option(settings, "domain")
    if not re.fullmatch(r"[A-Za-z0-9.-]+", domain):
        raise ProviderError(
            f"`{domain}` is no domain",
            where="[sending.options] domain",
            hint="e.g. lettre.example.org",
            said=unready("domain"),
        )
    url = f"{base_url(settings, _REGIONS[region])}/v3/{domain}/messages.mime"
    return provider(settings, Mailgun(url, basic("api", required(settings, "mailgun_api_key"))))


def read_webhook(request: WebhookRequest, secret: str) -> list[DeliveryReport]:
    """Return the report in a call; see `newsletter.providers.WebhookReader`.

    The proof stands inside the body and covers only a timestamp and a token, so the body is read, within its bounds,
    before it is proven. The token makes the Report's key: a call repeated with another content counts as seen.
    """
    if not secret:
        raise closed("mailgun")
    found = events(request.body)
    if len(found) != 1:
        raise unproven("mailgun")
    signed, event = found[0].get("signature"), found[0].get("event-data")
    if not isinstance(signed, dict) or not isinstance(event, dict):
        raise unproven("mailgun")
    token = _proven(request, secret, signed)
    status = _object(event.get("delivery-status"))
    said = f"{status.get('code') or ''} {status.get('message') or status.get('description') or ''}"
    mime_id = _object(_object(event.get("message")).get("headers")).get("message-id")
    one = report(
        "mailgun",
        _kind(event),
        event.get("recipient"),
        (token,),
        message_id=mime_id,
        provider_id=f"<{mime_id}>" if isinstance(mime_id, str) else None,
        seconds=event.get("timestamp"),
        text=said,
    )
    return [one] if one else []


def replay_key(request: WebhookRequest) -> str:
    """Return the name of a proven call: the signature covers its token only, so each token is good for one call."""
    return f"mailgun:token:{events(request.body)[0]['signature']['token']}"


def _proven(request: WebhookRequest, secret: str, signed: dict[str, Any]) -> str:
    timestamp, token, signature = (str(signed.get(name) or "") for name in ("timestamp", "token", "signature"))
    if not (_DIGITS.match(timestamp) and _HEX.match(token)):
        raise unproven("mailgun")
    expected = hmac.digest(secret.encode(), f"{timestamp}{token}".encode(), hashlib.sha256).hex()
    age = request.now.timestamp() - int(timestamp)
    fresh = -AHEAD.total_seconds() <= age <= OLDEST.total_seconds()
    if not (same(expected, signature) and fresh):
        raise unproven("mailgun")
    return token


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _kind(event: dict[str, Any]) -> ReportKind | None:
    kinds: dict[str, ReportKind] = {
        "delivered": "delivered",
        "rejected": "block",
        "complained": "complaint",
        "unsubscribed": "unsubscribe",
    }
    if event.get("event") != "failed":
        return kinds.get(str(event.get("event")))
    if event.get("severity") != "permanent":
        return "deferred"
    # Mailgun's own suppression list refuses before sending: that says nothing new of the address.
    return "block" if str(event.get("reason")).startswith("suppress") else "hard"
