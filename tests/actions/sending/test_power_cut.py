"""A power cut in mid-mailing: the sender is gone, and with it every page that was not synced to the disk."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import time

import pytest

from tests.actions.counting import counting
from tests.actions.stage import Stage
from tests.conftest import ROOT, missing

RUNS = max(2, int(os.environ.get("CHAOS_RUNS", "4")) // 20)
SEED = int(os.environ.get("CHAOS_SEED", str(time.time_ns() % 100_000)))
DATABASE = "subscribers.db"

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("power")]


@pytest.fixture(scope="module")
def stage(tmp_path_factory):
    made = Stage(tmp_path_factory.mktemp("power") / "w")
    made.prepare()
    return made


@pytest.fixture(scope="module")
def shim(tmp_path_factory):
    if not shutil.which("gcc"):
        missing("gcc", "apt-get install gcc")
    made = tmp_path_factory.mktemp("shim") / "powerloss.so"
    source = ROOT / "tests" / "data" / "faults" / "powerloss.c"
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", str(made), str(source), "-ldl"], check=True)
    return made


def cut(stage, server, shim, disk, served: int, **settings) -> None:
    """Send until `served` were taken, then leave of the database what had been synced, and no departure log."""
    disk.mkdir()
    for path in stage.home.glob(f"{DATABASE}*"):
        shutil.copy(path, disk)
    before = {name: os.environ.get(name) for name in ("LD_PRELOAD", "POWERLOSS_MATCH", "POWERLOSS_DIR")}
    os.environ.update(LD_PRELOAD=str(shim), POWERLOSS_MATCH=DATABASE, POWERLOSS_DIR=str(disk))
    try:
        process = stage.send(server, **settings)
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})
    server.await_messages(served, process)
    process.kill()
    process.communicate()
    shutil.rmtree(stage.home / "departures", ignore_errors=True)
    for path in stage.home.glob(f"{DATABASE}*"):
        path.unlink()
    for name in (DATABASE, f"{DATABASE}-wal"):
        if (disk / name).exists():
            shutil.copy(disk / name, stage.home / name)


@pytest.mark.parametrize("run", range(RUNS))
def test_after_a_power_cut_nobody_is_written_to_twice_and_nobody_is_lost(stage, shim, run, tmp_path):
    dice = random.Random(SEED * 1000 + run)
    stage.reset()
    with counting(tmp_path / "taken", delay=dice.choice((0, 0.002))) as server:
        cut(stage, server, shim, tmp_path / "disk", dice.randrange(20, 400))
        receipt = stage.receipt(stage.send(server))
        taken = server.taken()
    told = f"seed {SEED}, run {run}: {receipt}"
    assert receipt["open"] == 0, told
    assert max(taken.values()) == 1, f"somebody was written to twice: {told}"
    assert receipt["sent"] <= len(taken) <= receipt["sent"] + receipt["doubtful"], told
    assert receipt["doubtful"] <= 4 * 100, "a group on each connection"


def test_without_durability_the_cut_would_be_seen_by_this_test(stage, shim, tmp_path):
    """That the shim drops pages at all: as `durable = false` a mailing approved before is begun again from nothing."""
    stage.reset()
    with counting(tmp_path / "taken") as server:
        cut(stage, server, shim, tmp_path / "disk", 200, DATABASE__DURABLE="false")
        stage.receipt(stage.send(server, DATABASE__DURABLE="false"))
        assert max(server.taken().values()) == 2
