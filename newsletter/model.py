"""The frozen values that travel between rooms: content in, letters and messages out. No behaviour but small views."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date as day
from datetime import datetime
from enum import StrEnum


class Tag(StrEnum):
    """The tags an article may carry; printed section titles are settings, not these."""

    RTES = "rtes"
    TERRITOIRES = "territoires"
    ELU = "elu"
    AGENDA = "agenda"
    EUROPE = "europe"
    BREF = "bref"
    APPEL = "appel"
    PUBLICATION = "publication"


class Visibility(StrEnum):
    """Who may read an article: the public, or contacts of member organisations only."""

    PUBLIC = "public"
    MEMBERS = "members"


class Status(StrEnum):
    """The state of an article: only `ready` ones are taken into an issue."""

    DRAFT = "draft"
    PROPOSED = "proposed"
    READY = "ready"
    DECLINED = "declined"


class Territory(StrEnum):
    """The level of a local authority."""

    REGION = "region"
    DEPARTEMENT = "departement"
    OUTRE_MER = "outre-mer"
    METROPOLE = "metropole"
    INTERCOMMUNALITE = "intercommunalite"
    COMMUNE = "commune"
    OTHER = "other"


class Severity(StrEnum):
    """How grave a finding is: an error stops approval, a warning asks for a look, advice may be ignored."""

    ERROR = "error"
    WARNING = "warning"
    ADVICE = "advice"


@dataclass(frozen=True, slots=True)
class Finding:
    """One remark of the proof-reader: a stable `code`, a French sentence, and where (file:line, field)."""

    code: str
    level: Severity
    message: str
    where: str = ""


# --- content: what the files say ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture: a path in the workspace (`images/x.jpg`) or an https URL; `alt` is empty only if decorative."""

    source: str
    alt: str = ""
    decorative: bool = False
    credit: str = ""


@dataclass(frozen=True, slots=True)
class EventTime:
    """When and where: aware datetimes in Europe/Paris.

    An all-day event starts at midnight of its first day and ends at midnight of its LAST day (both inclusive days).
    """

    start: datetime
    end: datetime | None = None
    all_day: bool = False
    place: str = ""
    organisers: tuple[str, ...] = ()
    link: str = ""

    @property
    def last_day(self) -> day:
        """The last day on which it takes place."""
        return (self.end or self.start).date()


@dataclass(frozen=True, slots=True)
class Speaker:
    """A person interviewed: élu·e or partner."""

    name: str
    function: str = ""
    organisation: str = ""
    portrait: Picture | None = None


@dataclass(frozen=True, slots=True)
class Reader:
    """What is known of a recipient's authority when targeted items are chosen; empty for an unattached reader."""

    level: str = ""
    region: str = ""
    departement: str = ""


@dataclass(frozen=True, slots=True)
class Restriction:
    """For whom an article is meant: each filled list must hold the reader's value; all empty means every reader."""

    levels: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    departements: tuple[str, ...] = ()

    def admits(self, reader: Reader) -> bool:
        """Tell whether `reader` sees the article."""
        pairs = ((self.levels, reader.level), (self.regions, reader.region), (self.departements, reader.departement))
        return all(not wanted or value in wanted for wanted, value in pairs)

    def __bool__(self) -> bool:
        return bool(self.levels or self.regions or self.departements)


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """One Markdown file of `articles/`, as written (no typography). `lines` maps a field to its line."""

    slug: str
    path: str
    title: str
    tags: tuple[str, ...]
    date: day
    updated: day | None = None
    summary: str = ""
    link: str = ""
    picture: Picture | None = None
    visibility: Visibility = Visibility.PUBLIC
    organisations: tuple[str, ...] = ()
    event: EventTime | None = None
    deadline: datetime | None = None
    contact: str = ""
    speakers: tuple[Speaker, ...] = ()
    quote: str = ""
    restriction: Restriction = Restriction()
    cta: str = ""
    status: Status = Status.READY
    body: str = ""
    lines: Mapping[str, int] = field(default_factory=dict, compare=False, repr=False)

    def where(self, name: str = "") -> str:
        """Return `path:line, field` for messages."""
        line = self.lines.get(name)
        return self.path + (f":{line}" if line else "") + (f", {name}" if name else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemPlan:
    """One item in an issue file: an article's slug and what is overridden for this issue only (empty = not)."""

    slug: str
    title: str = ""
    summary: str = ""
    picture: Picture | None = None
    cta: str = ""
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionPlan:
    """A heading of an issue file with its ordered items; `layout` empty means the publication's for this tag."""

    tag: str
    title: str
    layout: str = ""
    items: tuple[ItemPlan, ...] = ()
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """One number of a publication, as its file in `issues/` has it; `editorial` is the body, in Markdown."""

    key: str
    path: str
    publication: str
    date: day
    subject: str
    number: int | None = None
    preheader: str = ""
    lead: ItemPlan | None = None
    sections: tuple[SectionPlan, ...] = ()
    editorial: str = ""
    lines: Mapping[str, int] = field(default_factory=dict, compare=False, repr=False)


# --- content: what compose makes of them -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """An article placed in an issue, ready to print: French typography applied, overrides in force.

    `when` is the event's date in words, `until` the deadline's; `body_html` is XHTML from Markdown (no raw HTML
    inside), `body_text` its plain text. `link` may be empty, then nothing is clickable.
    """

    article: Article
    title: str
    summary: str = ""
    link: str = ""
    cta: str = ""
    picture: Picture | None = None
    when: str = ""
    until: str = ""
    quote: str = ""
    body_html: str = ""
    body_text: str = ""
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A printed heading with its items; never empty."""

    tag: str
    title: str
    layout: str
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ComposedIssue:
    """An issue with its items in place of slugs: all that rendering needs of the content."""

    key: str
    path: str
    publication: str
    date: day
    subject: str
    number: int | None = None
    preheader: str = ""
    lead: Item | None = None
    sections: tuple[Section, ...] = ()
    editorial_html: str = ""
    editorial_text: str = ""

    @property
    def items(self) -> tuple[Item, ...]:
        """Every item, the lead first; an article in two sections comes twice."""
        lead = (self.lead,) if self.lead else ()
        return lead + tuple(item for section in self.sections for item in section.items)


# --- rendering: letters and messages -----------------------------------------------------------------------------


# --- what comes back ---------------------------------------------------------------------------------------------
