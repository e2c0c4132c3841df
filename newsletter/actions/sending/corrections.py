"""Corrections after the hand-over: doubtful messages listed and settled by a relay's log, refused ones tried again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.engine import Connection

from newsletter import paris
from newsletter.actions.letters.editions import personal
from newsletter.actions.sending.deliveries import finish_mailing
from newsletter.actions.sending.mailings import required_mailing
from newsletter.actions.workspace import Workspace
from newsletter.errors import Refused
from newsletter.i18n import Sentence
from newsletter.providers.relay_logs import read_relay_log
from newsletter.store import journal
from newsletter.store.journal import Event
from newsletter.store.sending import corrections, mailings
from newsletter.store.sending.corrections import UnsureDelivery
from newsletter.store.sending.ledger import Settlement
from newsletter.store.sending.mailings import Mailing
from newsletter.store.sending.receipts import Receipt


@dataclass(frozen=True, slots=True)
class DoubtfulMessage:
    """A message of which nobody knows whether the provider took it; `handed_at` is the time in Paris."""

    address: str
    message_id: str
    handed_at: datetime | None
    answer: str


@dataclass(frozen=True, slots=True)
class LogSettlement:
    """What a relay's log settled: how many count as sent, how many as refused, how many go again, how many stay."""

    receipt: Receipt
    sent: int
    refused: int
    again: int
    left: int


def list_doubtful(workspace: Workspace, key: str) -> list[DoubtfulMessage]:
    """Return the doubtful messages of the issue's mailing with their Message-IDs, by address; NotFound without one."""
    with workspace.database.read() as connection:
        return doubtful_messages(connection, workspace, required_mailing(connection, key))


def doubtful_messages(connection: Connection, workspace: Workspace, mailing: Mailing) -> list[DoubtfulMessage]:
    """Do the same for a mailing, with a connection that reads already."""
    rows = corrections.in_state(connection, mailing.id, "doubtful")
    return [
        DoubtfulMessage(row.address, message_id, paris.moment(row.handed_at) if row.handed_at else None, row.answer)
        for message_id, row in _by_message_id(workspace, mailing, rows).items()
    ]


def settle_from_log(
    workspace: Workspace, key: str, lines: Iterable[str], by: str, *, resend_absent: bool = False
) -> LogSettlement:
    """Settle doubtful messages by a log of the relay or an export of the provider, known by their Message-IDs.

    What the log says was taken counts as sent, what bounced as refused. With `resend_absent` a message that the log
    does not name goes again: only for a log that covers the whole time of the sending. Raises Refused when the log
    names none of them.
    """
    with workspace.database.read() as connection:
        mailing = required_mailing(connection, key)
        rows = corrections.in_state(connection, mailing.id, "doubtful")
    named = _by_message_id(workspace, mailing, rows)
    found = read_relay_log(lines, named)
    if not found:
        raise Refused(
            f"the log names none of the {len(rows)} doubtful messages of `{key}`",
            hint="give the log of the relay for that hour; `newsletter mailings doubtful` lists the Message-IDs",
            said=Sentence("Ce journal ne nomme aucun des messages incertains. Donnez celui de l’heure de l’envoi."),
        )
    bare = {message_id.strip("<>"): row.id for message_id, row in named.items()}
    proven = [
        Settlement(bare[told.message_id], "sent" if told.fate == "taken" else "refused", told.answer or "by the log")
        for told in found.values()
    ]
    absent = sorted(row.id for message_id, row in named.items() if message_id.strip("<>") not in found)
    with workspace.database.write() as connection:
        now = workspace.database.now(connection)
        corrections.settle_proven(connection, mailing.id, proven, now)
        again = 0
        if resend_absent and mailings.status(connection, mailing.id, hold=True) != "cancelled":
            again = corrections.queue_again(connection, mailing.id, absent, state="doubtful")
            mailings.change_mailing(connection, mailing.id, "sending", only=("done",), ended_at=None)
        sent = sum(one.state == "sent" for one in proven)
        detail = {"how": "log", "sent": sent, "refused": len(proven) - sent, "again": again}
        journal.record_event(connection, Event(now, "doubt-settled", mailing_id=mailing.id, actor=by, detail=detail))
    receipt = finish_mailing(workspace, mailing.id)
    return LogSettlement(receipt, sent, len(proven) - sent, again, len(absent) - again)


def retry_refused(workspace: Workspace, key: str, by: str, *, reason: str = "", domain: str = "") -> Receipt:
    """Send again to people who were refused by mistake, with the same Message-ID; the receipt counts them as open.

    `reason` is a part of the answer that was kept, `domain` the recipients' domain; without either, all refused ones.
    Whoever may no longer be written to is excluded at the hand-over, as always. Raises Refused when there is none.
    """
    domain, reason = domain.lower().lstrip("@"), reason.lower()
    with workspace.database.write() as connection:
        mailing, now = required_mailing(connection, key), workspace.database.now(connection)
        if mailings.status(connection, mailing.id, hold=True) == "cancelled":
            raise Refused(
                f"the mailing of `{key}` was cancelled",
                hint="approve the issue again",
                said=Sentence("Cet envoi a été annulé. Redonnez le bon à tirer."),
            )
        chosen = [
            row.id
            for row in corrections.in_state(connection, mailing.id, "refused")
            if row.address
            and reason in row.answer.lower()
            and (not domain or row.address.lower().rpartition("@")[2] == domain)
        ]
        if not chosen:
            raise Refused(
                f"nobody was refused like that in the mailing of `{key}`",
                where=" ".join(part for part in (reason, domain) if part) or key,
                hint="`newsletter mailings refused` lists the answers",
                said=Sentence("Personne n’est refusé de cette façon dans cet envoi. Rechargez la page."),
            )
        count = corrections.queue_again(connection, mailing.id, chosen, state="refused")
        mailings.change_mailing(connection, mailing.id, "sending", only=("done",), ended_at=None)
        detail = {"count": count, "reason": reason, "domain": domain}
        journal.record_event(connection, Event(now, "refused-retried", mailing_id=mailing.id, actor=by, detail=detail))
    return finish_mailing(workspace, mailing.id)


def list_refused(workspace: Workspace, key: str) -> list[UnsureDelivery]:
    """Return the refused deliveries of the issue's mailing with the answers kept; NotFound without a mailing."""
    with workspace.database.read() as connection:
        return refused_deliveries(connection, required_mailing(connection, key))


def refused_deliveries(connection: Connection, mailing: Mailing) -> list[UnsureDelivery]:
    """Do the same for a mailing, with a connection that reads already."""
    return corrections.in_state(connection, mailing.id, "refused")


def _by_message_id(workspace: Workspace, mailing: Mailing, rows: Iterable[UnsureDelivery]) -> dict[str, UnsureDelivery]:
    publication = workspace.settings.publication(mailing.publication)
    maker = personal(workspace, publication, mailing.issue, "mime", mailing.id)
    return {maker.message_id(row.id): row for row in rows}
