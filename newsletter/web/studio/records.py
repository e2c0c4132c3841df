"""Showing people's records: each page counts them first, and asks who reads beyond the hour's usual volume."""

from __future__ import annotations

from newsletter.actions.people import reading
from newsletter.actions.people.reading import UnusualReading
from newsletter.web.site import Site, told
from newsletter.web.studio.session import FreshProofError, Visit


def note_records(site: Site, visit: Visit, people_read: int) -> None:
    """Count the people that a page is about to show; FreshProofError beyond what is usual."""
    try:
        reading.note_reading(site.workspace, reader_name(visit), visit.by, people_read)
    except UnusualReading as stopped:
        raise FreshProofError(visit, reason=told(stopped)) from None


def reader_name(visit: Visit) -> str:
    """Return by what a user's reading is counted: not the session, or signing in again would begin anew."""
    return f"user {visit.user.id}"
