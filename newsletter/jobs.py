"""The table of recurring work, and the loop that runs it inside one process.

Each run is guarded by a row of the database: of several processes one does it. A job that fails is written down, told
to the log and tried again at its next hour; it never stops the loop.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from newsletter.actions import bounces, proposals_notes, rights, schedule, send
from newsletter.actions.owners import ended, owner, recover
from newsletter.actions.workspace import Workspace
from newsletter.errors import NewsletterError
from newsletter.store import jobs
from newsletter.store.jobs import JobState as JobState

HOLD_SECONDS = 600.0
TICK_SECONDS = 1.0
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Work:
    """One recurring job: `run(workspace, stop)` is called every `period` seconds and ends soon once `stop` is set."""

    name: str
    run: Callable[[Workspace, threading.Event], None]
    period: float
    words: str


def deliver(workspace: Workspace, stop: threading.Event) -> None:
    """Send what is scheduled and due, resume what was interrupted, retry who was deferred.

    One mailing that cannot be sent does not keep the others back: the first error is raised at the end.
    """
    failures: list[Exception] = []
    for mailing in schedule.due(workspace):
        if stop.is_set():
            break
        try:
            begun = send.begin(workspace, mailing) if mailing.status == "approved" else mailing
            _receipt, troubles = send.deliver(workspace, begun, stop=stop)
        except Exception as error:  # noqa: BLE001 - raised below
            failures.append(error)
            continue
        for trouble in troubles:
            _log.warning("%s: %s", mailing.issue, trouble)
    if failures:
        raise failures[0]


def sweep(workspace: Workspace, _stop: threading.Event) -> None:
    """Take over what senders that are gone have left: claims are queued again, hand-offs become doubtful."""
    queued, doubtful = recover(workspace.database)
    if queued or doubtful:
        _log.warning("a sender ended without a word: %d queued again, %d doubtful", queued, doubtful)


def collect(workspace: Workspace, stop: threading.Event) -> None:
    """Read the mailbox of bounces, if one is set."""
    if bounces.has_mailbox(workspace):
        bounces.collect(workspace, stop)


def purge(workspace: Workspace, _stop: threading.Event) -> None:
    """Apply the retention periods."""
    rights.purge(workspace, by="jobs")


def notes(workspace: Workspace, _stop: threading.Event) -> None:
    """Ask contacts for proposals and write to who is in a letter, if the settings say so."""
    proposals_notes.remind_contacts(workspace)
    proposals_notes.tell_featured(workspace)


TABLE = (
    Work("deliver", deliver, 5, "send scheduled mailings, resume interrupted ones, retry deferred recipients"),
    Work("sweep", sweep, 60, "take over from senders that ended without a word"),
    Work("bounces", collect, 600, "read the mailbox of bounces, if one is set"),
    Work("notes", notes, 3600, "ask contacts for proposals and write to who is in a letter, if the settings say so"),
    Work("purge", purge, 86_400, "apply the retention periods"),
)


def run_loop(workspace: Workspace, stop: threading.Event, table: Sequence[Work] = TABLE) -> None:
    """Run every job of `table` at its hours, each in its own thread, until `stop` is set; returns when all have ended.

    A delivery under way ends with the group in flight, and goes on after the next start.
    """
    threads = [
        threading.Thread(target=_repeat, args=(workspace, work, stop), name=f"job-{work.name}") for work in table
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def run_due(workspace: Workspace, work: Work, stop: threading.Event) -> bool:
    """Run one job if it is due and no other process is at it; tells whether it ran. What it raises is written down."""
    holder = f"{owner()}#{threading.get_ident()}"
    with workspace.database.write() as connection:
        now = workspace.database.now(connection)
        due = jobs.take(connection, work.name, holder, now=now, period=work.period, hold=HOLD_SECONDS, ended=ended)
    if not due:
        return False
    workspace.renew()
    error = ""
    try:
        with _held(workspace, work, holder):
            work.run(workspace, stop)
    except NewsletterError as known:
        error = str(known)
        _log.error("%s: %s", work.name, error)
    except Exception as unknown:  # noqa: BLE001 - whatever it is, the loop goes on and the operator reads it
        error = f"{type(unknown).__name__}: {unknown}"
        _log.exception(work.name)
    with workspace.database.write() as connection:
        now = workspace.database.now(connection)
        jobs.give_back(connection, work.name, holder, now=now, next_at=now + work.period, error=error)
    return True


@contextmanager
def _held(workspace: Workspace, work: Work, holder: str) -> Iterator[None]:
    """Keep the job ours for as long as it takes."""
    done = threading.Event()

    def beat() -> None:
        while not done.wait(HOLD_SECONDS / 4):
            try:
                with workspace.database.write() as connection:
                    now = workspace.database.now(connection)
                    jobs.prolong(connection, work.name, holder, now=now, hold=HOLD_SECONDS)
            except NewsletterError as error:
                _log.warning("%s: %s", work.name, error)  # the next beat tries again

    thread = threading.Thread(target=beat, name=f"hold-{work.name}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def states(workspace: Workspace) -> Sequence[JobState]:
    """Return when each job last ran and how it ended, for the health page."""
    with workspace.database.read() as connection:
        return jobs.listing(connection)


def _repeat(workspace: Workspace, work: Work, stop: threading.Event) -> None:
    while not stop.is_set():
        try:
            run_due(workspace, work, stop)
        except Exception:  # noqa: BLE001 - the database itself is out of reach: the log is all there is
            _log.exception("%s: cannot be run", work.name)
        stop.wait(TICK_SECONDS)
