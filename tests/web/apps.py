"""Applications that tests use one after the other: to make one takes longer than most tests do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

from fastapi import FastAPI

from newsletter.actions.workspace import Workspace
from newsletter.web.app import make_app


class StandIn:
    """What an application takes for its workspace: that of the test which has the application now."""

    def __init__(self, workspace: Workspace) -> None:
        object.__setattr__(self, "_workspace", workspace)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._workspace, name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self._workspace, name, value)

    def stand_for(self, workspace: Workspace) -> None:
        """Give the application to another test."""
        object.__setattr__(self, "_workspace", workspace)


_free: list[tuple[FastAPI, StandIn]] = []
_lent: list[tuple[FastAPI, StandIn]] = []


@contextmanager
def application(workspace: Workspace) -> Iterator[FastAPI]:
    """Give an application of `workspace` for the length of the block, as fresh as a new one."""
    taken = _take(workspace)
    yield taken[0]
    _free.append(taken)


def borrow(workspace: Workspace) -> FastAPI:
    """Give an application of `workspace` until the test is over: for what is no block of its own."""
    _lent.append(_take(workspace))
    return _lent[-1][0]


@contextmanager
def given_back() -> Iterator[None]:
    """Take back at the end what was borrowed within the block; what wider fixtures borrowed before it stays lent."""
    before = len(_lent)
    yield
    _free.extend(_lent[before:])
    del _lent[before:]


def _take(workspace: Workspace) -> tuple[FastAPI, StandIn]:
    if not _free:
        stand_in = StandIn(workspace)
        return make_app(cast(Workspace, stand_in)), stand_in
    app, stand_in = _free.pop()
    stand_in.stand_for(workspace)
    kept = vars(app.state.site)
    for name in set(kept) - {"workspace"}:
        del kept[name]
    app.middleware_stack = None  # made again for the first request, with counters at nought
    return app, stand_in
