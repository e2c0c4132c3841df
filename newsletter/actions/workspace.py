"""A workspace in use: its settings, its database, its keys, its clock. Every verb takes one."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from zoneinfo import ZoneInfo

from newsletter import addresses
from newsletter.actions.kept import Kept
from newsletter.content.filecache import FileCache
from newsletter.content.pool import Pool, read_pool
from newsletter.links import Links
from newsletter.providers import Provider, open_provider
from newsletter.settings import Publication, Settings
from newsletter.settings_file import load
from newsletter.store.database import Database, open_database
from newsletter.store.entitlement import Rule
from newsletter.tokens import Signer

PARIS = ZoneInfo("Europe/Paris")


@dataclass(frozen=True)
class Workspace:
    """One workspace, opened; `clock` gives POSIX seconds."""

    settings: Settings
    clock: Callable[[], float] = field(default=time.time)

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
        return datetime.fromtimestamp(self.clock(), PARIS)

    def today(self) -> date:
        """Return the day in Paris."""
        return self.now().date()

    def rule(self, publication: Publication) -> Rule:
        """Return the audience rule of a publication as the settings have it now."""
        return Rule(
            publication.key,
            publication.audience == "members",
            self.settings.members.grace_days,
            tuple(sorted(addresses.parse(text).key for text in publication.exceptions)),
        )

    def published(self) -> Path:
        """Return the directory of the pictures served under `/images/`, made if need be."""
        path = self.root / "published"
        path.mkdir(exist_ok=True)
        return path

    def reload(self) -> None:
        """Take up `newsletter.toml` anew, in place; the database and the secrets stay those of the start.

        Raises SettingsError, changing nothing, when it cannot be read.
        """
        object.__setattr__(self, "settings", load(self.root))
        self.__dict__.pop("links", None)

    def close(self) -> None:
        """Close the database if it was opened."""
        if "database" in self.__dict__:
            self.database.close()


def open_workspace(root: Path, clock: Callable[[], float] = time.time) -> Workspace:
    """Open the workspace in `root`; raises SettingsError."""
    return Workspace(load(root), clock)
