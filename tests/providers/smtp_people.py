"""Made-up people and a provider for tests of SMTP."""

from __future__ import annotations

import ssl
from collections.abc import Iterable
from typing import Any

from newsletter.messages import Outcome, Outgoing
from newsletter.providers.smtp import SmtpProvider
from newsletter.settings import Smtp

LETTERS = {
    ("accepted", "recipient"): "A",
    ("refused", "recipient"): "R",
    ("deferred", "recipient"): "D",
    ("deferred", "provider"): "P",
    ("refused", "mailing"): "M",
    ("refused", "unclear"): "?",
    ("untried", "provider"): "-",
    ("unknown", "provider"): "U",
}


def outgoing(number: int, body: bytes = b"", **values: Any) -> Outgoing:
    """Return a message to person `number`; its body is some 20 KB unless given."""
    head = f"To: p{number}@example.org\r\nMessage-ID: <{number}.test@example.org>\r\n\r\n".encode()
    return Outgoing(
        **{
            "delivery": number,
            "address": f"p{number}@example.org",
            "message_id": f"<{number}.test@example.org>",
            "return_path": "bounces@example.org",
            "key": str(number),
            "mime": head + (body or b"Bonjour, voici la lettre du mois.\r\n" * 600),
            **values,
        }
    )


def provider(port: int, *, tls: ssl.SSLContext | None = None, password: str = "", **values: Any) -> SmtpProvider:
    """Return a provider for the server at `port`, in clear unless told otherwise."""
    smtp = Smtp(**{"host": "localhost", "port": port, "security": "none", "timeout": 10, **values})
    return SmtpProvider(smtp, password, "localhost", tls)


def tell(outcomes: Iterable[Outcome]) -> dict[int, str]:
    """Return one letter per delivery; a delivery with two outcomes is an error."""
    found: dict[int, str] = {}
    for outcome in outcomes:
        assert outcome.delivery not in found, "two outcomes for one message"
        found[outcome.delivery] = LETTERS[outcome.kind, outcome.scope]
    return found
