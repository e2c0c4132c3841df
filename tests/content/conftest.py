"""Fixtures of the room of content."""

import pytest


@pytest.fixture
def place(tmp_path):
    """Return a function that puts a text into `articles/un-article.md` and returns its path."""

    def put(text: str | bytes, name: str = "un-article.md"):
        path = tmp_path / "articles" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    return put
