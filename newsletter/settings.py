"""The settings: `newsletter.toml` of a workspace, overridden by `NEWSLETTER_<SECTION>__<KEY>`.

Secrets come from the environment. Every value is frozen and validated when it is read; an unknown or wrong key names
itself, its line and the nearest valid one.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator
from pydantic.fields import FieldInfo

from newsletter.errors import SettingsError, nearest

FILE = "newsletter.toml"
_COLOUR = re.compile(r"#[0-9A-Fa-f]{6}\Z")


class _Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Network(_Frozen):
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


class Palette(_Frozen):
    """Colours as #RRGGBB, named by their use in the design."""

    ink: str
    secondary: str
    primary: str
    accent: str
    page: str
    sheet: str
    panel: str
    rule: str
    masthead: str
    on_masthead: str

    @field_validator("*")
    @classmethod
    def _colour(cls, value: str) -> str:
        if not _COLOUR.match(value):
            raise ValueError(f"`{value}` is no colour of the form #RRGGBB")
        return value.upper()


LIGHT = Palette(
    ink="#1D2B2F", secondary="#55636A", primary="#0F4F4A", accent="#A3431C", page="#F6F3EC", sheet="#FFFFFF",
    panel="#E9F0EE", rule="#DAD6CC", masthead="#0F4F4A", on_masthead="#FFFFFF",
)  # fmt: skip
DARK = Palette(
    ink="#ECEAE4", secondary="#B4BDBF", primary="#86CFC4", accent="#F2A57E", page="#121718", sheet="#1C2325",
    panel="#233132", rule="#37464A", masthead="#0B2E2B", on_masthead="#ECEAE4",
)  # fmt: skip


class Theme(_Frozen):
    """The design tokens another network changes: two palettes and two font stacks (no font name with blanks)."""

    light: Palette = LIGHT
    dark: Palette = DARK
    heading_font: str = "Georgia,Times,serif"
    body_font: str = "Helvetica,Arial,sans-serif"

    @field_validator("heading_font", "body_font")
    @classmethod
    def _font(cls, value: str) -> str:
        if not re.fullmatch(r"[A-Za-z-]+(,[A-Za-z-]+)*", value):
            raise ValueError("font names are separated by commas and hold no blanks or quotes")
        return value


Layout = Literal["news", "cards", "interview", "agenda", "calls", "publications", "briefs"]


class SectionSetting(_Frozen):
    """One printed heading of a publication: articles of `tag`, under `title`, in the block of `layout`."""

    tag: str
    title: str
    layout: Layout = "news"


class Publication(_Frozen):
    """A title with its own audience, sections, subject pattern and archive rule."""

    key: str
    title: str
    audience: Literal["subscribers", "members"]
    archive: Literal["public", "members"] = "public"
    layout: Literal["lettre", "flash"] = "lettre"
    subject: str = "{title} – {month} {year}"
    link_label: str = "En savoir plus"
    reply_to: str = ""
    description: str = ""
    exceptions: tuple[str, ...] = ()
    sections: tuple[SectionSetting, ...]

    @field_validator("subject")
    @classmethod
    def _subject(cls, value: str) -> str:
        known = {"title", "month", "year", "number", "date"}
        for name in re.findall(r"\{([^}]*)\}", value):
            if name not in known:
                raise ValueError(f"`{{{name}}}` is unknown in a subject pattern; {nearest(name, known)}")
        return value

    def section(self, tag: str) -> SectionSetting | None:
        """Return the first section for `tag`, if the publication has one."""
        return next((s for s in self.sections if s.tag == tag), None)


class Smtp(_Frozen):
    """An SMTP relay; the password is `NEWSLETTER_SMTP_PASSWORD`."""

    host: str = "localhost"
    port: int = Field(default=25, ge=1, le=65535)
    security: Literal["none", "starttls", "tls"] = "starttls"
    user: str = ""
    timeout: float = Field(default=60, gt=0, le=600)
    messages_per_connection: int = Field(default=100, ge=1)
    pipelining: bool = True


class Outbox(_Frozen):
    """Where letters are laid down when no provider is configured."""

    path: str = "outbox"


class DomainCap(_Frozen):
    """A mailbox operator's limit: its domains, and how many connections may serve them at once."""

    domains: tuple[str, ...]
    connections: int = Field(default=2, ge=1)


_CAPS = {
    "orange": DomainCap(domains=("orange.fr", "wanadoo.fr"), connections=2),
    "laposte": DomainCap(domains=("laposte.net",), connections=2),
}


class Sending(_Frozen):
    """How mailings leave: provider, sender, speed limits (0 = none), leases and the recall window."""

    provider: str = "outbox"
    from_: str = Field(alias="from")
    return_path: str = ""
    rate: float = Field(default=0, ge=0)
    daily: int = Field(default=0, ge=0)
    connections: int = Field(default=4, ge=1, le=256)
    recall_minutes: float = Field(default=5, ge=0)
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


class Database(_Frozen):
    """The SQLAlchemy URL (a relative SQLite path counts from the workspace); `durable` asks for synchronous FULL."""

    url: str = "sqlite:///subscribers.db"
    durable: bool = False


class Web(_Frozen):
    """The public address under which pages and pictures are served; links in letters are made from nothing else.

    The caps bound how many requests to subscribe are taken: from one IP address, and mailed about in all, an hour.
    """

    base_url: str = "http://localhost:8025"
    trusted_proxies: tuple[str, ...] = ()
    count_links: bool = False
    requests_per_ip: int = Field(default=30, ge=1)
    requests_per_hour: int = Field(default=300, ge=1)

    @field_validator("base_url")
    @classmethod
    def _url(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise ValueError("it must be an http or https address such as https://lettre.example.org")
        return value.rstrip("/")


class Members(_Frozen):
    """Membership rules: days after the end of a period during which a member still receives what is for members.

    `reminder_days` before an issue's day, contacts are asked for proposals (0: never); `tell_featured` writes to the
    contacts of a member that is in a letter.
    """

    grace_days: int = Field(default=0, ge=0)
    ending_soon_days: int = Field(default=60, ge=0)
    reminder_days: int = Field(default=0, ge=0, le=60)
    tell_featured: bool = False


class Retention(_Frozen):
    """How long things are kept, in days; `newsletter purge` applies it."""

    pending_days: int = Field(default=30, ge=1)
    left_days: int = Field(default=3 * 365, ge=1)
    events_days: int = Field(default=10 * 365, ge=365)
    deliveries_days: int = Field(default=3 * 365, ge=30)
    imports_days: int = Field(default=90, ge=1)
    webhooks_days: int = Field(default=90, ge=1)


class Bounces(_Frozen):
    """After how many soft bounces within how many days an address is suppressed; where bounces are collected."""

    soft_limit: int = Field(default=5, ge=1)
    soft_days: int = Field(default=90, ge=1)
    block_alarm_share: float = Field(default=0.02, gt=0, le=1)
    imap_host: str = ""
    imap_user: str = ""
    imap_folder: str = "INBOX"


class Settings(_Frozen):
    """All settings of one workspace, with its directory and its secrets."""

    root: Path
    network: Network
    publications: Mapping[str, Publication]
    theme: Theme = Theme()
    sending: Sending
    database: Database = Database()
    web: Web = Web()
    members: Members = Members()
    retention: Retention = Retention()
    bounces: Bounces = Bounces()
    secrets: Mapping[str, SecretStr] = Field(default_factory=dict, repr=False)

    def publication(self, key: str) -> Publication:
        """Return the publication `key`; SettingsError names the known ones."""
        try:
            return self.publications[key]
        except KeyError:
            raise SettingsError(f"publication `{key}` is unknown", hint=nearest(key, self.publications)) from None

    def secret(self, name: str) -> str:
        """Return the secret of `NEWSLETTER_<NAME>`, or an empty text."""
        value = self.secrets.get(name)
        return value.get_secret_value() if value else ""


def load(root: Path, environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings of the workspace `root`.

    The workspace's `.env` file completes the environment (it never overrides it). Raises SettingsError.
    """
    root = root.resolve()
    path = root / FILE
    try:
        text = path.read_text(encoding="utf-8")
        data = tomllib.loads(text)
    except FileNotFoundError:
        raise SettingsError(
            f"no {FILE} here", where=str(root), hint="run `newsletter init DIR`, or name the workspace with --workspace"
        ) from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{FILE} is not valid TOML: {error}", where=str(path), hint="mend that line") from None
    env = {**read_env_file(root / ".env"), **(os.environ if environ is None else environ)}
    overridden = _override(data, env)
    for key, publication in data.get("publications", {}).items():
        if isinstance(publication, dict):
            publication.setdefault("key", key)
    names = {
        n: v for n, v in env.items() if n.startswith("NEWSLETTER_") and "__" not in n and n != "NEWSLETTER_WORKSPACE"
    }
    secrets = {n.removeprefix("NEWSLETTER_").lower(): SecretStr(v) for n, v in names.items()}
    try:
        return Settings(root=root, secrets=secrets, **data)
    except (ValidationError, TypeError) as error:
        raise _explain(error, path, text, overridden) from None


def read_env_file(path: Path) -> dict[str, str]:
    """Return the NAME=value lines of a `.env` file; comments and quotes are taken off; a missing file is empty."""
    if not path.exists():
        return {}
    found = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        name, equals, value = line.strip().partition("=")
        if equals and not name.startswith("#"):
            found[name.strip()] = value.strip().strip("\"'")
    return found


def _override(data: dict[str, Any], env: Mapping[str, str]) -> dict[tuple[str, ...], str]:
    """Lay `NEWSLETTER_A__B=value` over `data`; the value is read as TOML where it can be, else as text."""
    done = {}
    for name, value in sorted(env.items()):
        if not name.startswith("NEWSLETTER_") or "__" not in name:
            continue
        keys = tuple(part.lower() for part in name.removeprefix("NEWSLETTER_").split("__"))
        table = data
        for key in keys[:-1]:
            table = table.setdefault(key, {})
            if not isinstance(table, dict):
                raise SettingsError(f"`{'.'.join(keys)}` is no setting", where=name, hint="see newsletter.toml")
        try:
            table[keys[-1]] = tomllib.loads(f"v = {value}")["v"]
        except tomllib.TOMLDecodeError:
            table[keys[-1]] = value
        done[keys] = name
    return done


def _explain(
    error: ValidationError | TypeError, path: Path, text: str, overridden: Mapping[tuple[str, ...], str]
) -> SettingsError:
    if not isinstance(error, ValidationError):
        return SettingsError(f"{FILE} holds a table that is not known: {error}", where=str(path), hint="see the sample")
    first = error.errors()[0]
    loc = tuple(first["loc"])
    dotted = ".".join(str(part) for part in loc)
    where = overridden.get(tuple(str(p) for p in loc)) or f"{path.name}:{_line(text, loc)}, {dotted}"
    if first["type"] == "extra_forbidden":
        return SettingsError(f"`{loc[-1]}` is unknown", where=where, hint=nearest(str(loc[-1]), _known(loc[:-1])))
    if first["type"] == "missing":
        return SettingsError(f"`{dotted}` is missing", where=f"{path.name}", hint=f"add `{loc[-1]} = ...`")
    return SettingsError(
        f"`{dotted}`: {first['msg'].removeprefix('Value error, ')}", where=where, hint="mend that value"
    )


def _known(loc: tuple[int | str, ...]) -> list[str]:
    """Return the valid keys of the table at `loc`, walking the models."""
    model: Any = Settings
    for part in loc:
        fields: dict[str, FieldInfo] = getattr(model, "model_fields", {})
        if isinstance(part, str) and part in fields:
            model = fields[part].annotation
        arguments = [a for a in getattr(model, "__args__", ()) if isinstance(a, type) and issubclass(a, BaseModel)]
        model = arguments[-1] if arguments else model
    fields = getattr(model, "model_fields", {})
    return [f.alias or name for name, f in fields.items() if name not in ("root", "secrets", "key")]


def _line(text: str, loc: tuple[int | str, ...]) -> int:
    """Return the 1-based line of the key at `loc`: the deepest table header or key of it that is found."""
    names = [str(part) for part in loc if isinstance(part, str)]
    index = next((part for part in loc if isinstance(part, int)), 0)
    table: list[str] = []
    best, seen = 1, -1
    for number, line in enumerate(text.splitlines(), 1):
        header = re.match(r"\s*(\[\[?)\s*([^\]]+?)\s*\]", line)
        if header:
            table = [part.strip("\"' ") for part in header[2].split(".")]
            seen += header[1] == "[[" and table == names[: len(table)]
            if table == names[: len(table)] and (header[1] == "[" or seen == index):
                best = number
        key = re.match(r"\s*([\w\"'.-]+)\s*=", line)
        if key and table + [part.strip("\"'") for part in key[1].split(".")] == names and (seen in (-1, index)):
            return number
    return best
