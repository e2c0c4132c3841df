"""The page on the architecture is true: what it names is there."""

from __future__ import annotations

import pkgutil
import re

import pytest

from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
SPANS = sorted(set(re.findall(r"`([^`\n]+)`", PAGE)))
ROOMS = sorted(path.name for path in (ROOT / "newsletter").iterdir() if (path / "__init__.py").exists())
FILES = [span for span in SPANS if re.fullmatch(r"[\w/*.]+(?:\.(?:py|md|html|css|po|toml)|/)", span)]
NAMES = [span for span in SPANS if re.fullmatch(rf"(?:{'|'.join(ROOMS)})(?:\.\w+)+", span)]


@pytest.mark.parametrize("name", FILES)
def test_every_file_and_folder_exists(name):
    assert any(list(folder.glob(name)) for folder in (ROOT, ROOT / "newsletter"))


@pytest.mark.parametrize("name", NAMES)
def test_every_module_and_function_exists(name):
    assert pkgutil.resolve_name(f"newsletter.{name}")


def test_every_module_of_the_ground_is_on_the_page():
    ground = {path.stem for path in (ROOT / "newsletter").glob("*.py") if not path.stem.startswith("__")}
    ground -= {"library"}  # the Python door
    assert ground == set(re.search(r"^ +ground +(.*)", PAGE, re.MULTILINE)[1].split())
