"""What a person asks for on the subscription form, whether it can be accepted, and how often."""

from __future__ import annotations

import ipaddress
import logging
from dataclasses import dataclass

from sqlalchemy.engine import Connection

from newsletter import addresses, providers
from newsletter.actions.workspace import Workspace
from newsletter.errors import AddressError, TokenError
from newsletter.i18n import _
from newsletter.store import journal
from newsletter.store.journal import Event
from newsletter.store.people import limits, one_time, organisations

HOUR, DAY = 3600, 86_400
YOUNGEST, OLDEST = 2.0, float(DAY)  # how long a form stays open before it is sent, in seconds
LONGEST_NAME = 120
WORDING = "2026-11"  # a new value with every change of the sentences of `purpose`: it is kept as proof

log = logging.getLogger("newsletter.subscribe")


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """A filled subscription form as it was typed; `form` is the signed time at which it was shown.

    A program that asks on a person's behalf is `by`, and `asked` says how that person asked: both are kept as proof.
    """

    address: str
    publications: tuple[str, ...]
    first_name: str = ""
    last_name: str = ""
    organisation: str = ""
    form: str = ""
    by: str = ""
    asked: str = ""

    @property
    def names(self) -> dict[str, str]:
        """First and last name, each on one line."""
        return {"first_name": " ".join(self.first_name.split()), "last_name": " ".join(self.last_name.split())}


def processors(workspace: Workspace) -> list[str]:
    """Return the companies that process personal data for the network: who carries its mail, and its host."""
    settings = workspace.settings
    relay = settings.sending.smtp.host if settings.sending.provider == "smtp" else ""
    carrier = providers.processor(settings.sending.provider) or (relay if relay != "localhost" else "")
    return [name for name in (carrier, settings.network.host) if name]


def purpose(workspace: Workspace) -> tuple[str, ...]:
    """Return why the data is asked for and on which legal basis, in plain words; the version is `WORDING`."""
    network = workspace.settings.network
    return (
        _("Votre adresse sert à vous envoyer les publications choisies, et à rien d’autre. Elle n’est jamais cédée."),
        _("Base légale : votre consentement, que vous retirez à tout moment par un lien présent dans chaque lettre."),
        _("Responsable : {network}. Nous ne mesurons ni l’ouverture des lettres ni vos clics.").format(
            network=network.short_name
        ),
    )


def form_key(workspace: Workspace) -> str:
    """Return the signed time that a form carries while it is being filled in."""
    return workspace.signer.seal("form", int(workspace.clock() * 1000).to_bytes(8, "big"))


def problems(workspace: Workspace, application: Application) -> dict[str, str]:
    """Return what keeps the form from being accepted: a sentence for each field, by the field's name."""
    found = {}
    try:
        address = addresses.parse_address(application.address)
        if not address.wire.isascii():
            found["address"] = _("Nous ne savons pas encore écrire à une adresse avec des lettres accentuées.")
    except AddressError as error:
        found["address"] = _("Vérifiez l’adresse : {why}.").format(why=error.told.rstrip("."))
    if not application.publications or not set(application.publications) <= set(workspace.settings.publications):
        found["publications"] = _("Choisissez au moins une publication.")
    for name in ("first_name", "last_name", "organisation"):
        text = getattr(application, name)
        if len(text) > LONGEST_NAME or not text.isprintable():
            found[name] = _("Écrivez ce nom sur une ligne, en {n} caractères au plus.").format(n=LONGEST_NAME)
    if not application.by and not _open_form(workspace, application.form):
        found["form"] = _(
            "Le formulaire a été envoyé trop vite ou est resté ouvert trop longtemps. Envoyez-le de nouveau."
        )
    return found


def _open_form(workspace: Workspace, token: str) -> bool:
    try:
        shown = int.from_bytes(workspace.signer.open("form", token), "big") / 1000
    except TokenError:
        return False
    return YOUNGEST <= workspace.clock() - shown <= OLDEST


def admit(workspace: Workspace, ip: str) -> bool:
    """Count a request for a mail from `ip` and tell whether the cap allows it; the first one beyond it raises an alarm.

    Nothing but a hash that changes every day is kept of the IP address, and not longer than the day after.
    """
    cap = workspace.settings.web.requests_per_ip
    with workspace.database.write() as connection:
        now = workspace.database.now(connection)
        day = int(now // DAY)
        name = "subscribe:ip:" + workspace.signer.fingerprint(f"ip:{day}", network_of(ip))
        n = limits.hit(connection, name, now, HOUR)
        if n == cap + 1:
            _alarm(connection, now, "one-ip", cap)
    return n <= cap


def network_of(ip: str) -> str:
    """Return the part of an IP address that one customer holds: all of an IPv4 address, the first half of an IPv6."""
    try:
        found = ipaddress.ip_address(ip)
    except ValueError:
        return ip
    return str(ipaddress.ip_network(f"{ip}/64", strict=False)) if found.version == 6 else ip


def may_mail(workspace: Workspace, connection: Connection, key: str, now: float, what: str = "subscribe") -> bool:
    """Count a mail of the kind `what` about to be sent to the address `key`: one a day for each, and a cap in all."""
    if limits.hit(connection, _name(workspace, key, what), now, DAY) > 1:
        return False
    cap = workspace.settings.web.requests_per_hour
    n = limits.hit(connection, "subscribe:all", now, HOUR)
    if n == 1:
        limits.purge_limits(connection, now - 2 * DAY)
        one_time.purge_links(connection, now)
    if n > cap:
        if n == cap + 1:
            _alarm(connection, now, "all", cap)
        limits.release(connection, _name(workspace, key, what))
    return n <= cap


def not_mailed(workspace: Workspace, connection: Connection, key: str, what: str = "subscribe") -> None:
    """Forget that a mail to `key` was counted: it did not leave, so the next request may try again."""
    limits.release(connection, _name(workspace, key, what))


def _name(workspace: Workspace, key: str, what: str) -> str:
    return f"{what}:address:" + workspace.signer.fingerprint("limit", key)


def _alarm(connection: Connection, now: float, which: str, cap: int) -> None:
    log.warning("ALARM: more than %d requests for a mail within an hour (%s)", cap, which)
    journal.record_event(connection, Event(now, "subscribe-alarm", detail={"which": which, "cap": cap}))


def organisation_names(workspace: Workspace) -> list[str]:
    """Return the names of known organisations as suggestions; no more than a light page can hold."""
    with workspace.database.read() as connection:
        return [o.name for o in organisations.list_organisations(connection)][:400]
