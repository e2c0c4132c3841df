"""The pictures' slots in a letter, in CSS pixels, and the key of each prepared picture.

The slots that a recipient's own values fill are `view.SLOTS`, and `message.Skeleton` fills them.
"""

from __future__ import annotations

from typing import NamedTuple


class Slot(NamedTuple):
    """A place for a picture: CSS pixels; without a height the picture keeps its proportions."""

    width: int
    height: int | None = None


LOGO = Slot(160)
LEAD = Slot(576, 288)
THUMB = Slot(168, 112)
CARD = Slot(276, 156)
COVER = Slot(112)
PORTRAIT = Slot(96, 96)
BODY = Slot(576)
SLOTS = (LOGO, LEAD, THUMB, CARD, COVER, PORTRAIT, BODY)


class WantedPicture(NamedTuple):
    """A picture to prepare: its source as the content names it, and the slot it is for."""

    source: str
    width: int
    height: int | None

    @property
    def key(self) -> str:
        """The key under which `render` looks the prepared picture up."""
        return picture_key(self.source, self.width, self.height)


def picture_key(source: str, width: int, height: int | None = None) -> str:
    """Return `<source>@<width>x<height>`, or `<source>@<width>` for a slot without a height."""
    return f"{source}@{width}x{height}" if height else f"{source}@{width}"


def slot_of(layout: str) -> Slot | None:
    """Return the slot of the items' pictures in a section of `layout`; None where it prints no picture."""
    return {"news": THUMB, "cards": CARD, "publications": COVER}.get(layout)
