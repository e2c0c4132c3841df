"""A workspace in use: its settings, its database, its keys, its clock. Every verb takes one."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from pathlib import Path

from newsletter import addresses, paris
from newsletter.actions.cache import Kept
from newsletter.actions.published_pictures import Files, InDatabase, Media
from newsletter.audience import EVERYONE, Audience, AudienceRule, both, canonical, conditions, formula, resolve
from newsletter.audience_parser import parse_rule
from newsletter.content.audiences import read_audiences
from newsletter.content.filecache import FileCache
from newsletter.content.pool import Pool, read_pool
from newsletter.errors import SettingsError
from newsletter.links import Links
from newsletter.providers import Provider, open_provider
from newsletter.settings import Publication, Settings
from newsletter.settings_file import FILE, load_settings
from newsletter.store.engine.database import Database, open_database
from newsletter.store.people.entitlement import Rule
from newsletter.store.people.featured import name_featured
from newsletter.tokens import Signer

_log = logging.getLogger(__name__)
_NEVER = (-1, -1, -1)


@dataclass(eq=False)
class Workspace:
    """One workspace, opened; `clock` gives POSIX seconds. `settings` change when their file does: see `renew`."""

    settings: Settings
    clock: Callable[[], float] = field(default=time.time)
    _seen: tuple[int, int, int] | None = field(default=_NEVER, init=False, repr=False)

    @property
    def root(self) -> Path:
        """The workspace's directory."""
        return self.settings.root

    @cached_property
    def database(self) -> Database:
        """The database, opened and migrated on first use."""
        return open_database(self.settings.database.url, self.root, durable=self.settings.database.durable)

    @cached_property
    def signer(self) -> Signer:
        """The keys of `NEWSLETTER_SECRET`."""
        return Signer.from_secret(self.settings.secret("secret"))

    @cached_property
    def links(self) -> Links:
        """The makers of personal links."""
        return Links(self.settings.web.base_url, self.signer)

    def provider(self) -> Provider:
        """Return the provider that the settings name; raises ProviderError when it is not configured."""
        return open_provider(self.settings)

    @cached_property
    def files(self) -> FileCache:
        """What was read of articles and issues, as long as their files stay the same."""
        return FileCache()

    @cached_property
    def kept(self) -> Kept:
        """What was made of values that are still the same."""
        return Kept()

    def pool(self) -> Pool:
        """Return all articles as their files are now."""
        return read_pool(self.root, self.files)

    def now(self) -> datetime:
        """Return the time in Paris."""
        return paris.moment(self.clock())

    def today(self) -> date:
        """Return the day in Paris."""
        return self.now().date()

    def audiences(self) -> tuple[Audience, ...]:
        """Return the named audiences, by title. Raises ContentError for a file that cannot be read."""
        return read_audiences(self.root, self.files)

    def resolve_audience(self, rule: AudienceRule, on: date | None = None) -> AudienceRule:
        """Return a rule with all that it names looked up: other audiences, and the organisations that were featured.

        With `on`, those that were featured by the end of that day.
        Raises AudienceError for a name that leads nowhere, ContentError for a file of an audience.
        """
        if any(one.field == "audience" for one in conditions(rule)):
            rule = resolve(rule, {audience.key: audience.rule for audience in self.audiences()})
        if any(one.field == "featured" for one in conditions(rule)):
            with self.database.read() as connection:
                rule = name_featured(connection, rule, on)
        return canonical(rule)

    def rule(self, publication: Publication, audience: AudienceRule = EVERYONE) -> Rule:
        """Return the audience rule of a publication as the settings have it now, for the people in `audience` only."""
        inside = self.resolve_audience(both(parse_rule(publication.for_), audience))
        return Rule(
            publication.key,
            publication.audience == "members",
            self.settings.members.grace_days,
            tuple(sorted(addresses.parse_address(text).key for text in publication.exceptions)),
            formula(inside),
        )

    def published(self) -> Path:
        """Return the directory of the pictures served under `/images/`, when files are their place."""
        return self.root / "published"

    @property
    def departures(self) -> Path:
        """The directory of the departure logs: what left, told outside of the database."""
        return self.root / "departures"

    @property
    def media(self) -> Media:
        """The place of the pictures served under `/images/`, as `[web] media` says."""
        files = Files(self.published())
        return InDatabase(self.database, files) if self.settings.web.media == "database" else files

    def reload(self) -> None:
        """Take up `newsletter.toml` anew, in place; the database and the secrets stay those of the start.

        Raises SettingsError, changing nothing, when it cannot be read.
        """
        self._seen = _mark(self.root)
        self.settings = load_settings(self.root)
        self.__dict__.pop("links", None)

    def renew(self) -> bool:
        """Take up `newsletter.toml` anew if another process changed it; tells whether it did.

        A file that cannot be read is named in the log once, and the settings stay what they are.
        """
        seen = _mark(self.root)
        if self._seen == _NEVER:
            self._seen = seen
        if seen == self._seen:
            return False
        try:
            self.reload()
        except SettingsError as error:
            _log.error("the changed settings are not taken up: %s", error)
            return False
        return True

    def close(self) -> None:
        """Close the database if it was opened."""
        if "database" in self.__dict__:
            self.database.close()


def open_workspace(root: Path, clock: Callable[[], float] = time.time) -> Workspace:
    """Open the workspace in `root`; raises SettingsError."""
    seen = _mark(root)
    workspace = Workspace(load_settings(root), clock)
    workspace._seen = seen
    return workspace


def _mark(root: Path) -> tuple[int, int, int] | None:
    """Return what tells one version of the settings file from the next without reading it."""
    try:
        found = (root / FILE).stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size
