"""Sample workspaces: each kind is made once in a run, tests get copies."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from newsletter.actions.operations import start
from newsletter.actions.workspace import Workspace, open_workspace
from tests import run


@contextmanager
def no_settings() -> Iterator[None]:
    """Take the settings out of the environment for the length of the block."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("NEWSLETTER_")]:
            patch.delenv(name)
        yield


def copy_sample(path: Path, people: int, *, deliver: bool = True) -> Path:
    """Put into `path` what `newsletter demo` makes: the sample month, so many subscribers, its two letters sent or not.

    On SQLite and with the settings of the sample, whatever the environment says.
    """

    def make(half: Path) -> None:
        with no_settings():
            start.demo(half, people, deliver=deliver)

    made = run.once(f"demo-{people}-{deliver}", make)
    return shutil.copytree(made, path, dirs_exist_ok=True)


def place_sample(path: Path, people: int, url: str, *, deliver: bool = True) -> None:
    """Put the same into `path` with its rows in the empty database `url`, which the environment names already."""
    if url.startswith("sqlite:///"):
        copy_sample(path, people, deliver=deliver)
        shutil.copy(path / "subscribers.db", url.removeprefix("sqlite:///"))
    else:
        start.demo(path, people, deliver=deliver)


def open_again(first: Workspace) -> Workspace:
    """Open a workspace once more, with what `first` has read and rendered of its files; its own database."""
    made = open_workspace(first.root)
    made.__dict__.update(files=first.files, kept=first.kept)
    return made
