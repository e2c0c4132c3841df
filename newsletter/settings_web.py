"""The settings of pages: the public address and its caps, the Studio's sessions, an OpenID Connect provider."""

from __future__ import annotations

import ipaddress
from typing import Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator


class SettingsTable(BaseModel):
    """A table of the settings: nothing unknown in it, and nothing changes it."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Web(SettingsTable):
    """The public address under which pages and pictures are served; links in letters are made from it alone.

    Published pictures are kept in `media`: files of this machine, or the database, which all web processes share. The
    caps bound how many requests to subscribe are taken: from one IP address, and mailed about in all, an hour; and how
    many connections are open at one time.
    """

    base_url: str = "http://localhost:8025"
    trusted_proxies: tuple[str, ...] = ()
    count_links: bool = False
    media: Literal["files", "database"] = "files"
    requests_per_ip: int = Field(default=30, ge=1)
    requests_per_hour: int = Field(default=300, ge=1)
    connections: int = Field(default=500, ge=16)
    connections_per_ip: int = Field(default=50, ge=4)

    @field_validator("trusted_proxies")
    @classmethod
    def _proxies(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for proxy in value:
            try:
                network = ipaddress.ip_network(proxy, strict=False)
            except ValueError:
                raise ValueError(f"`{proxy}` is no IP address or network of a proxy") from None
            if network.prefixlen == 0:
                raise ValueError(f"`{proxy}` is everybody, and everybody could name any address as theirs")
        return value

    @field_validator("base_url")
    @classmethod
    def _url(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise ValueError("it must be an http or https address such as https://lettre.example.org")
        return value.rstrip("/")


class OidcSettings(SettingsTable):
    """An OpenID Connect provider by which invited users may sign in; its secret is `NEWSLETTER_OIDC_CLIENT_SECRET`.

    `trust_email` takes the address of a provider that does not say whether it verified it.
    """

    issuer: str = ""
    client_id: str = ""
    label: str = ""
    scopes: tuple[str, ...] = ("openid", "email")
    trust_email: bool = False

    @field_validator("issuer")
    @classmethod
    def _issuer(cls, value: str) -> str:
        parts = urlsplit(value)
        local = parts.scheme == "http" and parts.hostname in ("localhost", "127.0.0.1")
        if value and not (parts.hostname and (parts.scheme == "https" or local)):
            raise ValueError("it must be an https address such as https://connexion.example.org/realms/reseau")
        return value.rstrip("/")


class StudioSettings(SettingsTable):
    """How long a browser stays signed in to the Studio: in all, and without a page being opened.

    `second_factor` asks whoever may send or administer for a passkey or an app of codes. Sending, exporting, making
    keys and changing rights ask for a proof of the user from the last `fresh_minutes`.
    A user who may send writes to so many addresses outside of the team a day: proofs, links to one item.
    """

    session_days: float = Field(default=30, gt=0, le=365)
    idle_days: float = Field(default=14, gt=0, le=365)
    second_factor: bool = False
    fresh_minutes: float = Field(default=60, ge=1, le=1440)
    outside_mails_per_day: int = Field(default=30, ge=0)
    oidc: OidcSettings = OidcSettings()
