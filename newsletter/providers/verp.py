"""Signed return paths and Message-IDs: what comes back names its delivery, and nobody else can make such a name.

A token is hexadecimal, since some mail systems change the case of an address: 3 bytes of mailing, 5 of delivery and 12
of MAC. Base32 would save 8 characters and cost ten times as long, twice in every message.
"""

from __future__ import annotations

import hmac
import re
from typing import NamedTuple

from newsletter.errors import MessageError
from newsletter.tokens import Signer

_MAILING, _DELIVERY, _MAC = 3, 5, 12
_LOCAL_MAX = 64
_TOKEN = re.compile(r"[0-9a-f]{40}")


class Origin(NamedTuple):
    """The mailing and the delivery that a return path or a Message-ID names."""

    mailing: int
    delivery: int


def return_path(signer: Signer, base: str, mailing: int, delivery: int) -> str:
    """Return the envelope sender of a delivery: `retours@rtes.fr` becomes `retours+<token>@rtes.fr`.

    Raises MessageError when `base` is no address, when the local part would pass 64 octets (RFC 5321 section
    4.5.3.1.1), or for numbers beyond 3 and 5 bytes.
    """
    local, _, domain = base.rpartition("@")
    signed = f"{local}+{_seal(signer, 'return-path', mailing, delivery)}"
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
    return _open(signer, "return-path", local.rpartition("+")[2])


def message_id(signer: Signer, domain: str, mailing: int, delivery: int) -> str:
    """Return the Message-ID of a delivery, with angle brackets: the same at every attempt, so that a duplicate shows.

    Raises MessageError for numbers beyond 3 and 5 bytes.
    """
    return f"<{_seal(signer, 'message-id', mailing, delivery)}@{domain}>"


def open_message_id(signer: Signer, text: str) -> Origin | None:
    """Return what a Message-ID of ours names, or None for any other. Never raises."""
    return _open(signer, "message-id", text.strip().strip("<>").rpartition("@")[0])


def _seal(signer: Signer, purpose: str, mailing: int, delivery: int) -> str:
    try:
        number = mailing.to_bytes(_MAILING, "big") + delivery.to_bytes(_DELIVERY, "big")
    except OverflowError:
        raise MessageError("this delivery's number cannot be signed", where=f"{mailing}/{delivery}") from None
    return (number + signer.mac(purpose, number)[:_MAC]).hex()


def _open(signer: Signer, purpose: str, token: str) -> Origin | None:
    lower = token.lower()
    if not _TOKEN.fullmatch(lower):
        return None
    raw = bytes.fromhex(lower)
    number, mac = raw[:-_MAC], raw[-_MAC:]
    # Every key is tried, so that the time taken does not tell which one signed.
    good = [hmac.compare_digest(mac, signer.mac(purpose, number, key)[:_MAC]) for key in signer.keys]
    if not any(good):
        return None
    return Origin(int.from_bytes(number[:_MAILING], "big"), int.from_bytes(number[_MAILING:], "big"))
