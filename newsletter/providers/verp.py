"""Signed return paths: a bounce names the delivery it is about, and nobody else can make such a name.

A token is base32 in lower case, since some mail systems change the case of an address. It holds 3 bytes of mailing, 5 of
delivery and 12 of MAC: 20 bytes are 32 characters with no loose bits, so each token has one spelling.
"""

from __future__ import annotations

import base64
import hmac
import re
from typing import NamedTuple

from newsletter.errors import MessageError
from newsletter.tokens import Signer

_PURPOSE = "return-path"
_MAILING, _DELIVERY, _MAC = 3, 5, 12
_LOCAL_MAX = 64
_TOKEN = re.compile(r"[a-z2-7]{32}")


class Origin(NamedTuple):
    """The mailing and the delivery that a return path names."""

    mailing: int
    delivery: int


def return_path(signer: Signer, base: str, mailing: int, delivery: int) -> str:
    """Return the envelope sender of a delivery: `retours@rtes.fr` becomes `retours+<token>@rtes.fr`.

    Raises MessageError when `base` is no address, when the local part would pass 64 octets (RFC 5321 section
    4.5.3.1.1), or for numbers beyond 3 and 5 bytes.
    """
    local, _, domain = base.rpartition("@")
    try:
        number = mailing.to_bytes(_MAILING, "big") + delivery.to_bytes(_DELIVERY, "big")
    except OverflowError:
        raise MessageError("this delivery's number cannot be signed", where=f"{mailing}/{delivery}") from None
    token = base64.b32encode(number + signer.mac(_PURPOSE, number)[:_MAC]).decode().lower()
    signed = f"{local}+{token}"
    if not local or not domain or len(signed.encode()) > _LOCAL_MAX:
        raise MessageError(
            f"`{base}` cannot carry a signed return path",
            where="[sending] return_path",
            hint="give a short address, such as retours@your-domain",
        )
    return f"{signed}@{domain}"


def open_return_path(signer: Signer, address: str) -> Origin | None:
    """Return what a return path of ours names, or None for a forged, cut or foreign one. Never raises."""
    local = address.strip().strip("<>").rpartition("@")[0]
    token = local.rpartition("+")[2].lower()
    if not _TOKEN.fullmatch(token):
        return None
    raw = base64.b32decode(token.upper())
    number, mac = raw[:-_MAC], raw[-_MAC:]
    # Every key is tried, so that the time taken does not tell which one signed.
    good = [hmac.compare_digest(mac, signer.mac(_PURPOSE, number, key)[:_MAC]) for key in signer.keys]
    if not any(good):
        return None
    return Origin(int.from_bytes(number[:_MAILING], "big"), int.from_bytes(number[_MAILING:], "big"))
