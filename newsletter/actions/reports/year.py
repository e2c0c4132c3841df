"""One year as it was recorded: readers, what was sent, what was printed, which authorities were members."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy.engine import Connection

from newsletter import paris
from newsletter.exchange.names import level_of
from newsletter.model import Tag, Territory
from newsletter.store.people import organisations
from newsletter.store.people.organisations import Organisation, name_key
from newsletter.store.reports import counts, figures
from newsletter.store.reports.figures import MailingOutcome
from newsletter.store.sending import mailings
from newsletter.store.sending.mailings import Mailing


def end_of(day: date) -> float:
    """Return the midnight in Paris that closes `day`, in POSIX seconds."""
    return paris.midnight(day + timedelta(days=1))


@dataclass(frozen=True, slots=True)
class Month:
    """A month of the year: `key` is `2026-11`; active subscribers at its end, and who came and went in it."""

    key: str
    subscribers: int
    joined: int
    left: int


@dataclass(frozen=True, slots=True)
class SentItem:
    """An item of a sent issue: its article, the tags it was printed under, whom it is about and who speaks in it."""

    slug: str
    tags: frozenset[str]
    interview: bool
    organisations: frozenset[str]
    speakers: frozenset[str]


@dataclass(frozen=True, slots=True)
class Absent:
    """A member that no issue has mentioned for a year: since when it is a member, and when it was last mentioned."""

    name: str
    level: str
    region: str
    since: date
    featured: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Year:
    """The year up to and including `until`; organisations are those of the network's file, by name."""

    number: int
    until: date
    months: tuple[Month, ...]
    subscriptions: Mapping[str, int]
    outcomes: tuple[MailingOutcome, ...]
    articles: Mapping[str, int]
    interviews: Mapping[str, int]
    members: tuple[Organisation, ...]
    members_joined: tuple[Organisation, ...]
    members_left: tuple[Organisation, ...]
    absent: tuple[Absent, ...]

    @property
    def issues(self) -> tuple[MailingOutcome, ...]:
        """What was really sent: the mailings that are done and of which at least one message left."""
        return tuple(o for o in self.outcomes if o.mailing.status == "done" and o.sent)


def gather_year(connection: Connection, number: int, until: date) -> Year:
    """Read everything about year `number` up to and including the day `until`."""
    first = date(number, 1, 1)
    since, end = end_of(first - timedelta(days=1)), end_of(until)
    every = mailings.list_mailings(connection)
    begun = [m for m in every if m.started_at is not None and since <= m.started_at < end]
    outcomes = tuple(figures.outcomes(connection, sorted(begun, key=lambda m: m.started_at or 0.0)))
    known = organisations.list_organisations(connection)
    authorities = {name_key(o.name) for o in known if o.level != Territory.OTHER}
    open_to_all = [
        item
        for o in outcomes
        if o.mailing.status == "done" and o.sent and not o.mailing.rule.members_only
        for item in printed(o.mailing)
    ]
    members = tuple(o for o in known if o.member_on(until))
    return Year(
        number=number,
        until=until,
        months=tuple(_months(connection, first, until)),
        subscriptions=counts.by_publication(connection, end),
        outcomes=outcomes,
        articles=_articles(open_to_all),
        interviews=_interviews(open_to_all, authorities),
        members=members,
        members_joined=tuple(o for o in known if any(first <= s.first <= until for s in figures.stays(o))),
        members_left=tuple(o for o in known if any(s.after and first <= s.after <= until for s in figures.stays(o))),
        absent=tuple(_absent(members, last_featured([m for m in every if m.status == "done"], until), until)),
    )


def _months(connection: Connection, first: date, until: date) -> Iterator[Month]:
    since, end = end_of(first - timedelta(days=1)), end_of(until)
    came, went = counts.entries(connection, since, end), counts.exits(connection, since, end)
    active = counts.active(connection, end) - sum(came.values()) + sum(went.values())
    for month in range(1, until.month + 1):
        key = f"{first.year}-{month:02d}"
        joined, left = came.get(key, 0), went.get(key, 0)
        active += joined - left
        yield Month(key, active, joined, left)


def printed(mailing: Mailing) -> Iterator[SentItem]:
    """Read what a mailing printed from the record made at its approval; the lead counts under its first tag."""
    record = mailing.record
    tags: dict[str, set[str]] = {slug: set() for slug in record.get("items", {})}
    for section in record.get("sections", ()):
        for slug in section["articles"]:
            tags[slug].add(section["tag"])
    for slug, item in record.get("items", {}).items():
        if slug == record["lead"]:
            tags[slug].update(item["tags"][:1])
        yield SentItem(
            slug=slug,
            tags=frozenset(tags[slug]),
            interview=Tag.ELU in item["tags"],
            organisations=frozenset(map(name_key, item["organisations"])),
            speakers=frozenset(item.get("speaker_organisations", ())),
        )


def _articles(items: Iterable[SentItem]) -> dict[str, int]:
    """Count each article once under each section tag it was printed under in the year."""
    placed = {(tag, item.slug) for item in items for tag in item.tags}
    found = Counter(tag for tag, _slug in placed)
    return {str(tag): found[tag] for tag in [*Tag, *sorted(set(found) - set(Tag))]}


def _interviews(items: Iterable[SentItem], authorities: set[str]) -> dict[str, int]:
    """Count interviews once: of élus when a person in it speaks for a local authority, else of partners."""

    def elected(item: SentItem) -> bool:
        names = {name_key(name) for name in item.speakers} | item.organisations
        spoken = {level_of(name) for name in item.speakers} - {None, Territory.OTHER}
        return bool(spoken or names & authorities)

    by_slug = {item.slug: "elus" if elected(item) else "partners" for item in items if item.interview}
    found = Counter(by_slug.values())
    return {kind: found[kind] for kind in ("elus", "partners")}


def last_featured(sent: Sequence[Mailing], until: date) -> dict[str, date]:
    """Return the last day up to `until` on which an issue mentioned each authority, by the key of its name."""
    found: dict[str, date] = {}
    for mailing in sent:
        if mailing.started_at is None:
            continue
        day = paris.day(mailing.started_at)
        if day > until:
            continue
        for item in printed(mailing):
            for name in item.organisations | {name_key(speaker) for speaker in item.speakers}:
                found[name] = max(day, found.get(name, day))
    return found


def a_year_before(day: date) -> date:
    """Return the same day of the year before; 29 February has its anniversary on the 28th."""
    leap = day.month == 2 and day.day == 29
    return day.replace(year=day.year - 1, day=28 if leap else day.day)


def _absent(members: Iterable[Organisation], featured: Mapping[str, date], until: date) -> Iterator[Absent]:
    """Yield the members not mentioned in the twelve months up to `until`, the longest waiting first."""
    limit, waiting = a_year_before(until), []
    for member in members:
        last = featured.get(name_key(member.name))
        if last is None or last <= limit:
            waiting.append(Absent(member.name, member.level, member.region, since(member, until), last))
    yield from sorted(waiting, key=lambda a: (a.featured or a.since, a.name))


def since(member: Organisation, on: date) -> date:
    """Return the first day of the unbroken membership that covers `on`."""
    return max(stay.first for stay in figures.stays(member) if stay.first <= on)
