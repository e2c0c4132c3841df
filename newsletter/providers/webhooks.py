"""What webhook readers share: the proof first, then bounds, then reports; outside data only ever takes rights away.

A reader returns no opens and no clicks (nobody's reading is recorded) and nothing that would subscribe anybody.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
from datetime import UTC, datetime
from typing import Any

from newsletter.errors import ProviderError, Refused
from newsletter.messages import DeliveryReport, ReportKind
from newsletter.providers import WebhookRequest
from newsletter.providers.wire import printable

BODY_BYTES = 1_000_000
EVENTS = 1_000
DEPTH = 20

# RFC 3463, in an SMTP answer such as "550 5.1.1 no such user".
_STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
_FULL = frozenset({"5.2.2", "5.2.3", "5.3.4"})


def check_secret(request: WebhookRequest, secret: str, provider: str) -> None:
    """Let a call pass that proves to know `secret`: as Basic password, as Bearer token, or as `?token=`.

    Basic credentials may also be compared as a whole, `user:password`. Raises Refused when nothing proves it, and for
    every call while no secret is set.
    """
    if not secret:
        raise closed(provider)
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    offered = [request.query.get("token", "")]
    if scheme.lower() == "bearer":
        offered.append(value.strip())
    if scheme.lower() == "basic":
        try:
            pair = base64.b64decode(_bytes(value.strip()), validate=True).decode()
        except (binascii.Error, ValueError):
            pair = ""
        offered += [pair, pair.partition(":")[2]]
    if not any(same(secret, one) for one in offered):
        raise unproven(provider)


def _bytes(text: str) -> bytes:
    # Lone surrogates come from undecodable headers and from JSON escapes: they are wrong, not an error of ours.
    return text.encode("utf-8", "surrogatepass")


def same(expected: str, offered: str) -> bool:
    """Compare a proof in constant time, whatever characters it holds."""
    return hmac.compare_digest(_bytes(expected), _bytes(offered))


def closed(provider: str) -> Refused:
    """Return the refusal of every call to an endpoint without a secret."""
    variable = f"NEWSLETTER_{provider.upper()}_WEBHOOK_SECRET"
    return Refused(f"webhooks of `{provider}` are closed", where=variable, hint="set a long random secret to open them")


def unproven(provider: str) -> Refused:
    """Return the refusal of a call without a valid proof; it does not say what was wrong with it."""
    return Refused(
        f"this call is not proven to come from `{provider}`", hint="check the webhook's secret on both sides"
    )


def events(body: bytes) -> list[dict[str, Any]]:
    """Return the JSON objects of `body`, one or an array.

    Raises ProviderError when it is no such JSON or exceeds 1 MB, 1,000 events or 20 levels: all or nothing is read.
    """
    if len(body) > BODY_BYTES:
        raise _unreadable(f"it exceeds {BODY_BYTES} bytes")
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        raise _unreadable("it is not JSON") from None
    listed = found if isinstance(found, list) else [found]
    if len(listed) > EVENTS:
        raise _unreadable(f"it holds more than {EVENTS} events")
    if not all(isinstance(event, dict) for event in listed) or _depth(listed) > DEPTH:
        raise _unreadable("it is not an event or a list of events")
    return listed


def _unreadable(why: str) -> ProviderError:
    return ProviderError(f"the webhook's body cannot be read: {why}", where="webhook body")


def _depth(value: Any) -> int:
    """Return how deep lists and objects nest, without recursion: hostile input may nest as deep as json allows."""
    depth, level = 0, [value]
    while level and depth <= DEPTH:
        depth += 1
        level = [
            inner
            for one in level
            for inner in (one.values() if isinstance(one, dict) else one)
            if isinstance(inner, dict | list)
        ]
    return depth


def report(
    provider: str,
    kind: ReportKind | None,
    address: Any,
    identity: tuple[Any, ...],
    *,
    message_id: Any = None,
    provider_id: Any = None,
    seconds: Any = None,
    milliseconds: Any = None,
    moment: Any = None,
    text: Any = None,
) -> DeliveryReport | None:
    """Return a Report made of outside values; None for a kind that is not for us, or without a usable address.

    `identity` is what makes the event itself for ever; its hash is the Report's key. The time comes as POSIX `seconds`,
    `milliseconds`, or as an ISO 8601 `moment`.
    """
    if kind is None or not isinstance(address, str) or "@" not in address or len(address) > 320:
        return None
    said = printable(text.strip()) if isinstance(text, str) else ""
    found = _STATUS.search(said)
    status = found[1] if found else ""
    digest = hashlib.sha256(json.dumps(identity, default=str).encode()).hexdigest()
    return DeliveryReport(
        kind=_severity(kind, status),
        address=printable(address),
        key=f"{provider}:{digest[:40]}",
        message_id=bracketed(message_id),
        provider_id=printable(str(provider_id)) if provider_id else "",
        at=_when(seconds, milliseconds, moment),
        status=status,
        text=said,
    )


def _severity(kind: ReportKind, status: str) -> ReportKind:
    """Keep `hard` for what is said of the address: 5.7.x is about the sender, a full mailbox about the moment."""
    if kind != "hard" or not status:
        return kind
    if status.startswith("5.7."):
        return "block"
    return "soft" if status in _FULL or status.startswith("4.") else "hard"


def bracketed(value: Any) -> str:
    """Return a Message-ID with its angle brackets, which some providers take off; "" for anything else."""
    text = printable(value).strip() if isinstance(value, str) else ""
    return f"<{text.strip('<>')}>" if "@" in text else ""


def _when(seconds: Any, milliseconds: Any, moment: Any) -> datetime | None:
    try:
        if isinstance(moment, str):
            found = datetime.fromisoformat(moment)
            return found if found.tzinfo else found.replace(tzinfo=UTC)
        if isinstance(milliseconds, int | float):
            seconds = milliseconds / 1000
        if isinstance(seconds, int | float):
            return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return None
