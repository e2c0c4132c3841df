"""The recipes of CONTRIBUTING, walked on a copy of the package: what they name is all there is to do."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys

import pytest

from tests.conftest import ROOT

PAGE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


@pytest.fixture
def copy(tmp_path):
    """A copy of the package and its templates, beside which a program runs."""
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "newsletter", tmp_path / "newsletter", ignore=ignored)
    shutil.copytree(ROOT / "templates", tmp_path / "templates", ignore=ignored)
    return tmp_path


def recipe(title: str) -> str:
    return re.search(rf"^### {title}\n(.*?)(?=^##|\Z)", PAGE, re.MULTILINE | re.DOTALL)[1]


def change(path, before: str, after: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count(before) == 1, f"{path.name} has changed: {before!r}"
    path.write_text(text.replace(before, after), encoding="utf-8")


def run(copy, program: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=copy, env={"PYTHONPATH": str(copy)}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_field_of_an_article_is_an_attribute_and_a_row(copy):
    for named in ("newsletter/model.py", "newsletter/content/article.py"):
        assert named in recipe("A field of an article")
    change(
        copy / "newsletter/model.py",
        '    cta: str = ""\n    status',
        '    cta: str = ""\n    series: str = ""\n    status',
    )
    change(
        copy / "newsletter/content/article.py",
        '    _text("cta", 80),\n',
        '    _text("cta", 80),\n    _text("series", 80),\n',
    )
    (copy / "articles").mkdir()
    (copy / "articles" / "a.md").write_text(
        "---\ntitle: Un titre\ntags: [rtes]\ndate: 2026-11-02\nseries: Coopération\n---\nBonjour.\n", encoding="utf-8"
    )
    said = run(
        copy,
        "from pathlib import Path; from dataclasses import replace; from newsletter.content import article as a\n"
        "loaded = a.load_article(Path('articles/a.md'), Path('.')); print(loaded.article.series, loaded.unknown)\n"
        "a.write_article(Path('articles/a.md'), replace(loaded.article, series='Europe'))\n",
    )
    assert said == "Coopération ()\n"
    assert "series: Europe\n" in (copy / "articles" / "a.md").read_text(encoding="utf-8")


def test_a_provider_is_a_file_and_a_line(copy):
    for named in ("newsletter/providers/<name>.py", "`PROVIDERS`", "PROCESSOR"):
        assert named in recipe("A provider")
    shutil.copy(ROOT / "tests" / "providers" / "pigeon.py", copy / "newsletter" / "providers" / "pigeon.py")
    registry = copy / "newsletter" / "providers" / "__init__.py"
    line = '        "postmark": "newsletter.providers.postmark",\n'
    change(registry, line, line + line.replace("postmark", "pigeon"))
    said = run(
        copy,
        "from newsletter import providers; from newsletter.settings import Settings, Sending\n"
        "settings = Settings.model_construct(sending=Sending(provider='pigeon', **{'from': 'a@b.fr'}))\n"
        "print(providers.open_provider(settings).name, '|', providers.processor('pigeon'))\n",
    )
    assert said == "pigeon | Pigeons SARL, Lille, France\n"
