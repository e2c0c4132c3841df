"""The Studio's first page: the next issue of each publication, what waits, and where the network stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from sqlalchemy.engine import Connection

from newsletter.actions.issues import feed_reader
from newsletter.actions.issues.feed_reader import FailingFeed
from newsletter.actions.issues.files import IssueSummary, list_issues
from newsletter.actions.proposals import decisions
from newsletter.actions.reports.year import end_of
from newsletter.actions.workspace import Workspace
from newsletter.errors import ContentError
from newsletter.settings import Publication
from newsletter.store import home
from newsletter.store.home import Waiting
from newsletter.store.people import organisations
from newsletter.store.reports import counts
from newsletter.store.sending import mailings
from newsletter.store.sending.mailings import Mailing
from newsletter.store.sending.warnings import Standstill, standstills

_LOST_DAYS = 30
_LIVE = ("approved", "sending", "paused")


@dataclass(frozen=True, slots=True)
class Next:
    """A publication with its next issue (the one to work on) and the last one that did."""

    publication: Publication
    coming: IssueSummary | None
    last: IssueSummary | None


@dataclass(frozen=True, slots=True)
class Point:
    """Subscribers and member organisations at the end of a day."""

    day: date
    subscribers: int
    members: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """All that the first page shows; `broken` are the issue files that cannot be read, `feeds` those that fail.

    `standstills` are the mailings that missed their hour, or of which the provider takes nothing; `paused` wait
    for somebody to let them go on.
    """

    issues: tuple[Next, ...]
    broken: tuple[ContentError, ...]
    waiting: Waiting
    doubtful_issues: tuple[str, ...]
    standstills: Sequence[Standstill]
    paused: Sequence[Mailing]
    feeds: tuple[FailingFeed, ...]
    points: tuple[Point, ...]
    has_people: bool
    has_articles: bool

    @property
    def today(self) -> Point:
        """Where the network stands now."""
        return self.points[-1]


def overview(workspace: Workspace) -> Overview:
    """Look at the whole workspace; reads only."""
    summaries, broken = list_issues(workspace)
    today = workspace.today()
    with workspace.database.read() as connection:
        soon = today + timedelta(days=workspace.settings.members.ending_soon_days)
        lost_since = workspace.clock() - _LOST_DAYS * 86_400
        found = home.waiting(connection, today, soon, lost_since)
        doubtful = tuple(home.doubtful_issues(connection)) if found.doubtful else ()
        still = standstills(
            connection, workspace.database.now(connection), workspace.settings.sending.late_minutes * 60
        )
        paused = mailings.list_mailings(connection, status=("paused",))
        people = home.anybody(connection)
        line = _points(connection, today, 12)
    return Overview(
        issues=tuple(_next(publication, summaries, today) for publication in workspace.settings.publications.values()),
        broken=broken,
        # A proposal may also be a file that somebody put into the pool.
        waiting=replace(
            found,
            proposals=len(decisions.offers(workspace, ("sent",))),
            arrived=len(feed_reader.unread(workspace)),
        ),
        feeds=feed_reader.failing_feeds(workspace),
        doubtful_issues=doubtful,
        standstills=still,
        paused=paused,
        points=line,
        has_people=people,
        has_articles=any((workspace.root / "articles").rglob("*.md")),
    )


def points(workspace: Workspace, on: date, months: int) -> tuple[Point, ...]:
    """Return where the network stood at the end of each of the `months` before `on`, oldest first, and on that day."""
    with workspace.database.read() as connection:
        return _points(connection, on, months)


def _points(connection: Connection, on: date, months: int) -> tuple[Point, ...]:
    known, days = organisations.list_organisations(connection), month_ends(on, months)
    since, end = end_of(days[0]), end_of(on)
    came, went = counts.entries(connection, since, end), counts.exits(connection, since, end)
    # Counted once, today; then back, month by month, by who came and went.
    subscribers = [counts.active(connection, end)]
    for day in reversed(days[1:]):
        month = f"{day:%Y-%m}"
        subscribers.append(subscribers[-1] - came.get(month, 0) + went.get(month, 0))
    return tuple(
        Point(day, n, sum(o.member_on(day) for o in known)) for day, n in zip(days, reversed(subscribers), strict=True)
    )


def month_ends(today: date, n: int) -> list[date]:
    """Return the last days of the `n` months before today's, oldest first, and today."""
    days, first = [today], today.replace(day=1)
    for _month in range(n):
        last = first - timedelta(days=1)
        days.append(last)
        first = last.replace(day=1)
    return days[::-1]


def _next(publication: Publication, summaries: Sequence[IssueSummary], today: date) -> Next:
    own = [s for s in summaries if s.issue.publication == publication.key]
    last = next((s for s in own if s.status == "done"), None)
    # A draft older than what was sent since is no coming issue: it was passed over.
    coming = [s for s in own if s.status in _LIVE or (s.status == "draft" and _later(s, last))]
    return Next(publication, _nearest(coming, today), last)


def _nearest(coming: Sequence[IssueSummary], today: date) -> IssueSummary | None:
    """Return the one to work on: what is leaving, else the first still to come, else the newest that is late."""
    ahead = [s for s in coming if s.status in _LIVE or s.issue.date >= today]
    return ahead[-1] if ahead else (coming[0] if coming else None)


def _later(summary: IssueSummary, last: IssueSummary | None) -> bool:
    return last is None or summary.issue.date > last.issue.date
