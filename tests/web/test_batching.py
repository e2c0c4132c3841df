"""Requests served together: whoever comes while a batch is under way is in the next one."""

from __future__ import annotations

import asyncio
import threading

import pytest

from newsletter.web import batching
from newsletter.web.batching import Gather


class Work:
    """Doubles numbers, one batch at a time; `gate` holds it back."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.gate = threading.Event()

    def __call__(self, batch):
        self.batches.append(list(batch))
        assert self.gate.wait(10)
        return [2 * n if n >= 0 else ValueError(str(n)) for n in batch]


async def until(true):
    while not true():
        await asyncio.sleep(0.001)


def crowd(numbers, then=lambda tasks: None):
    """Ask for 0, and for `numbers` while that is under way; returns the batches and what everybody got."""

    async def go():
        work = Work()
        double = Gather(work)
        tasks = [asyncio.create_task(double(0))]
        await until(lambda: work.batches)
        tasks += [asyncio.create_task(double(n)) for n in numbers]
        await asyncio.sleep(0)
        then(tasks)
        await asyncio.sleep(0)
        work.gate.set()
        return work.batches, await asyncio.gather(*tasks, return_exceptions=True)

    return asyncio.run(go())


def test_a_lone_request_is_served_at_once_and_the_crowd_behind_it_together():
    assert crowd([1, 2, 3]) == ([[0], [1, 2, 3]], [0, 2, 4, 6])


def test_a_batch_has_a_limit():
    batches, answers = crowd(range(1, batching.MOST + 2))
    assert [len(batch) for batch in batches] == [1, batching.MOST, 1]
    assert answers == [2 * n for n in range(batching.MOST + 2)]


def test_an_error_reaches_only_whoever_it_concerns():
    _batches, answers = crowd([1, -2, 3])
    assert (answers[1], type(answers[2]), answers[3]) == (2, ValueError, 6)


def test_one_who_does_not_wait_for_the_answer_keeps_nobody_from_theirs():
    batches, answers = crowd([1, 2], lambda tasks: tasks[1].cancel())
    assert batches == [[0], [1, 2]]
    assert (type(answers[1]), answers[2]) == (asyncio.CancelledError, 4)


def test_when_the_work_fails_as_a_whole_all_hear_of_it_and_the_next_are_served():
    async def go():
        failing = [True]

        def work(batch):
            if failing.pop():
                raise OSError("no database")
            return batch

        asked = Gather(work)
        with pytest.raises(OSError, match="no database"):
            await asked(1)
        failing.append(False)
        return await asked(2)

    assert asyncio.run(go()) == 2


def test_it_serves_one_event_loop_after_another():
    asked = Gather(list)
    assert [asyncio.run(asked(n)) for n in (1, 2)] == [1, 2]
