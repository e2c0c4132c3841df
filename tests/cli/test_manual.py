"""The manual of every command, and the Tab key."""

from __future__ import annotations

import subprocess

import pytest

from tests.cli.conftest import run

pytestmark = pytest.mark.slow


def test_help_explains_a_command_as_its_own_help_does(tmp_path):
    assert run(tmp_path, "help", "issues", "new").out == run(tmp_path, "issues", "new", "--help").out
    assert "Commands:" in run(tmp_path, "help").out


@pytest.mark.parametrize("words", [["nonsense"], ["issues", "nonsense"], ["send", "nonsense"]])
def test_help_about_nothing_is_wrong_usage(tmp_path, words):
    ran = run(tmp_path, "help", *words)
    assert ran.code == 2 and f"No such command '{' '.join(words)}'" in ran.err


def test_the_manual_page_names_every_command_and_holds_no_stray_request(tmp_path):
    page = run(tmp_path, "help", "--man").out
    for command in ("newsletter issues new", "newsletter subscribers reviews settle", "newsletter send"):
        assert f"\n.SS {command} " in page
    requests = {line.split()[0] for line in page.splitlines() if line.startswith(".")}
    assert requests == {".TH", ".SH", ".SS", ".TP"}


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_lines_for_the_shell(tmp_path, shell):
    assert f"_NEWSLETTER_COMPLETE={shell}_complete" in run(tmp_path, "completion", shell).out


def test_the_tab_key_completes_a_command(tmp_path):
    ran = run(tmp_path, _NEWSLETTER_COMPLETE="bash_complete", COMP_WORDS="newsletter mail", COMP_CWORD="1")
    assert ran.out == "plain,mailings\n"


def test_bash_accepts_the_lines(tmp_path):
    lines = run(tmp_path, "completion", "bash").out
    assert subprocess.run(["bash", "-n"], input=lines, text=True, check=False).returncode == 0
