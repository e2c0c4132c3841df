"""Sending through an SMTP relay: handshake by the standard library, then pipelined transactions on its socket."""

from __future__ import annotations

import contextlib
import re
import smtplib
import socket
import ssl
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import cast
from urllib.parse import urlsplit

from newsletter.errors import ProviderError
from newsletter.i18n import _
from newsletter.messages import Outcome, OutcomeKind, Outgoing
from newsletter.providers import Leaving, ProviderSession, Wants, let_leave, unready
from newsletter.providers.smtp_body import Piece, WireProof
from newsletter.providers.smtp_verdict import deferred, judge, untried
from newsletter.providers.smtp_wire import Closing, SmtpReply, SmtpWire
from newsletter.settings import Settings, Smtp

_PATH = re.compile(r"[!-;=?-~]{1,254}\Z")
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_BATCH = 100
_STRIKES = 2


def build(settings: Settings) -> SmtpProvider:
    """Return the provider of `[sending.smtp]`.

    Raises ProviderError for what is no host name, and for a user without a password that can be used, or whose password
    would go over a clear connection.
    """
    smtp = settings.sending.smtp
    password = settings.secret("smtp_password")
    try:
        smtp.host.encode("idna")
    except UnicodeError:
        raise ProviderError(
            f"`{smtp.host}` is no host name",
            where="[sending.smtp] host",
            hint="name the relay your host gave you",
            said=unready("host"),
        ) from None
    if smtp.user and not password:
        raise ProviderError(
            f"no password for the SMTP user `{smtp.user}`",
            where="NEWSLETTER_SMTP_PASSWORD",
            hint="set it in the environment or in the workspace's .env",
            said=unready("NEWSLETTER_SMTP_PASSWORD"),
        )
    if not (smtp.user.isascii() and password.isascii()):
        raise ProviderError(
            "the SMTP user or password is not plain ASCII",
            where="NEWSLETTER_SMTP_PASSWORD",
            hint="choose another password: servers do not agree on how to read it",
            said=unready("NEWSLETTER_SMTP_PASSWORD"),
        )
    if smtp.user and smtp.security == "none" and smtp.host not in _LOOPBACK:
        raise ProviderError(
            f"the password would go to {smtp.host} in clear",
            where="[sending.smtp] security",
            hint='use "starttls" or "tls"',
            said=unready("security"),
        )
    tls = None if smtp.security == "none" else ssl.create_default_context()
    return SmtpProvider(smtp, password, urlsplit(settings.web.base_url).hostname or "localhost", tls)


@dataclass(frozen=True)
class SmtpProvider:
    """An SMTP relay. `tls` is None for a clear connection; `greeting` is the host name said in EHLO."""

    smtp: Smtp
    password: str = field(repr=False)
    greeting: str
    tls: ssl.SSLContext | None
    name: str = "smtp"
    wants: Wants = "pieces"
    batch: int = _BATCH
    idempotent: bool = False

    def connect(self, label: str = "") -> ProviderSession:
        """Return a session; it dials on the first `send`."""
        return SmtpSession(self.dial, self.smtp.messages_per_connection)

    def dial(self) -> SmtpWire:
        """Open a connection, greet, secure it and log in.

        Raises OSError (smtplib's errors are such) whenever any of it is refused: nothing is ever sent in clear when
        TLS is asked for.
        """
        smtp = self.smtp
        if smtp.security == "tls" and self.tls:
            client: smtplib.SMTP = smtplib.SMTP_SSL(
                smtp.host, smtp.port, self.greeting, timeout=smtp.timeout, context=self.tls
            )
        else:
            client = smtplib.SMTP(smtp.host, smtp.port, self.greeting, timeout=smtp.timeout)
        with contextlib.ExitStack() as undo:
            undo.callback(client.close)
            # Without it every answer waits for the peer's delayed acknowledgement: 44 ms a message under TLS.
            cast(socket.socket, client.sock).setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            client.ehlo_or_helo_if_needed()
            if smtp.security == "starttls":
                client.starttls(context=self.tls)
                client.ehlo_or_helo_if_needed()
            if smtp.user:
                client.login(smtp.user, self.password)
            undo.pop_all()
        return _take_over(client, smtp)


def _take_over(client: smtplib.SMTP, smtp: Smtp) -> SmtpWire:
    """Hand the socket of `client` to a Wire; the client is of no more use."""
    sock, client.sock = cast(socket.socket, client.sock), None
    if client.file:
        client.file.close()
        client.file = None
    pipelining = smtp.pipelining and client.has_extn("pipelining")
    return SmtpWire(sock, timeout=smtp.timeout, pipelining=pipelining, size=client.has_extn("size"))


class SmtpSession:
    """Sends batches over one connection at a time, opening a new one when it is worn out or broken."""

    def __init__(self, dial: Callable[[], SmtpWire], limit: int) -> None:
        self._dial, self._limit = dial, limit
        self._wire: SmtpWire | None = None
        self._proof = WireProof()

    def send(self, batch: Sequence[Outgoing], leaving: Leaving = let_leave) -> Iterator[Outcome]:
        """Send `batch`; see `providers.Session`.

        A connection that breaks after having served is replaced, and what was certainly not taken goes on over the new
        one. The rest of the batch is deferred when the peer cannot be reached, breaks two connections running, stays
        silent or leaves a doubt; it is untried when the peer refuses the mailing as a whole, or when `leaving` says no.
        """
        waiting: deque[Piece] = deque()
        for message in batch:
            piece = _piece(message, self._proof)
            if isinstance(piece, Outcome):
                yield piece
            else:
                waiting.append(piece)
        try:
            yield from self._drain(waiting, leaving)
        finally:
            if waiting:  # the caller stopped listening in the middle: nobody would read the next answers
                self._drop()

    def close(self) -> None:
        """Say QUIT and close the connection, if there is one."""
        if self._wire:
            self._wire.quit()
            self._wire = None

    def _drop(self) -> None:
        if self._wire:
            self._wire.drop()
            self._wire = None

    def _drain(self, waiting: deque[Piece], leaving: Leaving) -> Iterator[Outcome]:
        strikes = 0
        while waiting:
            try:
                wire = self._ready()
            except OSError as error:
                yield from _defer_all(waiting, _explain(error))
                return
            try:
                yield from self._converse(wire, waiting, leaving)
                continue
            except OSError as error:
                lost, reason = error, _explain(error)
            self._drop()
            if wire.doubt:
                yield _lost(waiting.popleft(), "unknown", reason)
            elif not wire.settled:
                strikes += 1
                yield _lost(waiting.popleft(), "deferred", reason)
            if wire.doubt or strikes == _STRIKES or isinstance(lost, TimeoutError):
                yield from _defer_all(waiting, reason)

    def _ready(self) -> SmtpWire:
        if self._wire and (self._wire.broken or self._wire.settled >= self._limit):
            self.close()
        if not self._wire:
            self._wire = self._dial()
        return self._wire

    def _converse(self, wire: SmtpWire, waiting: deque[Piece], leaving: Leaving) -> Iterator[Outcome]:
        """Settle pieces from the left until none is left or the wire is worn out; raises OSError when it breaks."""
        while waiting and not wire.broken and wire.settled < self._limit:
            if not leaving((waiting[0].delivery,)):
                yield from self._stop(waiting, _("rien n’est parti : l’envoi s’arrête"))
                return
            last = wire.settled + 1 == self._limit
            following = waiting[1] if len(waiting) > 1 and not last else None
            outcome = judge(waiting[0].delivery, wire.transact(waiting[0], following))
            waiting.popleft()
            yield outcome
            if outcome.scope == "mailing":
                yield from self._stop(waiting, outcome.text)

    def _stop(self, waiting: deque[Piece], why: str) -> Iterator[Outcome]:
        # What stands behind the final dot must not become a transaction: only hanging up undoes it.
        self._drop()
        while waiting:
            yield untried(waiting.popleft().delivery, why)


def _piece(message: Outgoing, proof: WireProof) -> Piece | Outcome:
    """Make `message` ready for the wire, or refuse what must not be written there."""
    if not _PATH.match(message.address):
        text = _("adresse impossible à écrire dans une commande SMTP")
        return Outcome(message.delivery, "refused", status="5.1.3", text=text)
    if message.return_path and not _PATH.match(message.return_path):
        text = _("adresse de retour impossible à écrire dans une commande SMTP")
        return Outcome(message.delivery, "refused", "mailing", status="5.1.7", text=text)
    body = proof.body(message)
    if body is None:
        text = _("message vide, non ASCII, ou avec une fin de ligne isolée : il ne doit pas partir")
        return Outcome(message.delivery, "refused", "mailing", status="5.6.0", text=text)
    return Piece(message.delivery, message.return_path.encode(), message.address.encode(), *body)


def _explain(error: OSError) -> SmtpReply:
    """Return what a broken connection said, or what can be said of it."""
    if isinstance(error, Closing):
        return error.reply
    if isinstance(error, smtplib.SMTPResponseException):
        text = error.smtp_error
        return SmtpReply(max(error.smtp_code, 0), text if isinstance(text, bytes) else text.encode())
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return SmtpReply(0, (_("le serveur ne propose pas ce qui est exigé : {}").format(error)).encode())
    if isinstance(error, ssl.SSLCertVerificationError):
        return SmtpReply(0, (_("certificat du serveur refusé : {}").format(error.verify_message)).encode())
    if isinstance(error, TimeoutError):
        return SmtpReply(0, _("le serveur n'a pas répondu à temps").encode())
    return SmtpReply(0, (_("connexion perdue ou impossible : {}").format(error)).encode())


def _lost(piece: Piece, kind: OutcomeKind, reply: SmtpReply) -> Outcome:
    return Outcome(piece.delivery, kind, "provider", code=reply.code, status=reply.status, text=reply.text)


def _defer_all(waiting: deque[Piece], reply: SmtpReply) -> Iterator[Outcome]:
    while waiting:
        yield deferred(waiting.popleft().delivery, reply, "provider")
