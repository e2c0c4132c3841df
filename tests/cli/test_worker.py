"""`newsletter worker`: what it says when it cannot work, and how it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

from newsletter.actions.operations.start import init
from newsletter.store.engine import queue
from newsletter.store.engine.database import open_database
from tests import postgres as clusters

pytestmark = pytest.mark.slow

PASSWORD = "tres-secret-42"


@pytest.fixture
def home(tmp_path):
    init(tmp_path)
    return tmp_path


def start(home, url, *before):
    """Start `newsletter worker` in its own process, after the statements `before`."""
    code = "; ".join(("import sys", *before, "from newsletter.cli import main", "main()"))
    env = {**os.environ, "NEWSLETTER_DATABASE__URL": url}
    command = [sys.executable, "-c", code, "-w", str(home), "worker"]
    return subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


@pytest.mark.parametrize(
    ("url", "before", "words"),
    [
        ("sqlite:///subscribers.db", (), ("PostgreSQL", "newsletter serve")),
        ("postgresql+psycopg://u@h/d", ("sys.modules['procrastinate'] = None",), ("procrastinate", "[postgres]")),
        ("postgresql+psycopg://u@h/d", ("sys.modules['psycopg'] = None",), ("psycopg", "[postgres]")),
        (f"postgresql+psycopg://u:{PASSWORD}@127.0.0.1:9/d", (), ("refused", "127.0.0.1:9")),
    ],
    ids=["on SQLite", "without procrastinate", "without psycopg", "no such server"],
)
def test_it_says_why_it_cannot_work_and_what_to_do(home, url, before, words):
    process = start(home, url, *before)
    said, _nothing = process.communicate(timeout=60)
    assert process.returncode == 1 and said.startswith("error: ") and "Traceback" not in said
    assert all(word in said for word in words), said
    assert PASSWORD not in said


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_with_0_when_it_is_told_to(home, postgres, how):
    url = clusters.migrated_url(postgres, "worker")
    process = start(home, url.replace("postgres@", f"postgres:{PASSWORD}@"))
    database = open_database(url)
    try:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and process.poll() is None and not at_the_queue(database):
            time.sleep(0.1)
        process.send_signal(how)
        said, _nothing = process.communicate(timeout=30)
        assert process.returncode == 0, said
        assert "Traceback" not in said and "stopped" in said and PASSWORD not in said
        assert not at_the_queue(database), "it has taken its leave"
    finally:
        process.kill()
        database.close()


def at_the_queue(database):
    with database.read() as connection:
        return queue.workers(connection)
