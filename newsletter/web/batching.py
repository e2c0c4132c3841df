"""Requests that arrive together, served together: what comes while a batch is under way makes the next batch."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from starlette.concurrency import run_in_threadpool

MOST = 100  # so that no request waits for a whole crowd, nor the sender for the database
_Asked = TypeVar("_Asked")
_Answer = TypeVar("_Answer")


class Gather(Generic[_Asked, _Answer]):
    """Calls `work(batch)` in a thread, one batch at a time; it gives an answer or an exception for each, in order.

    There is no timer: a lone request is served at once, and batches grow by themselves as work falls behind.
    """

    def __init__(self, work: Callable[[Sequence[_Asked]], Sequence[_Answer | Exception]]) -> None:
        self._work = work
        self._waiting: list[tuple[_Asked, asyncio.Future[_Answer]]] = []
        self._running: asyncio.Task[None] | None = None

    async def __call__(self, asked: _Asked) -> _Answer:
        """Return the answer to `asked`, or raise its exception."""
        future: asyncio.Future[_Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((asked, future))
        if self._running is None:
            self._running = asyncio.create_task(self._run())
        return await future

    async def _run(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
                await self._serve(batch)
        finally:
            self._running = None

    async def _serve(self, batch: Sequence[tuple[_Asked, asyncio.Future[_Answer]]]) -> None:
        answers: Sequence[_Answer | Exception]
        try:
            answers = await run_in_threadpool(self._work, [asked for asked, _future in batch])
        except Exception as error:  # noqa: BLE001 - raised where each of them waits
            answers = [error] * len(batch)
        for (_asked, future), answer in zip(batch, answers, strict=True):
            if future.done():  # the client has gone; the work is done all the same
                continue
            if isinstance(answer, Exception):
                future.set_exception(answer)
            else:
                future.set_result(answer)
