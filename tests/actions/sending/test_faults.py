"""The world breaks around a sender: servers die, storm, fall silent; disks fill, clocks jump, processes freeze."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sqlite3
import subprocess
import threading
import time
from collections import Counter
from pathlib import Path

import pytest

from newsletter.actions.sending.drain import drain
from newsletter.errors import StoreError
from newsletter.store.engine.database import open_database
from tests.actions import counting
from tests.actions.counting import counting as counted
from tests.actions.desk import Peer, QuickClock, desk
from tests.actions.stage import Stage
from tests.conftest import missing
from tests.providers.scripted import Fault, ScriptedServer
from tests.providers.smtp_people import provider

pytestmark = pytest.mark.slow


def once_each(people: list[str], n: int) -> bool:
    return len(people) == n and len(set(people)) == n


def test_a_server_killed_and_started_again_loses_and_doubles_nobody(database, tmp_path):
    store = tmp_path / "taken"
    store.touch()
    server = counting.start(store, delay=0.002)
    d = desk(database, 200)
    thread = threading.Thread(target=drain, args=(d.dispatch(provider(server.port), connections=3),))
    thread.start()
    while len(server.lines()) < 50:
        time.sleep(0.01)
    server.kill()
    time.sleep(0.3)
    second = counting.start(store, port=server.port)
    thread.join(60)
    receipt, taken = d.receipt(), second.taken()
    second.kill()
    assert (receipt.open, receipt.balanced) == (0, True)
    assert max(taken.values()) == 1
    assert receipt.sent <= len(taken) <= receipt.sent + receipt.doubtful
    assert receipt.doubtful <= 3, "one at most on each connection"


@pytest.mark.parametrize(
    "faults",
    [
        [Fault("rcpt", b"451 4.7.1 greylisted", times=40)],
        [Fault("mail", b"451 4.3.0 overloaded", times=12)],
        [Fault("dot", b"452 4.3.1 no room", times=12)],
        [Fault("banner", b"421 4.7.0 too many", close=True, times=3)],
        [Fault("mail", b"421 4.3.2 going down", close=True, after=10, times=2)],
        [Fault("data", close=True, after=10, times=2)],
    ],
    ids=["greylisting", "overloaded", "no room", "too many", "going down", "dropped"],
)
def test_a_storm_of_passing_faults_leaves_nobody_out_and_nobody_doubtful(tmp_path, faults):
    database = open_database(f"sqlite:///{tmp_path}/t.db")
    d = desk(database, 60, clock=QuickClock())
    with ScriptedServer(*faults) as server:
        receipt = d.deliver(provider(server.port), connections=2)
        assert (receipt.sent, receipt.doubtful, receipt.open) == (60, 0, 0)
        assert once_each(server.recipients(), 60)
    database.close()


@pytest.mark.parametrize(
    ("fault", "doubtful"),
    [(Fault("dot", after=20, keep=True), 1), (Fault("rcpt", after=20), 0), (Fault("banner"), 0)],
    ids=["after the final dot", "in the envelope", "before the banner"],
)
def test_a_silent_server_costs_a_timeout_and_only_the_final_dot_leaves_a_doubt(tmp_path, fault, doubtful):
    database = open_database(f"sqlite:///{tmp_path}/t.db")
    d = desk(database, 50, clock=QuickClock())
    with ScriptedServer(fault) as server:
        receipt = d.deliver(provider(server.port, timeout=0.5), connections=2)
        assert (receipt.sent, receipt.doubtful, receipt.open) == (50 - doubtful, doubtful, 0)
        assert once_each(server.recipients(), 50)
    database.close()


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 3 MB."""
    if os.geteuid() != 0 or not shutil.which("mount"):
        missing("a mount by root", "run the tests as root")
    home = tmp_path / "disk"
    home.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(home)], capture_output=True)
    if done.returncode:
        pytest.xfail(f"this container may not mount: {done.stderr.decode()}")
    yield home
    subprocess.run(["umount", "-l", str(home)], check=True)


def fill(home) -> None:
    """Leave no byte free."""
    with (home / "ballast").open("wb", buffering=0) as file:
        for size in (65536, 4096, 1):
            with contextlib.suppress(OSError):
                while True:
                    file.write(b"0" * size)


def test_a_full_disk_stops_the_sending_and_room_lets_it_go_on_without_a_doubt(small_disk):
    database = open_database(f"sqlite:///{small_disk}/t.db")
    d, peer = desk(database, 400), Peer(pause=0.002)
    filler = threading.Timer(0.2, fill, args=(small_disk,))
    cleaner = threading.Timer(1.0, (small_disk / "ballast").unlink)
    filler.start()
    cleaner.start()
    receipt = d.deliver(peer, connections=2)
    assert (receipt.sent, receipt.doubtful, receipt.open) == (400, 0, 0)
    assert once_each(peer.people(), 400)
    database.close()


def test_a_disk_that_stays_full_ends_in_an_error_that_says_so_and_the_next_run_settles(small_disk):
    database = open_database(f"sqlite:///{small_disk}/t.db")
    d, peer = desk(database, 400), Peer(pause=0.002)
    filler = threading.Timer(0.2, fill, args=(small_disk,))
    filler.start()
    with pytest.raises(StoreError, match="free some space"):
        d.deliver(peer, connections=2, lease_seconds=1)
    filler.join()
    (small_disk / "ballast").unlink()
    time.sleep(1.1)
    receipt = d.deliver(peer, connections=2)
    assert receipt.balanced and receipt.open == 0
    assert max(Counter(peer.people()).values()) == 1
    assert len(peer.people()) == receipt.sent + receipt.doubtful and receipt.doubtful <= 2 * 100
    database.close()


@pytest.fixture(scope="module")
def stage(tmp_path_factory):
    made = Stage(tmp_path_factory.mktemp("faults") / "w")
    made.prepare()
    return made


def test_two_senders_at_once_share_the_mailing(stage, tmp_path):
    stage.reset()
    with counted(tmp_path / "taken", delay=0.004) as server:
        first, second = stage.send(server), stage.send(server)
        receipts = [stage.receipt(process) for process in (first, second)]
        taken = server.taken()
    assert [r["status"] for r in receipts] == ["done", "done"]
    assert receipts[0]["sent"] == receipts[1]["sent"] == 500
    assert len(taken) == 500 and max(taken.values()) == 1


def stopped(pid: int) -> bool:
    """Tell whether every thread of a process stands still."""
    states = (path.read_text().rpartition(")")[2].split()[0] for path in Path(f"/proc/{pid}/task").glob("*/stat"))
    return all(state == "T" for state in states)


def freeze(stage, process) -> None:
    """Stop a sender between two of its transactions: in one, it would hold the database."""
    while True:
        process.send_signal(signal.SIGSTOP)
        while not stopped(process.pid):  # a busy machine stops its threads some time after the signal
            time.sleep(0.003)
        try:
            with contextlib.closing(sqlite3.connect(stage.home / "subscribers.db", timeout=0.2)) as connection:
                connection.execute("BEGIN IMMEDIATE")
                return
        except sqlite3.OperationalError:
            process.send_signal(signal.SIGCONT)
            time.sleep(0.003)


def test_a_frozen_sender_is_replaced_and_does_no_harm_when_it_thaws(stage, tmp_path):
    """SIGSTOP until the lease ran out; a second sender ends the mailing, a user settles the doubtful; then SIGCONT."""
    stage.reset()
    lease = {"SENDING__LEASE_SECONDS": 2}
    with counted(tmp_path / "taken", delay=0.004) as server:
        frozen = stage.send(server, **lease)
        server.await_messages(120, frozen)
        freeze(stage, frozen)
        second = stage.receipt(stage.send(server, **lease))
        assert second["status"] == "done" and second["open"] == 0
        doubtful = second["doubtful"]
        assert doubtful <= 4 * 100
        if doubtful:
            stage.settle(server)
            stage.receipt(stage.send(server, **lease))
        frozen.send_signal(signal.SIGCONT)
        final = stage.receipt(frozen)
        taken = server.taken()
    assert (final["sent"], final["open"]) == (500, 0)
    assert len(taken) == 500, "nobody is lost"
    # What was settled was sent again on a user's word; beyond it, a message on the wire of each frozen connection.
    assert sum(taken.values()) - 500 <= doubtful + 4
