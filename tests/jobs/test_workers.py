"""Several `newsletter worker` processes on one PostgreSQL: killed, restarted, on other machines, under one speed limit.

CHAOS_RUNS mailings (two, unless `make chaos` asks for more). CHAOS_SEED repeats a series.
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from newsletter.actions.sending import mailings
from newsletter.actions.workspace import Workspace
from newsletter.store.sending.receipts import Receipt
from tests import postgres
from tests.actions.counting import Server, counting
from tests.actions.stage import ISSUE, Stage

RUNS = max(2, int(os.environ.get("CHAOS_RUNS", "0")) // 20)
SEED = int(os.environ.get("CHAOS_SEED", str(time.time_ns() % 100_000)))
EACH = 2  # connections of one worker
MOST_IN_FLIGHT = 100  # of one connection
PEOPLE = 400
PATIENCE = 150

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("chaos")]


class Crew:
    """Workers on one database; all of them are ended with the block."""

    def __init__(self, stage: Stage, server: Server, **settings: object) -> None:
        self.stage, self.server = stage, server
        self.settings = {"SENDING__LEASE_SECONDS": 3, "SENDING__CONNECTIONS": 3 * EACH, **settings}
        self.running: list[subprocess.Popen[str]] = []

    def __enter__(self) -> Crew:
        return self

    def __exit__(self, *_error: object) -> None:
        for process in self.running:
            process.kill()
            process.communicate()

    def hire(self, home: Path | None = None, prefix: Sequence[str] = ()) -> subprocess.Popen[str]:
        """Start a worker."""
        process = self.stage.newsletter(
            self.server, "worker", "--connections", str(EACH), home=home, prefix=prefix, **self.settings
        )
        self.running.append(process)
        return process

    def kill(self, process: subprocess.Popen[str]) -> None:
        """End a worker as a power cut would."""
        process.kill()
        process.communicate()
        self.running.remove(process)

    def dismiss(self) -> list[tuple[int, str]]:
        """Tell all of them to stop; return how each ended and what it said."""
        for process in self.running:
            process.terminate()
        ended = [(process.communicate(timeout=60)[1], process.returncode) for process in self.running]
        self.running.clear()
        return [(code, said) for said, code in ended]


def await_taken(server: Server, n: int) -> None:
    """Wait until the server has taken `n` messages."""
    end = time.monotonic() + PATIENCE
    while len(server.lines()) < n and time.monotonic() < end:
        time.sleep(0.01)
    assert len(server.lines()) >= n, "the workers do not send"


def await_done(workspace: Workspace) -> Receipt:
    """Wait until the mailing is done and return its receipt."""
    end = time.monotonic() + PATIENCE
    while (receipt := mailings.mailing_receipt(workspace, ISSUE)).status != "done" and time.monotonic() < end:
        time.sleep(0.25)
    assert (receipt.status, receipt.open, receipt.candidates) == ("done", 0, PEOPLE), receipt
    assert receipt.balanced
    return receipt


def check(server: Server, receipt: Receipt, most_doubtful: int, told: str = "") -> None:
    """Nobody is lost, nobody was written to twice, and only what was in flight is doubtful."""
    taken = server.taken()
    assert max(taken.values()) == 1, f"somebody was written to twice: {told}"
    assert receipt.doubtful <= most_doubtful, told
    assert receipt.sent <= len(taken) <= receipt.sent + receipt.doubtful, told
    written = {address for _id, address in server.lines()}
    assert len(written | set(receipt.doubtful_names)) == PEOPLE, f"somebody was lost: {told}"


def busiest(moments: Sequence[float], seconds: float) -> int:
    """Return the most messages that any window of `seconds` saw."""
    ordered, first, most = sorted(moments), 0, 0
    for last, at in enumerate(ordered):
        while at - ordered[first] >= seconds:
            first += 1
        most = max(most, last - first + 1)
    return most


def senders(workspace: Workspace) -> set[tuple[str, str]]:
    """Return the place and the pid of each process that has delivered."""
    with workspace.database.read() as connection:
        tokens = connection.exec_driver_sql("SELECT DISTINCT token FROM deliveries WHERE token IS NOT NULL").scalars()
        return {(place, pid) for place, pid, _rest in (token.split(":", 2) for token in tokens)}


def machine(home: Path, stage: Stage) -> tuple[Path, list[str]]:
    """Make a workspace as a worker's machine has it, and return it with the command that enters that machine.

    Where the kernel lets us it has process numbers of its own, as another host: its dead are then known by their lease
    alone.
    """
    home.mkdir()
    for name in ("newsletter.toml", ".env"):
        shutil.copy(stage.home / name, home / name)
    enter = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"]
    possible = subprocess.run([*enter, "true"], stderr=subprocess.DEVNULL, check=False).returncode == 0
    return home, enter if possible else []


def begin(workspace: Workspace) -> None:
    """Let the approved mailing leave."""
    mailings.begin_mailing(workspace, mailings.current_mailing(workspace, ISSUE))


@pytest.mark.parametrize("run", range(RUNS))
def test_nobody_is_lost_or_doubled_though_workers_are_killed_and_the_database_restarts(stage, workspace, tmp_path, run):
    """Three workers: two are killed at random moments and replaced, one is killed for ever."""
    dice = random.Random(SEED * 1000 + run)
    rate, how = dice.choice((0, 100)), dice.choice(("fast", "immediate"))
    told = f"seed {SEED}, run {run}, rate {rate}, {how}"
    with (
        counting(tmp_path / "taken", delay=dice.choice((0.005, 0.02))) as server,
        Crew(stage, server, SENDING__RATE=rate) as crew,
    ):
        crew.hire(), crew.hire(), crew.hire()
        begin(workspace)
        deeds = ["replace", "replace", "kill", how]
        dice.shuffle(deeds)
        for deed, moment in zip(deeds, sorted(dice.randrange(1, 300) for _ in deeds), strict=True):
            await_taken(server, moment)
            time.sleep(dice.uniform(0, 0.1))
            if deed == how:
                postgres.restart(stage.cluster, how)
                continue
            crew.kill(dice.choice(crew.running))
            if deed == "replace":
                crew.hire()
        receipt = await_done(workspace)
        ended = crew.dismiss()
        check(server, receipt, 3 * EACH * MOST_IN_FLIGHT, told)
        assert [code for code, _said in ended] == [0, 0], ended
        if rate:
            assert busiest(server.moments(), 3) <= 1.05 * 3 * rate, told


def test_three_processes_keep_to_one_speed_limit_without_bursts(stage, workspace, tmp_path):
    rate = 50
    with counting(tmp_path / "taken") as server, Crew(stage, server, SENDING__RATE=rate) as crew:
        crew.hire(), crew.hire(), crew.hire()
        begin(workspace)
        receipt = await_done(workspace)
        assert {pid for _place, pid in senders(workspace)} == {str(process.pid) for process in crew.running}, (
            "all three took part"
        )
    moments = server.moments()
    assert receipt.sent == PEOPLE
    assert (len(moments) - 1) / (moments[-1] - moments[0]) <= 1.05 * rate
    assert busiest(moments, 3) <= 1.05 * 3 * rate
    # Six connections at most leave at once when the machine held them all up.
    assert busiest(moments, 0.1) <= 0.1 * rate + 3 * EACH


def test_a_mailing_begun_on_one_machine_is_finished_by_another_that_shares_only_the_database(
    stage, workspace, tmp_path
):
    first, second = (machine(tmp_path / name, stage) for name in ("one", "two"))
    with counting(tmp_path / "taken", delay=0.01) as server, Crew(stage, server) as crew:
        lost = crew.hire(*first)
        begin(workspace)
        await_taken(server, 100)
        crew.kill(lost)
        before = senders(workspace)
        crew.hire(*second)
        receipt = await_done(workspace)
        check(server, receipt, EACH * MOST_IN_FLIGHT)
    assert len(before) == 1 and len(senders(workspace)) == 2
    assert {path.name for path in second[0].iterdir()} == {"newsletter.toml", ".env", "departures"}


def test_an_operators_few_connections_are_counted_over_all_workers(stage, workspace, tmp_path):
    with workspace.database.write() as connection:
        connection.exec_driver_sql("UPDATE deliveries SET cap = 'orange' WHERE mod(id, 2) = 0")
        capped = connection.exec_driver_sql(
            "SELECT s.address FROM deliveries d JOIN subscribers s ON s.id = d.subscriber_id WHERE d.cap = 'orange'"
        )
        orange = set(capped.scalars())
    delay = 0.02
    with counting(tmp_path / "taken", delay=delay) as server, Crew(stage, server) as crew:
        crew.hire(), crew.hire(), crew.hire()
        begin(workspace)
        receipt = await_done(workspace)
        assert len(senders(workspace)) == 3
    assert receipt.sent == PEOPLE
    taken = zip(server.moments(), server.lines(), strict=True)
    # Each message occupied its connection during the delay that came before it was taken.
    assert busiest([at for at, (_id, address) in taken if address in orange], 0.9 * delay) <= 2
