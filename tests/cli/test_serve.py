"""`newsletter serve`: pages and recurring work, in one process or several, ended without losing anything."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa

from newsletter.actions.operations.start import init
from newsletter.actions.sending import mailings
from newsletter.actions.workspace import open_workspace
from newsletter.settings_file import FILE
from newsletter.store.engine import halt, jobs
from newsletter.store.tables.pages import limits
from tests.actions import counting
from tests.actions.stage import ISSUE, Stage

pytestmark = pytest.mark.slow


@contextmanager
def served(root: Path, *options: str) -> Iterator[tuple[subprocess.Popen, str, list[str]]]:
    """Serve the workspace: (process, address, the lines it said so far)."""
    process = subprocess.Popen(
        [sys.executable, "-m", "newsletter", "-w", str(root), "serve", "--port", "0", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        lines = []
        for line in process.stdout:
            lines.append(line)
            if found := re.search(r"running on (http://[^\s\"]+)", line):
                break
        else:
            pytest.fail("".join(lines))
        wait_for(found[1])
        yield process, found[1], lines
    finally:
        process.kill()
        process.wait()


def wait_for(url: str) -> None:
    """Wait until somebody takes connections: several processes say where they will be before they are there."""
    address = urlsplit(url)
    for _try in range(300):
        try:
            socket.create_connection((address.hostname, address.port), timeout=30).close()
            return
        except ConnectionRefusedError:
            time.sleep(0.1)
    pytest.fail(f"nobody answers at {url}")


def ended(process: subprocess.Popen, how: int = signal.SIGTERM) -> str:
    """End the server by a signal and return what else it said."""
    process.send_signal(how)
    return process.communicate(timeout=60)[0]


def await_jobs(root: Path) -> None:
    """Wait until the recurring jobs have begun their first round."""
    workspace = open_workspace(root)
    deadline = time.monotonic() + 60
    wanted: set[str] = {"deliver", "purge"}
    while wanted and time.monotonic() < deadline:
        time.sleep(0.1)
        with workspace.database.read() as connection:
            wanted -= {job.name for job in jobs.list_job_states(connection) if job.last_at is not None}
    workspace.close()
    assert not wanted, f"these jobs have not run: {wanted}"


def page(url: str) -> str:
    with urllib.request.urlopen(url, timeout=30) as answer:
        assert answer.status == 200
        return answer.read().decode()


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_works_and_ends_at_a_signal(tmp_path, how):
    init(tmp_path)
    with served(tmp_path) as (process, url, lines):
        assert any("makes you its admin" in line for line in lines)
        page(url + "/abonnement?token=secret")
        await_jobs(tmp_path)
        rest = ended(process, how)
    assert "Traceback" not in rest
    assert "/abonnement?token=…" in rest
    assert "127.0.0.1:" not in re.sub(r"running on \S+", "", rest)
    workspace = open_workspace(tmp_path)
    with workspace.database.read() as connection:
        assert {"deliver", "purge"} <= {job.name for job in jobs.list_job_states(connection)}
    workspace.close()


def test_sigterm_in_the_middle_of_a_mailing_leaves_nothing_doubtful(tmp_path):
    """What is handed over is settled and what is claimed is given back, as on any restart of the service."""
    stage = Stage(tmp_path / "ws", people=300)
    stage.prepare()
    workspace = open_workspace(stage.home)
    mailings.begin_mailing(workspace, mailings.current_mailing(workspace, ISSUE))
    with counting.counting(tmp_path / "taken", delay=0.01) as server:
        process = stage.newsletter(server, "serve", "--port", "0")
        try:
            server.await_messages(40, process)
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=60)
        finally:
            process.kill()
            process.wait()
        assert process.returncode == 0
        taken = len(server.taken())
    receipt = mailings.mailing_receipt(workspace, ISSUE)
    with workspace.database.read() as connection:
        assert {job.holder for job in jobs.list_job_states(connection)} == {""}
        assert halt.in_flight(connection) == 0
    workspace.close()
    assert (receipt.sent, receipt.open, receipt.doubtful) == (taken, 300 - taken, 0)
    assert 40 <= taken < 300


def workers(process: subprocess.Popen) -> list[int]:
    """Return the process ids of the server's children that serve pages."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    lines = {int(pid): Path(f"/proc/{pid}/cmdline").read_bytes() for pid in children}
    return [pid for pid, line in lines.items() if b"spawn_main" in line]


def test_several_processes_serve_one_takes_up_the_settings_another_changed_and_all_end(
    tmp_path, database_url, monkeypatch
):
    monkeypatch.setenv("NEWSLETTER_DATABASE__URL", database_url)
    init(tmp_path)
    settings = tmp_path / FILE
    with served(tmp_path, "--processes", "3") as (process, url, _lines):
        assert "RTES" in page(url + "/mentions-legales")
        serving = workers(process)
        assert len(serving) == 3
        settings.write_text(
            settings.read_text("utf-8").replace('short_name = "RTES"', 'short_name = "RESEAU9"'), "utf-8"
        )
        # Whoever answers: a new connection each time, and the kernel deals them out.
        assert all("RESEAU9" in page(url + "/mentions-legales") for _ in range(12))
        await_jobs(tmp_path)
        rest = ended(process)
    assert "Traceback" not in rest
    assert [pid for pid in serving if Path(f"/proc/{pid}").exists()] == []
    workspace = open_workspace(tmp_path)
    with workspace.database.read() as connection:
        ran = [job for job in jobs.list_job_states(connection) if job.last_at is not None]
    workspace.close()
    assert {"deliver", "purge"} <= {job.name for job in ran}
    assert {job.last_error for job in ran} == {""}
    assert {job.holder for job in ran} == {""}


def test_a_process_that_dies_is_replaced(tmp_path):
    init(tmp_path)
    with served(tmp_path, "--processes", "2", "--no-jobs") as (process, url, _lines):
        page(url + "/sante")
        victim = workers(process)[0]
        subprocess.run(["kill", "-9", str(victim)], check=True)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and (victim in (now := workers(process)) or len(now) < 2):
            time.sleep(0.2)
        assert len(workers(process)) == 2
        page(url + "/sante")
        assert "Traceback" not in ended(process)
    workspace = open_workspace(tmp_path)
    with workspace.database.read() as connection:
        assert jobs.list_job_states(connection) == []
    workspace.close()


def test_a_readers_machine_offers_no_studio_and_logs_json(tmp_path, monkeypatch):
    init(tmp_path)
    monkeypatch.setenv("NEWSLETTER_LOG__FORMAT", "json")
    with served(tmp_path, "--readers-only", "--no-jobs") as (process, url, lines):
        assert not any("makes you its admin" in line for line in lines)
        page(url + "/abonnement")
        with pytest.raises(urllib.error.HTTPError, match="404"):
            page(url + "/studio/connexion")
        rest = ended(process)
    entries = [json.loads(line) for line in (*lines, *rest.splitlines())]
    seen = [(e["path"], e["status"]) for e in entries if e["logger"] == "uvicorn.access"]
    assert seen == [("/abonnement", 200), ("/studio/connexion", 404)]


@pytest.mark.parametrize(("trusted", "counted"), [("", "127.0.0.1"), ("127.0.0.1", "203.0.113.9")])
def test_only_a_proxy_trusted_by_name_says_who_asks_and_nobody_says_where_we_are(
    tmp_path, monkeypatch, trusted, counted
):
    """The cap per IP counts the connection's address, or what the trusted proxy says; links come from base_url."""
    init(tmp_path)
    monkeypatch.setenv("NEWSLETTER_WEB__TRUSTED_PROXIES", json.dumps([trusted] if trusted else []))
    forged = {
        "X-Forwarded-For": "203.0.113.9",
        "X-Forwarded-Host": "evil.example",
        "Host": "evil.example",
        "X-Forwarded-Proto": "https",
    }
    with served(tmp_path, "--no-jobs") as (process, url, _lines):
        request = urllib.request.Request(url + "/abonnement", headers=forged)
        with urllib.request.urlopen(request, timeout=30) as answer:
            text = answer.read().decode()
        assert "evil.example" not in text
        assert "evil.example" not in page(url + "/lettres.rss")
        form = re.search(r'name="form" value="([^"]+)"', text)[1]
        time.sleep(2.2)  # a form sent sooner was filled by a machine
        body = f"address=a%40b.example&publications=lettre&form={form}".encode()
        with urllib.request.urlopen(urllib.request.Request(url + "/abonnement", body, forged), timeout=30):
            pass
        assert "Traceback" not in ended(process)
    workspace = open_workspace(tmp_path)
    with workspace.database.read() as connection:
        names = set(connection.scalars(sa.select(limits.c.name)))
    days = (int(time.time() // 86_400) - back for back in (0, 1))
    assert names & {"subscribe:ip:" + workspace.signer.fingerprint(f"ip:{day}", counted) for day in days}
    workspace.close()
