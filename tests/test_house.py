"""The house rules that no linter knows."""

from __future__ import annotations

import re
import subprocess

import pytest

from tests.conftest import ROOT

SOURCES = sorted(p for d in ("newsletter", "tests", "bench") for p in (ROOT / d).rglob("*.py"))


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_no_file_is_longer_than_400_lines(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400, "is there a seam?"


@pytest.mark.parametrize("path", sorted((ROOT / "newsletter").rglob("*.py")), ids=lambda p: str(p.relative_to(ROOT)))
def test_nobody_calls_a_subscriber_a_member(path):
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"member_(email|address)|members_emails", text)


def test_no_tracked_file_names_a_registry_or_this_machine():
    hosts = "|".join(("py" + "pi", "python" + "hosted", "npm" + "js"))
    found = subprocess.run(
        ["git", "grep", "-nIE", rf"(/wo[r]k/|({hosts})\.(org|com|net))", "--", "."],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.stdout == ""
