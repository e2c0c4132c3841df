"""What the doctor remembers from one examination to the next: since when a domain has its DMARC policy."""

from __future__ import annotations

from datetime import date

from newsletter import paris
from newsletter.actions.workspace import Workspace
from newsletter.errors import StoreError
from newsletter.store import journal
from newsletter.store.journal import Event

SEEN = "dmarc-policy"


def policy_since(workspace: Workspace, domain: str, policy: str) -> date | None:
    """Return the day on which `policy` was first seen for `domain`, noting it when it is new; None if that fails."""
    try:
        with workspace.database.write() as connection:
            now = workspace.database.now(connection)
            seen = [e for e in journal.of_kind(connection, SEEN) if (e.detail or {}).get("domain") == domain]
            if seen and (seen[-1].detail or {}).get("policy") == policy:
                return paris.day(seen[-1].at)
            detail = {"domain": domain, "policy": policy}
            journal.record_event(connection, Event(now, SEEN, actor="doctor", detail=detail))
            return paris.day(now)
    except StoreError:
        return None
