"""One recipient's message: the slots' values and the envelope, from a frozen skeleton."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache

from newsletter import addresses
from newsletter.links import Links
from newsletter.messages import Outgoing
from newsletter.providers import Wants, verp
from newsletter.rendering.message import Skeleton
from newsletter.rendering.slot_values import SlotValues

_dated = lru_cache(maxsize=64)(format_datetime)  # one date for each group of messages


@dataclass(frozen=True, slots=True)
class Personal:
    """Makes the messages of one mailing; `members_web` gives each recipient a key to the members' web version."""

    issue: str
    publication: str
    mailing: int
    sender: str
    return_path: str
    links: Links
    members_web: bool
    wants: Wants

    def values(self, address: str, uid: bytes, delivery: int, now: datetime) -> SlotValues:
        """Return the slots' values for the subscriber `uid` at `address`.

        The Message-ID names the delivery, signed: the same at every attempt, and recognised when it comes back.
        """
        return SlotValues(
            to=address,
            email=address,
            message_id=self.message_id(delivery),
            date=_dated(now),
            unsub=self.links.unsubscribe(uid, self.publication),
            web=self.links.web_version(self.issue, uid if self.members_web else None),
            prefs=self.links.preferences(uid),
            propose=self.links.proposal(uid),
        )

    def message_id(self, delivery: int) -> str:
        """Return the Message-ID of one delivery, with its angle brackets."""
        domain = self.sender.rpartition("@")[2].rstrip("> ")
        return verp.message_id(self.links.signer, domain, self.mailing, delivery)

    def outgoing(self, skeleton: Skeleton, delivery: int, address: str, uid: bytes, now: datetime) -> Outgoing:
        """Return the message of one delivery, as whole MIME, in pieces or in parts, as the provider wants it."""
        values = self.values(address, uid, delivery, now)
        return Outgoing(
            delivery=delivery,
            address=addresses.wire_address(address),
            message_id=values.message_id,
            return_path=self._return_path(delivery),
            key=values.message_id.strip("<>").partition("@")[0],
            mime=skeleton.message(values) if self.wants == "mime" else b"",
            parts=skeleton.parts(values) if self.wants == "parts" else None,
            pieces=skeleton.pieces(values) if self.wants == "pieces" else None,
        )

    def _return_path(self, delivery: int) -> str:
        base = self.return_path
        return verp.return_path(self.links.signer, base, self.mailing, delivery) if base else ""
