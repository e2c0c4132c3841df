"""What the API takes and answers, as its description shows it; the answers are the command line's JSON documents."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from newsletter.model import Severity, Status, Tag, Visibility

Day = Annotated[date, Field(ge=date(1990, 1, 1), le=date(2100, 12, 31))]
Name = Annotated[str, Field(max_length=200)]
Hour = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
Kind = Literal["actualite", "territoire", "entretien", "evenement", "appel"]
Number = int | float | None


SIGNUP_PATH = "/api/v1/abonnement"


class Fault(BaseModel):
    """Why a request was not taken: a sentence for each field that can be corrected, or one for the whole."""

    status: int
    fields: dict[str, str] = {}
    message: str = ""
    hint: str = ""


class ApiRefusal(BaseModel):
    """The answer to a request that was not taken."""

    error: Fault


class IssueRow(BaseModel):
    """An issue; `status` is `draft` or that of its mailing."""

    issue: str
    publication: str
    date: str
    number: int | None
    subject: str
    status: str


class ItemRow(BaseModel):
    """An article in an issue, with the title that is printed."""

    article: str
    title: str


class SectionRow(BaseModel):
    """A heading of an issue."""

    tag: str
    title: str
    items: list[ItemRow]


class FindingRow(BaseModel):
    """A finding of the proof-reader."""

    code: str
    level: Severity
    message: str
    where: str


class IssueWhole(IssueRow):
    """An issue with what is in it and what the proof-reader finds."""

    lead: ItemRow | None
    sections: list[SectionRow]
    warnings: list[FindingRow]


class ArticleRow(BaseModel):
    """An article; `issues` is the number of issues it is in."""

    article: str
    title: str
    tags: list[Tag]
    date: str
    status: Status
    visibility: Visibility
    path: str
    issues: int


class MailingRow(BaseModel):
    """A letter frozen for sending."""

    issue: str
    mailing: str
    publication: str
    status: str
    subject: str
    approved_at: str | None
    approved_by: str
    ended_at: str | None


class PeriodRow(BaseModel):
    """A membership from its first to its last day, both included."""

    joined: str
    ended: str | None


class MemberRow(BaseModel):
    """An organisation and the number of its contacts."""

    name: str
    level: str
    siren: str
    insee: str
    region: str
    departement: str
    periods: list[PeriodRow]
    member: bool
    contacts: int


class Page(BaseModel):
    """A part of a list; `next` is the `after` of the part that follows, null at the end."""

    next: str | None


class Issues(Page):
    """Issues, newest first."""

    issues: list[IssueRow]


class Articles(Page):
    """Articles, newest first."""

    articles: list[ArticleRow]


class Mailings(Page):
    """Mailings, newest first."""

    mailings: list[MailingRow]


class Members(Page):
    """Member organisations by name."""

    members: list[MemberRow]


class Receipt(BaseModel):
    """What became of every candidate: candidates = sent + refused + excluded + cancelled + doubtful + open."""

    issue: str
    mailing: str
    status: str
    candidates: int
    sent: int
    refused: int
    excluded: int
    cancelled: int
    doubtful: int
    open: int
    seconds: float
    content_hash: str
    pause_reason: str
    excluded_by: dict[str, int]
    doubtful_names: list[str] = Field(description="Empty for a key that may not see people.")


class Count(BaseModel):
    """A number at the end of a day in Paris."""

    on: str
    what: str
    by: str
    rule: str
    total: int
    groups: dict[str, int]


class Figure(BaseModel):
    """A figure of the report with the year before and its rule."""

    key: str
    label: str
    value: Number | dict[str, int]
    previous: Number | dict[str, int]
    rule: str
    unit: str


class Report(BaseModel):
    """The report of a year; it may hold more than this."""

    model_config = ConfigDict(extra="allow")

    year: int
    until: str
    complete: bool
    sentences: list[str]
    figures: list[Figure]


class PersonRecord(BaseModel):
    """Everything that is kept about a person; it holds more than this."""

    model_config = ConfigDict(extra="allow")

    email: str
    organisation: str | None
    subscriptions: list[dict[str, Any]]
    events: list[dict[str, Any]]


class ArticleDraft(BaseModel):
    """An article handed in: it becomes a draft, which the editors read before it can be in a letter."""

    model_config = ConfigDict(extra="forbid")

    title: str = Field(min_length=1, max_length=300)
    kind: Kind = "actualite"
    tags: list[Tag] = Field([], max_length=10, description="Without any, those of the kind.")
    link: str = Field("", max_length=2000, pattern=r"^(https?://\S+)?$", description="The article's page.")
    summary: str = Field("", max_length=3000)
    body: str = Field("", max_length=100_000, description="Markdown.")
    date: Day | None = Field(None, description="The day of publication; today without it.")
    visibility: Visibility = Visibility.PUBLIC
    organisations: list[Name] = Field([], max_length=50)
    deadline: Day | None = None
    contact: str = Field("", max_length=300)
    day: Day | None = Field(None, description="An event's first day.")
    hour: Hour | None = None
    last_day: Day | None = None
    last_hour: Hour | None = None
    place: str = Field("", max_length=300)


class Deposited(BaseModel):
    """The article, and whether this call made it."""

    article: str
    made: bool


class Enrolment(BaseModel):
    """A subscription requested for a person, who confirms it by mail; nothing is sent before."""

    model_config = ConfigDict(extra="forbid")

    address: str = Field(max_length=320)
    publications: list[Name] = Field(min_length=1, max_length=20)
    basis: Literal["consent"] = Field("consent", description="The legal basis: what the person confirms is consent.")
    asked: str = Field(
        min_length=5,
        max_length=300,
        pattern=r"^[^\x00-\x1f\x7f]+$",
        description="How and when the person asked for it: kept as proof.",
    )
    first_name: str = Field("", max_length=120)
    last_name: str = Field("", max_length=120)
    organisation: str = Field("", max_length=120)


class SubscriptionTaken(BaseModel):
    """The same answer for every address."""

    message: str
