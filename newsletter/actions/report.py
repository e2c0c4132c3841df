"""Counts that hold at any date: subscribers or members at the end of a day, grouped as asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from sqlalchemy.engine import Connection

from newsletter.actions import report_words as words
from newsletter.actions.workspace import PARIS, Workspace
from newsletter.errors import Refused
from newsletter.store import counts, organisations
from newsletter.store.figures import stays
from newsletter.store.organisations import Organisation

What = Literal["subscribers", "members"]
GROUPINGS: Mapping[str, tuple[str, ...]] = {
    "subscribers": ("publication", "status", "level", "region", "departement", "role", "month"),
    "members": ("level", "region", "departement", "month"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """A number at the end of day `on`; `rule` says in French what is counted; the groups always add up to `total`."""

    on: date
    what: What
    by: str
    rule: str
    total: int
    groups: Mapping[str, int]


def end_of(day: date) -> float:
    """Return the midnight in Paris that closes `day`, in POSIX seconds."""
    return datetime.combine(day + timedelta(days=1), datetime.min.time(), PARIS).timestamp()


def count(workspace: Workspace, *, on: date | None = None, by: str = "", what: What = "subscribers") -> Count:
    """Count subscribers or members at the end of `on` (today without it).

    Refused for a day to come, and for a grouping that `what` does not have.
    """
    today = workspace.today()
    on = on or today
    if on > today:
        raise Refused(f"{on} lies in the future", where="--on", hint="counts are made of what was recorded")
    if by and by not in GROUPINGS[what]:
        known = ", ".join(GROUPINGS[what])
        raise Refused(f"{what} cannot be grouped by {by}", where="--by", hint=f"choose among {known}")
    with workspace.database.read() as connection:
        members = what == "members"
        groups = _members(connection, on, by) if members else _subscribers(connection, end_of(on), by)
    return Count(on=on, what=what, by=by, rule=words.count_rule(what, by), total=sum(groups.values()), groups=groups)


def _subscribers(connection: Connection, moment: float, by: str) -> dict[str, int]:
    plain: Mapping[str, Callable[[Connection, float], dict[str, int]]] = {
        "": lambda c, m: {"active": counts.active(c, m)},
        "publication": counts.by_publication,
        "status": counts.by_status,
        "month": counts.by_month,
    }
    groups = plain[by](connection, moment) if by in plain else counts.by_detail(connection, moment, by)
    return dict(sorted(groups.items()))


def _members(connection: Connection, on: date, by: str) -> dict[str, int]:
    def group(member: Organisation) -> str:
        if by == "month":
            return f"{_since(member, on):%Y-%m}"
        return str(getattr(member, by)) or counts.NONE if by else "members"

    return dict(sorted(Counter(group(member) for member in organisations.listing(connection, on=on)).items()))


def _since(member: Organisation, on: date) -> date:
    """Return the first day of the unbroken membership that covers `on`."""
    return max(stay.first for stay in stays(member) if stay.first <= on)
