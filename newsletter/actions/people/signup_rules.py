"""What a person asks for on the subscription form, whether it can be accepted, and how often."""

from __future__ import annotations

import logging
import secrets
from dataclasses import dataclass

from sqlalchemy.engine import Connection

from newsletter import addresses, providers
from newsletter.actions.workspace import Workspace
from newsletter.errors import AddressError, TokenError
from newsletter.i18n import _
from newsletter.networks import network_of
from newsletter.store import journal
from newsletter.store.journal import Event
from newsletter.store.people import limits, one_time, organisations, waiting_mails

HOUR, DAY = 3600, 86_400
YOUNGEST, OLDEST = 2.0, float(DAY)  # how long a form stays open before it is sent, in seconds
LONGEST_NAME = 120
WAITING_HOURS = 10  # as many mails may wait as leave in so many hours
FIRST_OF_NETWORK = 3  # requests an hour that a household, or a town hall behind one address, makes without haste
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
    """Return the key that a form carries while it is being filled in: a signed time and a number drawn by lot."""
    return workspace.signer.seal("form", int(workspace.clock() * 1000).to_bytes(8, "big") + secrets.token_bytes(8))


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
        shown = int.from_bytes(workspace.signer.open("form", token)[:8], "big") / 1000
    except TokenError:
        return False
    return YOUNGEST <= workspace.clock() - shown <= OLDEST


def used_up(workspace: Workspace, application: Application) -> dict[str, str]:
    """Use the key of an accepted form for its address; return a problem if another address has had it.

    The same form sent twice is one request: a second click of a person is none of another's.
    """
    if application.by:
        return {}
    address = workspace.signer.fingerprint("limit", addresses.parse_address(application.address).key)
    with workspace.database.write() as connection:
        if one_time.spend_form(connection, application.form, address, workspace.clock() + 2 * DAY):
            return {}
    return {"form": _("Ce formulaire a déjà servi pour une autre adresse. Envoyez-le de nouveau.")}


@dataclass(frozen=True, slots=True)
class Admission:
    """Whether a request for a mail is taken, whether its mail may leave at once, and a keyed hash of who asked."""

    taken: bool
    at_once: bool
    network: str = ""


def admit_request(workspace: Workspace, ip: str) -> Admission:
    """Count a request to subscribe from `ip`, and tell whether its mail leaves now, later, or never.

    An address book of invented addresses from a few networks must not use up what a single visitor needs: the first
    requests of each network may take the whole hour's mails, its further ones no more than half of them.
    """
    hourly = workspace.settings.web.requests_per_hour
    with workspace.database.write() as connection:
        now = workspace.database.now(connection)
        n, network = _count_network(workspace, connection, ip, now)
        if n > workspace.settings.web.requests_per_ip:
            return Admission(taken=False, at_once=False)
        # Counted in either case, so that the work before the answer is the same for everyone.
        turn = "first" if n <= FIRST_OF_NETWORK else "further"
        many = limits.hit(connection, f"subscribe:{turn}", now, HOUR) > hourly // 2
        held = many and turn == "further"
        at_once = not held and may_leave(workspace, connection, now)
        # What waits is bounded as well: beyond that a request is refused in words rather than promised.
        taken = at_once or waiting_mails.count_waiting(connection) < hourly * WAITING_HOURS
        return Admission(taken=taken, at_once=at_once, network=network)


def admit_program(workspace: Workspace) -> bool:
    """Count a request that a program with a key makes for a person, and tell whether its mail leaves at once."""
    with workspace.database.write() as connection:
        return may_leave(workspace, connection, workspace.database.now(connection))


def may_leave(workspace: Workspace, connection: Connection, now: float) -> bool:
    """Count one of the hour's mails to people who ask to subscribe; tell whether there was one left.

    Copies and erasures of one's data, sign-in and links to members' letters are counted apart, each by itself.
    """
    cap = workspace.settings.web.requests_per_hour
    n = limits.hit(connection, "subscribe:all", now, HOUR)
    if n == cap + 1:
        _alarm(connection, now, "all", cap)
    return n <= cap


def admit(workspace: Workspace, ip: str) -> bool:
    """Count a request for a mail from `ip` and tell whether the cap allows it; the first one beyond it raises an alarm.

    Nothing but a hash that changes every day is kept of the IP address, and not longer than the day after.
    """
    with workspace.database.write() as connection:
        n, _network = _count_network(workspace, connection, ip, workspace.database.now(connection))
    return n <= workspace.settings.web.requests_per_ip


def _count_network(workspace: Workspace, connection: Connection, ip: str, now: float) -> tuple[int, str]:
    """Count a request of this hour; return how many of one network there were, and its hash of today."""
    cap = workspace.settings.web.requests_per_ip
    network = workspace.signer.fingerprint(f"ip:{int(now // DAY)}", network_of(ip))
    n = limits.hit(connection, f"subscribe:ip:{network}", now, HOUR)
    if n == cap + 1:
        _alarm(connection, now, "one-ip", cap)
    return n, network


def may_mail(workspace: Workspace, connection: Connection, key: str, now: float, what: str = "subscribe") -> bool:
    """Count a mail of the kind `what` about to be sent to the address `key`: one a day for each."""
    return limits.hit(connection, _name(workspace, key, what), now, DAY) == 1


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
