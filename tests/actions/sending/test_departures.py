"""The departure log: what it says after a crash, and of a database that went back in time."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.actions.sending import claims
from newsletter.actions.sending import departures as departure_logs
from newsletter.actions.sending.claims import recover
from newsletter.actions.sending.departures import (
    DepartureLog,
    Heading,
    Trail,
    departures,
    last_departure,
    log_path,
    sweep_logs,
)
from newsletter.actions.sending.drain import drain
from newsletter.messages import Outcome
from newsletter.store.engine.database import open_database
from newsletter.store.sending import ledger, mailings
from newsletter.store.sending.ledger import Handed
from tests.actions.desk import Desk, Peer, desk

HEADING = Heading("0123456789abcdef", "2026-11-lettre")


def handed(n: int, tries: int = 1) -> Handed:
    return Handed(n, 0, f"p{n}@example.org", n.to_bytes(16, "big"), tries)


@pytest.fixture
def log(tmp_path):
    made = DepartureLog(tmp_path / "departures", HEADING, "here:1:2")
    made.open()
    yield made
    made.close()


def test_a_message_is_written_down_before_it_leaves_and_its_outcome_with_the_next(log):
    trail = Trail(log)
    trail.leave([handed(1)])
    assert {n: d.fate for n, d in departures(log.path).items()} == {1: "begun"}
    trail.answer(Outcome(1, "accepted"))
    trail.leave([handed(2)])
    trail.answer(Outcome(2, "refused"))
    trail.leave([handed(3)])
    trail.answer(Outcome(3, "unknown"))
    trail.leave([handed(4)])
    trail.answer(Outcome(4, "deferred"))
    trail.rest()
    fates = {n: d.fate for n, d in departures(log.path).items()}
    assert fates == {1: "taken", 2: "not taken", 3: "begun", 4: "not taken"}
    assert last_departure(log.path).delivery == 4


def test_nobody_else_can_read_it_and_no_address_stands_in_it(log):
    Trail(log).leave([handed(7)])
    assert log.path.stat().st_mode & 0o777 == 0o600 and log.path.parent.stat().st_mode & 0o777 == 0o700
    assert b"@" not in log.path.read_bytes()


def test_it_says_which_mailing_and_issue_it_is_about(log, tmp_path):
    (tmp_path / "departures" / "x").mkdir()
    (tmp_path / "departures" / "x" / "y.log").write_text("something else\n")
    assert departure_logs.logs(tmp_path / "departures") == {log.path: HEADING}


def test_old_logs_are_deleted_but_those_of_a_mailing_that_can_still_send(log, tmp_path):
    Trail(log).leave([handed(1)])
    old = DepartureLog(tmp_path / "departures", Heading("fedcba9876543210", "2026-01-lettre"), "here:1:2")
    old.open()
    old.close()
    for path in (log.path, old.path):
        os.utime(path, (1000, 1000))
    (old.path.parent / "notes.txt").touch()
    assert sweep_logs(tmp_path / "departures", {HEADING.mailing}, 999) == 0, "not old enough"
    assert sweep_logs(tmp_path / "departures", {HEADING.mailing}, 1001, dry_run=True) == 1 and old.path.exists()
    assert sweep_logs(tmp_path / "departures", {HEADING.mailing}, 1001) == 1
    assert log.path.exists() and not old.path.exists() and (old.path.parent / "notes.txt").exists()
    assert sweep_logs(tmp_path / "departures", set(), 1001) == 1 and not log.path.parent.exists()


@given(st.binary(max_size=200), st.integers(0, 60))
def test_a_torn_or_damaged_log_is_read_as_far_as_it_goes(tmp_path_factory, noise, cut):
    path = tmp_path_factory.mktemp("torn") / "a.log"
    good = b"newsletter-departures/1 u i\nB 1 1 %s\nT 1\nB 2 1 %s\n" % (b"00" * 16, b"01" * 16)
    path.write_bytes(good + noise)
    assert departures(path)[1].fate in ("taken", "begun", "not taken") and 2 in departures(path)
    path.write_bytes(good[: len(good) - cut])
    assert set(departures(path)) <= {1, 2}
    last_departure(path)


def killed_at(d: Desk, n: int, monkeypatch) -> None:
    """Deliver in a child that is killed while its `n`-th message is leaving."""
    child = os.fork()
    if child == 0:
        count = iter(range(1, 10**6))

        def answer(message):
            if next(count) == n:
                os.kill(os.getpid(), signal.SIGKILL)
            return Outcome(message.delivery, "accepted")

        database = open_database(str(d.database.engine.url.render_as_string(hide_password=False)))
        drain(Desk(database, d.mailing, d.logs).dispatch(Peer(answer), connections=1))
        os._exit(1)
    _pid, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status)


@pytest.mark.parametrize("n", [1, 2, 40, 199, 200])
def test_after_a_kill_one_message_a_connection_is_doubtful_and_the_rest_is_known(database, tmp_path, monkeypatch, n):
    d = desk(database, 200)
    d.logs = tmp_path / "departures"
    d.database.engine.dispose()
    killed_at(d, n, monkeypatch)
    _queued, doubtful = recover(database, d.mailing.id, d.logs)
    tally = d.tally()
    assert doubtful == tally.get("doubtful") == 1
    assert tally.get("sent", 0) == n - 1
    assert tally.get("queued", 0) == 200 - n
    peer = Peer()
    assert d.deliver(peer, connections=1).doubtful == 1
    assert len(peer.people()) == 200 - n


def test_without_a_log_the_group_is_doubtful_as_before(database, tmp_path, monkeypatch):
    d = desk(database, 60)
    d.logs = tmp_path / "departures"
    d.database.engine.dispose()
    killed_at(d, 20, monkeypatch)
    shutil.rmtree(d.logs)
    recover(database, d.mailing.id, d.logs)
    assert d.tally()["doubtful"] > 1


def test_an_earlier_hand_over_by_the_same_process_says_nothing_of_the_last(database, tmp_path):
    d = desk(database, 1)
    d.logs = tmp_path / "departures"
    token = "dead:0:0#1"
    with database.write() as connection:
        (number,) = ledger.claim_deliveries(connection, d.mailing.id, token, 1, now=1.0, lease=60, caps={})
        connection.execute(
            ledger.deliveries.update().where(ledger.deliveries.c.id == number).values(state="handed", tries=2)
        )
    log = DepartureLog(d.logs, Heading(d.mailing.uid, d.mailing.issue), "dead:0:0")
    log.open()
    trail = Trail(log)
    trail.leave([handed(number, 1)])
    trail.answer(Outcome(number, "accepted"))
    trail.rest()
    with database.write() as connection:
        assert claims._settle_by_log(connection, token, d.logs, 2.0) == (1, 0)
    assert d.tally() == {"queued": 1}


def test_a_disk_that_takes_no_line_keeps_messages_back_and_says_so(database, tmp_path, monkeypatch):
    d, peer = desk(database, 5), Peer()
    d.logs = tmp_path / "departures"
    monkeypatch.setattr(DepartureLog, "write", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    monkeypatch.setattr("newsletter.actions.sending.sender.PATIENCE", 1)
    dispatch = d.dispatch(peer, connections=1)
    drain(dispatch)
    assert peer.taken == [] and d.tally() == {"queued": 5}
    assert dispatch.troubles == ["the departure log cannot be written: No space left on device"]


# --- a database that went back in time ---------------------------------------------------------------------------


def rolled_back(tmp_path, n: int, taken: int):
    """Send `taken` of `n` after a copy of the database was made, and put the copy back."""
    file = tmp_path / "w.db"
    database = open_database(f"sqlite:///{file}")
    d = desk(database, n)
    d.logs = tmp_path / "departures"
    with sqlite3.connect(file) as source, sqlite3.connect(tmp_path / "snapshot.db") as target:
        source.backup(target)
    count = iter(range(1, 10**6))
    dispatch = None

    def answer(message):
        if next(count) == taken:
            dispatch.stop.set()
        return Outcome(message.delivery, "accepted")

    peer = Peer(answer)
    dispatch = d.dispatch(peer, connections=1)
    drain(dispatch)
    served = peer.people()
    assert len(served) >= taken
    database.close()
    for path in tmp_path.glob("w.db*"):
        path.unlink()
    shutil.copy(tmp_path / "snapshot.db", file)
    return Desk(open_database(f"sqlite:///{file}"), d.mailing, d.logs), served


def test_a_database_put_back_is_noticed_pauses_and_doubles_nobody(tmp_path):
    d, served = rolled_back(tmp_path, 100, 20)
    assert d.tally() == {"queued": 100}
    second = Peer()
    receipt = d.deliver(second, connections=2)
    assert (receipt.status, receipt.sent, receipt.doubtful, second.taken) == ("paused", len(served), 0, [])
    assert str(len(served)) in receipt.pause_reason
    d.change("sending")
    third = Peer()
    final = d.deliver(third, connections=2)
    assert (final.sent, final.open, final.balanced) == (100, 0, True)
    assert sorted(served + third.people()) == sorted({*served, *third.people()})
    d.database.close()


def test_a_damaged_write_ahead_log_loses_what_stood_behind_it_and_doubles_nobody(tmp_path):
    """SQLite drops every page behind one that is damaged, without a word: the departure log knows better."""
    database = open_database(f"sqlite:///{tmp_path}/w.db")
    d = desk(database, 60)
    d.logs = tmp_path / "departures"
    with database.write() as connection:
        connection.exec_driver_sql("PRAGMA wal_autocheckpoint=0")
    database.engine.dispose()  # the log is now in the file, and the next one is empty
    peer = Peer()
    d.deliver(peer, connections=1)
    (tmp_path / "after").mkdir()
    for path in tmp_path.glob("w.db*"):
        shutil.copy(path, tmp_path / "after")
    database.close()
    log = tmp_path / "after" / "w.db-wal"
    data = bytearray(log.read_bytes())
    data[len(data) // 3] ^= 0xFF
    log.write_bytes(data)
    (tmp_path / "after" / "w.db-shm").unlink()

    damaged = Desk(open_database(f"sqlite:///{tmp_path}/after/w.db"), d.mailing, d.logs)
    assert damaged.tally().get("sent", 0) < 60, "it went back"
    second = Peer()
    receipt = damaged.deliver(second, connections=2)
    assert (receipt.status, second.taken) == ("paused", []) and "revenue à un état" in receipt.pause_reason
    handed_over = damaged.tally().get("handed", 0)  # still in the database, by a sender that has not ended
    assert (receipt.sent + handed_over, receipt.open) == (60, handed_over)
    damaged.database.close()


def test_an_approval_made_again_after_the_database_forgot_the_first_is_noticed(tmp_path):
    d, served = rolled_back(tmp_path, 30, 8)
    with d.database.write() as connection:
        connection.execute(ledger.mailings.update().values(uid="fedcba9876543210"))
        mailing = mailings.get_mailing(connection, d.mailing.id)
    receipt = Desk(d.database, mailing, d.logs).deliver(Peer(), connections=1)
    assert (receipt.status, receipt.sent, receipt.doubtful) == ("paused", 0, len(served))
    d.database.close()


def test_while_all_is_well_nothing_is_said(database, tmp_path):
    d = desk(database, 50)
    d.logs = tmp_path / "departures"
    assert d.deliver(Peer(), connections=3).sent == 50
    d.change("sending")
    assert d.deliver(Peer(), connections=3).status == "sending"


def test_files_of_another_issue_or_process_are_left_alone(tmp_path):
    path = log_path(tmp_path, "a" * 16, "x:1:2")
    assert path.parent.name == "a" * 16 and path != log_path(tmp_path, "a" * 16, "x:1:3")
