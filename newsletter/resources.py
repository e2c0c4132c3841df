"""Where the product's own files are: inside the wheel, or at the top of a checkout."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def templates() -> Path:
    """Return the directory of the templates (`email/`, `web/`)."""
    packed = _PACKAGE / "templates"
    return packed if packed.is_dir() else _PACKAGE.parent / "templates"


def sample() -> Path:
    """Return the directory of the sample workspace (`articles/`, `issues/`, `images/`, `data/`, `newsletter.toml`)."""
    packed = _PACKAGE / "sample"
    return packed if packed.is_dir() else _PACKAGE.parent
