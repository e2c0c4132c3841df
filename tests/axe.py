"""The accessibility engine axe, on a page as it stands."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

from playwright.sync_api import Page

# Into frames axe would have to be put by hand; left to itself it waits half a second for each to answer. What our
# frames show (letters, forms) is a page of its own, with its own tests.
_ALWAYS = {"resultTypes": ["violations"], "iframes": False}


def faults(page: Page, *, context: Any = None, options: Mapping[str, Any] | None = None) -> list[str]:
    """Return what axe finds wrong, as `rule: element`; `context` and `options` are axe's own."""
    if page.evaluate("typeof axe") == "undefined":
        page.evaluate(_script())
    run = "([context, options]) => axe.run(context ?? document, options)"
    response = page.evaluate(run, [context, {**_ALWAYS, **(options or {})}])
    looked_at = [rule["id"] for kind in ("passes", "violations", "incomplete") for rule in response[kind]]
    assert looked_at, f"axe looked at nothing on {page.url}"
    return [f"{rule['id']}: {node['html'][:120]}" for rule in response["violations"] for node in rule["nodes"]]


@cache
def _script() -> str:
    return (resources.files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
