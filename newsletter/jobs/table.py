"""The table of recurring work: names, functions, periods. The loop and the queue run the same functions."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass

from newsletter.actions.imports import uploads
from newsletter.actions.issues import feed_reader
from newsletter.actions.letters import picture_cleanup
from newsletter.actions.people import data_rights, waiting_mails
from newsletter.actions.proposals import reminders
from newsletter.actions.returns import bounces
from newsletter.actions.sending import deliveries, mailings, schedule
from newsletter.actions.sending.claims import recover
from newsletter.actions.sending.deliveries import deliver_mailing
from newsletter.actions.sending.quota_rest import resume_rested
from newsletter.actions.workspace import Workspace
from newsletter.errors import Refused
from newsletter.store.sending.mailings import Mailing

_log = logging.getLogger(__name__)

Drain = Callable[[Workspace, Mailing, threading.Event], None]


@dataclass(frozen=True, slots=True)
class Work:
    """One recurring job: `run(workspace, stop)` is called every `period` seconds and ends soon once `stop` is set.

    `files`: it reads articles or issues, so a machine that holds none leaves it to those that do.
    """

    name: str
    run: Callable[[Workspace, threading.Event], None]
    period: float
    words: str
    files: bool = False


def is_ours(workspace: Workspace, work: Work) -> bool:
    """Tell whether this machine can do a job at all: it holds the files that the job reads or writes."""
    return not work.files or any((workspace.root / folder).is_dir() for folder in ("articles", "issues"))


def drain_here(workspace: Workspace, mailing: Mailing, stop: threading.Event) -> None:
    """Deliver what is due of a mailing in this process, over all its connections."""
    _receipt, troubles = deliver_mailing(workspace, mailing, stop=stop)
    for trouble in troubles:
        _log.warning("%s: %s", mailing.issue, trouble)


def deliver(workspace: Workspace, stop: threading.Event, drain: Drain = drain_here) -> None:
    """Send what is scheduled and due, resume what was interrupted, retry who was deferred.

    `drain` is how: here and now, or handed out to several workers. One mailing that cannot be sent does not keep the
    others back: the first error is raised at the end, those after it are logged.
    """
    failures: list[Exception] = []
    for issue in resume_rested(workspace):
        _log.info("%s: its quota begins anew, the sending goes on", issue)
    for mailing in schedule.due(workspace):
        if stop.is_set():
            break
        try:
            begun = mailings.begin_mailing(workspace, mailing) if mailing.status == "approved" else mailing
            drain(workspace, begun, stop)
        except Exception as error:  # noqa: BLE001 - raised below
            if failures:
                _log.error("%s: %s: %s", mailing.issue, type(error).__name__, error)
            failures.append(error)
    if failures:
        raise failures[0]


def share(workspace: Workspace, mailing_id: int, stop: threading.Event, hurry: threading.Event) -> None:
    """Deliver over one connection what is due of a mailing, beside the workers that hold its other shares.

    Ends soon once `stop` is set; `hurry`: do not wait for an unreachable database. Refused names what
    keeps the provider from taking more: the share is to be tried again later.
    """
    workspace.renew()  # another process may have handed it out
    troubles = deliveries.deliver_share(workspace, mailing_id, stop=stop, hurry=hurry)
    if troubles:
        raise Refused(f"mailing {mailing_id}: {'; '.join(troubles)}", hint="it is tried again by itself")


def sweep(workspace: Workspace, _stop: threading.Event) -> None:
    """Take over from senders that are gone: claims are queued again, hand-offs doubtful, cancellations ended."""
    deliveries.finish_cancelled(workspace)
    queued, doubtful = recover(workspace.database, logs=workspace.departures)
    if queued or doubtful:
        _log.warning("a sender ended unexpectedly: %d queued again, %d doubtful", queued, doubtful)


def collect(workspace: Workspace, stop: threading.Event) -> None:
    """Read the mailbox of bounces, if one is set."""
    if bounces.has_mailbox(workspace):
        bounces.collect_bounces(workspace, stop)


def send_waiting_mails(workspace: Workspace, stop: threading.Event) -> None:
    """Send the mails to one person that the hour's cap or the provider held back."""
    waiting_mails.send_waiting(workspace, stop)


def purge(workspace: Workspace, _stop: threading.Event) -> None:
    """Apply the retention periods, to departure logs too."""
    data_rights.purge_expired(workspace, by="jobs")
    deliveries.purge_departures(workspace)


def sweep_pictures(workspace: Workspace, _stop: threading.Event) -> None:
    """Take away the published pictures that nothing has shown for long."""
    swept = picture_cleanup.sweep_pictures(workspace, by="jobs")
    if swept.pictures_removed:
        _log.info("%d unused pictures taken away, %d bytes", swept.pictures_removed, swept.pictures_bytes)
    if swept.pictures_held:
        _log.warning("no unused picture is taken away: %s", swept.pictures_held)


def notes(workspace: Workspace, _stop: threading.Event) -> None:
    """Ask contacts for proposals and write to who is in a letter, if the settings say so."""
    reminders.remind_contacts(workspace)
    reminders.tell_featured(workspace)


def read_feeds(workspace: Workspace, stop: threading.Event) -> None:
    """Read the feeds of the settings, if there are any; one that fails is shown on the Studio's first page."""
    feed_reader.read_all(workspace, stop)


def forget_uploads(workspace: Workspace, _stop: threading.Event) -> None:
    """Delete the files of people that were rehearsed and never imported."""
    if gone := uploads.sweep_uploads(workspace):
        _log.info("%d uploads that were never imported are deleted", gone)


TABLE = (
    Work("deliver", deliver, 5, "send scheduled mailings, resume interrupted ones, retry deferred recipients"),
    Work("waiting", send_waiting_mails, 60, "send the mails that people asked for and that could not leave at once"),
    Work("sweep", sweep, 20, "take over from senders that ended unexpectedly"),
    Work("bounces", collect, 600, "read the mailbox of bounces, if one is set"),
    Work(
        "notes",
        notes,
        3600,
        "ask contacts for proposals and write to who is in a letter, if the settings say so",
        files=True,
    ),
    Work("feeds", read_feeds, 3600, "bring what is new in the feeds of the settings as drafts", files=True),
    Work("uploads", forget_uploads, 3600, "delete files of people that were never imported", files=True),
    Work("purge", purge, 86_400, "apply the retention periods"),
    Work(
        "pictures",
        sweep_pictures,
        86_400,
        "take away the published pictures that nothing has shown for long",
        files=True,
    ),
)
