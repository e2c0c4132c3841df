"""Chaos: the sender is killed at a random moment, perhaps several times, and started again until it is done.

CHAOS_RUNS mailings (200 with `make chaos`), half of them on PostgreSQL. CHAOS_SEED repeats a series.
"""

from __future__ import annotations

import os
import random
import time

import pytest

from tests.actions.counting import counting
from tests.actions.stage import Stage

RUNS = int(os.environ.get("CHAOS_RUNS", "4"))
SEED = int(os.environ.get("CHAOS_SEED", str(time.time_ns() % 100_000)))
CONNECTIONS = 4

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("chaos")]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def stage(request, tmp_path_factory):
    cluster = request.getfixturevalue("postgres") if request.param == "postgresql" else None
    made = Stage(tmp_path_factory.mktemp("chaos") / "w", cluster)
    made.prepare()
    return made


@pytest.mark.parametrize("run", range((RUNS + 1) // 2))
def test_nobody_is_lost_and_nobody_is_written_to_twice_however_often_the_sender_is_killed(stage, run, tmp_path):
    dice = random.Random(SEED * 1000 + run)
    stage.reset()
    with counting(tmp_path / "taken", delay=dice.choice((0, 0.001, 0.004))) as server:
        kills = dice.choice((1, 1, 2, 3))
        for moment in sorted(dice.randrange(500) for _ in range(kills)):
            process = stage.send(server)
            server.await_messages(moment, process)
            time.sleep(dice.uniform(0, 0.03))
            process.kill()
            process.communicate()
        receipt = stage.receipt(stage.send(server))
        taken = server.taken()
        told = f"seed {SEED}, run {run}: {receipt}"

        assert receipt["status"] == "done" and receipt["open"] == 0, told
        assert receipt["candidates"] == 500, told
        assert receipt["doubtful"] <= kills * CONNECTIONS, told
        assert max(taken.values()) == 1, f"somebody was written to twice: {told}"
        assert receipt["sent"] <= len(taken) <= receipt["sent"] + receipt["doubtful"], told
        written = {address for _id, address in server.lines()}
        assert len(written | set(receipt["doubtful_names"])) == 500, f"somebody was lost: {told}"

        if receipt["doubtful"]:
            stage.settle(server)
            final = stage.receipt(stage.send(server))
            again = server.taken()
            assert (final["sent"], final["doubtful"]) == (500, 0), told
            assert len(again) == 500, f"somebody was lost: {told}"
            assert sum(again.values()) - 500 <= receipt["doubtful"], "only who was settled got it twice"
