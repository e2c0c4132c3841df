"""The recurring work: one process at a time, errors written down, and what is scheduled leaves after a restart."""

from __future__ import annotations

import shutil
import threading
import time
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.exc import InterfaceError, NoResultFound

from newsletter import i18n
from newsletter.actions.sending import mailings as sending_mailings
from newsletter.actions.sending import schedule
from newsletter.actions.sending.approval import approve_issue
from newsletter.actions.sending.deliveries import deliver_mailing
from newsletter.actions.workspace import open_workspace
from newsletter.jobs import loop
from newsletter.jobs.loop import run_due, run_loop, states
from newsletter.jobs.table import Work, deliver
from newsletter.store.engine import jobs as rows
from newsletter.store.sending import mailings
from tests.workspaces import copy_sample, open_again

ISSUE = "2026-11-lettre"
DELIVER = (Work("deliver", deliver, 0.1, "send"),)


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    """A workspace with the sample letter and 12 people, nothing approved; its files are read once for all cases."""
    home = tmp_path_factory.mktemp("jobs") / "w"
    copy_sample(home, 12, deliver=False)
    shutil.copy(home / "subscribers.db", home / "pristine.db")
    made = open_workspace(home)
    yield made
    made.close()


@pytest.fixture
def workspace(sample):
    """The workspace as it was made: no mailing, no job has run."""
    for path in sample.root.glob("subscribers.db*"):
        path.unlink()
    shutil.copy(sample.root / "pristine.db", sample.root / "subscribers.db")
    opened = open_again(sample)
    yield opened
    opened.close()


def loop_until(workspace, condition, table=DELIVER, seconds=20):
    """Run the loop until `condition` holds; fails when it does not in time."""
    stop = threading.Event()
    thread = threading.Thread(target=run_loop, args=(workspace, stop, table))
    thread.start()
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.05)
    stop.set()
    thread.join()
    assert condition()


def status(workspace):
    return sending_mailings.current_mailing(workspace, ISSUE).status


def test_a_scheduled_mailing_leaves_by_itself_even_after_a_restart(sample, workspace):
    mailing = approve_issue(workspace, ISSUE, by="editor", at=workspace.now() + timedelta(hours=1))
    assert schedule.due(workspace) == []
    workspace.close()
    after = open_again(sample)
    with after.database.write() as connection:
        mailings.touch(connection, mailing.id, not_before=after.clock() - 60)  # the hour has come
    try:
        loop_until(after, lambda: status(after) == "done")
        receipt = sending_mailings.mailing_receipt(after, ISSUE)
    finally:
        after.close()
    assert (receipt.sent, receipt.balanced) == (12, True)


def test_what_needs_files_is_left_to_a_machine_that_has_them(workspace):
    ran = []
    table = [
        Work(name, lambda *_, name=name: ran.append(name), 0.1, "", files=name == "files") for name in ("files", "none")
    ]
    for folder in ("articles", "issues"):
        (workspace.root / folder).rename(workspace.root / f"{folder}.away")
    try:
        loop_until(workspace, lambda: ran.count("none") > 2, table)
    finally:
        for folder in ("articles", "issues"):
            (workspace.root / f"{folder}.away").rename(workspace.root / folder)
    assert set(ran) == {"none"}
    loop_until(workspace, lambda: "files" in ran, table)


def test_an_approval_alone_sends_nothing(workspace):
    approve_issue(workspace, ISSUE, by="editor", now=True)
    assert schedule.due(workspace) == []


def test_a_mailing_interrupted_by_a_crash_is_taken_up_again(workspace):
    sending_mailings.begin_mailing(workspace, approve_issue(workspace, ISSUE, by="editor", now=True))
    loop_until(workspace, lambda: status(workspace) == "done")
    assert sending_mailings.mailing_receipt(workspace, ISSUE).sent == 12


def test_the_second_persons_word_is_waited_for(workspace):
    sending = workspace.settings.sending.model_copy(update={"second_person": True})
    strict = type(workspace)(workspace.settings.model_copy(update={"sending": sending}), workspace.clock)
    approve_issue(strict, ISSUE, by="editor", at=workspace.now())
    assert schedule.due(strict) == []
    sending_mailings.confirm_mailing(strict, ISSUE, by="colleague")
    assert [m.issue for m in schedule.due(strict)] == [ISSUE]
    strict.close()


def test_a_paused_or_finished_mailing_is_left_alone(workspace):
    mailing = sending_mailings.begin_mailing(workspace, approve_issue(workspace, ISSUE, by="editor", now=True))
    sending_mailings.pause_mailing(workspace, ISSUE, by="editor")
    assert schedule.due(workspace) == []
    sending_mailings.resume_mailing(workspace, ISSUE, by="editor")
    assert len(schedule.due(workspace)) == 1
    deliver_mailing(workspace, mailing)
    assert schedule.due(workspace) == []


def test_a_job_that_fails_is_written_down_and_runs_again(workspace):
    runs = []

    def fails(_workspace, _stop):
        runs.append(1)
        raise ValueError("the disk is on fire")

    loop_until(workspace, lambda: len(runs) > 1, [Work("bad", fails, 0.05, "")])
    (state,) = states(workspace)
    assert state.last_error == "ValueError: the disk is on fire" and state.holder == ""


def test_only_one_process_runs_a_job_at_a_time(workspace):
    began, go_on, runs = threading.Event(), threading.Event(), []

    def slow(_workspace, _stop):
        runs.append(1)
        began.set()
        go_on.wait(10)

    work = Work("slow", slow, 60, "")
    first = threading.Thread(target=run_due, args=(workspace, work, threading.Event()))
    first.start()
    began.wait(10)
    assert not run_due(workspace, work, threading.Event())
    go_on.set()
    first.join()
    assert runs == [1] and not run_due(workspace, work, threading.Event()), "its hour has not come again"


@pytest.mark.parametrize(
    ("holder", "runs"),
    [("elsewhere:1:2#3", False), ("", True)],
    ids=["a live holder elsewhere", "a holder that ended"],
)
def test_the_hold_of_a_process_that_ended_does_not_last(workspace, holder, runs):
    from newsletter.actions.sending.claims import owner

    here, pid, _started = owner().split(":")
    row = holder or f"{here}:{pid}:0#1"
    with workspace.database.write() as connection:
        connection.exec_driver_sql(
            "INSERT INTO jobs (name, next_at, holder, held_until) VALUES ('j', 0, ?, ?)", (row, time.time() + 60)
        )
    assert run_due(workspace, Work("j", lambda *_: None, 60, ""), threading.Event()) is runs


def test_an_hour_written_before_the_clock_was_set_back_does_not_count(workspace):
    with workspace.database.write() as connection:
        connection.exec_driver_sql("INSERT INTO jobs (name, next_at) VALUES ('j', ?)", (time.time() + 86_400,))
    assert run_due(workspace, Work("j", lambda *_: None, 60, ""), threading.Event())


def test_one_mailing_that_cannot_be_sent_does_not_keep_the_others_back(workspace, monkeypatch, caplog):
    sending_mailings.begin_mailing(workspace, approve_issue(workspace, ISSUE, by="editor", now=True))
    with workspace.database.read() as connection:
        good = mailings.of_issue(connection, ISSUE)
    bad, worse = replace(good, id=999, issue="gone"), replace(good, id=998, issue="lost")
    monkeypatch.setattr(schedule, "due", lambda _w: [bad, worse, good])
    with pytest.raises(NoResultFound):
        deliver(workspace, threading.Event())
    assert status(workspace) == "done"
    assert "lost: NoResultFound" in caplog.text, "only the first error is raised"


def test_a_beat_that_fails_in_any_way_is_followed_by_the_next(workspace, monkeypatch, caplog):
    """Whatever the driver raises: a job whose hold has run out would be done twice."""
    beats = []

    def prolong(*_arguments, **_options):
        beats.append(1)
        raise InterfaceError("the connection is closed", None, ValueError())

    monkeypatch.setattr(loop, "HOLD_SECONDS", 0.2)
    monkeypatch.setattr(rows, "prolong_job", prolong)
    table = Work("slow", lambda *_: time.sleep(0.5), 60, "")
    assert run_due(workspace, table, threading.Event())
    assert len(beats) > 2
    assert "slow: still held?" in caplog.text


def test_what_recurring_work_writes_is_in_the_networks_language(workspace):
    english = workspace.settings.network.model_copy(update={"locale": "en"})
    abroad = replace(workspace, settings=workspace.settings.model_copy(update={"network": english}))
    said = []
    run_due(abroad, Work("j", lambda *_: said.append(i18n.locale()), 60, ""), threading.Event())
    abroad.close()
    assert said == ["en"]
