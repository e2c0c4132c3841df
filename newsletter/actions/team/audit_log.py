"""Who did what, for the Studio's journal and for an auditor; and a test message, to check that sending works."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from newsletter.actions import mail
from newsletter.actions.team.outside_mail import note_message
from newsletter.actions.workspace import Workspace
from newsletter.errors import Refused
from newsletter.exchange.export import write_table
from newsletter.i18n import Sentence, _
from newsletter.paris import iso, midnight
from newsletter.rendering.notice import Notice
from newsletter.store import journal
from newsletter.store.journal import Event
from newsletter.store.team import audit_log
from newsletter.store.team.audit_log import Deed


def latest_deeds(workspace: Workspace, *, before: int = 0, limit: int = 50) -> Sequence[Deed]:
    """Return what people did, newest first; with `before`, only entries older than that number."""
    with workspace.database.read() as connection:
        return audit_log.latest_deeds(connection, before=before, limit=limit)


COLUMNS = ("number", "at", "who", "user", "called_now", "session", "what", "on", "publication", "detail")


def export_journal(workspace: Workspace, first: date, last: date, *, by: str, plain: bool = False) -> Iterator[bytes]:
    """Return the pieces of a CSV of what people did from the day `first` to the day `last`, both included, in Paris.

    The export is itself written down before anything is returned. Refused when the days are the wrong way round.
    """
    if last < first:
        raise Refused(
            "the last day is before the first",
            where="--until",
            hint="give the days in their order",
            said=Sentence("Le dernier jour vient avant le premier. Remettez-les dans l’ordre."),
        )
    since = 0.0 if first == date.min else midnight(first)
    until = float("inf") if last == date.max else midnight(last + timedelta(days=1))
    with workspace.database.write() as connection:
        detail = {"first": first.isoformat(), "last": last.isoformat()}
        event = Event(workspace.database.now(connection), "journal-exported", actor=by, detail=detail)
        journal.record_event(connection, event)
    return _export(workspace, since, until, plain)


def _export(workspace: Workspace, since: float, until: float, plain: bool) -> Iterator[bytes]:
    with workspace.database.read() as connection:
        rows = (_cells(deed) for deed in audit_log.all_deeds(connection, since, until))
        yield from write_table(COLUMNS, rows, "plain" if plain else "excel")


def _cells(deed: Deed) -> dict[str, str]:
    return {
        "number": str(deed.number),
        "at": iso(deed.at),
        "who": deed.actor,
        "user": "" if deed.user_id is None else str(deed.user_id),
        "called_now": deed.now_called,
        "session": deed.session,
        "what": deed.kind,
        "on": ", ".join(filter(None, (deed.address, deed.organisation, deed.issue))),
        "publication": deed.publication,
        "detail": json.dumps(dict(deed.detail), ensure_ascii=False, sort_keys=True) if deed.detail else "",
    }


def send_test(workspace: Workspace, to: str, by: str, *, may_send: bool) -> None:
    """Send one message to `to` through the provider; Refused with the provider's answer when it is not accepted."""
    note_message(workspace, "test-sent", to, by=by, may_send=may_send)
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
