"""The loop that does the recurring work inside one process, and the guard that both runners go through.

Each run is guarded by a row of the database: of several processes one does it. A failure is recorded, logged,
and the job tried again within minutes; it never stops the loop.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from newsletter.actions.sending.claims import ended, owner
from newsletter.actions.workspace import Workspace
from newsletter.errors import NewsletterError
from newsletter.i18n import speaking
from newsletter.jobs.table import TABLE, Work, is_ours
from newsletter.store.engine import jobs, queue
from newsletter.store.engine.jobs import JobState

HOLD_SECONDS = 120.0
RETRY_SECONDS = 300.0  # after a failure, for jobs whose next hour lies further ahead
TICK_SECONDS = 1.0
_log = logging.getLogger(__name__)


def run_loop(workspace: Workspace, stop: threading.Event, table: Sequence[Work] = TABLE) -> None:
    """Run every job of `table` at its hours, each in its own thread, until `stop` is set; returns when all have ended.

    A delivery under way ends with the group in flight, and goes on after the next start. While workers are at the queue
    the loop stands back, but for what needs the files of this machine.
    """
    threads = [
        threading.Thread(target=_repeat, args=(workspace, work, stop), name=f"job-{work.name}") for work in table
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def run_due(workspace: Workspace, work: Work, stop: threading.Event, early: float = 0.0) -> bool:
    """Run one job if it is due and no other process is at it; tells whether it ran. An error is recorded.

    It counts as due `early` seconds before its hour, for a runner that comes by only now and then.
    """
    holder = f"{owner()}#{threading.get_ident()}"
    with workspace.database.write() as connection:
        now = workspace.database.now(connection)
        due = jobs.take_job(
            connection, work.name, holder, now=now, period=work.period, early=early, hold=HOLD_SECONDS, ended=ended
        )
    if not due:
        return False
    workspace.renew()
    error = ""
    try:
        # What it writes to people is in the network's language: there is no request with a language of its own.
        with _held(workspace, work, holder), speaking(workspace.settings.network.locale):
            work.run(workspace, stop)
    except NewsletterError as known:
        error = str(known)
        _log.error("%s: %s", work.name, error)
    except Exception as unknown:  # noqa: BLE001 - whatever it is, the loop goes on and the operator reads it
        error = f"{type(unknown).__name__}: {unknown}"
        _log.exception(work.name)
    pause = min(work.period, RETRY_SECONDS) if error else work.period
    with workspace.database.write() as connection:
        now = workspace.database.now(connection)
        jobs.give_back_job(connection, work.name, holder, now=now, next_at=now + pause, error=error)
    return True


@contextmanager
def _held(workspace: Workspace, work: Work, holder: str) -> Iterator[None]:
    """Extend this process's hold on the job for as long as it takes."""
    done = threading.Event()

    def beat() -> None:
        while not done.wait(HOLD_SECONDS / 4):
            try:
                with workspace.database.write() as connection:
                    now = workspace.database.now(connection)
                    jobs.prolong_job(connection, work.name, holder, now=now, hold=HOLD_SECONDS)
            except Exception as error:  # noqa: BLE001 - whatever the database's driver raises: the next beat tries again
                _log.warning("%s: still held? %s", work.name, error)

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
        return jobs.list_job_states(connection)


def _repeat(workspace: Workspace, work: Work, stop: threading.Event) -> None:
    while not stop.is_set():
        try:
            if is_ours(workspace, work) and (work.files or not _workers(workspace)):
                run_due(workspace, work, stop)
        except Exception:  # noqa: BLE001 - the database itself is out of reach: the log is all there is
            _log.exception("%s: cannot be run", work.name)
        stop.wait(TICK_SECONDS)


def _workers(workspace: Workspace) -> bool:
    """Tell whether workers are at the queue: then they do the recurring work."""
    if workspace.database.sqlite:
        return False
    with workspace.database.read() as connection:
        return queue.workers(connection) > 0
