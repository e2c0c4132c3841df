from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from newsletter.cli import main
from tests.workspaces import copy_sample


@dataclass(frozen=True)
class Ran:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def run(root: Path, *arguments: str, **environ: str) -> Ran:
    """Run `newsletter` in the workspace `root` as a user would: its own process, no terminal."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith("NEWSLETTER_")}
    done = subprocess.run(
        [sys.executable, "-m", "newsletter", "-w", str(root), *arguments],
        env={**clean, "NEWSLETTER_USER": "editor", **environ},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    return Ran(done.returncode, done.stdout, done.stderr)


Newsletter = Callable[..., Ran]


@pytest.fixture(scope="session")
def month(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with the sample month, its members and sixty subscribers; nothing sent. Tests take copies of it."""
    path = tmp_path_factory.mktemp("month") / "ws"
    return copy_sample(path, 60, deliver=False)


@pytest.fixture
def workspace(month: Path, tmp_path: Path) -> Path:
    """A copy of that month."""
    return shutil.copytree(month, tmp_path / "ws")


@pytest.fixture
def newsletter(workspace: Path) -> Newsletter:
    """The `newsletter` command in that workspace."""

    def call(*arguments: str, **environ: str) -> Ran:
        return run(workspace, *arguments, **environ)

    return call


@pytest.fixture
def inside(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Newsletter:
    """The `newsletter` command in the workspace named first, without the seconds that a new process takes."""

    def call(root: Path, *arguments: object, **environ: str) -> Ran:
        with monkeypatch.context() as patch:
            patch.setattr(sys, "argv", ["newsletter", "-w", str(root), *map(str, arguments)])
            for name, value in {"NEWSLETTER_USER": "editor", **environ}.items():
                patch.setenv(name, value)
            code = 0
            try:
                main()
            except SystemExit as end:
                code = int(end.code or 0)
            return Ran(code, *capsys.readouterr())

    return call
