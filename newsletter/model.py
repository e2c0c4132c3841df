"""The frozen values that travel between rooms: content in, letters and messages out. No behaviour but small views."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date as day
from datetime import datetime
from enum import StrEnum
from typing import Literal


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


@dataclass(frozen=True, slots=True)
class PublishedPicture:
    """A picture made ready for letters: absolute URL and the slot's size in CSS pixels (the file is twice as large).

    `bytes` is the file's weight, `pixels` its width: less than twice `width` if the original is too small (0: unknown).
    """

    url: str
    width: int
    height: int
    bytes: int = 0
    pixels: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A rendered issue for one variant of readers. A value; nothing sent.

    `html` and `text` hold recipient slots (`qz7slot-unsub-7zq`); `variant` names the restricted articles left in.
    """

    issue: str
    publication: str
    subject: str
    preheader: str
    html: str
    text: str
    variant: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Parts:
    """A personal message for API providers: bodies with slots filled, headers beyond From, To and Subject."""

    sender_name: str
    sender: str
    reply_to: str
    subject: str
    html: str
    text: str
    headers: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Pieces:
    """A message in pieces that are written one behind the other: `frozen[0] values[0] frozen[1] ... frozen[-1]`.

    `frozen` is the very same tuple for all messages of a letter, so that who must prove it for the wire does so once;
    `values` are one recipient's.
    """

    frozen: tuple[bytes, ...]
    values: tuple[bytes, ...]

    def all(self) -> list[bytes]:
        """Return the pieces in order."""
        found = [b""] * (len(self.frozen) + len(self.values))
        found[0::2], found[1::2] = self.frozen, self.values
        return found

    def join(self) -> bytes:
        """Return the whole message."""
        return b"".join(self.all())


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message about to be sent, for one delivery: whole MIME bytes, the same in pieces, or parts, as the provider
    wants it.

    `message_id` includes its angle brackets; `return_path` is the SMTP envelope sender; `key` is a deterministic
    idempotency key, the same at every attempt.
    """

    delivery: int
    address: str
    message_id: str
    return_path: str
    key: str
    mime: bytes = b""
    parts: Parts | None = None
    pieces: Pieces | None = None


OutcomeKind = Literal["accepted", "refused", "deferred", "unknown", "untried"]
OutcomeScope = Literal["recipient", "unclear", "mailing", "provider"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of one message.

    accepted: the provider took it. refused: it never will. deferred: certainly not taken, safe to try again (after
    `retry_after` seconds if given). unknown: it may have been taken (doubtful). untried: nothing of it was written.
    `scope` says what the answer is about: this recipient; the mailing as a whole (sender, client, relay, quota or
    content refused: pause); the provider or connection; or `unclear`: words that fit recipient and sender alike.
    """

    delivery: int
    kind: OutcomeKind
    scope: OutcomeScope = "recipient"
    provider_id: str = ""
    code: int = 0
    status: str = ""
    text: str = ""
    retry_after: float | None = None


# --- what comes back ---------------------------------------------------------------------------------------------


ReportKind = Literal["delivered", "deferred", "soft", "hard", "block", "complaint", "unsubscribe", "unknown"]


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """One thing a provider or a bounce says about one message: `key` identifies it for ever (idempotence)."""

    kind: ReportKind
    address: str
    key: str
    message_id: str = ""
    provider_id: str = ""
    at: datetime | None = None
    status: str = ""
    text: str = ""
