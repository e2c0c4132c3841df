"""Fixtures shared by all tests: real parts (a workspace on disk, PostgreSQL, Chromium), no mocks."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
CI = os.environ.get("CI") == "true"


def missing(what: str, how: str) -> None:
    """Skip the test because `what` is not installed; in CI nothing may be skipped, so fail."""
    reason = f"{what} is not installed: {how}"
    if CI:
        pytest.fail(reason)
    pytest.skip(reason)
