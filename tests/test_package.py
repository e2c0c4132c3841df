"""What is released: packages built the same twice, and a wheel that reaches a first sent letter in an empty venv."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import zipfile
from pathlib import Path
from urllib.request import urlopen

import pytest

from newsletter import __version__
from scripts import audit, dist, release
from tests.conftest import ROOT
from tests.test_story import ARTICLE


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """The wheel of the last commit; building it compares two builds of everything."""
    return dist.packages(tmp_path_factory.mktemp("packages"))[1]


@pytest.fixture(scope="module")
def empty(wheel, tmp_path_factory):
    """The `newsletter` command of an empty venv with nothing but the wheel and what it asks for."""
    home = tmp_path_factory.mktemp("empty")
    dist.run(sys.executable, "-m", "venv", "--without-pip", home / "venv")
    pip = (sys.executable, "-m", "pip", "--python", home / "venv" / "bin" / "python", "--disable-pip-version-check")
    dist.run(*pip, "install", "--quiet", "--constraint", ROOT / "constraints.txt", wheel)
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("NEWSLETTER_", "PYTHON"))}

    def newsletter(*arguments: str) -> str:
        """Run the command away from the checkout; its own words are the failure."""
        done = subprocess.run(
            [home / "venv" / "bin" / "newsletter", *arguments],
            cwd=home,
            env=environ,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    newsletter.home = home
    newsletter.environ = environ
    return newsletter


@pytest.mark.slow
def test_every_file_that_the_product_reads_lies_in_the_wheel(wheel):
    packed = set(zipfile.ZipFile(wheel).namelist())
    tracked = dist.run("git", "ls-tree", "-r", "--name-only", "HEAD").splitlines()
    inside = {
        "templates/": "newsletter/templates/",
        "newsletter/": "newsletter/",
        "newsletter.toml": "newsletter/sample/newsletter.toml",
    }
    inside |= {f"{name}/": f"newsletter/sample/{name}/" for name in ("articles", "issues", "images", "data")}
    missing = [
        path
        for path in tracked
        for start, place in inside.items()
        if path.startswith(start) and place + path.removeprefix(start) not in packed
    ]
    assert missing == []


@pytest.mark.slow
def test_the_wheel_alone_reaches_a_first_sent_letter(empty):
    home = empty.home
    assert empty("--version") == f"newsletter, version {__version__}\n"
    empty("init", "mine")
    (home / "mine" / "articles" / "halle.md").write_text(ARTICLE.replace('organisations: ["Ville de Lille"]\n', ""))
    empty("-w", "mine", "issues", "new", "lettre", "--date", "2026-12-01")
    empty("-w", "mine", "issues", "check", "2026-12-lettre")
    empty("-w", "mine", "issues", "preview", "2026-12-lettre", "--out", "preview")
    empty("-w", "mine", "subscribers", "add", "elue@ville.example", "--publication", "lettre")
    receipt = json.loads(empty("-w", "mine", "send", "2026-12-lettre", "--json"))
    assert (receipt["status"], receipt["sent"], receipt["candidates"]) == ("done", 1, 1)
    (letter,) = (home / "mine" / "outbox" / "2026-12-lettre").glob("*.eml")
    assert b"To: elue@ville.example" in letter.read_bytes()
    assert "producteurs" in (home / "preview" / "letter.html").read_text(encoding="utf-8")


@pytest.mark.slow
def test_the_demo_and_the_web_need_nothing_of_the_checkout(empty):
    demo = json.loads(empty("demo", "--dir", "demo", "--subscribers", "20", "--json"))
    assert [r["status"] for r in demo["receipts"]] == ["done", "done"]
    with served(empty, "demo") as address:
        assert json.load(urlopen(f"{address}/sante"))["status"] == "ok"
        page = urlopen(f"{address}/abonnement").read().decode()
        sheets = re.findall(r'href="(/static/[^"]+\.css)"', page)
        assert sheets and all(urlopen(address + sheet).status == 200 for sheet in sheets)


@contextlib.contextmanager
def served(newsletter, workspace: str):
    """The address of `newsletter serve` on a free port, ended at the block's end."""
    command = [newsletter.home / "venv" / "bin" / "newsletter", "-w", workspace, "serve", "--port", "0"]
    server = subprocess.Popen(
        command,
        cwd=newsletter.home,
        env=newsletter.environ,
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )
    try:
        address = next(found[0] for line in server.stderr if (found := re.search(r"http://127\.0\.0\.1:\d+", line)))
        yield address
    finally:
        server.send_signal(signal.SIGTERM)
        server.communicate(timeout=30)


GOOD = {"name": "alpha", "version": "1.0", "vulns": []}
BAD = {"name": "beta", "version": "2.0", "vulns": [{"id": "CVE-1", "fix_versions": ["2.1"]}]}
UNKNOWN = {"name": "gamma", "skip_reason": "not found"}


@pytest.mark.parametrize(
    ("packages", "lenient", "code", "words"),
    [
        ([GOOD], False, 0, "1 of 1 packages looked up; 0 known"),
        ([GOOD, BAD], False, 1, "beta 2.0: CVE-1, mended in 2.1"),
        ([GOOD, BAD, UNKNOWN], True, 1, "beta 2.0: CVE-1"),
        ([GOOD, UNKNOWN], False, 3, "NOT COMPLETE, the service knew nothing of: gamma"),
        ([GOOD, UNKNOWN], True, 0, "NOT COMPLETE"),
        ([UNKNOWN], False, 3, "could not be reached"),
        (None, False, 3, "could not be reached"),
        (None, True, 0, "could not be reached"),
    ],
)
def test_an_audit_never_hides_a_finding_and_never_calls_silence_clean(packages, lenient, code, words):
    verdict = audit.judge(packages, lenient=lenient)
    assert verdict.code == code
    assert words in "\n".join(verdict.lines)


def test_a_release_says_all_that_is_in_its_way():
    found = "\n".join(release.faults("99.0"))
    assert "no version of the form 1.2.3" in found
    assert f"newsletter/__init__.py says {__version__}" in found
    assert "CHANGELOG.md has no heading `## 99.0 – YYYY-MM-DD`" in found
