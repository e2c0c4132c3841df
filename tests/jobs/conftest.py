"""A workspace with an approved mailing on a PostgreSQL of its own, which a test may restart."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from newsletter.actions.workspace import Workspace, open_workspace
from tests import postgres
from tests.actions.stage import Stage


@pytest.fixture(scope="module")
def stage(tmp_path_factory) -> Iterator[Stage]:
    with postgres.cluster() as home:
        made = Stage(tmp_path_factory.mktemp("workers") / "w", home, people=400)
        made.prepare()
        yield made


@pytest.fixture
def workspace(stage, monkeypatch) -> Iterator[Workspace]:
    """The workspace as it was after the approval, opened in this process."""
    stage.reset()
    monkeypatch.setenv("NEWSLETTER_DATABASE__URL", stage.url)
    for name in [name for name in os.environ if name.startswith("NEWSLETTER_SENDING")]:
        monkeypatch.delenv(name)
    opened = open_workspace(stage.home)
    yield opened
    opened.close()
