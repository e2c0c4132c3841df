"""A provider's used quota: the mailing pauses until the quota begins anew, and then goes on by itself.

Providers begin a day at midnight in Paris, in UTC or in California (9 h in Paris), and none says when: at night it is
tried every two hours. A try costs one message that is refused, and nobody is refused by it.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.engine import Connection

from newsletter import paris
from newsletter.actions.workspace import Workspace
from newsletter.providers.smtp_words import quota_period
from newsletter.store import journal
from newsletter.store.journal import Event
from newsletter.store.sending import mailings

_NIGHT_ENDS = 10
_AT_NIGHT = timedelta(hours=2)
_HOURLY = timedelta(minutes=61)
_AFTER_MIDNIGHT = 10
PAUSED = "mailing-paused"


def next_try(answer: str, now: datetime) -> datetime | None:
    """Return when to try again after an answer that speaks of a used quota; None when it speaks of something else.

    `now` and the result are in Paris. A quota of a month is no matter of waiting.
    """
    period = quota_period(answer)
    if period == "hour":
        return now + _HOURLY
    if period != "day":
        return None
    if now.hour < _NIGHT_ENDS:
        return now + _AT_NIGHT
    tomorrow = now.date() + timedelta(days=1)
    return datetime(tomorrow.year, tomorrow.month, tomorrow.day, 0, _AFTER_MIDNIGHT, tzinfo=paris.PARIS)


def resume_rested(workspace: Workspace) -> list[str]:
    """Let the mailings go on that paused for a quota and whose time has come; return their issues.

    Whoever paused one since, for another reason, is heeded.
    """
    resumed = []
    with workspace.database.read() as connection:
        now = workspace.database.now(connection)
        paused = mailings.list_mailings(connection, status=("paused",))
        rested = [mailing for mailing in paused if _is_rested(connection, mailing.id, now)]
    for mailing in rested:
        with workspace.database.write() as connection:
            if not _is_rested(connection, mailing.id, now):
                continue
            if mailings.change_mailing(connection, mailing.id, "sending", only=("paused",), pause_reason=""):
                journal.record_event(connection, Event(now, "mailing-resumed", mailing_id=mailing.id, actor="jobs"))
                resumed.append(mailing.issue)
    return resumed


def _is_rested(connection: Connection, mailing_id: int, now: float) -> bool:
    """Tell whether the last pause of a mailing was for a quota that has begun anew."""
    pauses = [event for event in journal.of_mailing(connection, mailing_id) if event.kind == PAUSED]
    until = (pauses[-1].detail or {}).get("until") if pauses else None
    return until is not None and until <= now
