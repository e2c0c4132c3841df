from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from newsletter.actions.operations import doctor_local
from newsletter.actions.workspace import Workspace
from newsletter.settings import DatabaseSettings
from newsletter.settings_web import Web
from tests.actions.nameserver import serving
from tests.actions.operations.doctor_people import GOOD, HTTPS, sending
from tests.actions.returned_mail import world


@pytest.fixture
def nameserver():
    with serving(GOOD) as server:
        yield server


@pytest.fixture(scope="module")
def template(tmp_path_factory) -> Workspace:
    """A workspace with five subscribers and a published picture, made once."""
    root = tmp_path_factory.mktemp("template")
    made = world(f"sqlite:///{root}/doctor.db", root, imap_host="imap.example", imap_user="retours").workspace
    made.published().mkdir()
    made.published().joinpath("a.png").write_bytes(b"png")
    made.close()
    return made


@pytest.fixture
def workspace(template: Workspace, tmp_path: Path) -> Callable[..., Workspace]:
    """Make a workspace in which every line is green, but for what is changed of its settings."""

    def make(**changed) -> Workspace:
        shutil.copytree(template.root, tmp_path, dirs_exist_ok=True)
        database = DatabaseSettings(url=f"sqlite:///{tmp_path}/doctor.db")
        values = {"root": tmp_path, "database": database, "sending": sending(), "web": Web(base_url=HTTPS), **changed}
        return Workspace(template.settings.model_copy(update=values))

    return make


@pytest.fixture(autouse=True)
def sound_library(monkeypatch):
    """Whatever SQLite this machine has: its faults are told of in a test of their own."""
    monkeypatch.setattr(doctor_local, "library_fault", lambda: "")
