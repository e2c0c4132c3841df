"""`newsletter demo` and `init` as a person reads them: every next step they name can be typed as it stands."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys

import pytest

from newsletter.cli.start import _own_name
from tests.conftest import ROOT


def test_a_step_that_the_demo_names_runs_as_it_is_written(tmp_path):
    place = tmp_path / "a demo"
    command = [sys.executable, "cli.py", "demo", "--dir", place, "--subscribers", "3"]
    # The name `newsletter` is not on this PATH, as in a checkout without an activated environment.
    plain = {"PATH": "/usr/bin:/bin"}
    told = subprocess.run(command, cwd=ROOT, env=plain, capture_output=True, text=True, check=True, timeout=120).stdout
    assert "balanced" in told and "proof-reader on 2026-11-lettre: 0 error" in told
    assert (place / "outbox" / "2026-11-lettre" / "index.html").is_file() and f"{place}/outbox/2026-11-lettre" in told
    step = next(line for line in told.splitlines() if line.endswith("mailings list"))
    ran = subprocess.run(["sh", "-c", step], cwd=ROOT, env=plain, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, "") and "2026-11-lettre\tdone" in ran.stdout


def test_a_demo_that_sends_nothing_says_how_to_send(tmp_path, inside, monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    told = inside(tmp_path, "demo", "--dir", tmp_path / "ws", "--subscribers", 3, "--no-send").out
    assert told.splitlines()[-1] == f"  newsletter -w {shlex.quote(str(tmp_path / 'ws'))} send 2026-11-lettre"
    assert "outbox" not in told and re.search(r"Done in \d+\.\d s\. Look at:", told)


@pytest.mark.parametrize(
    ("called", "again"),
    [("newsletter/__main__.py", f"{sys.executable} -m newsletter"), ("bin/newsletter", "bin/newsletter")],
)
def test_a_program_that_is_on_no_path_is_named_as_it_was_called(monkeypatch, called, again):
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    monkeypatch.setattr(sys, "argv", [called])
    assert _own_name() == again
