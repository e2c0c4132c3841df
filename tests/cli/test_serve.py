"""`newsletter serve`: pages and recurring work in one process, ended without losing anything."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
import urllib.request

import pytest

from newsletter.actions.start import init
from newsletter.actions.workspace import open_workspace
from newsletter.store import jobs


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_works_and_ends_at_a_signal(tmp_path, how):
    init(tmp_path)
    process = subprocess.Popen(
        [sys.executable, "-m", "newsletter", "-w", str(tmp_path), "serve", "--port", "0"],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    try:
        lines = []
        for line in process.stdout:
            lines.append(line)
            if found := re.search(r"running on (http://\S+)", line):
                break
        else:
            pytest.fail("".join(lines))
        assert any("makes you its admin" in line for line in lines)
        with urllib.request.urlopen(found[1] + "/abonnement?token=secret") as answer:
            assert answer.status == 200
        time.sleep(1.5)
        process.send_signal(how)
        rest, _nothing = process.communicate(timeout=30)
    finally:
        process.kill()
    assert "Traceback" not in rest
    assert "/abonnement?token=…" in rest
    assert "127.0.0.1:" not in re.sub(r"running on \S+", "", rest)
    workspace = open_workspace(tmp_path)
    with workspace.database.read() as connection:
        assert {"deliver", "purge"} <= {job.name for job in jobs.listing(connection)}
    workspace.close()
