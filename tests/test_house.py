"""The house rules that no linter knows."""

from __future__ import annotations

import re
import subprocess

from tests.conftest import ROOT


def lines_of(*folders: str) -> dict[str, list[str]]:
    """Return the lines of each Python file in `folders` by its path."""
    files = sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))
    return {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8").splitlines() for path in files}


def test_no_file_is_longer_than_400_lines():
    files = lines_of("newsletter", "tests", "bench")
    assert len(files) > 500
    long = {path: len(lines) for path, lines in files.items() if len(lines) > 400}
    assert [f"{path} has {count} lines: is there a seam?" for path, count in long.items()] == []


def test_nobody_calls_a_subscriber_a_member():
    wrong = re.compile(r"member_(email|address)|members_emails")
    files = lines_of("newsletter")
    assert [
        f"{path}:{number}: {line.strip()}"
        for path, lines in files.items()
        for number, line in enumerate(lines, 1)
        if wrong.search(line)
    ] == []


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
