"""The settings of a workspace as frozen, validated values; `settings_file.load` reads them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator

from newsletter.audience import formula
from newsletter.audience_parser import parse_rule
from newsletter.errors import AudienceError, SettingsError, nearest
from newsletter.i18n import Sentence
from newsletter.model import Tag
from newsletter.settings_web import SettingsTable, StudioSettings, Web
from newsletter.theme import Theme


class Network(SettingsTable):
    """Who publishes: printed in mastheads, footers and legal pages; all of it changes with time."""

    name: str
    short_name: str
    baseline: str = ""
    address: str
    phone: str = ""
    email: str
    website: str
    logo: str = ""
    logo_alt: str = ""
    director: str = ""
    host: str = ""
    dpo: str = ""
    privacy_url: str = ""
    accounts: Mapping[str, str] = Field(default_factory=dict)
    funders: tuple[str, ...] = ()
    locale: Literal["fr", "en"] = "fr"


Layout = Literal["news", "cards", "interview", "agenda", "calls", "publications", "briefs"]


class SectionSetting(SettingsTable):
    """One printed heading of a publication: articles of `tag`, under `title`, in the block of `layout`."""

    tag: str
    title: str
    layout: Layout = "news"


class Publication(SettingsTable):
    """A title with its own audience, sections, subject pattern and archive rule."""

    key: str
    title: str
    audience: Literal["subscribers", "members"]
    archive: Literal["public", "members"] = "public"
    layout: Literal["lettre", "flash", "message"] = "lettre"
    subject: str = "{title} – {month} {year}"
    link_label: str = "En savoir plus"
    reply_to: str = ""
    description: str = ""
    exceptions: tuple[str, ...] = ()
    for_: str = Field(default="", alias="for")
    least_items: int = Field(default=3, ge=1, le=50)
    sections: tuple[SectionSetting, ...]

    @field_validator("subject")
    @classmethod
    def _subject(cls, value: str) -> str:
        known = {"title", "month", "year", "number", "date"}
        for name in re.findall(r"\{([^}]*)\}", value):
            if name not in known:
                raise ValueError(f"`{{{name}}}` is unknown in a subject pattern; {nearest(name, known)}")
        return value

    @field_validator("for_")
    @classmethod
    def _audience(cls, value: str) -> str:
        try:
            return formula(parse_rule(value))
        except AudienceError as error:
            raise ValueError(str(error)) from None

    @property
    def basis(self) -> str:
        """The legal basis of its subscriptions: contacts of members get theirs as part of the service."""
        return "member service" if self.audience == "members" else "consent"

    def section(self, tag: str) -> SectionSetting | None:
        """Return the first section for `tag`, if the publication has one."""
        return next((s for s in self.sections if s.tag == tag), None)


class Feed(SettingsTable):
    """An RSS or Atom feed, or a calendar, that is read automatically: each new entry becomes a draft article.

    An entry gets the tags of its `categories` (the feed's word, in any case, to a tag), else `tags`, else what manual
    imports give. Entries older than `days` when they are first met are left out; 0: none is too old.
    """

    url: str = Field(max_length=2000)
    tags: tuple[str, ...] = ()
    categories: Mapping[str, str] = Field(default_factory=dict)
    days: int = Field(default=60, ge=0)

    @field_validator("url")
    @classmethod
    def _address(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.password:
            raise ValueError("it must be a plain http or https address such as https://www.example.org/feed/")
        return value

    @field_validator("tags", "categories")
    @classmethod
    def _tags(cls, value: tuple[str, ...] | Mapping[str, str]) -> tuple[str, ...] | Mapping[str, str]:
        for tag in value.values() if isinstance(value, Mapping) else value:
            if tag not in list(Tag):
                raise ValueError(f"the tag `{tag}` is unknown; {nearest(tag, list(Tag))}")
        return value


class Smtp(SettingsTable):
    """An SMTP relay; the password is `NEWSLETTER_SMTP_PASSWORD`."""

    host: str = "localhost"
    port: int = Field(default=25, ge=1, le=65535)
    security: Literal["none", "starttls", "tls"] = "starttls"
    user: str = ""
    timeout: float = Field(default=60, gt=0, le=600)
    messages_per_connection: int = Field(default=100, ge=1)
    pipelining: bool = True


class Outbox(SettingsTable):
    """Where letters are written when no provider is configured."""

    path: str = "outbox"


class DomainCap(SettingsTable):
    """A mailbox operator's limit: its domains, and how many connections may serve them at once."""

    domains: tuple[str, ...]
    connections: int = Field(default=2, ge=1)


_CAPS = {
    "orange": DomainCap(domains=("orange.fr", "wanadoo.fr"), connections=2),
    "laposte": DomainCap(domains=("laposte.net",), connections=2),
}


class Sending(SettingsTable):
    """How mailings leave: provider, sender, speed limits (0 = none), leases and the recall window.

    A scheduled mailing that missed its hour by more than `late_minutes` leaves at a word only.
    """

    provider: str = "outbox"
    from_: str = Field(alias="from")
    return_path: str = ""
    rate: float = Field(default=0, ge=0)
    daily: int = Field(default=0, ge=0)
    connections: int = Field(default=4, ge=1, le=256)
    recall_minutes: float = Field(default=5, ge=0)
    late_minutes: float = Field(default=120, ge=1)
    lease_seconds: float = Field(default=300, ge=1)
    retry_hours: float = Field(default=48, gt=0)
    retry_first_seconds: float = Field(default=60, gt=0)
    breaker_share: float = Field(default=0.2, gt=0, le=1)
    breaker_after: int = Field(default=50, ge=1)
    second_person: bool = False
    caps: Mapping[str, DomainCap] = Field(default_factory=lambda: dict(_CAPS))
    smtp: Smtp = Smtp()
    outbox: Outbox = Outbox()
    options: Mapping[str, str] = Field(default_factory=dict)


class DatabaseSettings(SettingsTable):
    """The SQLAlchemy URL (a relative SQLite path counts from the workspace); `durable` asks for synchronous FULL.

    Without `durable` a power cut undoes the last commits: people served since then are served a second time.
    """

    url: str = "sqlite:///subscribers.db"
    durable: bool = True


class MembersSettings(SettingsTable):
    """Membership rules: days after the end of a period during which a member still receives what is for members.

    `reminder_days` before an issue's day, contacts are asked for proposals (0: never); `tell_featured` writes to the
    contacts of a member that is in a letter.
    """

    grace_days: int = Field(default=0, ge=0)
    ending_soon_days: int = Field(default=60, ge=0)
    reminder_days: int = Field(default=0, ge=0, le=60)
    tell_featured: bool = False


class Retention(SettingsTable):
    """How long things are kept, in days; `newsletter purge` applies it."""

    pending_days: int = Field(default=30, ge=1)
    left_days: int = Field(default=3 * 365, ge=1)
    events_days: int = Field(default=10 * 365, ge=365)
    deliveries_days: int = Field(default=3 * 365, ge=30)
    imports_days: int = Field(default=90, ge=1)
    webhooks_days: int = Field(default=90, ge=1)
    pictures_days: int = Field(default=180, ge=30)
    departures_days: int = Field(default=180, ge=30)


class Bounces(SettingsTable):
    """After how many soft bounces within how many days an address is suppressed; where bounces are collected."""

    soft_limit: int = Field(default=5, ge=1)
    soft_days: int = Field(default=90, ge=1)
    block_alarm_share: float = Field(default=0.02, gt=0, le=1)
    imap_host: str = ""
    imap_user: str = ""
    imap_folder: str = "INBOX"


class Log(SettingsTable):
    """How `serve` and `worker` log on stderr: lines of text or of JSON, from this level on."""

    format: Literal["text", "json"] = "text"
    level: Literal["debug", "info", "warning", "error"] = "info"


class Settings(SettingsTable):
    """All settings of one workspace, with its directory and its secrets."""

    root: Path
    network: Network
    publications: Mapping[str, Publication]
    theme: Theme = Theme()
    sending: Sending
    database: DatabaseSettings = DatabaseSettings()
    web: Web = Web()
    studio: StudioSettings = StudioSettings()
    members: MembersSettings = MembersSettings()
    feeds: tuple[Feed, ...] = Field(default=(), max_length=20)
    retention: Retention = Retention()
    bounces: Bounces = Bounces()
    log: Log = Log()
    secrets: Mapping[str, SecretStr] = Field(default_factory=dict, repr=False)

    @field_validator("feeds")
    @classmethod
    def _feeds(cls, value: tuple[Feed, ...]) -> tuple[Feed, ...]:
        twice = [feed.url for n, feed in enumerate(value) if feed.url in {other.url for other in value[:n]}]
        if twice:
            raise ValueError(f"{twice[0]} is given twice")
        return value

    def publication(self, key: str) -> Publication:
        """Return the publication `key`; SettingsError names the known ones."""
        try:
            return self.publications[key]
        except KeyError:
            raise SettingsError(
                f"publication `{key}` is unknown",
                hint=nearest(key, self.publications),
                said=Sentence("Cette publication n’existe pas. Choisissez-en une dans la liste."),
            ) from None

    def secret(self, name: str) -> str:
        """Return the secret of `NEWSLETTER_<NAME>`, or an empty text."""
        value = self.secrets.get(name)
        return value.get_secret_value() if value else ""
