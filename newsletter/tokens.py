"""Opaque, signed, purpose-bound tokens: used in a URL instead of an address.

A token is `base64url(payload + mac)`; the MAC (HMAC-SHA256, 128 bits) covers the purpose, so a token made for one thing
opens no other. Keys come from `NEWSLETTER_SECRET`: one or more, separated by blanks; the first signs, all verify, so a
key rotation leaves old unsubscribe links alive (RFC 8058 section 3.1 asks for an opaque, hard-to-forge part).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from newsletter.errors import TokenError
from newsletter.i18n import Sentence

if TYPE_CHECKING:
    from hashlib import _Hash as HASH

_MAC = 16


@lru_cache(maxsize=256)
def _keyed(key: bytes, purpose: str) -> tuple[HASH, HASH]:
    """Return the two hash states of HMAC-SHA256 (RFC 2104) with the key and the purpose taken in; copy before use.

    `hmac.digest` takes the key in anew each time, and lets other threads run meanwhile: five times a message that costs
    more than the hash itself.
    """
    block = hashlib.sha256().block_size
    padded = (hashlib.sha256(key).digest() if len(key) > block else key).ljust(block, b"\0")
    inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in padded) + purpose.encode() + b"\0")
    return inner, hashlib.sha256(bytes(byte ^ 0x5C for byte in padded))


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs and opens tokens with a ring of keys; the first key signs, every key opens."""

    keys: tuple[bytes, ...]

    @classmethod
    def from_secret(cls, secret: str) -> Signer:
        """Make a signer from the text of `NEWSLETTER_SECRET`.

        Raises TokenError when a key is missing or shorter than 16 characters.
        """
        keys = tuple(part.encode() for part in secret.split())
        if not keys or any(len(key) < 16 for key in keys):
            raise TokenError(
                "the signing secret is missing or shorter than 16 characters",
                where="NEWSLETTER_SECRET",
                hint="set it to a long random text, e.g. from `openssl rand -hex 32`",
            )
        return cls(keys)

    def mac(self, purpose: str, payload: bytes, key: bytes | None = None) -> bytes:
        """Return the 16 bytes that authenticate `payload` within `purpose`."""
        inner, outer = _keyed(key or self.keys[0], purpose)
        inner, outer = inner.copy(), outer.copy()
        inner.update(payload)
        outer.update(inner.digest())
        return outer.digest()[:_MAC]

    def seal(self, purpose: str, payload: bytes) -> str:
        """Return the token for `payload`; it never expires."""
        return base64.urlsafe_b64encode(payload + self.mac(purpose, payload)).rstrip(b"=").decode()

    def open(self, purpose: str, token: str) -> bytes:
        """Return the payload of `token`.

        Raises TokenError for anything that `seal` did not make for this purpose.
        """
        try:
            raw = base64.b64decode(token.encode("ascii") + b"=" * (-len(token) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError, UnicodeEncodeError):
            raw = b""
        payload, mac = raw[:-_MAC], raw[-_MAC:]
        # Every key is tried, so that the time taken does not tell which one signed.
        good = [hmac.compare_digest(mac, self.mac(purpose, payload, key)) for key in self.keys]
        # A second spelling of one token (loose trailing bits) is refused too: one token, one text.
        exact = base64.urlsafe_b64encode(raw).rstrip(b"=").decode() == token
        if not (any(good) and exact and len(raw) > _MAC):
            raise TokenError(
                "this link is not valid",
                hint="use the link of a recent letter, or ask for a new one",
                said=Sentence(
                    "Ce lien ne vaut pas ou plus. Prenez celui d’une lettre récente, ou demandez-en un nouveau."
                ),
            )
        return payload

    def fingerprint(self, purpose: str, text: str) -> str:
        """Return a keyed hash (hex, 256 bits) of `text`: what is kept of an erased address.

        Uses the LAST key of the ring (the oldest): a hash must stay comparable when a newer key is put in front.
        """
        return hmac.new(self.keys[-1], f"{purpose}\0{text}".encode(), hashlib.sha256).hexdigest()
