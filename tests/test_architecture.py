"""The page on the architecture is true: what it names is there."""

from __future__ import annotations

import pkgutil
import re

from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
SPANS = sorted(set(re.findall(r"`([^`\n]+)`", PAGE)))
ROOMS = sorted(path.name for path in (ROOT / "newsletter").iterdir() if (path / "__init__.py").exists())
FILES = [span for span in SPANS if re.fullmatch(r"[\w/*.]+(?:\.(?:py|md|html|css|po|toml)|/)", span)]
NAMES = [span for span in SPANS if re.fullmatch(rf"(?:{'|'.join(ROOMS)})(?:\.\w+)+", span)]


def line_of(name: str) -> str:
    """Return the place of a span of code on the page, as `file:line`."""
    return f"docs/architecture.md:{PAGE[: PAGE.index(f'`{name}`')].count(chr(10)) + 1}"


def test_every_file_and_folder_exists():
    assert len(FILES) > 20
    folders = (ROOT, ROOT / "newsletter")
    missing = [name for name in FILES if not any(next(folder.glob(name), None) for folder in folders)]
    assert [f"{line_of(name)}: there is no {name}" for name in missing] == []


def test_every_module_and_function_exists():
    assert len(NAMES) > 20
    wrong = []
    for name in NAMES:
        try:
            assert pkgutil.resolve_name(f"newsletter.{name}")
        except (ImportError, AttributeError) as error:
            wrong.append(f"{line_of(name)}: {name}: {error}")
    assert wrong == []


def test_every_module_of_the_ground_is_on_the_page():
    ground = {path.stem for path in (ROOT / "newsletter").glob("*.py") if not path.stem.startswith("__")}
    ground -= {"library"}  # the Python door
    assert ground == set(re.search(r"^ +ground +(.*)", PAGE, re.MULTILINE)[1].split())
