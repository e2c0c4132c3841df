"""`newsletter database` as a user calls it: versions, checks, the move to PostgreSQL and back, exit codes."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from io import StringIO

import pytest
from rich.console import Console

from newsletter.cli import progress
from newsletter.store.engine.database import HEAD
from tests import postgres as clusters
from tests.conftest import ROOT
from tests.workspaces import copy_sample

LETTRE = "2026-11-lettre"


@pytest.fixture
def newsletter(workspace, inside):
    """The `newsletter` command in the sample workspace."""
    return lambda *arguments, **environ: inside(workspace, *arguments, **environ)


def figures(newsletter, **environ):
    """What must not change with the database: counts, the year's report, the receipt."""
    asked = (
        ("count", "--by", "publication", "--json"),
        ("count", "--on", "2026-06-30", "--json"),
        ("count", "--what", "members", "--by", "level", "--json"),
        ("report", "2026", "--json"),
        ("mailings", "receipt", LETTRE, "--json"),
        ("mailings", "list", "--json"),
    )
    return [newsletter(*words, **environ).json for words in asked]


def test_the_sample_moves_to_postgresql_and_back_with_the_same_figures(newsletter, workspace, postgres):
    newsletter("send", LETTRE)
    before = figures(newsletter)
    url = clusters.url(postgres, "moved")
    moved = newsletter("database", "copy", "--to", url)
    assert moved.code == 0, moved.err
    assert "copied and compared" in moved.out and "set [database] url" in moved.out
    assert "copy subscribers: 60 rows" in moved.err and "compare subscribers: 60 rows" in moved.err
    assert figures(newsletter, NEWSLETTER_DATABASE__URL=url) == before
    assert newsletter("database", "check", "--json", NEWSLETTER_DATABASE__URL=url).json["ok"]
    back = newsletter("database", "copy", "--to", "sqlite:///back.db", "--json", NEWSLETTER_DATABASE__URL=url)
    assert back.json["rows"]["subscribers"] == 60 and back.json["waiting"] == []
    assert figures(newsletter, NEWSLETTER_DATABASE__URL="sqlite:///back.db") == before
    again = newsletter("database", "copy", "--to", url)
    assert again.code == 1 and "the target is not empty" in again.err


@pytest.mark.slow
@pytest.mark.parametrize("direction", ["there", "back"])
def test_a_large_copy_killed_at_any_moment_is_finished_by_the_same_command(tmp_path, postgres, inside, direction):
    root = tmp_path / "ws"
    copy_sample(root, 2_000, deliver=False)
    url, here = clusters.url(postgres, "large"), {}
    if direction == "back":
        assert inside(root, "database", "copy", "--to", url).code == 0
        here, url = {"NEWSLETTER_DATABASE__URL": url}, f"sqlite:///{tmp_path}/back.db"
    counted = inside(root, "count", "--by", "level", "--json", **here).json
    command = [sys.executable, "-m", "newsletter", "-w", str(root), "database", "copy", "--to", url]
    for part in ("organisations", "subscribers", "subscriptions"):
        copying = subprocess.Popen(command, cwd=ROOT, env=_env(here), stderr=subprocess.PIPE, text=True)
        for line in copying.stderr:
            if line.startswith(f"copy {part}:"):
                copying.send_signal(signal.SIGKILL)
        copying.wait()
        half = inside(root, "count", "--json", NEWSLETTER_DATABASE__URL=url)
        assert copying.returncode == -signal.SIGKILL and "not been finished" in half.err
    assert inside(root, "database", "copy", "--to", url, **here).code == 0
    assert inside(root, "count", "--by", "level", "--json", NEWSLETTER_DATABASE__URL=url).json == counted


def _env(more):
    return {**{k: v for k, v in os.environ.items() if not k.startswith("NEWSLETTER_")}, **more}


def test_a_workspace_that_is_sending_is_not_copied(newsletter, workspace):
    newsletter("issues", "approve", LETTRE)
    with sqlite3.connect(workspace / "subscribers.db") as file:
        file.execute("UPDATE mailings SET status = 'sending'")
    ran = newsletter("database", "copy", "--to", "sqlite:///copy.db")
    assert ran.code == 1 and f"newsletter mailings pause {LETTRE}" in ran.err
    with sqlite3.connect(workspace / "subscribers.db") as file:
        file.execute("UPDATE mailings SET status = 'paused'")
        file.execute("UPDATE deliveries SET state = 'handed', token = 't', lease_until = 9e9 WHERE id = 1")
    ran = newsletter("database", "copy", "--to", "sqlite:///copy.db")
    assert ran.code == 1 and "1 deliveries are held by a sender" in ran.err
    with sqlite3.connect(workspace / "subscribers.db") as file:
        file.execute("UPDATE deliveries SET state = 'queued', token = NULL WHERE id = 1")
    ran = newsletter("database", "copy", "--to", "sqlite:///copy.db")
    assert ran.code == 0 and f"{LETTRE} waits in both databases" in ran.out


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("sqlite:///subscribers.db", "are the same database"),
        ("nonsense", "cannot be used"),
        ("postgresql+psycopg://postgres@/none?host=/nowhere", "the database refused"),
        ("sqlite:////nowhere/at/all.db", "check that the directory exists"),
    ],
)
def test_a_target_that_cannot_be_used_is_refused_in_a_sentence(newsletter, url, words):
    ran = newsletter("database", "copy", "--to", url)
    assert ran.code == 1 and words in ran.err and "Traceback" not in ran.err


def test_check_says_well_or_names_what_is_wrong(newsletter, workspace):
    well = newsletter("database", "check")
    assert well.code == 0 and "receipts\tok" in well.out
    with sqlite3.connect(workspace / "subscribers.db") as file:
        file.execute("UPDATE subscriptions SET to_at = 1 WHERE id = 4")
    ran = newsletter("database", "check", "--json")
    assert ran.code == 1 and not ran.json["ok"] and "span 4 ends before it begins" in ran.err
    assert [c["check"] for c in ran.json["checks"] if not c["ok"]] == ["spans"]


def test_migrate_says_from_what_to_what(newsletter, workspace, tmp_path):
    assert newsletter("database", "migrate").out == f"the database is at version {HEAD} already\n"
    fresh = newsletter("database", "migrate", "--json", NEWSLETTER_DATABASE__URL=f"sqlite:///{tmp_path}/new.db")
    assert fresh.json == {"from": "", "to": HEAD, "halted": []}
    with sqlite3.connect(workspace / "subscribers.db") as file:
        file.execute("UPDATE alembic_version SET version_num = '9999'")
    ran = newsletter("database", "migrate")
    assert ran.code == 1 and "install the newest version" in ran.err
    assert newsletter("database", "check").code == 1


def test_on_a_terminal_a_bar_shows_each_table(monkeypatch):
    screen = StringIO()
    monkeypatch.setattr(progress, "Console", lambda **_: Console(file=screen, force_terminal=True, width=100))
    with progress.tables(quiet=False) as tell:
        tell("copy", "subscribers", 60, 30)
        tell("copy", "subscribers", 60, 60)
    assert "copy subscribers" in screen.getvalue() and "60/60" in screen.getvalue()
