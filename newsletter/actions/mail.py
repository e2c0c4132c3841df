"""Mail to one person, outside of any mailing: through the same provider, at once."""

from __future__ import annotations

import logging
import secrets
from email.utils import format_datetime

from newsletter import addresses
from newsletter.actions.workspace import Workspace
from newsletter.errors import NewsletterError
from newsletter.messages import Outcome, Outgoing
from newsletter.rendering import notice as rendering
from newsletter.rendering.notice import Notice

LABEL = "notices"
log = logging.getLogger("newsletter.notices")


def send(workspace: Workspace, to: str, notice: Notice) -> Outcome:
    """Send `notice` to the address `to`, in the current language, and return the provider's answer.

    Raises AddressError, MessageError and ProviderError; `post` is for those who cannot do anything about them.
    """
    address, settings, provider = addresses.parse_address(to), workspace.settings, workspace.provider()
    domain = settings.sending.from_.rpartition("@")[2].rstrip("> ")
    key = secrets.token_hex(16)
    envelope = rendering.Envelope(
        sender=settings.sending.from_,
        to=address.text,
        date=format_datetime(workspace.now()),
        message_id=f"<{key}@{domain}>",
        reply_to=settings.network.email,
    )
    made = rendering.parts(notice, envelope, settings.network, settings.theme)
    whole = provider.wants != "parts"
    outgoing = Outgoing(
        # No delivery of the ledger: the number only tells the outbox's files apart.
        delivery=secrets.randbelow(10**9),
        address=address.wire,
        message_id=envelope.message_id,
        return_path=settings.sending.return_path,
        key=key,
        mime=rendering.mime(made, envelope) if whole else b"",
        parts=None if whole else made,
    )
    session = provider.connect(LABEL)
    try:
        (outcome,) = session.send([outgoing])
    finally:
        session.close()
    return outcome


def post(workspace: Workspace, to: str, notice: Notice) -> bool:
    """Send `notice` and tell whether it left; why it did not is logged, without the address."""
    try:
        outcome = send(workspace, to, notice)
    except NewsletterError as error:
        log.error("a notice did not leave: %s", type(error).__name__, exc_info=error)
        return False
    if outcome.kind != "accepted":
        log.error("a notice did not leave: %s %s", outcome.kind, outcome.status or outcome.code)
    return outcome.kind == "accepted"
