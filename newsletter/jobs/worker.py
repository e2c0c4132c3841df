"""One worker process: at the queue until it is told to stop, through every restart of the database."""

from __future__ import annotations

import asyncio
import logging
import signal
import threading
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from newsletter.actions.workspace import Workspace
from newsletter.errors import Refused, StoreError
from newsletter.jobs.table import TABLE
from newsletter.store.engine import queue as tables

if TYPE_CHECKING:
    from newsletter.jobs.queue import Post

_LONGEST_PAUSE = 15.0
_SETTLED = 60.0  # an attendance that lasted so long was no failed attempt
_log = logging.getLogger(__name__)


def work(workspace: Workspace, connections: int = 0) -> None:
    """Do the recurring work and deliver mailings beside other workers, until SIGTERM or SIGINT.

    `connections` is how many of a mailing's connections this worker opens at most (0: all that the settings allow).
    Refused on SQLite, StoreError without the extra or with a database that cannot be reached at the start.
    """
    if workspace.settings.database.url.startswith("sqlite"):
        raise Refused(
            "workers need PostgreSQL: only one machine can write to an SQLite file",
            where="[database] url",
            hint="on SQLite run `newsletter serve`: it does the same work in its own process",
        )
    try:
        from newsletter.jobs.queue import Post, attend, worth_a_line
    except ModuleNotFoundError as error:
        raise StoreError(
            f"the module `{error.name}` is not installed",
            where="newsletter worker",
            hint="install the extra `postgres`: pip install 'lettre-reseau[postgres]'",
        ) from None
    for handler in logging.getLogger().handlers:
        handler.addFilter(worth_a_line)
    tables.prepare(workspace.database)
    most = workspace.settings.sending.connections
    asyncio.run(_until_told(Post(workspace, min(connections or most, most), threading.Event()), attend))


async def _until_told(post: Post, attend: Callable[[Post], Coroutine[Any, Any, None]]) -> None:
    told, loop = asyncio.Event(), asyncio.get_running_loop()
    # Every share and every job holds a thread for as long as it lasts.
    loop.set_default_executor(ThreadPoolExecutor(post.connections + len(TABLE) + 4))

    def halt(number: signal.Signals) -> None:
        _log.info("%s: finishing what is handed over, giving back the rest", number.name)
        for either in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(either)
            signal.signal(either, signal.SIG_DFL)  # a second one ends at once
        post.hurry.set()
        told.set()

    for either in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(either, halt, either)
    _log.info("working over %d connections; Ctrl-C or SIGTERM ends it", post.connections)
    pause = 1.0
    while not told.is_set():
        began = time.monotonic()
        await _first(attend(post), told.wait())
        pause = 1.0 if time.monotonic() - began > _SETTLED else min(2 * pause, _LONGEST_PAUSE)
        if not told.is_set():
            _log.warning("back to the queue in %d s", pause)
            await _first(told.wait(), asyncio.sleep(pause))
    _log.info("stopped")


async def _first(*each: Coroutine[Any, Any, Any]) -> None:
    """Run all of them until the first ends; cancel the others and wait until they have ended too."""
    tasks = [asyncio.create_task(one) for one in each]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()
    for ended in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(ended, Exception):
            raise ended
