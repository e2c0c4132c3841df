"""What was read of files is kept exactly as long as the files stay the same."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from newsletter.content.filecache import FileCache
from newsletter.errors import ContentError

LONG_AGO = 1_700_000_000.5


class Reader:
    """Counts how often a file is read."""

    def __init__(self) -> None:
        self.read: list[str] = []

    def __call__(self, path: Path, root: Path) -> str:
        self.read.append(path.name)
        text = path.read_text()
        if text == "broken":
            raise ContentError("broken", where=path.name)
        return text


def write(path: Path, text: str, at: float = LONG_AGO) -> None:
    path.parent.mkdir(exist_ok=True, parents=True)
    path.write_text(text)
    os.utime(path, (at, at))


@pytest.fixture
def calm(monkeypatch):
    """A cache that looks at its files a minute after they were written: nobody can set a file's time of change."""
    import time

    real = time.time_ns
    monkeypatch.setattr("newsletter.content.filecache.time.time_ns", lambda: real() + 60_000_000_000)
    return FileCache()


def test_a_file_that_stays_is_read_once(calm, tmp_path):
    reader = Reader()
    write(tmp_path / "b.md", "two")
    write(tmp_path / "a.md", "one")
    assert [list(calm.folder(tmp_path, tmp_path, reader)) for _n in range(3)] == [["one", "two"]] * 3
    assert reader.read == ["a.md", "b.md"]
    assert calm.one(tmp_path / "a.md", tmp_path, reader) == "one" and len(reader.read) == 2


@pytest.mark.parametrize(
    "change",
    [
        lambda p: write(p, "four!"),
        lambda p: write(p, "too"),  # as long as before, and dated as before: its time of change tells
        lambda p: (write(p.with_name("other"), "new"), p.with_name("other").replace(p)),
    ],
    ids=["longer", "same length and date", "replaced"],
)
def test_a_file_that_changed_is_read_again(calm, tmp_path, change):
    reader, path = Reader(), tmp_path / "a.md"
    write(path, "one")
    list(calm.folder(tmp_path, tmp_path, reader))
    change(path)
    assert list(calm.folder(tmp_path, tmp_path, reader)) == [path.read_text()]


def test_a_file_just_written_is_read_again_since_its_clock_may_stand_still(tmp_path):
    files, reader = FileCache(), Reader()
    (tmp_path / "a.md").write_text("one")
    list(files.folder(tmp_path, tmp_path, reader))
    list(files.folder(tmp_path, tmp_path, reader))
    assert reader.read == ["a.md", "a.md"]


def test_what_a_file_was_refused_for_is_kept_too(calm, tmp_path):
    reader = Reader()
    write(tmp_path / "a.md", "broken")
    for _n in range(2):
        (found,) = calm.folder(tmp_path, tmp_path, reader)
        assert isinstance(found, ContentError)
    with pytest.raises(ContentError, match="broken"):
        calm.one(tmp_path / "a.md", tmp_path, reader)
    assert reader.read == ["a.md"]


def test_a_folder_is_read_by_path_below_it_if_asked_and_without_what_is_hidden(tmp_path):
    for name in ("b.md", "2026/c.md", "2026/.d.md", ".undo/e.md", "f.txt", "2025/g.md"):
        write(tmp_path / name, name)
    reader = Reader()
    assert list(FileCache().folder(tmp_path, tmp_path, reader, deep=True)) == ["2025/g.md", "2026/c.md", "b.md"]
    assert list(FileCache().folder(tmp_path, tmp_path, reader)) == ["b.md"]
    assert list(FileCache().folder(tmp_path / "none", tmp_path, reader)) == []
