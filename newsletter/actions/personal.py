"""One recipient's message: the slots' values and the envelope, from a frozen skeleton."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime

from newsletter.links import Links
from newsletter.model import Outgoing
from newsletter.providers.verp import return_path
from newsletter.rendering.message import Skeleton, SlotValues, message_id


@dataclass(frozen=True, slots=True)
class Personal:
    """Makes the messages of one mailing; `members_web` gives each recipient a key to the members' web version."""

    issue: str
    publication: str
    mailing_uid: str
    mailing_id: int
    sender: str
    return_path: str
    links: Links
    members_web: bool
    wants: str

    def values(self, address: str, uid: bytes, now: datetime) -> SlotValues:
        """Return what stands in the slots for the subscriber `uid` at `address`."""
        domain = self.sender.rpartition("@")[2].rstrip("> ")
        return SlotValues(
            to=address,
            email=address,
            message_id=message_id(self.mailing_uid, uid.hex(), domain),
            date=format_datetime(now),
            unsub=self.links.unsubscribe(uid, self.publication),
            web=self.links.web_version(self.issue, uid if self.members_web else None),
            prefs=self.links.preferences(uid),
            propose=self.links.proposal(uid),
        )

    def outgoing(self, skeleton: Skeleton, delivery: int, address: str, uid: bytes, now: datetime) -> Outgoing:
        """Return the message of one delivery, as whole MIME or in parts, as the provider wants it."""
        values = self.values(address, uid, now)
        mime = self.wants == "mime"
        base = self.return_path
        return Outgoing(
            delivery=delivery,
            address=address,
            message_id=values.message_id,
            return_path=return_path(self.links.signer, base, self.mailing_id, delivery) if base else "",
            key=values.message_id.strip("<>").partition("@")[0],
            mime=skeleton.message(values) if mime else b"",
            parts=None if mime else skeleton.parts(values),
        )
