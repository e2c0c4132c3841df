"""A file of people waits for the word "import" an hour at most, whether or not anybody comes back."""

from __future__ import annotations

import io
import os
import threading

import pytest

from newsletter.actions.imports import uploads
from newsletter.errors import NotFound
from newsletter.jobs.table import TABLE
from tests.actions.audience_desk import NOW, desk


@pytest.fixture
def workspace(tmp_path):
    with desk(tmp_path, "sqlite:///test.db") as made:
        yield made


def kept(workspace, age):
    token = uploads.keep_upload(workspace, io.BytesIO(b"email\na@ville.example\n"), "liste.csv")
    os.utime(workspace.root / uploads.FOLDER / token, (NOW - age, NOW - age))
    return token


def test_the_recurring_work_deletes_what_nobody_imported(workspace):
    fresh, old = kept(workspace, 3500), kept(workspace, 3700)
    (work,) = [work for work in TABLE if work.name == "uploads"]
    work.run(workspace, threading.Event())
    assert uploads.file(workspace, fresh).read_bytes() == b"email\na@ville.example\n"
    with pytest.raises(NotFound):
        uploads.file(workspace, old)
    assert uploads.sweep_uploads(workspace) == 0


def test_where_nothing_was_ever_uploaded_there_is_nothing_to_delete(workspace):
    assert uploads.sweep_uploads(workspace) == 0
