"""The queue: its tables made and upgraded, every job offered, mailings handed out in shares, the stalled found."""

from __future__ import annotations

import asyncio
import threading
import time

import psycopg
import pytest
from procrastinate.jobs import Job
from procrastinate.schema import SchemaManager

from newsletter.actions.sending import deliveries, mailings, schedule
from newsletter.actions.team import settings_edits
from newsletter.actions.workspace import open_workspace
from newsletter.errors import StoreError
from newsletter.jobs.loop import run_due, run_loop, states
from newsletter.jobs.queue import MAILINGS, SHARE, Backoff, Post, make_app
from newsletter.jobs.table import TABLE, Work
from newsletter.settings_file import FILE
from newsletter.store.engine import queue as tables
from newsletter.store.engine.database import open_database
from tests import postgres as clusters

ISSUE = "2026-11-lettre"


@pytest.fixture
def database(postgres):
    made = open_database(clusters.migrated_url(postgres, "queue"))
    yield made
    made.close()


def scalar(database, sql):
    with database.read() as connection:
        return connection.exec_driver_sql(sql).scalar()


def test_workers_that_start_together_make_the_tables_once(database):
    threads = [threading.Thread(target=tables.prepare, args=(database,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert scalar(database, "SELECT count(*) FROM procrastinate_jobs") == 0
    assert scalar(database, "SELECT obj_description('procrastinate_jobs'::regclass, 'pg_class')").startswith("lettre-")


def test_the_tables_of_an_older_version_are_brought_up_to_this_one(database, postgres):
    steps = tables._migrations()
    old = next(n for n, name in enumerate(steps) if name.startswith("03.03"))
    with psycopg.connect(
        f"host={postgres} user=postgres dbname={clusters.database_name('queue')}", autocommit=True
    ) as connection:
        for name in steps[: old + 1]:
            connection.execute(tables._sql("migrations", f"{name}.sql").encode())
        connection.execute(f"COMMENT ON TABLE procrastinate_jobs IS 'lettre-reseau: {steps[old]}'".encode())
    tables.prepare(database)
    known = "SELECT string_agg(proname, ' ' ORDER BY proname) FROM pg_proc WHERE proname LIKE 'procrastinate%%'"
    upgraded = scalar(database, known)
    fresh = open_database(clusters.migrated_url(postgres, "fresh"))
    tables.prepare(fresh)
    try:
        assert upgraded == scalar(fresh, known)
    finally:
        fresh.close()


@pytest.mark.parametrize(
    ("comment", "words"),
    [("'lettre-reseau: 99.00.00_01_later'", "newer than this installation"), ("NULL", "made by something else")],
)
def test_tables_that_are_not_ours_are_left_alone(database, comment, words):
    tables.prepare(database)
    with database.write() as connection:
        connection.exec_driver_sql(f"COMMENT ON TABLE procrastinate_jobs IS {comment}")
    with pytest.raises(StoreError, match=words):
        tables.prepare(database)


def in_app(workspace, use, connections=2):
    """Run `use(app)` with the queue's tasks of a workspace, and return what it returns."""
    tables.prepare(workspace.database)

    async def run():
        app = make_app(Post(workspace, connections, threading.Event()))
        async with app.open_async():
            return await use(app)

    return asyncio.run(run())


def test_every_job_of_the_table_is_a_periodic_task_of_which_one_waits_at_a_time(workspace):
    async def look(app):
        return {t.task.name: (t.cron, t.task.queueing_lock) for t in app.periodic_registry.periodic_tasks.values()}

    found = in_app(workspace, look)
    assert {f"newsletter.{work.name}" for work in TABLE} <= set(found)
    assert found["newsletter.deliver"][0] == "* * * * * */5" and found["newsletter.purge"][0] == "* * * * *"
    assert all(name == lock for name, (_cron, lock) in found.items())


def test_a_machine_without_files_leaves_what_needs_them_to_others(workspace, tmp_path):
    bare = type(workspace)(workspace.settings.model_copy(update={"root": tmp_path}))

    async def look(app):
        return set(app.tasks)

    assert "newsletter.notes" in in_app(workspace, look)
    assert "newsletter.notes" not in in_app(bare, look)
    bare.close()


def shares(workspace):
    with workspace.database.read() as connection:
        rows = connection.exec_driver_sql(
            "SELECT (args->>'mailing')::int, (args->>'share')::int, status::text FROM procrastinate_jobs"
            f" WHERE task_name = '{SHARE}' ORDER BY 1, 2"
        )
        return [tuple(row) for row in rows]


def test_a_mailing_is_handed_out_in_as_many_shares_as_it_may_have_connections(workspace):
    mailing = mailings.begin_mailing(workspace, mailings.current_mailing(workspace, ISSUE))
    total = workspace.settings.sending.connections

    async def offer(app):
        await app.tasks["newsletter.deliver"].func(timestamp=0)
        with workspace.database.write() as connection:
            connection.exec_driver_sql("UPDATE jobs SET next_at = 0")
        await app.tasks["newsletter.deliver"].func(timestamp=0)

    in_app(workspace, offer)
    assert shares(workspace) == [(mailing.id, n, "todo") for n in range(total)], "the second offer finds them waiting"


def test_a_share_is_delivered_by_the_settings_of_now_whichever_worker_ran_the_job(workspace, monkeypatch):
    """Another process changed the file and another worker handed the share out: this one did nothing meanwhile."""
    seen = []
    monkeypatch.setattr(
        deliveries, "deliver_share", lambda w, _mailing, **_: seen.append(w.settings.sending.rate) or []
    )
    path = workspace.root / FILE
    before = path.read_text("utf-8")

    async def take(app):
        await app.tasks[SHARE].func(mailing=1, share=0)
        settings_edits.save_settings(*change(workspace, ("sending", "rate"), 7), "sending", "a")
        await app.tasks[SHARE].func(mailing=1, share=0)

    try:
        in_app(workspace, take)
    finally:
        path.write_text(before, "utf-8")
    assert seen == [0, 7]


def change(workspace, key, value):
    """Return another process's opening of the workspace, and its draft of one changed setting."""
    other = open_workspace(workspace.root)
    return other, settings_edits.draft(other, [(key, value)], settings_edits.version(other))


def test_the_share_of_a_worker_that_is_gone_is_given_to_another(workspace):
    mailings.begin_mailing(workspace, mailings.current_mailing(workspace, ISSUE))

    async def stall(app):
        await app.tasks[SHARE].configure(queueing_lock="x").defer_async(mailing=1, share=0)
        gone = await app.job_manager.register_worker()
        taken = await app.job_manager.fetch_job(queues=[MAILINGS], worker_id=gone)
        assert taken and shares(workspace)[0][2] == "doing"
        await app.tasks["newsletter.stalled"].func(timestamp=0)
        assert shares(workspace)[0][2] == "doing", "it was heard of just now"
        with workspace.database.write() as connection:
            connection.exec_driver_sql("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 minute'")
        await app.tasks["newsletter.stalled"].func(timestamp=0)

    in_app(workspace, stall)
    assert shares(workspace) == [(1, 0, "todo")]
    with workspace.database.read() as connection:
        assert tables.workers(connection) == 0


def test_a_stalled_task_whose_successor_waits_is_let_go(workspace):
    async def stall(app):
        waits = app.tasks["newsletter.sweep"].configure(queueing_lock="newsletter.sweep")
        await waits.defer_async(timestamp=0)
        await app.job_manager.fetch_job(queues=["recurring"], worker_id=await app.job_manager.register_worker())
        await waits.defer_async(timestamp=1)
        with workspace.database.write() as connection:
            connection.exec_driver_sql("DELETE FROM procrastinate_workers")
        await app.tasks["newsletter.stalled"].func(timestamp=0)

    in_app(workspace, stall)
    with workspace.database.read() as connection:
        left = connection.exec_driver_sql("SELECT status::text FROM procrastinate_jobs").scalars().all()
    assert left == ["todo"]


@pytest.mark.parametrize(
    ("error", "attempts", "seconds"),
    [
        (asyncio.CancelledError(), 50, 0),
        (StoreError("away"), 0, 5),
        (StoreError("away"), 3, 40),
        (StoreError("away"), 9, 300),
        (StoreError("away"), 10, None),
    ],
)
def test_a_share_that_failed_is_tried_again_later_and_later(error, attempts, seconds):
    job = Job(id=1, queue=MAILINGS, lock=None, queueing_lock=None, task_name=SHARE, task_kwargs={}, attempts=attempts)
    decision = Backoff().get_retry_decision(exception=error, job=job)
    if seconds is None:
        assert decision is None
    else:
        assert abs(decision.retry_at.timestamp() - time.time() - seconds) < 1


def test_the_loop_of_serve_stands_back_while_workers_are_at_the_queue_but_for_what_needs_files(workspace):
    tables.prepare(workspace.database)
    ran: list[str] = []

    def note(name):
        return lambda *_: ran.append(name)

    table = [Work("a", note("a"), 0.01, ""), Work("b", note("b"), 0.01, "", files=True)]

    def loop():
        ran.clear()
        stop = threading.Event()
        thread = threading.Thread(target=run_loop, args=(workspace, stop, table))
        thread.start()
        time.sleep(0.5)
        stop.set()
        thread.join()
        return set(ran)

    with workspace.database.write() as connection:
        connection.exec_driver_sql("INSERT INTO procrastinate_workers DEFAULT VALUES")
    assert loop() == {"b"}
    with workspace.database.write() as connection:
        connection.exec_driver_sql("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 minute'")
        connection.exec_driver_sql("UPDATE jobs SET next_at = 0")
    assert loop() == {"a", "b"}, "a worker that is silent is gone"


def test_a_failed_job_is_due_again_within_minutes_and_one_that_comes_by_a_little_early_is_due(workspace):
    def fails(*_):
        raise StoreError("away")

    work = Work("daily", fails, 86_400, "")
    assert run_due(workspace, work, threading.Event())
    (state,) = states(workspace)
    assert state.next_at - state.last_at == 300
    assert not run_due(workspace, work, threading.Event(), early=290)
    assert run_due(workspace, work, threading.Event(), early=310)


def test_what_is_scheduled_is_read_by_the_databases_clock_not_by_this_machines(workspace):
    late = type(workspace)(workspace.settings, lambda: time.time() - 86_400)
    assert abs(schedule.clock(late).timestamp() - time.time()) < 60
    late.close()


def test_the_schema_shipped_is_the_one_applied():
    assert tables._sql("schema.sql") == SchemaManager.get_schema()
