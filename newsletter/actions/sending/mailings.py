"""Mailings: schedule, deliver, pause, cancel, settle, and the receipt of it all."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.engine import Connection

from newsletter import addresses, paris
from newsletter.actions.letters.editions import edition
from newsletter.actions.sending import schedule
from newsletter.actions.sending.approval import approve_issue, withdraw_approval
from newsletter.actions.sending.deliveries import finish_mailing
from newsletter.actions.sending.quota_rest import resume_rested
from newsletter.actions.workspace import Workspace
from newsletter.actor import same_person, user_of
from newsletter.errors import NotFound, Refused
from newsletter.i18n import Sentence, _, speaking
from newsletter.store import journal
from newsletter.store.journal import Event
from newsletter.store.sending import corrections, mailings
from newsletter.store.sending.ledger_counts import kept_back
from newsletter.store.sending.mailings import Mailing
from newsletter.store.sending.receipts import Receipt, count_receipt
from newsletter.store.sending.warnings import Standstill, find_silence, is_late, is_scheduled

DAY = 86_400


def confirm_mailing(workspace: Workspace, key: str, by: str, seen: str = "") -> Mailing:
    """Record the second person's word on a mailing that has not begun; Refused for the person who approved it.

    `seen` is the content hash of what that person was shown: another text approved since is Refused.
    """
    with workspace.database.write() as connection:
        mailing = required_mailing(connection, key)
        if seen and seen != mailing.content_hash:
            raise Refused(_("Le bon à tirer n’est plus celui que vous avez vu. Relisez la page."), hint="look again")
        if mailing.status not in ("approved", "paused") or mailing.started_at is not None:
            raise _moved_on(key, mailing.status)
        if same_person(mailing.approved_by, mailing.approved_by_id, by, user_of(by)):
            raise Refused(
                "the second word must come from another person",
                hint="ask a colleague to confirm",
                said=Sentence(
                    "La confirmation doit venir d’une autre personne que celle qui a donné le bon à tirer. "
                    "Demandez à un·e collègue."
                ),
            )
        mailings.touch(connection, mailing.id, confirmed_by=str(by), confirmed_by_id=user_of(by))
        _log(connection, workspace, mailing, "mailing-confirmed", by)
        return mailings.get_mailing(connection, mailing.id)


def current_mailing(workspace: Workspace, key: str) -> Mailing | None:
    """Return the issue's mailing, if it has one."""
    with workspace.database.read() as connection:
        return mailings.of_issue(connection, key)


def list_mailings(workspace: Workspace) -> list[Mailing]:
    """Return all mailings, newest first."""
    with workspace.database.read() as connection:
        return mailings.list_mailings(connection)


def changed_since_approval(workspace: Workspace, mailing: Mailing) -> bool:
    """Tell whether the files say something else than what was approved."""
    return edition(workspace, mailing.issue).content_hash != mailing.content_hash


def close_by(workspace: Workspace, mailing: Mailing) -> Mailing | None:
    """Return another mailing of the same publication that leaves or left within a day of this one."""
    with workspace.database.read() as connection:
        return find_close_by(connection, mailing)


def find_close_by(connection: Connection, mailing: Mailing) -> Mailing | None:
    """Do the same with a connection that reads already."""
    others = mailings.list_mailings(
        connection, publication=mailing.publication, status=("approved", "sending", "paused", "done")
    )
    near = (m for m in others if m.id != mailing.id and abs(m.not_before - mailing.not_before) < DAY)
    return next(near, None)


def reschedule_mailing(workspace: Workspace, mailing: Mailing, at: datetime | None, by: str = "") -> Mailing:
    """Let an approved mailing leave at another time, or at once (None); Refused when it began or was called back.

    At once is also what another sender made of it meanwhile: then it is returned as it stands.
    """
    with workspace.database.write() as connection:
        now = workspace.database.now(connection)
        hour = at.timestamp() if at else now
        if not mailings.change_mailing(connection, mailing.id, "approved", only=("approved",), not_before=hour):
            status = mailings.status(connection, mailing.id)
            if at or status not in ("sending", "done"):
                raise _moved_on(mailing.issue, status)
        if at:
            schedule.record(connection, mailing.id, at, now, by)
        return mailings.get_mailing(connection, mailing.id)


def story(workspace: Workspace, key: str) -> tuple[Mailing, Sequence[Event]]:
    """Return the issue's mailing and its journal, oldest first; NotFound without a mailing."""
    with workspace.database.read() as connection:
        mailing = required_mailing(connection, key)
        return mailing, journal.of_mailing(connection, mailing.id)


def standstill(workspace: Workspace, mailing: Mailing) -> Standstill | None:
    """Return why a mailing does not move, if it missed its hour or the provider takes nothing of it."""
    with workspace.database.read() as connection:
        now, tolerance = workspace.database.now(connection), workspace.settings.sending.late_minutes * 60
        silence = find_silence(connection, mailing, now)
        late = is_late(connection, mailing, now, tolerance)
    return Standstill(mailing, silence) if silence or late else None


def ready_mailing(workspace: Workspace, key: str, *, by: str, at: datetime | None = None, now: bool = False) -> Mailing:
    """Return the issue's live mailing, approving the issue when it has none; `at` and `now` set its hour anew.

    Raises Refused when it is paused, or when its files have changed since the approval. A pause for a quota ends by
    itself.
    """
    resume_rested(workspace)
    mailing = current_mailing(workspace, key)
    if mailing is None or mailing.status in ("cancelled", "loading"):
        broken_off = mailing.id if mailing and mailing.status == "loading" else 0
        return approve_issue(workspace, key, by=by, at=at, now=now, over=broken_off)
    if mailing.status == "paused":
        raise Refused(f"`{key}` is paused: {mailing.pause_reason}", hint=f"`newsletter mailings resume {key}`")
    if mailing.status == "approved":
        if changed_since_approval(workspace, mailing):
            raise Refused(
                f"the files of `{key}` have changed since the approval",
                hint=f"approve what they say now: `newsletter issues approve {key}`",
            )
        if at or now:
            return reschedule_mailing(workspace, mailing, at)
    return mailing


def begin_mailing(workspace: Workspace, mailing: Mailing) -> Mailing:
    """Start an approved mailing whose time has come; Refused when it has not, or when a second word is missing.

    What counts is the mailing as it stands now: since the caller read it, another one may have been waited for.
    """
    with workspace.database.write() as connection:
        now = workspace.database.now(connection)
        mailings.status(connection, mailing.id, hold=True)
        mailing = mailings.get_mailing(connection, mailing.id)
        if mailing.status != "approved":
            return mailing
        if workspace.settings.sending.second_person and not mailing.confirmed_by:
            raise Refused(
                f"`{mailing.issue}` waits for the word of a second person",
                hint="`newsletter mailings confirm`",
                said=Sentence("Ce numéro attend la confirmation d’une seconde personne."),
            )
        if mailing.not_before > now:
            due = paris.moment(mailing.not_before)
            raise Refused(
                f"`{mailing.issue}` leaves on {due:%d/%m/%Y at %H:%M:%S}",
                hint="wait, or send with --now",
                said=Sentence("Ce numéro part le {due:%d/%m/%Y} à {due:%H:%M}.", due=due),
            )
        name = workspace.settings.sending.provider
        mailings.change_mailing(connection, mailing.id, "sending", only=("approved",), started_at=now, provider=name)
        _log(connection, workspace, mailing, "mailing-started", "")
        return mailings.get_mailing(connection, mailing.id)


def mailing_receipt(workspace: Workspace, key: str) -> Receipt:
    """Return the receipt of the issue's mailing, counted now; NotFound without a mailing."""
    with workspace.database.read() as connection:
        return count_receipt(connection, required_mailing(connection, key), workspace.database.now(connection))


def pause_mailing(workspace: Workspace, key: str, by: str, why: str = "") -> Mailing:
    """Stop handing messages over until a user resumes it; those in flight are settled. Refused when it has ended."""
    with speaking(workspace.settings.network.locale):
        reason = why or _("Mis en pause par {who}.").format(who=by)
    stopped = ("sending", "approved", "paused")  # paused for a quota it would go on by itself
    return _change(workspace, key, "paused", stopped, "mailing-paused", by, pause_reason=reason)


def resume_mailing(workspace: Workspace, key: str, by: str) -> Mailing:
    """Let a paused mailing go on; Refused when it is not paused."""
    with workspace.database.read() as connection:
        begun = required_mailing(connection, key).started_at is not None
    status = "sending" if begun else "approved"
    return _change(workspace, key, status, ("paused",), "mailing-resumed", by, pause_reason="")


def cancel_mailing(workspace: Workspace, key: str, by: str) -> Receipt:
    """Cancel everything that has not been handed over; what was sent stays sent, and the receipt is stored.

    Broken off, it is called again, or the job `sweep` ends it.
    """
    with workspace.database.write() as connection:
        mailing = required_mailing(connection, key)
        if mailing.live:
            withdraw_approval(connection, mailing, workspace.database.now(connection), by, "")
        elif mailing.status != "cancelled" or not any(kept_back(connection, mailing.id)):
            raise Refused(
                f"the mailing of `{key}` is {mailing.status} already",
                hint="nothing is left to cancel",
                said=Sentence("Cet envoi est déjà terminé ou annulé : il n’y a plus rien à arrêter."),
            )
    return finish_mailing(workspace, mailing.id)


def withdraw_unscheduled(workspace: Workspace, key: str, by: str) -> Receipt:
    """Take an approval back while no hour is given; Refused when one is, or when it began to leave."""
    with workspace.database.write() as connection:
        mailing = required_mailing(connection, key)
        if mailings.status(connection, mailing.id, hold=True) != "approved" or is_scheduled(connection, mailing):
            raise _moved_on(key, mailing.status)
        withdraw_approval(connection, mailing, workspace.database.now(connection), by, "approval withdrawn")
    return finish_mailing(workspace, mailing.id)


def settle_doubtful(workspace: Workspace, key: str, *, resend: bool, by: str, address: str = "") -> Receipt:
    """Settle doubtful deliveries (all, or one address): send again with the same Message-ID, or count as sent."""
    chosen = addresses.parse_address(address).key if address else ""
    with workspace.database.write() as connection:
        mailing, now = required_mailing(connection, key), workspace.database.now(connection)
        if resend and mailing.status == "cancelled":
            raise Refused(
                f"the mailing of `{key}` was cancelled",
                hint="settle them as sent, or approve the issue again",
                said=Sentence(
                    "Cet envoi a été annulé. Comptez ces personnes comme servies, ou redonnez le bon à tirer."
                ),
            )
        n = corrections.settle_doubtful(connection, mailing.id, resend=resend, now=now, address_key=chosen)
        if not n:
            raise Refused(
                "there is no such doubtful delivery",
                where=address or key,
                hint="see the receipt",
                said=Sentence("Il n’y a plus de personne incertaine ici : quelqu’un a déjà décidé. Rechargez la page."),
            )
        if resend:
            mailings.change_mailing(connection, mailing.id, "sending", only=("done",), ended_at=None)
        detail = {"how": "resend" if resend else "sent", "count": n}
        journal.record_event(connection, Event(now, "doubt-settled", mailing_id=mailing.id, actor=by, detail=detail))
    return finish_mailing(workspace, mailing.id)


def required_mailing(connection: Connection, key: str) -> Mailing:
    """Return the issue's mailing; NotFound without one."""
    mailing = mailings.of_issue(connection, key)
    if mailing is None:
        raise NotFound(
            f"issue `{key}` has no mailing",
            hint=f"approve it: `newsletter issues approve {key}`",
            said=Sentence("Ce numéro n’a pas encore de bon à tirer. Donnez-le d’abord."),
        )
    return mailing


def _change(
    workspace: Workspace, key: str, status: str, only: tuple[str, ...], kind: str, by: str, **values: str
) -> Mailing:
    with workspace.database.write() as connection:
        mailing = required_mailing(connection, key)
        if not mailings.change_mailing(connection, mailing.id, status, only=only, **values):
            raise _moved_on(key, mailing.status)
        _log(connection, workspace, mailing, kind, by)
        return mailings.get_mailing(connection, mailing.id)


def _moved_on(key: str, status: str) -> Refused:
    return Refused(
        f"the mailing of `{key}` is {status}",
        hint="see `newsletter mailings show`",
        said=Sentence("L’état de l’envoi a changé entre-temps. Rechargez la page."),
    )


def _log(connection: Connection, workspace: Workspace, mailing: Mailing, kind: str, by: str) -> None:
    now = workspace.database.now(connection)
    journal.record_event(connection, Event(now, kind, mailing_id=mailing.id, actor=by))


def due_in(workspace: Workspace, mailing: Mailing) -> timedelta:
    """Return how long until an approved mailing leaves."""
    with workspace.database.read() as connection:
        return timedelta(seconds=max(0.0, mailing.not_before - workspace.database.now(connection)))
