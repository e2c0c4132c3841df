"""Who did what, for the Studio's journal; and a test message, to check that sending works."""

from __future__ import annotations

from collections.abc import Sequence

from newsletter.actions import mail
from newsletter.actions.workspace import Workspace
from newsletter.errors import Refused
from newsletter.i18n import _
from newsletter.rendering.notice import Notice
from newsletter.store import journal
from newsletter.store.journal import Event
from newsletter.store.team import audit_log
from newsletter.store.team.audit_log import Deed


def latest_deeds(workspace: Workspace, *, before: int = 0, limit: int = 50) -> Sequence[Deed]:
    """Return what people did, newest first; with `before`, only entries older than that number."""
    with workspace.database.read() as connection:
        return audit_log.latest_deeds(connection, before=before, limit=limit)


def send_test(workspace: Workspace, to: str, by: str) -> None:
    """Send one message to `to` through the provider; Refused with the provider's answer when it is not accepted."""
    network = workspace.settings.network.short_name
    outcome = mail.send(
        workspace,
        to,
        Notice(
            subject=_("Message d’essai du Studio {network}").format(network=network),
            heading=_("L’envoi fonctionne"),
            paragraphs=(_("Ce message est passé par le prestataire d’envoi réglé dans le Studio."),),
        ),
    )
    if outcome.kind != "accepted":
        raise Refused(outcome.text or outcome.status or outcome.kind, where="[sending]", hint="check the settings")
    with workspace.database.write() as connection:
        journal.record_event(connection, Event(workspace.database.now(connection), "test-sent", actor=by))
