"""One word for one thing, and one place for each subject: what no linter checks."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

import pytest

from tests.conftest import ROOT

PACKAGE = ROOT / "newsletter"
FILES = sorted(PACKAGE.rglob("*.py"))

# The API's shape of a value bears the name of the value: docs/architecture.md, "Words that look alike".
PAIRS = {
    "Count": {"actions/reports/report.py", "web/api/shapes.py"},
    "Figure": {"actions/reports/figures.py", "web/api/shapes.py"},
    "Receipt": {"store/sending/receipts.py", "web/api/shapes.py"},
}
SUBJECTS = {
    "archive",
    "imports",
    "issues",
    "letters",
    "operations",
    "people",
    "proposals",
    "reports",
    "returns",
    "sending",
    "team",
}
SINGLE = {"__init__", "cache", "documents", "fetch", "home", "mail", "published_pictures", "workspace"}


@pytest.fixture(scope="module")
def trees() -> dict[Path, ast.Module]:
    """Each file of the package, parsed."""
    return {path.relative_to(PACKAGE): ast.parse(path.read_text(encoding="utf-8")) for path in FILES}


def test_a_class_name_is_defined_once(trees):
    homes = defaultdict(set)
    for path, tree in trees.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                homes[node.name].add(path.as_posix())
    assert {name: paths for name, paths in homes.items() if len(paths) > 1} == PAIRS


def test_no_module_hands_on_a_name_that_another_module_owns(trees):
    handed_on = [
        f"{path}:{node.lineno} {alias.name}"
        for path, tree in trees.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if alias.asname == alias.name
    ]
    assert not handed_on, "\n".join(handed_on)


def test_a_name_is_imported_from_the_module_that_defines_it(trees):
    defined = {path: {name for node in tree.body for name in _names_of(node)} for path, tree in trees.items()}
    strays = []
    for path, tree in trees.items():
        for node in ast.walk(tree):
            if not isinstance(node, ast.ImportFrom) or not (node.module or "").startswith("newsletter."):
                continue
            home = _file_of(node.module or "")
            # A package's own face (`__init__`) may gather what its files define.
            if home is None or home.name == "__init__.py":
                continue
            exported = _exported(trees[home])
            strays += [
                f"{path}:{node.lineno} {alias.name} from {home}"
                for alias in node.names
                if alias.name[0].isupper() and alias.name not in defined[home] | exported
            ]
    assert not strays, "\n".join(strays)


def test_every_action_lies_in_the_package_of_its_subject():
    actions = PACKAGE / "actions"
    assert {path.stem for path in actions.glob("*.py")} == SINGLE
    assert {path.name for path in actions.iterdir() if path.is_dir() and path.name != "__pycache__"} == SUBJECTS


def _file_of(module: str):
    path = PACKAGE.joinpath(*module.split(".")[1:])
    for candidate in (path.with_suffix(".py"), path / "__init__.py"):
        if candidate.exists():
            return candidate.relative_to(PACKAGE)
    return None


def _names_of(node: ast.stmt) -> set[str]:
    if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
        return {node.name}
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return {part.id for target in targets for part in ast.walk(target) if isinstance(part, ast.Name)}


def _exported(tree: ast.Module) -> set[str]:
    for node in tree.body:
        if isinstance(node, ast.Assign) and "__all__" in _names_of(node):
            return set(ast.literal_eval(node.value))
    return set()
