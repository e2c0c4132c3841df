"""The system's Chromium for tests and screenshots, cut off from the network."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page, Route, sync_playwright

from tests.conftest import missing

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome") or ""
ARGS = ("--disable-gpu", "--disable-background-networking", "--disable-dev-shm-usage")


@contextmanager
def chromium() -> Iterator[Browser]:
    """Run Chromium for the length of the block."""
    # Chromium refuses its sandbox to root, which is what CI containers run as.
    args = [*ARGS, "--no-sandbox"] if os.geteuid() == 0 else list(ARGS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=args)
        try:
            yield browser
        finally:
            browser.close()


# For a module and no longer: Playwright suffers no second driver, and no other event loop, beside the one that lives.
@pytest.fixture(scope="module")
def mail_browser() -> Iterator[Browser]:
    """One Chromium for the tests of a module."""
    if not CHROMIUM:
        missing("Chromium", "apt-get install chromium")
    with chromium() as browser:
        yield browser


@contextmanager
def letter_page(
    browser: Browser,
    html: str,
    files: Mapping[str, bytes],
    *,
    width: int = 640,
    dark: bool = False,
    scale: float = 1,
) -> Iterator[Page]:
    """Show `html`, its pictures served from `files` by URL; every other request fails, as in a blocked mail client."""
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme="dark" if dark else "light",
        device_scale_factor=scale,
        java_script_enabled=True,
    )
    page = context.new_page()

    def answer(route: Route) -> None:
        body = files.get(route.request.url)
        if body is None:
            route.abort()
        else:
            route.fulfill(body=body, content_type="image/png" if body[:4] == b"\x89PNG" else "image/jpeg")

    page.route("**/*", answer)
    page.set_content(html, wait_until="load")
    try:
        yield page
    finally:
        context.close()
