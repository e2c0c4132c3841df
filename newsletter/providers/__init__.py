"""Sending providers: one contract, one small module per provider, imported only when the settings name it.

A provider module offers `build(settings) -> Provider`, `PROCESSOR` (the company and country that the privacy page
names) and, if the provider calls back, `read_webhook(request, secret)`. A new provider is one module and one line in
`PROVIDERS`; a package of its own names its module by an entry point of the group `newsletter.providers`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from importlib import import_module
from importlib.metadata import entry_points
from types import MappingProxyType, ModuleType
from typing import Literal, Protocol

from newsletter.errors import ProviderError, nearest
from newsletter.i18n import Sentence
from newsletter.messages import DeliveryReport, Outcome, Outgoing
from newsletter.settings import Settings

Wants = Literal["mime", "parts", "pieces"]
Leaving = Callable[[Sequence[int]], bool]
"""`leaving(deliveries)`: called right before anything of these messages is written; False keeps them from leaving."""


def let_leave(_deliveries: Sequence[int]) -> bool:
    """Return True: the `leaving` of a caller who neither keeps track nor stops."""
    return True


class ProviderSession(Protocol):
    """One open way to the provider, used by one thread at a time.

    A session opens its connection on the first `send` and again whenever the last one broke: it is never left unusable.
    """

    def send(self, batch: Sequence[Outgoing], leaving: Leaving = let_leave) -> Iterator[Outcome]:
        """Send `batch` and yield exactly one Outcome per message, in any order, each as soon as it is known.

        `batch` holds at most `Provider.batch` messages. The peer's faults are outcomes, never exceptions. The iterator
        must be run to its end. A message is `unknown` only if the provider may have taken it: all of it was written
        (or the request may have arrived) and no answer came; `deferred` promises that it was not taken; `untried` that
        nothing of it was written, and that it was not announced to `leaving`, or that `leaving` said no.
        """
        ...

    def close(self) -> None:
        """Say goodbye and free the connection; safe to call twice, and on a broken session. Never raises."""
        ...


class Provider(Protocol):
    """A configured provider; safe to share between threads, cheap to make, no connection of its own.

    `name`: its key in `PROVIDERS`. `wants`: what of an Outgoing it reads, `mime`, `parts` or
    `pieces` (then it takes `mime` too: what is no letter comes whole). `batch`: the most
    messages in one `send`. `idempotent`: the provider recognises `Outgoing.key`, so an `unknown` may be sent again.
    """

    @property
    def name(self) -> str: ...
    @property
    def wants(self) -> Wants: ...
    @property
    def batch(self) -> int: ...
    @property
    def idempotent(self) -> bool: ...

    def connect(self, label: str = "") -> ProviderSession:
        """Return a new session; `label` (an issue's key) names what is sent, for providers that file it."""
        ...


@dataclass(frozen=True, slots=True)
class WebhookRequest:
    """A webhook call as it arrived: header names in lower case, the raw body, the query, and the time of arrival.

    `now` is an aware datetime: signatures with a timestamp are checked against it.
    """

    headers: Mapping[str, str]
    body: bytes
    query: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    now: datetime = field(kw_only=True)


WebhookReader = Callable[[WebhookRequest, str], list[DeliveryReport]]
"""`read_webhook(request, secret)`: the reports in a call.

Raises Refused when the proof (signature, token, timestamp) is missing or wrong, and ProviderError when a proven body
cannot be read. An event of an unknown kind is no error: it is left out.
"""

PROVIDERS: Mapping[str, str] = MappingProxyType(
    {
        "outbox": "newsletter.providers.outbox",
        "smtp": "newsletter.providers.smtp",
        "brevo": "newsletter.providers.brevo",
        "mailjet": "newsletter.providers.mailjet",
        "scaleway": "newsletter.providers.scaleway",
        "mailgun": "newsletter.providers.mailgun",
        "postmark": "newsletter.providers.postmark",
    }
)


def unready(setting: str) -> Sentence:
    """Return what a page says while a setting of the provider is missing or wrong: editors cannot mend it."""
    return Sentence(
        "Le prestataire d’envoi n’est pas entièrement réglé : {name}. "
        "Demandez à la personne qui administre le serveur.",
        name=setting,
    )


def open_provider(settings: Settings) -> Provider:
    """Return the provider that `[sending] provider` names; nothing is connected yet.

    Raises ProviderError for an unknown name and for a provider that is not configured (a missing secret).
    """
    name = settings.sending.provider
    module = _module(name)
    if module is None:
        raise ProviderError(
            f"provider `{name}` is unknown",
            where="[sending] provider",
            hint=nearest(name, [*PROVIDERS, *_installed()]),
            said=unready(name),
        )
    build: Callable[[Settings], Provider] = module.build
    return build(settings)


def processor(name: str) -> str:
    """Return the company and country that messages sent by `name` pass through; "" for none."""
    return str(getattr(_module(name), "PROCESSOR", ""))


def _module(name: str) -> ModuleType | None:
    """Return the module of a provider: one of the product's own, or one that an installed package offers."""
    path = PROVIDERS.get(name) or _installed().get(name)
    return import_module(path) if path else None


def _installed() -> dict[str, str]:
    return {entry.name: entry.value for entry in entry_points(group="newsletter.providers")}


def webhook_reader(name: str) -> WebhookReader | None:
    """Return the reader of the webhooks of provider `name`; None when it is unknown or never calls back."""
    reader: WebhookReader | None = getattr(_module(name), "read_webhook", None)
    return reader


def replay_key(name: str, request: WebhookRequest) -> str:
    """Return what a proven call may be used for once: the token of a signature; "" where the body is its own proof."""
    find: Callable[[WebhookRequest], str] | None = getattr(_module(name), "replay_key", None)
    return find(request) if find else ""
