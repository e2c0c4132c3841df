"""The public agenda: events to come, and their calendar files.

Events for members or for some territories only are left out; so is what is not ready.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlsplit

from icalendar import Calendar
from icalendar import Event as CalendarEvent

from newsletter.actions.workspace import Workspace
from newsletter.content import pool
from newsletter.errors import NotFound
from newsletter.french import event_words, month_words, typography
from newsletter.i18n import Sentence
from newsletter.model import Article, EventTime, Status, Visibility
from newsletter.store.archive import agenda
from newsletter.store.archive.agenda import Revision

# With the longest summaries that feeds bring, a page of this many stays within what a phone should fetch (50 KB).
LEAF = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class AgendaEntry:
    """An event of the agenda page, in printed French; `link` is the event's own page or empty."""

    slug: str
    title: str
    summary: str
    when: str
    place: str
    organisers: str
    link: str
    event: EventTime


@dataclass(frozen=True, slots=True)
class Leaf:
    """A page of the agenda: its events, its 1-based number, and how many pages there are."""

    events: tuple[AgendaEntry, ...]
    number: int
    total: int

    @property
    def months(self) -> tuple[str, ...]:
        """The first and last months that its events begin in, in words; once when they are the same."""
        days = [entry.event.start for entry in self.events]
        return tuple(dict.fromkeys(month_words(day) for day in days[:1] + days[-1:]))


def leaf(workspace: Workspace, number: int = 1) -> Leaf:
    """Return page `number` of the public events that are not over, by date; NotFound beyond the last one."""
    found = _upcoming(workspace)
    total = max(1, -(-len(found) // LEAF))
    if not 1 <= number <= total:
        raise NotFound(
            f"the agenda has no page {number}",
            hint=f"its last page is {total}",
            said=Sentence("L’agenda n’a pas cette page. Reprenez-le au début."),
        )
    here = found[(number - 1) * LEAF : number * LEAF]
    return Leaf(tuple(_entry(article, event) for article, event in here), number, total)


def agenda_ics(workspace: Workspace) -> bytes:
    """Return one calendar of all public events that are not over (RFC 5545).

    It has no METHOD: that would make it an invitation (RFC 5546), which must name an organizer with an address.
    """
    network = workspace.settings.network
    made = _calendar(workspace, _upcoming(workspace))
    made.add("name", f"{network.short_name} – agenda")
    made.add("x-wr-calname", f"{network.short_name} – agenda")
    made.add("refresh-interval", timedelta(hours=12), parameters={"VALUE": "DURATION"})
    return bytes(made.to_ical())


def subscription_address(workspace: Workspace) -> str:
    """Return the address under which a calendar program subscribes to the agenda, instead of importing it once."""
    return "webcal://" + workspace.settings.web.base_url.partition("://")[2].rstrip("/") + "/agenda.ics"


def event_ics(workspace: Workspace, slug: str) -> bytes:
    """Return the calendar file of one public event, past ones included; NotFound."""
    article = workspace.pool().get(slug)
    if article is None or article.event is None or not _public(article):
        raise NotFound(
            f"there is no public event `{slug}`",
            hint="see the agenda",
            said=Sentence("Cet événement n’est plus à l’agenda public. Voyez ce qui vient dans l’agenda."),
        )
    return bytes(_calendar(workspace, [(article, article.event)]).to_ical())


def _public(article: Article) -> bool:
    return article.status == Status.READY and article.visibility == Visibility.PUBLIC and not article.targeted


def _upcoming(workspace: Workspace) -> list[tuple[Article, EventTime]]:
    found = pool.agenda(workspace.pool(), workspace.today())
    return [(a, a.event) for a in found if a.event and _public(a) and not _over(a.event, workspace.now())]


def _over(event: EventTime, now: datetime) -> bool:
    """Tell whether the event ended earlier today."""
    return not event.all_day and event.end is not None and event.end < now


def _entry(article: Article, event: EventTime) -> AgendaEntry:
    return AgendaEntry(
        slug=article.slug,
        title=typography(article.title),
        summary=typography(article.summary),
        when=typography(event_words(event)),
        place=typography(event.place),
        organisers=typography(", ".join(event.organisers)),
        link=_link(article),
        event=event,
    )


def _link(article: Article) -> str:
    return (article.event.link if article.event else "") or article.link


def _calendar(workspace: Workspace, events: Sequence[tuple[Article, EventTime]]) -> Calendar:
    known = _revisions(workspace, events)
    domain = urlsplit(workspace.settings.network.website).hostname or "localhost"
    made = Calendar()
    made.add("prodid", f"-//{workspace.settings.network.short_name}//agenda//FR")
    made.add("version", "2.0")
    for article, event in events:
        made.add_component(_component(article, event, known[article.slug], domain))
    return made


def _component(article: Article, event: EventTime, revision: Revision, domain: str) -> CalendarEvent:
    changed = datetime.fromtimestamp(int(revision.changed_at), UTC)
    made = CalendarEvent()
    made.add("uid", f"{article.slug}@{domain}")
    made.add("sequence", revision.sequence)
    made.add("dtstamp", changed)
    made.add("last-modified", changed)
    made.add("summary", article.title)
    for name, moment in _times(event):
        made.add(name, moment)
    for name, text in (("location", event.place), ("url", _link(article)), ("description", _description(article))):
        if text:
            made.add(name, text)
    return made


def _times(event: EventTime) -> Iterable[tuple[str, date | datetime]]:
    """Yield DTSTART and DTEND: in UTC, or as days, of which the last one is exclusive (RFC 5545 section 3.6.1)."""
    if event.all_day:
        yield "dtstart", event.start.date()
        yield "dtend", event.last_day + timedelta(days=1)
        return
    yield "dtstart", event.start.astimezone(UTC)
    if event.end and event.end > event.start:
        yield "dtend", event.end.astimezone(UTC)


def _description(article: Article) -> str:
    organisers = ", ".join(article.event.organisers) if article.event else ""
    return "\n\n".join(filter(None, (article.summary, organisers, _link(article))))


def _revisions(workspace: Workspace, events: Sequence[tuple[Article, EventTime]]) -> dict[str, Revision]:
    """Return the revision of each event; only a new or changed one costs a write."""
    digests = {article.slug: _digest(article) for article, _event in events}
    with workspace.database.read() as connection:
        known = agenda.revisions(connection)
    changed = {slug: d for slug, d in digests.items() if slug not in known or known[slug].digest != d}
    if not changed:
        return known
    with workspace.database.write() as connection:
        agenda.note(connection, changed, workspace.database.now(connection))
        return agenda.revisions(connection)


def _digest(article: Article) -> str:
    return hashlib.sha256(repr((article.title, _description(article), article.event)).encode()).hexdigest()[:16]
