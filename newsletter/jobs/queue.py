"""The queue on PostgreSQL: the table's jobs and the shares of mailings as tasks of Procrastinate.

The queue only offers work, again and again; the guard row of each job and the ledger's claims decide, by the database's
clock. So nothing depends on a task being run once, and a task may be lost or repeated without harm.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import psycopg
from procrastinate import App, BaseRetryStrategy, PsycopgConnector, RetryDecision
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException, UniqueViolation
from procrastinate.jobs import Job, Status

from newsletter.actions.workspace import Workspace
from newsletter.errors import NewsletterError
from newsletter.jobs import table
from newsletter.jobs.loop import run_due
from newsletter.jobs.table import TABLE, Work
from newsletter.store.engine.queue import SILENT_SECONDS
from newsletter.store.sending.mailings import Mailing

RECURRING, MAILINGS = "recurring", "mailings"
SHARE = "newsletter.share"
_LONGEST_TICK = 60
_BEAT = SILENT_SECONDS / 4
_OUTAGE = 60.0  # how long the queue's own bookkeeping waits for a database that is away
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Post:
    """A worker's place at the queue: how many connections to the provider it opens, and whether to stop at once."""

    workspace: Workspace
    connections: int
    hurry: threading.Event


async def attend(post: Post) -> None:
    """Work at the queue until cancelled: what is handed over is finished, what is claimed is given back.

    Returns when the database is lost; then it is simply called again.
    """
    app = make_app(post)
    places = {RECURRING: len(TABLE) + 1, MAILINGS: post.connections}
    try:
        async with app.open_async():
            listening = [asyncio.create_task(_listen(app, queue, n)) for queue, n in places.items()]
            try:
                await asyncio.wait(listening, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in listening:
                    task.cancel()
                ended = await asyncio.gather(*listening, return_exceptions=True)
            for error in ended:
                if isinstance(error, Exception):
                    raise error
    except (ConnectorException, psycopg.Error) as lost:
        _log.warning("the queue is out of reach: %s", lost.__cause__ or lost)


def make_app(post: Post) -> App:
    """Return the queue's tasks for one workspace, to be run in the running event loop; needs no connection yet."""
    loop = asyncio.get_running_loop()
    arguments = post.workspace.database.connect_arguments()
    # A pool that finds no server asks less and less often: a new one reconnects sooner.
    app = App(connector=_Connector(post.hurry, kwargs=arguments, min_size=2, max_size=6, timeout=_BEAT))

    @app.task(name=SHARE, queue=MAILINGS, retry=Backoff())
    async def share(mailing: int, share: int) -> None:
        try:
            await _in_thread(lambda stop: table.share(post.workspace, mailing, stop, post.hurry))
        except NewsletterError as error:
            _log.warning("%s", error)
            raise

    async def hand_out(mailing: int) -> None:
        total = post.workspace.settings.sending.connections
        taken = list(await app.job_manager.list_jobs_async(queue=MAILINGS, task=SHARE))
        mine = {job.task_kwargs["share"] for job in taken if job.task_kwargs["mailing"] == mailing}
        free = [number for number in range(total) if number not in mine]
        for number in free[: max(0, total - len(taken))]:
            lock = f"{SHARE}.{mailing}.{number}"
            with suppress(AlreadyEnqueued):
                await share.configure(queueing_lock=lock).defer_async(mailing=mailing, share=number)

    def drain_shared(_workspace: Workspace, mailing: Mailing, _stop: threading.Event) -> None:
        asyncio.run_coroutine_threadsafe(hand_out(mailing.id), loop).result()

    for work in TABLE:
        if work.run is table.deliver:
            work = replace(work, run=partial(table.deliver, drain=drain_shared))
        if table.is_ours(post.workspace, work):
            _offer(app, post.workspace, work)
    _look_for_stalled(app)
    return app


def worth_a_line(record: logging.LogRecord) -> bool:
    """Tell whether a log line of Procrastinate is news: a lost database is logged once, without a traceback."""
    error = record.exc_info[1] if record.exc_info else None
    return not (record.name.startswith("procrastinate") and isinstance(error, ConnectorException))


class Backoff(BaseRetryStrategy):
    """When a share is tried again: at once if its worker had to go, else after 5, 10, 20... seconds, 5 minutes at most.

    A share that fails again and again is let go; the next run of `deliver` hands it out again.
    """

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        """Return when `job` is tried again, None for never."""
        if isinstance(exception, asyncio.CancelledError):
            return RetryDecision(retry_in={"seconds": 0})
        if job.attempts >= 10:
            return None
        return RetryDecision(retry_in={"seconds": min(5 * 2**job.attempts, 300)})


class _Connector(PsycopgConnector):
    """Procrastinate's way to the database, which repeats what a lost connection may have swallowed.

    Without it a task that ends in that moment would count as running for as long as its worker lives.
    """

    def __init__(self, hurry: threading.Event, **options: Any) -> None:
        super().__init__(**options)
        self._hurry = hurry

    async def execute_query_async(self, query: Any, **arguments: Any) -> None:
        """Run a statement that gives nothing back."""
        began = time.monotonic()
        while True:
            try:
                await super().execute_query_async(query, **arguments)
                return
            except ConnectorException as error:
                lost = isinstance(error.__cause__, psycopg.OperationalError)
                if not lost or self._hurry.is_set() or time.monotonic() - began > _OUTAGE:
                    raise
                await asyncio.sleep(0.5)


def _listen(app: App, queue: str, places: int) -> Coroutine[Any, Any, None]:
    return app.run_worker_async(
        queues=[queue],
        name=queue,
        concurrency=places,
        # Asked for rather than listened to: a notification's connection is the first thing a restart breaks.
        listen_notify=False,
        fetch_job_polling_interval=1.0,
        # When stopping, the shares are stopped at once: they end within the group that is in flight.
        shutdown_graceful_timeout=0,
        install_signal_handlers=False,
        # What happened is in the ledger and in the jobs' rows: the queue holds only what is to be done.
        delete_jobs="always",
        update_heartbeat_interval=_BEAT,
        stalled_worker_timeout=SILENT_SECONDS,
    )


def _offer(app: App, workspace: Workspace, work: Work) -> None:
    """Offer a job every period, every minute at most: its guard row tells whether its hour has come."""
    tick = int(min(work.period, _LONGEST_TICK))

    async def offer(timestamp: int) -> None:
        await _in_thread(lambda stop: run_due(workspace, work, stop, early=tick / 2))

    name = f"newsletter.{work.name}"
    made = app.task(name=name, queue=RECURRING, queueing_lock=name)(offer)
    app.periodic(cron="* * * * *" if tick == _LONGEST_TICK else f"* * * * * */{tick}")(made)


def _look_for_stalled(app: App) -> None:
    """Give the tasks of workers that are gone to the others."""

    @app.periodic(cron="* * * * * */10")
    @app.task(name="newsletter.stalled", queue=RECURRING, queueing_lock="newsletter.stalled")
    async def stalled(timestamp: int) -> None:
        manager = app.job_manager
        for job in await manager.get_stalled_jobs(seconds_since_heartbeat=SILENT_SECONDS):
            _log.warning("a worker ended unexpectedly: %s is given to another", job.call_string)
            try:
                await manager.retry_job(job)
            except UniqueViolation:
                # The next of its kind waits already.
                await manager.finish_job_by_id_async(job.id or 0, status=Status.FAILED, delete_job=True)
        await manager.prune_stalled_workers(SILENT_SECONDS)


async def _in_thread(function: Callable[[threading.Event], Any]) -> None:
    """Run `function(stop)` in a thread; when cancelled, ask it to stop and wait until it has."""
    stop = threading.Event()
    running = asyncio.ensure_future(asyncio.to_thread(function, stop))
    try:
        await asyncio.shield(running)
    except asyncio.CancelledError:
        stop.set()
        await running
        raise
