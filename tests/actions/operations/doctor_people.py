"""A domain whose name system is in order, settings that suit it, and the doctor's lines by their codes."""

from __future__ import annotations

import base64

from newsletter.actions.operations.doctor import examine
from newsletter.actions.operations.doctor_lines import DoctorLine, Level
from newsletter.actions.workspace import Workspace
from newsletter.settings import Sending, Smtp

D = "lettre.example."
HTTPS = "https://lettre.example"


def rsa(bits: int) -> str:
    """Return a public key's text of the length that a key of `bits` has in DER."""
    return base64.b64encode(bytes(bits // 8 + (38 if bits > 1024 else 34))).decode()


def txt(*values: str) -> list[str]:
    """Return TXT records, each cut into strings of at most 200 characters."""
    return [" ".join(f'"{v[i : i + 200]}"' for i in range(0, len(v), 200)) for v in values]


GOOD = {
    (D, "TXT"): txt("v=spf1 include:spf.relay.example. -all", "other=1"),
    (D, "MX"): ["10 mx.lettre.example."],
    (D, "A"): ["8.8.4.4"],
    ("spf.relay.example.", "TXT"): txt("v=spf1 ip4:8.8.8.8 -all"),
    (f"mail._domainkey.{D}", "TXT"): txt(f"v=DKIM1; k=rsa; p={rsa(2048)}"),
    (f"_dmarc.{D}", "TXT"): txt("v=DMARC1; p=quarantine; rua=mailto:d@lettre.example"),
    ("relay.example.", "A"): ["8.8.8.8"],
    ("8.8.8.8.in-addr.arpa.", "PTR"): ["relay.example."],
}


def sending(**more) -> Sending:
    values = {
        "from": "RTES <animation@lettre.example>",
        "provider": "smtp",
        "return_path": "retours@lettre.example",
        "smtp": Smtp(host="relay.example"),
        **more,
    }
    return Sending(**values)


def lines(ws: Workspace, server, reach=lambda _url: 200, **more) -> dict[str, DoctorLine]:
    found = examine(ws, resolver=server.resolver, reach=reach, **more)
    ws.close()
    assert all(line.advice for line in found if line.level is not Level.GREEN), "a next step for all that is not well"
    return {line.code: line for line in found}
