"""Whose claim is whose: a process that ended is known for sure, everything else is waited for."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from newsletter.actions.sending.claims import ended, owner


def test_this_process_has_not_ended():
    assert not ended(owner() + "#1.abc")


def test_a_process_that_was_killed_has_ended_even_as_a_zombie():
    child = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "from newsletter.actions.sending.claims import owner; print(owner(), flush=True); input()",
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout
    token = child.stdout.readline().strip()
    assert not ended(token)
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert ended(token), "a zombie has ended"
    child.communicate()
    assert ended(token)


@pytest.mark.parametrize("change", ["host", "start", "nonsense"])
def test_only_what_is_certain_counts(change):
    place, pid, started = owner().split(":")
    token, known = {
        "host": (f"another-host:{pid}:{started}#1", False),
        "start": (f"{place}:{pid}:{int(started) - 1}#1", True),
        "nonsense": ("what#ever", False),
    }[change]
    assert ended(token) is known
